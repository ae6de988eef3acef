//! The engine, and SUSDB on it before and after.

use super::{Side, keys, or_dash, yes};
use crate::event::database::{BackupOf, FileRecorded, Operation, StateRecorded};
use crate::id::Guid;
use crate::projection::database::DatabaseState;
use crate::report::{Section, Value};

pub(super) fn engine(side: Side<'_>) -> Section {
    let database = side.database();
    let mut section = side.section(keys("database", "source_database"), "SUSDB and its engine");
    if let Some((time, engine)) = &database.engine {
        section.figure("connected", "Last connected to", *time);
        section.figure("address", "Address", engine.address.as_str());
        section.figure("engine", "Engine", engine.kind.word());
        section.figure("server", "Server", engine.server.as_str());
        section.figure("edition", "Edition", engine.edition.as_str());
        section.figure("version", "Version", engine.version.as_str());
        section.figure("newest", "Newest database it restores", u64::from(engine.internal_version));
        section.figure("login", "Login", engine.login.as_str());
        section.figure("protection", "Protected on its way", engine.protection.word());
    }
    if let Some((time, _)) = &database.state {
        section.figure("looked", "SUSDB last looked at", *time);
    }
    states(database, &mut section);
    files(database, &mut section);
    section.notes.extend(upgrade(database));
    section
}

/// SUSDB as it was and as it is: one column where nothing replaced it.
fn states(database: &DatabaseState, section: &mut Section) {
    let Some((_, now)) = &database.state else { return };
    let Some(before) = &database.before else {
        let rows = facts(now).into_iter().map(|(what, now)| vec![what.into(), now]);
        return section.table("susdb", &["SUSDB", "found"], rows);
    };
    let both = facts(before).into_iter().zip(facts(now));
    let rows = both.map(|((what, before), (_, now))| vec![what.into(), before, now]);
    section.table("susdb", &["SUSDB", "before", "now"], rows);
}

/// What there is to say of a SUSDB, always in the same order.
fn facts(state: &StateRecorded) -> Vec<(&'static str, Value)> {
    let there = |value: Value| if state.present { value } else { "-".into() };
    let text = |text: &str| there(or_dash(text).into());
    vec![
        ("there", if state.present { "yes" } else { "no SUSDB" }.into()),
        ("state", text(state.state.as_str())),
        ("read-only", text(yes(state.read_only))),
        ("user access", text(state.user_access.as_str())),
        ("recovery model", text(state.recovery_model.as_str())),
        ("internal version", there(u64::from(state.internal_version).into())),
        ("size", there(Value::bytes(state.bytes))),
        ("files", there(u64::from(state.files).into())),
        ("database_guid", text(&told(state.database_guid))),
        ("family_guid", text(&told(state.family_guid))),
        ("created", text(state.created.as_str())),
        ("ServerID", text(&told(state.server_id))),
    ]
}

/// A GUID; nothing where it is not told.
pub(super) fn told(guid: Guid) -> String {
    if guid.is_told() { guid.to_string() } else { String::new() }
}

fn files(database: &DatabaseState, section: &mut Section) {
    let row = |file: &FileRecorded, when: &str| {
        let (physical, logical, kind) = (file.physical.as_str(), file.logical.as_str(), file.kind.as_str());
        vec![physical.into(), logical.into(), kind.into(), Value::bytes(file.bytes), when.into()]
    };
    let before = database.before_files.iter().map(|file| row(file, "before"));
    let now = database.files.iter().map(|file| row(file, "now"));
    section.table("files", &["path", "logical name", "type", "size", "when"], before.chain(now));
}

/// A database of an older engine is upgraded as it is restored: both versions are told.
fn upgrade(database: &DatabaseState) -> Option<String> {
    let restored = database.last_done(Operation::Restore)?;
    let (_, backup) = database.backups.get(&BackupOf::Source)?;
    let (time, state) = database.state.as_ref()?;
    let seen = state.present && *time >= restored.started;
    let (from, to) = (backup.database_version, state.internal_version);
    (seen && from != to)
        .then(|| format!("The engine upgraded SUSDB as it restored it: internal version {from} became {to}."))
}
