//! Goal: the restored SUSDB is dropped on the way back, by statements that look whether it is that one, and no other ever is.
//! Method: histories in which it is there, was cut off, was not looked at, or gave its place to another.

mod support;

use support::susdb::*;
use support::undone::*;
use support::*;
use wsusmigrate_core::event::database::*;
use wsusmigrate_core::event::run::*;
use wsusmigrate_core::rollback::{ActionKind, plan};

/// The batch that drops the SUSDB whose identifiers are this byte, and no other.
fn drops_only(byte: u8) -> Vec<String> {
    let only_if = format!("AND database_guid = N'{}')", guid(byte));
    let lines = [
        "USE [master];",
        "IF EXISTS (SELECT * FROM sys.database_recovery_status",
        "WHERE database_id = DB_ID(N'SUSDB')",
        only_if.as_str(),
        "BEGIN",
        "ALTER DATABASE [SUSDB] SET SINGLE_USER WITH ROLLBACK IMMEDIATE;",
        "DROP DATABASE [SUSDB];",
        "END",
        "ELSE",
        "RAISERROR(N'Not the restored SUSDB: nothing was dropped.', 16, 1);",
    ];
    lines.map(str::to_owned).to_vec()
}

#[test]
fn the_restored_susdb_is_dropped_first() {
    let history = restored();
    let undo = undo(&history, ActionKind::RestoreDatabase);
    assert_eq!(lines(&undo.by_hand), drops_only(0x40));
    requires(
        &undo,
        &format!(
            "the SUSDB that is there is the restored one, database_guid {}: yes, as last seen; the statement looks before \
             it drops",
            guid(0x40)
        ),
    );
    requires(&undo, "the destination's services are stopped: yes, by this migration");
    assert!(undo.lost.as_str().starts_with("everything the new server learned since the restore"));
    let restore = history.state().database.operations.last().expect("the restore").clone();
    assert_eq!((undo.first_seq, undo.last_seq, undo.last_time), (restore.seq, restore.seq, restore.started));
}

#[test]
fn services_that_serve_again_are_stopped_before_susdb_is_dropped() {
    let history = restored().does(Operation::PostInstall).does(Operation::StartServices);
    let restore = undo(&history, ActionKind::RestoreDatabase);
    let stops = ["Stop-WebAppPool -Name 'WsusPool'", "Stop-Service -Name 'WsusService'"];
    assert_eq!(lines(&restore.by_hand), [stops.map(str::to_owned).to_vec(), drops_only(0x40)].concat());
    requires(
        &restore,
        "the destination's services are stopped: NO, they were started again: stop them first",
    );
    assert_eq!(kinds(&history).last(), Some(&ActionKind::StopServices), "they are started again at the end");
}

#[test]
fn where_there_was_no_susdb_going_back_leads_to_none() {
    let history = in_database(Role::Destination)
        .and(no_susdb())
        .does(Operation::CarryBackup)
        .and(backup(BackupOf::Source, 0x30, BACKUP))
        .does(Operation::VerifyCarried)
        .and(judged(BackupOf::Source, 0x30, true))
        .proves_another()
        .and(approved("S-1-5-21-2"))
        .does(Operation::StopServices)
        .does(Operation::Restore)
        .and(seen(0x40, 904));
    let undo = undo(&history, ActionKind::RestoreDatabase);
    assert_eq!(undo.previous.as_str(), "no SUSDB: there was none before the restore");
    requires(&undo, "a safety backup: not needed, there was no SUSDB before");
    assert_eq!(kinds(&history), [ActionKind::RestoreDatabase, ActionKind::StopServices]);
    assert_eq!(lines(&undo.by_hand), drops_only(0x40));
}

