//! Facts of this host's engine and SUSDB for the worksheet and the checks. Whatever cannot be read is told, not guessed.

use wsusmigrate_core::check::{
    DatabaseDestination, DatabaseFacts, DatabaseSource, EngineFacts, NoEngine, SusdbFacts,
};
use wsusmigrate_core::database::civil;
use wsusmigrate_core::database::principals::{Principal, PrincipalKind};
use wsusmigrate_core::database::row::{Cell, Row};
use wsusmigrate_core::database::statement::{self, Count};
use wsusmigrate_core::database::version::{DatabaseVersion, VersionGate};
use wsusmigrate_core::event::database::BackupOf;
use wsusmigrate_core::event::run::Role;
use wsusmigrate_core::projection::Migration;
use wsusmigrate_core::status::DatabaseStatus;

use crate::error::Failure;
use crate::step::context::Context;
use crate::step::database::engine::{Engine, Susdb, row_failure};
use crate::step::database::prove;

/// A field of the worksheet: its name and its value.
pub(crate) type Field = (String, String);

/// The fields of the engine and of SUSDB.
pub(crate) fn worksheet(engine: &mut Engine<'_>) -> Result<Vec<Field>, Failure> {
    let facts = engine.facts()?;
    let mut fields = vec![
        named("server", &facts.server_name),
        named("machine", &facts.machine),
        named("instance", &facts.instance),
        named("edition", &facts.edition),
        named("version", &facts.product_version),
        named("level", &facts.product_level),
        named("internal-version", &facts.database_version.to_string()),
        named("kind", facts.engine_kind().word()),
        named("login", &facts.login_name),
        named("default-data", facts.default_data_path.as_deref().unwrap_or("")),
        named("default-log", facts.default_log_path.as_deref().unwrap_or("")),
        named("utc-now", &facts.utc_now.to_string()),
    ];
    let Some(susdb) = engine.susdb()? else {
        fields.push(named("susdb", "absent"));
        return Ok(fields);
    };
    fields.extend(susdb_fields(&susdb));
    if susdb.is_online() {
        fields.extend(configuration(engine)?);
        fields.extend(principals(engine)?);
    }
    Ok(fields)
}

fn susdb_fields(susdb: &Susdb) -> Vec<Field> {
    let facts = &susdb.facts;
    let bytes: u64 = susdb.files.iter().map(|file| file.bytes).sum();
    let mut fields = vec![
        named("susdb", &facts.state),
        named("susdb.read-only", &facts.is_read_only.to_string()),
        named("susdb.user-access", &facts.user_access),
        named("susdb.recovery-model", &facts.recovery_model),
        named("susdb.compatibility-level", &facts.compatibility_level.to_string()),
        named("susdb.owner", facts.owner.as_deref().unwrap_or("")),
        named("susdb.created", &civil(facts.created)),
        named("susdb.bytes", &bytes.to_string()),
        named("susdb.database-guid", &susdb.database_guid.to_string()),
        named("susdb.family-guid", &susdb.family_guid.to_string()),
    ];
    let places = susdb
        .files
        .iter()
        .map(|file| (format!("database.susdb.file.{}", file.logical_name), file.path.clone()));
    fields.extend(places);
    fields
}

/// Schema, configuration and counts: of what this build has, asked of its own catalogue.
fn configuration(engine: &mut Engine<'_>) -> Result<Vec<Field>, Failure> {
    let catalogue = engine.catalogue()?;
    let mut fields = Vec::new();
    if let Some(schema) = statement::schema_version(&catalogue) {
        for row in engine.all(&schema)? {
            let component = row.maybe_text("ComponentName").ok().flatten().unwrap_or_default();
            for column in ["BuildNumber", "SchemaVersion"] {
                if let Ok(cell) = row.cell(column) {
                    fields.push((format!("database.schema.{component}.{column}"), shown(cell)));
                }
            }
        }
    }
    for (table, statement) in statement::configuration(&catalogue) {
        for row in engine.all(&statement)? {
            fields.extend(row_fields(table, &row));
        }
    }
    if let Some(counts) = statement::counts(&catalogue)
        && let Some(row) = engine.one(&counts)?
    {
        for (_, column, ..) in Count::ALL {
            if let Ok(cell) = row.cell(column) {
                fields.push((format!("database.count.{column}"), shown(cell)));
            }
        }
    }
    Ok(fields)
}

fn row_fields(table: &str, row: &Row) -> Vec<Field> {
    let named = row.columns().iter().zip(row.cells());
    // A table of names and values has its names in its rows.
    if let (Ok(Cell::Text(name)), Ok(value)) = (row.cell("Name"), row.cell("Value")) {
        return vec![(format!("database.{table}.{name}"), shown(value))];
    }
    named.map(|(column, cell)| (format!("database.{table}.{column}"), shown(cell))).collect()
}

fn principals(engine: &mut Engine<'_>) -> Result<Vec<Field>, Failure> {
    let rows = engine.all(&statement::users())?;
    let users = Principal::from_rows(&rows).map_err(|error| row_failure(&error))?;
    Ok(users.iter().map(user_field).collect())
}

