//! The SUSDB that was there: the restored one goes, the dropped one comes back from its safety backup.

use super::services::stop_by_hand;
use super::{Way, answered, last_effect};
use crate::database::statement::{
    USE_MASTER, drop_partial_by_hand, drop_restored_by_hand, recovery_status, restore_by_hand, user_access,
};
use crate::database::{Literal, NotALiteral, UserAccess};
use crate::event::database::{BackupRecorded, FileRecorded, Operation, StateRecorded};
use crate::projection::Migration;
use crate::projection::database::{DatabaseState, OperationRecord, OwnBackup};
use crate::projection::rollback::TakenAction;
use crate::rollback::{ActionKind, POINT_OF_NO_RETURN, Undo};
use crate::text::Text;

/// The restored SUSDB, or what a restore that was cut off left of it, is dropped. Another one that took its place is not.
pub(super) fn drop_restored(state: &Migration, taken: &TakenAction) -> Option<Undo> {
    let status = &state.run.status.database;
    let restore = last_effect(&state.database, Operation::Restore)?;
    let is_there = status.restored || status.partial || restore.is_in_doubt();
    is_there.then(|| {
        let way = if status.replaced { leave_the_other(state) } else { drop_ours(state) };
        way.back(ActionKind::RestoreDatabase, taken)
    })
}

/// The one that is there was put there by somebody else: what becomes of it is not for this migration to say.
fn leave_the_other(state: &Migration) -> Way {
    Way {
        what: "Let the SUSDB that is there be: another one took the place of the one that was restored."
            .to_owned(),
        previous: previous(state),
        preconditions: vec![
            is_the_restored_one(state),
            "whoever put it there was asked, and says what becomes of it".into(),
        ],
        lost: "nothing: no statement is shown that would drop it".to_owned(),
        by_hand: Vec::new(),
        count: 1,
        bytes: state.database.state.as_ref().map_or(0, |(_, seen)| seen.bytes),
    }
}

fn drop_ours(state: &Migration) -> Way {
    let status = &state.run.status.database;
    let mut by_hand = Vec::new();
    if !status.stopped {
        by_hand.extend(stop_by_hand(state));
    }
    // A database that is still being restored knows no users, and refuses SINGLE_USER.
    let statement = match (status.restored, status.database.is_told()) {
        (true, true) => drop_restored_by_hand(status.database),
        // Nobody saw which one it is: it may be any by now, and is only looked at.
        (true, false) => recovery_status(),
        (false, _) => drop_partial_by_hand(),
    };
    by_hand.extend(statement.text().lines().map(Text::from));
    let (what, lost) = if status.restored {
        (
            "Drop the SUSDB that was restored from the source's backup.",
            "everything the new server learned since the restore: clients that reported to it, approvals, groups and \
             settings changed there, what it synchronised; the source and the backup stay as they are",
        )
    } else {
        (
            "Drop what the restore left that was cut off.",
            "nothing: the source and its backup stay as they are",
        )
    };
    Way {
        what: what.to_owned(),
        previous: previous(state),
        preconditions: vec![
            way_back(state),
            is_the_restored_one(state),
            services_stopped(state),
            serves_nobody(),
        ],
        lost: lost.to_owned(),
        by_hand,
        count: 1,
        bytes: state.database.state.as_ref().map_or(0, |(_, seen)| seen.bytes),
    }
}

/// Which SUSDB may be dropped. The journal knows what was last seen; the statements look again.
fn is_the_restored_one(state: &Migration) -> Text {
    let status = &state.run.status.database;
    let restored = status.database;
    let seen = state.database.state.as_ref().map_or(restored, |(_, seen)| seen.database_guid);
    if !status.restored {
        let condition = "the SUSDB that is there is what the restore left, RESTORING or SUSPECT";
        let because = if status.partial { "as last seen" } else { "the restore is in doubt: nobody saw" };
        return answered(
            condition,
            status.partial,
            &format!("{because}; the statement looks before it drops"),
        );
    }
    if !restored.is_told() {
        let because =
            "nobody saw its database_guid: `wsusmigrate run` looks, and the statement below only shows it";
        return answered("the SUSDB that is there is the restored one", false, because);
    }
    let condition = format!("the SUSDB that is there is the restored one, database_guid {restored}");
    let because = if status.replaced {
        format!("{seen} was last seen: somebody put it there")
    } else {
        "as last seen; the statement looks before it drops".to_owned()
    };
    answered(&condition, !status.replaced, &because)
}

