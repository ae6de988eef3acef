//! What the checks ask this host's engine. An answer that was refused is handed on as such: nothing passes on silence.

use std::fmt::Display;

use wsusmigrate_core::check::{
    DatabaseDestination, DatabaseFacts, DatabaseSource, EngineFacts, NoEngine, SusdbFacts, UseMade,
};
use wsusmigrate_core::database::facts as susdb;
use wsusmigrate_core::database::row::Row;
use wsusmigrate_core::database::statement;
use wsusmigrate_core::database::topology::{ENCRYPTED, Encryption, THUMBPRINT, Told, Topology, hexadecimal};
use wsusmigrate_core::database::version::{DatabaseVersion, VersionGate};
use wsusmigrate_core::decide::is_handed_over;
use wsusmigrate_core::event::database::BackupOf;
use wsusmigrate_core::event::run::Role;
use wsusmigrate_core::projection::Migration;

use crate::error::Failure;
use crate::step::context::Context;
use crate::step::database::engine::{Engine, Susdb};
use crate::step::database::{places, prove};

/// The facts the checks are made from. `state` is what the journal says, where there is one.
pub(crate) fn of_checks(context: &Context<'_>, state: Option<&Migration>) -> DatabaseFacts {
    let mut facts = DatabaseFacts {
        role: context.plan().migration.role,
        engine: Err(NoEngine::default()),
        replacement: state.and_then(|state| state.run.status.database.replacement()),
        susdb: None,
        places: None,
        waiver: context.waiver(),
        destination: None,
    };
    if let Err(failure) = fill(&mut facts, context, state) {
        let next_step = failure.next_step().map(str::to_owned);
        facts.engine = Err(NoEngine { why: in_one_line(&failure), next_step });
    }
    facts
}

fn fill(facts: &mut DatabaseFacts, context: &Context<'_>, state: Option<&Migration>) -> Result<(), Failure> {
    let mut engine = Engine::new(context.connector()?, context.reads());
    engine.connection()?;
    let server = engine.facts()?;
    let kind = server.engine_kind();
    facts.engine = Ok(EngineFacts {
        shown: format!("{} ({}, {})", server.server_name, server.edition, server.product_version),
        kind,
        is_express: server.edition.to_ascii_lowercase().contains("express"),
        is_sysadmin: server.is_sysadmin,
    });
    let there = engine.susdb()?;
    let guid = there.as_ref().map(|susdb| susdb.database_guid);
    facts.replacement = state.and_then(|state| state.run.status.database.replacement_by(guid));
    facts.susdb = match there {
        Some(susdb) => Some(susdb_facts(&susdb, &mut engine)?),
        None => None,
    };
    facts.places = match facts.role {
        // What was handed over may have been carried away since.
        Role::Source if !context.is_asked_again() && state.is_some_and(is_handed_over) => None,
        Role::Source => Some(places::of_source(context, &mut engine, state)?),
        Role::Destination if facts.replacement.is_some() => None,
        Role::Destination => Some(places::of_destination(context, &mut engine)?),
    };
    if facts.role == Role::Destination {
        let source = context.source().map_err(|failure| in_one_line(&failure));
        let source =
            source.and_then(|source| source_facts(source, server.database_version, context, &mut engine));
        let is_told = facts.susdb.as_ref().is_some_and(|susdb| !susdb.schema.is_empty());
        facts.destination = Some(DatabaseDestination {
            source,
            certificates: certificates(&mut engine)?,
            role_version: if is_told { Err("SUSDB tells it".to_owned()) } else { role_version(context) },
            replaces_in_use: context.database()?.replace_in_use,
        });
    }
    Ok(())
}

fn susdb_facts(susdb: &Susdb, engine: &mut Engine<'_>) -> Result<SusdbFacts, Failure> {
    let version = engine.version()?;
    Ok(SusdbFacts {
        state: susdb.facts.state.clone(),
        is_read_only: susdb.facts.is_read_only,
        topology: Topology::read(&susdb.facts, version, mirroring(engine)?),
        encryption: encryption(&susdb.facts, engine)?,
        front_ends: if susdb.is_online() { front_ends(engine)? } else { Err(offline()) },
        session_hosts: session_hosts(engine)?,
        schema: if susdb.is_online() { schema(engine)? } else { String::new() },
        use_made: if susdb.is_online() { use_made(engine)? } else { Err(offline()) },
    })
}

