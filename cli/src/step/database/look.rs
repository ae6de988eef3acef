//! A look at the engine and at SUSDB, recorded: what everything that follows begins from.

use wsusmigrate_core::database::statement;
use wsusmigrate_core::database::{Guid, civil};
use wsusmigrate_core::event::database::{Connected, FileRecorded, StateRecorded};

use crate::error::Failure;
use crate::executor::Recorder;
use crate::step::context::Context;
use crate::step::database::engine::{Engine, Susdb};

/// Connects, and records what the engine and SUSDB are.
pub(super) fn perform(
    recorder: &mut Recorder,
    context: &Context<'_>,
    engine: &mut Engine<'_>,
) -> Result<(), Failure> {
    let facts = engine.facts()?;
    let protection = engine.connection()?.protection();
    let connected = Connected {
        address: engine.connector().address().into(),
        kind: facts.engine_kind(),
        server: facts.server_name.as_str().into(),
        edition: facts.edition.as_str().into(),
        version: facts.product_version.as_str().into(),
        internal_version: facts.database_version.0,
        login: facts.login_name.as_str().into(),
        session: u32::try_from(facts.session_id).unwrap_or(0),
        protection,
    };
    context
        .talk()
        .say(&format!("engine {} ({}, {})", facts.server_name, facts.edition, facts.product_version));
    recorder.record(vec![recorder.sighting(b"", connected)])?;
    record_state(recorder, engine)
}

/// Records what the engine says of SUSDB at this moment.
pub(super) fn record_state(recorder: &mut Recorder, engine: &mut Engine<'_>) -> Result<(), Failure> {
    let susdb = engine.susdb()?;
    let server_id = match &susdb {
        Some(susdb) if susdb.is_online() => server_id(engine)?,
        Some(_) | None => Guid::UNTOLD,
    };
    let state = state(susdb.as_ref(), server_id);
    let mut drafts = vec![recorder.sighting(b"", state)];
    for file in susdb.iter().flat_map(|susdb| &susdb.files) {
        let event = FileRecorded {
            file_id: file.file_id,
            logical: file.logical_name.as_str().into(),
            physical: file.path.as_str().into(),
            kind: file.type_desc.as_str().into(),
            bytes: file.bytes,
        };
        drafts.push(recorder.sighting(&file.file_id.to_be_bytes(), event));
    }
    recorder.record(drafts)?;
    Ok(())
}

fn state(susdb: Option<&Susdb>, server_id: Guid) -> StateRecorded {
    let Some(susdb) = susdb else {
        return StateRecorded {
            present: false,
            state: "".into(),
            read_only: false,
            user_access: "".into(),
            recovery_model: "".into(),
            internal_version: 0,
            bytes: 0,
            files: 0,
            database_guid: Guid::UNTOLD,
            family_guid: Guid::UNTOLD,
            created: "".into(),
            server_id,
        };
    };
    StateRecorded {
        present: true,
        state: susdb.facts.state.as_str().into(),
        read_only: susdb.facts.is_read_only,
        user_access: susdb.facts.user_access.as_str().into(),
        recovery_model: susdb.facts.recovery_model.as_str().into(),
        internal_version: susdb.facts.internal_version.0,
        bytes: susdb.files.iter().map(|file| file.bytes).sum(),
        files: u32::try_from(susdb.files.len()).unwrap_or(u32::MAX),
        database_guid: susdb.database_guid,
        family_guid: susdb.family_guid,
        created: civil(susdb.facts.created).into(),
        server_id,
    }
}

/// `ServerID` of tbConfigurationA; untold where SUSDB is not a WSUS database yet.
pub(super) fn server_id(engine: &mut Engine<'_>) -> Result<Guid, Failure> {
    let catalogue = engine.catalogue()?;
    for (table, statement) in statement::configuration(&catalogue) {
        if table == "tbConfigurationA" {
            let row = engine.one(&statement)?;
            let told = row.and_then(|row| row.maybe_guid("ServerID").ok().flatten());
            return Ok(told.unwrap_or_default());
        }
    }
    Ok(Guid::UNTOLD)
}
