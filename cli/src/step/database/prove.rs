//! The proof that the target is not the source.

use wsusmigrate_core::database::identity::{
    DatabaseIdentity, DatabaseMarks, IdentityProof, IdentityVerdict, prove_target_is_not_source,
};
use wsusmigrate_core::database::machine::MACHINE_FIELD;
use wsusmigrate_core::event::database::{SameAs, TargetCompared, TargetJudged};
use wsusmigrate_core::id::Guid;
use wsusmigrate_core::projection::Migration;

use crate::error::Failure;
use crate::executor::Recorder;
use crate::step::context::Context;
use crate::step::database::engine::Engine;
use crate::step::database::look;

/// Compares, records each comparison and what follows. Without a worksheet of the source nothing is proved.
pub(super) fn perform(
    recorder: &mut Recorder,
    context: &Context<'_>,
    engine: &mut Engine<'_>,
) -> Result<(), Failure> {
    let proof = proof(engine, context, recorder.state().run.status.database.partial)?;
    let mut drafts: Vec<_> = proof
        .comparisons()
        .iter()
        .map(|one| {
            let event = TargetCompared {
                what: one.what.word().into(),
                source: one.source.as_str().into(),
                target: one.target.as_str().into(),
                verdict: match one.verdict {
                    IdentityVerdict::Differs => SameAs::Differs,
                    IdentityVerdict::Matches => SameAs::Matches,
                    IdentityVerdict::Unknown => SameAs::Unknown,
                },
            };
            recorder.sighting(one.what.word().as_bytes(), event)
        })
        .collect();
    let why = proof.to_string();
    context.talk().say(&format!("{}: {why}", if proof.is_proved() { "proved" } else { "stop" }));
    let judged = TargetJudged {
        comparisons: u32::try_from(proof.comparisons().len()).unwrap_or(u32::MAX),
        is_another: proof.is_proved(),
        why: why.as_str().into(),
    };
    drafts.push(recorder.sighting(b"", judged));
    recorder.record(drafts)?;
    Ok(())
}

/// Asks the engine who it is, and compares that with what the source's journal says. What a restore that was cut off left
/// (`is_leftover`) is of the source's family already: it tells nothing of the database whose place it took.
pub(super) fn proof(
    engine: &mut Engine<'_>,
    context: &Context<'_>,
    is_leftover: bool,
) -> Result<IdentityProof, Failure> {
    let facts = engine.facts()?;
    let marks = match engine.susdb()? {
        Some(susdb) if is_leftover && !susdb.is_online() => DatabaseMarks::Absent,
        Some(susdb) => DatabaseMarks::Present {
            database_guid: told(susdb.database_guid),
            family_guid: told(susdb.family_guid),
            server_id: if susdb.is_online() { told(look::server_id(engine)?) } else { None },
        },
        None => DatabaseMarks::Absent,
    };
    // A host that does not answer is not known to be another; what the engine says has to prove it then.
    let machine = context.host().ok().and_then(|host| host.machine().ok()).map(|machine| machine.name);
    let source = context.source().ok().and_then(identity);
    Ok(prove_target_is_not_source(source.as_ref(), &facts.identity(machine, marks)))
}

/// What the source's journal says it is; nothing where it never looked.
fn identity(source: &Migration) -> Option<DatabaseIdentity> {
    let (_, engine) = source.database.engine.as_ref()?;
    let (_, state) = source.database.state.as_ref()?;
    let field =
        |name: &str| source.worksheet.fields.get(&name.into()).map(|field| field.value.as_str().to_owned());
    Some(DatabaseIdentity {
        server_name: Some(engine.server.as_str().to_owned()),
        machine: field("database.machine"),
        instance: field("database.instance"),
        wsus_host: field(MACHINE_FIELD),
        database: if state.present {
            DatabaseMarks::Present {
                database_guid: told(state.database_guid),
                family_guid: told(state.family_guid),
                server_id: told(state.server_id),
            }
        } else {
            DatabaseMarks::Absent
        },
    })
}

fn told(guid: Guid) -> Option<Guid> {
    guid.is_told().then_some(guid)
}