/// The hosts whose sessions are in SUSDB, other than this program's.
fn session_hosts(engine: &mut Engine<'_>) -> Result<Result<Vec<String>, String>, Failure> {
    let statement = statement::sessions(engine.version()?);
    let rows = engine.asked(&statement)?;
    Ok(rows.map_err(refusal).and_then(|rows| hosts_of(&rows)))
}

/// Sessions of the engine itself have no host. One whose host cannot be read is not taken for one of them.
fn hosts_of(rows: &[Row]) -> Result<Vec<String>, String> {
    let mut hosts: Vec<String> = Vec::new();
    for row in rows {
        let text = |column| row.maybe_text(column).map(Option::unwrap_or_default).map_err(refusal);
        let host = text("host_name")?.trim().to_uppercase();
        let ours = text("program_name")?.trim() == "wsusmigrate";
        if !ours && !host.is_empty() && !hosts.contains(&host) {
            hosts.push(host);
        }
    }
    Ok(hosts)
}

fn offline() -> String {
    "SUSDB is not online".to_owned()
}

/// Whether SUSDB is mirrored, or the engine's words where it does not say.
fn mirroring(engine: &mut Engine<'_>) -> Result<Told, Failure> {
    let rows = engine.asked(&statement::mirroring())?;
    Ok(rows.map(|rows| !rows.is_empty()).map_err(refusal))
}

/// How SUSDB is encrypted as a whole.
pub(super) fn encryption(
    facts: &susdb::DatabaseFacts,
    engine: &mut Engine<'_>,
) -> Result<Encryption, Failure> {
    let version = engine.version()?;
    let keys =
        if version.has_encryption() { engine.asked(&statement::encryption_keys())? } else { Ok(Vec::new()) };
    let thumbprint = keys.map_err(refusal).and_then(|keys| match keys.first() {
        None => Ok(None),
        Some(key) => key.bytes("encryptor_thumbprint").map(Some).map_err(refusal),
    });
    Ok(Encryption::read(facts, version, thumbprint))
}

/// The WSUS servers that work on SUSDB, by its own table.
pub(super) fn front_ends(engine: &mut Engine<'_>) -> Result<Result<Vec<String>, String>, Failure> {
    let Some(statement) = statement::front_ends(&engine.catalogue()?) else {
        return Ok(Err("this build of SUSDB has no table of them".to_owned()));
    };
    let rows = engine.asked(&statement)?;
    Ok(rows.map_err(refusal).and_then(|rows| {
        rows.iter().map(|row| row.text("ServerName").map_err(refusal)).collect::<Result<_, _>>()
    }))
}

/// What SUSDB holds that somebody would miss.
fn use_made(engine: &mut Engine<'_>) -> Result<Result<UseMade, String>, Failure> {
    let Some(statement) = statement::counts(&engine.catalogue()?) else {
        return Ok(Err("it has none of WSUS's tables".to_owned()));
    };
    let rows = engine.asked(&statement)?;
    Ok(rows.map_err(refusal).and_then(|rows| {
        let row = rows.into_iter().next().ok_or("the engine does not count")?;
        let count = |column| row.int(column).map(|count| u64::try_from(count).unwrap_or(0)).map_err(refusal);
        Ok(UseMade {
            computers: count("computers")?,
            approvals: count("approvals")?,
            downstreams: count("downstreams")?,
        })
    }))
}