/// The dropped SUSDB comes back from its safety backup; one whose drop failed halfway lets everybody in again.
pub(super) fn bring_back(state: &Migration, taken: &TakenAction) -> Option<Undo> {
    let drops = state.database.operations.iter().filter(|record| record.event.operation == Operation::Drop);
    let last = drops.clone().next_back()?;
    // A later drop that failed takes nothing from an earlier one that did not.
    if last.is_in_doubt() || drops.clone().any(OperationRecord::is_done) {
        return Some(restore_safety_backup(state).back(ActionKind::DropDatabase, taken));
    }
    let opened = state.database.last_done(Operation::SetMultiUser);
    let is_opened = opened.is_some_and(|opened| opened.seq > last.seq);
    let seen = state.database.state.as_ref().filter(|(time, _)| *time > last.started);
    let before = state.database.access_before_drop().word();
    let is_seen_open = seen.is_some_and(|(_, seen)| seen.user_access.as_str() == before);
    (!is_opened && !is_seen_open).then(|| let_everybody_in(state).back(ActionKind::DropDatabase, taken))
}

fn restore_safety_backup(state: &Migration) -> Way {
    let backup = safety_backup(&state.database);
    let mut preconditions = vec![
        way_back(state),
        the_same_database(&state.database, backup),
        nothing_in_the_way(state),
        files_known(&state.database),
        services_stopped(state),
        serves_nobody(),
    ];
    preconditions.extend(others(&state.database, backup));
    Way {
        what: "Restore the SUSDB that was dropped here from its safety backup.".to_owned(),
        previous: previous(state),
        preconditions,
        lost: lost(&state.database, backup),
        by_hand: backup.map_or_else(Vec::new, |own| safety_restore(&state.database, &own.backup)),
        count: 1,
        bytes: backup.map_or(0, |own| own.backup.backup_bytes),
    }
}

fn let_everybody_in(state: &Migration) -> Way {
    let access = state.database.access_before_drop();
    let seen = state.database.state.as_ref().map(|(_, seen)| seen.user_access.to_string());
    let now = seen.unwrap_or_else(|| "not seen".to_owned());
    Way {
        what: format!(
            "Let {} into SUSDB again: its drop failed and may have left it to a single user.",
            match access {
                UserAccess::Everybody => "everybody",
                UserAccess::Restricted | UserAccess::One => "those who were let in before",
            }
        ),
        previous: previous(state),
        preconditions: vec![
            format!("SUSDB is still there, for a single user: it was last seen as {now}").into(),
        ],
        lost: "nothing: the drop had no other effect".to_owned(),
        by_hand: [USE_MASTER, user_access(access).text()].map(Text::from).to_vec(),
        count: 1,
        bytes: 0,
    }
}

/// What going back leads to.
fn previous(state: &Migration) -> String {
    match &state.database.before {
        None => "not recorded".to_owned(),
        Some(before) if !before.present => "no SUSDB: there was none before the restore".to_owned(),
        Some(before) => described(before),
    }
}

fn described(before: &StateRecorded) -> String {
    let access = if before.read_only { "read-only" } else { "read-write" };
    format!(
        "SUSDB {}, {}, {access}, recovery model {}, internal version {}, {} bytes in {} files, created {}, database_guid \
         {}, ServerID {}",
        before.state,
        before.user_access,
        before.recovery_model,
        before.internal_version,
        before.bytes,
        before.files,
        before.created,
        before.database_guid,
        before.server_id,
    )
}

/// The first drop that had its effect, or may have had it.
fn first_drop(database: &DatabaseState) -> Option<&OperationRecord> {
    let mut operations = database.operations.iter();
    operations.find(|record| {
        record.event.operation == Operation::Drop && (record.is_done() || record.is_in_doubt())
    })
}

/// The newest safety backup of the SUSDB that was there before the first drop; without one, the newest from before it.
#[must_use]
pub fn safety_backup(database: &DatabaseState) -> Option<&OwnBackup> {
    let end = first_drop(database).map(|drop| drop.seq);
    let before_drop = || database.own_backups.iter().filter(|own| end.is_none_or(|end| own.seq < end));
    let is_of_it = |own: &&OwnBackup| database.before.as_ref().is_some_and(|before| own.is_of(before));
    before_drop().rfind(is_of_it).or_else(|| before_drop().next_back())
}

/// Other safety backups: of what was there at another time, and no way to what was there first.
fn others(database: &DatabaseState, chosen: Option<&OwnBackup>) -> Vec<Text> {
    let is_other = |own: &&OwnBackup| chosen.is_none_or(|chosen| chosen.seq != own.seq);
    let others = database.own_backups.iter().filter(is_other);
    let told = others.map(|own| {
        format!(
            "not to be mistaken for another safety backup: record {}, {}, set {}, of the SUSDB with database_guid {}",
            own.seq, own.backup.engine_path, own.backup.set_guid, own.database
        )
    });
    told.map(Text::from).collect()
}