/// One field a user, with all of its roles.
fn user_field(user: &Principal) -> Field {
    let kind = match user.kind {
        PrincipalKind::Sql => "SQL user",
        PrincipalKind::WindowsAccount => "Windows account",
        PrincipalKind::WindowsGroup => "Windows group",
    };
    let roles: Vec<_> = user.roles.iter().map(String::as_str).collect();
    let roles = if roles.is_empty() { "none".to_owned() } else { roles.join(" ") };
    let sid = if user.sid.is_empty() {
        "no sid".to_owned()
    } else {
        format!("sid {}", shown(&Cell::Bytes(user.sid.clone())))
    };
    (format!("database.user.{}", user.name), format!("{kind}, {sid}, roles {roles}"))
}

fn named(name: &str, value: &str) -> Field {
    (format!("database.{name}"), value.to_owned())
}

fn shown(cell: &Cell) -> String {
    match cell {
        Cell::Null => String::new(),
        Cell::Int(number) => number.to_string(),
        Cell::Bit(bit) => bit.to_string(),
        Cell::Real(number) => number.to_string(),
        Cell::Text(text) => text.clone(),
        Cell::Bytes(bytes) => bytes.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02X}")),
        Cell::Guid(guid) => guid.to_string(),
        Cell::Time(time) => civil(*time),
        Cell::Decimal(number, 0) => number.to_string(),
        Cell::Decimal(number, scale) => format!("{number}e-{scale}"),
    }
}

/// The facts the checks are made from. `status` is what the journal says, where there is one.
pub(crate) fn of_checks(context: &Context<'_>, status: Option<&DatabaseStatus>) -> DatabaseFacts {
    let role = context.plan().migration.role;
    let replacement = status.and_then(DatabaseStatus::replacement);
    let mut facts =
        DatabaseFacts { role, engine: Err(NoEngine::default()), replacement, susdb: None, destination: None };
    if let Err(failure) = fill(&mut facts, context) {
        let next_step = failure.next_step().map(str::to_owned);
        facts.engine = Err(NoEngine { why: in_one_line(&failure), next_step });
    }
    facts
}

fn fill(facts: &mut DatabaseFacts, context: &Context<'_>) -> Result<(), Failure> {
    let mut engine = Engine::new(context.connector()?);
    let server = engine.facts()?;
    let kind = server.engine_kind();
    facts.engine = Ok(EngineFacts {
        shown: format!("{} ({}, {})", server.server_name, server.edition, server.product_version),
        kind,
        is_express: server.edition.to_ascii_lowercase().contains("express"),
        is_sysadmin: server.is_sysadmin,
    });
    facts.susdb = match engine.susdb()? {
        Some(susdb) => Some(susdb_facts(&susdb, &mut engine)?),
        None => None,
    };
    if facts.role == Role::Destination {
        let source = context.source().map_err(|failure| in_one_line(&failure));
        let source =
            source.and_then(|source| source_facts(source, server.database_version, context, &mut engine));
        facts.destination = Some(DatabaseDestination { source });
    }
    Ok(())
}

fn susdb_facts(susdb: &Susdb, engine: &mut Engine<'_>) -> Result<SusdbFacts, Failure> {
    let version = engine.version()?;
    let mirrored = engine.asked(&statement::mirroring())?.is_ok_and(|rows| !rows.is_empty());
    let mut session_hosts: Vec<String> = Vec::new();
    if let Ok(rows) = engine.asked(&statement::sessions(version))? {
        for row in &rows {
            let text = |column| row.maybe_text(column).ok().flatten().unwrap_or_default();
            let host = text("host_name").trim().to_uppercase();
            let ours = text("program_name").trim() == "wsusmigrate";
            if !ours && !host.is_empty() && !session_hosts.contains(&host) {
                session_hosts.push(host);
            }
        }
    }
    Ok(SusdbFacts {
        state: susdb.facts.state.clone(),
        is_read_only: susdb.facts.is_read_only,
        in_group: susdb.facts.is_in_group,
        is_mirrored: mirrored,
        is_published: susdb.facts.is_published,
        is_encrypted: susdb.facts.is_encrypted,
        session_hosts,
        schema: if susdb.is_online() { schema(engine)? } else { String::new() },
    })
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
    let proof = prove::proof(own, context, false).map_err(|failure| in_one_line(&failure))?;
    Ok(DatabaseSource {
        kind: connected.kind,
        gate: VersionGate::judge(DatabaseVersion(backup.database_version), engine),
        is_verified: source.run.status.database.verified == Some(backup.set_guid),
        bytes,
        schema: schema.to_owned(),
        proof,
    })
}

fn in_one_line(failure: &Failure) -> String {
    failure.to_string().replace("\n  because: ", ": ")
}

#[cfg(test)]
mod tests {
    //! Goal: a user is one field of the worksheet, whatever roles it has. Two fields of one name would be one event twice.

    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_user_with_two_roles_is_one_field() {
        let roles = ["db_owner", "webService"].map(str::to_owned);
        let user = Principal {
            name: r"CORP\WSUS$".to_owned(),
            kind: PrincipalKind::WindowsAccount,
            sid: vec![1, 0xAB],
            roles: BTreeSet::from(roles),
        };
        let told = "Windows account, sid 01AB, roles db_owner webService";
        assert_eq!(user_field(&user), (r"database.user.CORP\WSUS$".to_owned(), told.to_owned()));
        let alone = Principal { sid: Vec::new(), roles: BTreeSet::new(), kind: PrincipalKind::Sql, ..user };
        assert_eq!(user_field(&alone).1, "SQL user, no sid, roles none");
    }
}