/// The thumbprints of the certificates that can open something: those that have their private key.
fn certificates(engine: &mut Engine<'_>) -> Result<Result<Vec<String>, String>, Failure> {
    let rows = engine.asked(&statement::certificates())?;
    Ok(rows.map_err(refusal).and_then(|rows| {
        let has_key = |row: &&Row| {
            let kind = row.maybe_text("pvt_key_encryption_type_desc").ok().flatten();
            kind.is_some_and(|kind| kind != "NO_PRIVATE_KEY")
        };
        let thumbprints = rows.iter().filter(has_key).map(|row| row.bytes("thumbprint"));
        thumbprints.map(|bytes| bytes.map(|bytes| hexadecimal(&bytes)).map_err(refusal)).collect()
    }))
}

/// `VersionString` of the role.
fn role_version(context: &Context<'_>) -> Result<String, String> {
    let host = context.host().map_err(|failure| in_one_line(&failure))?;
    let setup = host.setup().map_err(refusal)?;
    setup.version.ok_or_else(|| "its VersionString is not there".to_owned())
}

/// The newest build of `tbSchemaVersion`; empty where SUSDB does not tell.
fn schema(engine: &mut Engine<'_>) -> Result<String, Failure> {
    let catalogue = engine.catalogue()?;
    let Some(statement) = statement::schema_version(&catalogue) else { return Ok(String::new()) };
    let rows = engine.all(&statement)?;
    let builds = rows.iter().filter_map(|row| row.maybe_text("BuildNumber").ok().flatten());
    let parts = |build: &String| build.split('.').map(|part| part.parse().unwrap_or(0)).collect::<Vec<u32>>();
    Ok(builds.max_by_key(parts).unwrap_or_default())
}

fn source_facts(
    source: &Migration,
    engine: DatabaseVersion,
    context: &Context<'_>,
    own: &mut Engine<'_>,
) -> Result<DatabaseSource, String> {
    let (_, connected) =
        source.database.engine.as_ref().ok_or("the source's journal says nothing of its engine")?;
    let backup = source.database.backups.get(&BackupOf::Source);
    let (_, backup) = backup.ok_or("the source's journal holds no backup")?;
    let bytes = source.database.state.as_ref().map_or(0, |(_, state)| state.bytes);
    let builds = source.worksheet.fields.iter().filter(|(name, _)| {
        name.as_str().starts_with("database.schema.") && name.as_str().ends_with(".BuildNumber")
    });
    let parts = |build: &&str| build.split('.').map(|part| part.parse().unwrap_or(0)).collect::<Vec<u32>>();
    let schema = builds.map(|(_, field)| field.value.as_str()).max_by_key(parts).unwrap_or_default();
    let field = |name: &str| source.worksheet.fields.get(&name.into()).map(|field| field.value.as_str());
    let proof = prove::proof(own, context, false).map_err(|failure| in_one_line(&failure))?;
    Ok(DatabaseSource {
        kind: connected.kind,
        gate: VersionGate::judge(DatabaseVersion(backup.database_version), engine),
        is_verified: source.run.status.database.verified == Some(backup.set_guid),
        bytes,
        schema: schema.to_owned(),
        encryption: Encryption::of_worksheet(field(ENCRYPTED), field(THUMBPRINT)),
        proof,
    })
}

pub(super) fn in_one_line(failure: &Failure) -> String {
    failure.to_string().replace("\n  because: ", ": ")
}

/// Somebody's words, in one line.
fn refusal(error: impl Display) -> String {
    error.to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use wsusmigrate_core::database::row::Cell;

    use super::*;

    fn session(host: Cell, program: &str) -> Row {
        Row::of([("host_name", host), ("program_name", Cell::Text(program.to_owned()))])
    }

    /// A host name that could not be read was once taken for a session of the engine's own.
    #[test]
    fn a_session_whose_host_cannot_be_read_is_not_passed_over() {
        let name = |name: &str| Cell::Text(name.to_owned());
        let readable =
            [session(name("front1"), "WSUS"), session(Cell::Null, ""), session(name("me"), "wsusmigrate")];
        assert_eq!(hosts_of(&readable), Ok(vec!["FRONT1".to_owned()]));
        let told = hosts_of(&[session(Cell::Int(7), "WSUS")]).unwrap_err();
        assert!(told.contains("host_name"), "{told}");
    }
}