/// What was written between the safety backup and the drop is in neither.
fn lost(database: &DatabaseState, backup: Option<&OwnBackup>) -> String {
    let (Some(own), Some(drop)) = (backup, first_drop(database)) else {
        return "whatever the SUSDB held that was dropped: no safety backup of it is known".to_owned();
    };
    let seconds = drop.started.since(own.time).max(0) / 1_000_000;
    let span = match seconds {
        0..120 => format!("{seconds} seconds"),
        120..7200 => format!("{} minutes", seconds / 60),
        _ => format!("{} hours", seconds / 3600),
    };
    format!(
        "whatever was written to it in the {span} between its safety backup ({}) and its drop ({})",
        own.time, drop.started
    )
}

/// Whether the SUSDB that was there can be had again; where there was none, nothing has to be.
fn way_back(state: &Migration) -> Text {
    const CONDITION: &str = "the safety backup is recorded and verified";
    let database = &state.database;
    let none_before = database.before.as_ref().is_some_and(|before| !before.present);
    let Some(OwnBackup { seq, backup, judged, .. }) = safety_backup(database) else {
        let why = "no safety backup was recorded: do not go on";
        return if none_before {
            "a safety backup: not needed, there was no SUSDB before".into()
        } else {
            answered(CONDITION, false, why)
        };
    };
    let Some(judged) = judged else {
        return answered(CONDITION, false, "nobody has judged it: RESTORE VERIFYONLY first");
    };
    let digest = backup.sha256.map_or_else(
        || "the program could not read its file".to_owned(),
        |digest| format!("its file still has SHA-256 {digest}: compare"),
    );
    let because = format!("record {seq}, backup set {}, {}; {digest}", backup.set_guid, judged.why);
    answered(CONDITION, judged.verified, &because)
}

/// A safety backup of another database than the one that was there first leads somewhere else.
fn the_same_database(database: &DatabaseState, backup: Option<&OwnBackup>) -> Text {
    const CONDITION: &str = "it is a backup of the SUSDB that was dropped";
    let (Some(backup), Some(before)) = (backup, &database.before) else {
        return answered(CONDITION, false, "one of the two is not recorded");
    };
    let (own, before_guids) =
        ((backup.backup.family_guid, backup.database), (before.family_guid, before.database_guid));
    let guids = format!(
        "family_guid {} and database_guid {} in the backup, {} and {} before",
        own.0, own.1, before_guids.0, before_guids.1
    );
    answered(CONDITION, backup.is_of(before), &guids)
}

fn nothing_in_the_way(state: &Migration) -> Text {
    let status = &state.run.status.database;
    let (holds, because) = match status.present {
        _ if status.partial => (false, "what a cut-off restore left is there: drop that first"),
        Some(false) => (true, "there is no SUSDB now"),
        Some(true) if status.replaced => (false, "another one took the place of the restored one"),
        Some(true) if status.restored => (false, "the restored one is there: drop that first"),
        Some(true) => (false, "one was seen: look which it is before anything is dropped"),
        None => (false, "nobody looked"),
    };
    answered("no other SUSDB is there", holds, because)
}

fn files_known(database: &DatabaseState) -> Text {
    let files = &database.before_files;
    let because = if files.is_empty() {
        "see RESTORE FILELISTONLY, and add MOVE where a folder is another one by now".to_owned()
    } else {
        format!("{} files, in the MOVE lines", files.len())
    };
    answered("it is recorded where its files lay", !files.is_empty(), &because)
}

fn services_stopped(state: &Migration) -> Text {
    let status = &state.run.status.database;
    let because = match (status.stopped, status.owes_services) {
        (true, _) => "by this migration",
        (false, true) => "an earlier run stopped them, and they may have been started since: stop them first",
        (false, false) => "they were started again: stop them first",
    };
    answered("the destination's services are stopped", status.stopped, because)
}

fn serves_nobody() -> Text {
    format!("the destination serves nobody yet: {POINT_OF_NO_RETURN}").into()
}

/// A line for each file: a statement of many paths would be longer than a text of the journal may be.
fn safety_restore(database: &DatabaseState, backup: &BackupRecorded) -> Vec<Text> {
    let lines = restore_lines(database, backup);
    lines
        .unwrap_or_else(|why| vec![format!("-- no statement can be shown: {why}")])
        .into_iter()
        .map(Text::from)
        .collect()
}

fn restore_lines(database: &DatabaseState, backup: &BackupRecorded) -> Result<Vec<String>, NotALiteral> {
    let path = Literal::new(backup.engine_path.as_str())?;
    let file = |file: &FileRecorded| {
        Ok((Literal::new(file.logical.as_str())?, Literal::new(file.physical.as_str())?))
    };
    let files = database.before_files.iter().map(file).collect::<Result<Vec<_>, NotALiteral>>()?;
    let before = database.before.as_ref().and_then(|before| UserAccess::read(before.user_access.as_str()));
    Ok(restore_by_hand(&path, backup.position, &files, before.unwrap_or(UserAccess::Everybody)))
}