#[test]
fn what_a_cut_off_restore_left_is_dropped_as_it_is() {
    let (begun, action) = stopped().does(Operation::Drop).begins(Operation::Restore);
    let cut = || begun_again(&begun).of(action, outcome(Operation::Restore, OperationResult::Unknown, 0));
    let found = OperationReconciled {
        operation: Operation::Restore,
        found: Probe::Partly,
        detail: "RESTORING".into(),
    };
    let left = next_run(cut(), 1, 1).of(action, found);
    let restore = undo(&left, ActionKind::RestoreDatabase);
    // The next run has not stopped the services yet: somebody may have started them.
    assert_eq!(
        lines(&restore.by_hand),
        [
            "Stop-WebAppPool -Name 'WsusPool'",
            "Stop-Service -Name 'WsusService'",
            "USE [master];",
            "IF EXISTS (SELECT * FROM sys.databases",
            "WHERE name = N'SUSDB'",
            "AND state_desc IN (N'RESTORING', N'SUSPECT'))",
            "DROP DATABASE [SUSDB];",
            "ELSE",
            "RAISERROR(N'Not what a restore left: nothing was dropped.', 16, 1);"
        ]
    );
    requires(
        &restore,
        "the SUSDB that is there is what the restore left, RESTORING or SUSPECT: yes, as last seen; the statement looks \
         before it drops",
    );
    assert_eq!(restore.lost.as_str(), "nothing: the source and its backup stay as they are");
    requires(
        &undo(&left, ActionKind::DropDatabase),
        "no other SUSDB is there: NO, what a cut-off restore left is there: drop that first",
    );
    let gone = left
        .does(Operation::VerifyCarried)
        .and(judged(BackupOf::Source, 0x30, true))
        .proves_another()
        .does(Operation::StopServices)
        .does(Operation::DiscardPartial);
    assert!(!kinds(&gone).contains(&ActionKind::RestoreDatabase), "it is gone");
    let open = plan(&cut().state());
    assert_eq!(open.in_doubt, 1, "a restore without an outcome is in doubt");
    assert_eq!(open.actions[0].undoes, ActionKind::RestoreDatabase, "it may have its effect");
    requires(
        &open.actions[0],
        "the SUSDB that is there is what the restore left, RESTORING or SUSPECT: NO, the restore is in doubt: nobody saw; \
         the statement looks before it drops",
    );
}

fn begun_again(history: &History) -> History {
    History { records: history.records.clone() }
}

/// What would drop a database, restore over one, or change its rows.
fn statements_of(history: &History) -> Vec<String> {
    const WORDS: [&str; 3] = ["DROP", "UPDATE", "ALTER"];
    let all = plan(&history.state()).actions.into_iter().flat_map(|undo| undo.by_hand);
    let all = all.map(|line| line.to_string());
    all.filter(|line| WORDS.iter().any(|word| line.starts_with(word))).collect()
}

/// Guidance once showed the DROP of "the restored one" although another had taken its place.
#[test]
fn another_susdb_in_the_place_of_the_restored_one_is_let_be() {
    let slept = || {
        mends(restored(), r"CORP\NEW$", OperationResult::Done, 0)
            .and(setting("tbA.B", "1", "0"))
            .does(Operation::Sleep)
    };
    let ours =
        ["UPDATE [SUSDB].[dbo].[tbA]", "ALTER DATABASE", "DROP DATABASE", "DROP LOGIN", "ALTER DATABASE"];
    let shown = statements_of(&slept());
    assert!(shown.iter().zip(ours).all(|(line, begins)| line.starts_with(begins)), "{shown:#?}");
    assert_eq!(shown.len(), ours.len());

    let history = slept().and(seen(0x50, 904));
    let only_if_none = "ALTER DATABASE [SUSDB] SET MULTI_USER;";
    assert_eq!(statements_of(&history), [only_if_none], "where there is no SUSDB");
    let restore = undo(&history, ActionKind::RestoreDatabase);
    assert_eq!(
        restore.what.as_str(),
        "Let the SUSDB that is there be: another one took the place of the one that was restored."
    );
    let (other, ours) = (guid(0x50), guid(0x40));
    requires(
        &restore,
        &format!(
            "the SUSDB that is there is the restored one, database_guid {ours}: NO, {other} was last seen: somebody put it \
             there"
        ),
    );
    let another = "another one took the place of the restored one";
    requires(&undo(&history, ActionKind::DropDatabase), &format!("no other SUSDB is there: NO, {another}"));
    requires(
        &undo(&history, ActionKind::StopServices),
        &format!("the SUSDB of before is there: NO, {another}"),
    );
    requires(
        &undo(&history, ActionKind::CreateLogin),
        "the restored SUSDB is not there any more: NO, another one took its place, and may have users with these logins: \
         they stay",
    );
    assert!(!kinds(&history).contains(&ActionKind::Sleep), "its settings are not ours");

    // The restored one is back, as if somebody had renamed the two.
    assert_eq!(statements_of(&history.and(seen(0x40, 904))).len(), 5);
}

/// A restore that was resolved by a person, before any look: which SUSDB it made is not known.
#[test]
fn a_restored_susdb_that_nobody_saw_is_not_dropped_by_guess() {
    let unseen = stopped().does(Operation::Drop).does(Operation::Restore);
    let restore = undo(&unseen, ActionKind::RestoreDatabase);
    assert_eq!(
        lines(&restore.by_hand),
        [
            "SELECT database_guid, family_guid FROM sys.database_recovery_status WHERE database_id = DB_ID(N'SUSDB');"
        ]
    );
    requires(
        &restore,
        "the SUSDB that is there is the restored one: NO, nobody saw its database_guid: `wsusmigrate run` looks, and the \
         statement below only shows it",
    );
}
