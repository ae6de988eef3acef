//! Goal: guidance leads back to the SUSDB that was there, exactly, and says what stands against it now.
//! Method: histories that end at every place of the database step, and the guidance at each.

mod support;

use support::susdb::*;
use support::undone::*;
use support::*;
use wsusmigrate_core::digest::Sha256;
use wsusmigrate_core::event::database::*;
use wsusmigrate_core::event::run::*;
use wsusmigrate_core::id::Guid;
use wsusmigrate_core::rollback::{ActionKind, plan};

const STOPPED: &str = "the destination's services are stopped: yes, by this migration";
const SERVES_NOBODY: &str = "the destination serves nobody yet: the first client or downstream server it serves is the \
                             point of no return, and none is recorded";

fn verified() -> String {
    let (set, digest) = (guid(0x20), Sha256([0x20; 32]));
    let record = secured().state().database.backups[&BackupOf::Own].0;
    format!(
        "the safety backup is recorded and verified: yes, record {record}, backup set {set}, reason 32; its file still has \
         SHA-256 {digest}: compare"
    )
}

#[test]
fn before_anything_was_touched_there_is_nothing_to_undo() {
    let guidance = plan(&secured().state());
    assert!(guidance.actions.is_empty() && guidance.lost.is_empty());
    assert_eq!(
        guidance.nothing_to_undo.iter().map(|kept| kept.action).collect::<Vec<_>>(),
        [ActionKind::WriteBackup]
    );
}

#[test]
fn the_way_back_goes_from_the_newest_to_the_oldest() {
    let slept = restored().and(setting("tbA.B", "1", "0")).does(Operation::Sleep);
    let order =
        [ActionKind::Sleep, ActionKind::RestoreDatabase, ActionKind::DropDatabase, ActionKind::StopServices];
    assert_eq!(kinds(&slept), order);
    // Services that were stopped again behind postinstall are still the last to be given back.
    let installed = History { records: slept.records.clone() }.does(Operation::PostInstall);
    assert_eq!(kinds(&installed.does(Operation::StopServices).does(Operation::Sleep)), order);
    let guidance = plan(&slept.state());
    assert_eq!(guidance.point_of_no_return, None, "the destination serves nobody");
    assert_eq!(guidance.in_doubt, 0);
}

#[test]
fn the_dropped_susdb_comes_back_to_where_its_files_lay() {
    let dropped = stopped().does(Operation::Drop).and(no_susdb());
    let undo = undo(&dropped, ActionKind::DropDatabase);
    assert_eq!(
        lines(&undo.by_hand),
        [
            "USE [master];",
            "IF DB_ID(N'SUSDB') IS NOT NULL",
            "RAISERROR(N'There is a SUSDB: nothing was restored.', 16, 1);",
            "ELSE",
            "BEGIN",
            r"RESTORE DATABASE [SUSDB] FROM DISK = N'C:\Program Files\WSUS backup\it''s own.bak'",
            "WITH FILE = 3, CHECKSUM,",
            r"MOVE N'SUSDB' TO N'C:\Windows\WID\Data\SUSDB.mdf',",
            r"MOVE N'SUSDB_log' TO N'E:\Logs\it''s SUSDB_log.ldf',",
            "NOUNLOAD, STATS = 10;",
            "ALTER DATABASE [SUSDB] SET MULTI_USER;",
            "END;",
            "SELECT name, state_desc, user_access_desc FROM sys.databases WHERE name = N'SUSDB';"
        ]
    );
    let (database, family, server) = (guid(0x20), guid(0x21), guid(0x22));
    assert_eq!(
        undo.previous.as_str(),
        format!(
            "SUSDB ONLINE, MULTI_USER, read-write, recovery model SIMPLE, internal version 904, 4096 bytes in 2 files, \
             created 2019-01-02 03:04:05, database_guid {database}, ServerID {server}"
        )
    );
    requires(&undo, &verified());
    requires(
        &undo,
        &format!(
            "it is a backup of the SUSDB that was dropped: yes, family_guid {family} and database_guid {database} in the \
             backup, {family} and {database} before"
        ),
    );
    requires(&undo, "no other SUSDB is there: yes, there is no SUSDB now");
    requires(&undo, "it is recorded where its files lay: yes, 2 files, in the MOVE lines");
    requires(&undo, STOPPED);
    requires(&undo, SERVES_NOBODY);
    assert_eq!(undo.bytes, 700_001);
    assert!(!kinds(&dropped).contains(&ActionKind::RestoreDatabase));
}

#[test]
fn created_logins_are_dropped_again_and_others_are_let_be() {
    let mapped = restored().does(Operation::MendUser);
    assert!(!kinds(&mapped).contains(&ActionKind::CreateLogin), "a login that was there is nobody's to drop");
    let refused = mends(restored(), r"CORP\REFUSED$", OperationResult::Failed, 15025);
    assert!(!kinds(&refused).contains(&ActionKind::CreateLogin), "the engine made none");
    let doubtful = mends(mapped, r"CORP\NEW]WSUS$", OperationResult::Unknown, 0);
    let undo = undo(&doubtful, ActionKind::CreateLogin);
    assert_eq!(lines(&undo.by_hand), [r"DROP LOGIN [CORP\NEW]]WSUS$];"]);
    assert_eq!((undo.count, undo.previous.as_str()), (1, r"no login was called CORP\NEW]WSUS$"));
    requires(
        &undo,
        "the restored SUSDB is not there any more: NO, drop that first, or its users are without a login again",
    );
    requires(&undo, STOPPED);
    let record = doubtful.state().database.operations.last().expect("the operation").clone();
    let age = format!("record {} created, not an older one", record.seq);
    assert!(undo.preconditions.iter().any(|it| it.as_str().contains(&age)), "{:#?}", undo.preconditions);
    assert!(undo.lost.as_str().contains("every right on this engine that somebody gave them since"));
}

/// Regression: what failed, or was found to come to nothing, hid what it had done before that from the way back.
#[test]
fn what_may_have_been_done_in_part_is_in_the_way_back() {
    let made = mends(restored(), r"CORP\MADE$", OperationResult::Failed, 0);
    assert_eq!(lines(&undo(&made, ActionKind::CreateLogin).by_hand), [r"DROP LOGIN [CORP\MADE$];"]);
    let slept = || restored().and(setting("tbA.B where ID = 1", "1", "0"));
    let whole = undo(&slept().does(Operation::Sleep), ActionKind::Sleep);
    assert!(whole.what.as_str().contains("that were put to sleep"));
    let (begun, sleep) = slept().begins(Operation::Sleep);
    let detail = "done again it comes to the same".into();
    let looked = OperationReconciled { operation: Operation::Sleep, found: Probe::Not, detail };
    let doubted = begun.of(sleep, outcome(Operation::Sleep, OperationResult::Unknown, 0)).of(sleep, looked);
    for partly in [slept().ends(Operation::Sleep, OperationResult::Failed, &[]), doubted] {
        let undo = undo(&partly, ActionKind::Sleep);
        assert!(undo.what.as_str().contains("that may have been put to sleep"), "{}", undo.what);
        assert_eq!((undo.count, &undo.by_hand), (1, &whole.by_hand));
    }
    // What a later restore put in the place of all that is awake, whatever was done before it.
    let anew = slept().ends(Operation::Sleep, OperationResult::Failed, &[]).and(no_susdb());
    assert!(!kinds(&anew).contains(&ActionKind::Sleep));
}

#[test]
fn what_stands_against_the_way_back_is_said() {
    let history = restored();
    let restored_there = undo(&history, ActionKind::DropDatabase);
    requires(&restored_there, "no other SUSDB is there: NO, the restored one is there: drop that first");
    let another = undo(&stopped().does(Operation::Drop).and(seen(0x60, 904)), ActionKind::DropDatabase);
    requires(
        &another,
        "no other SUSDB is there: NO, one was seen: look which it is before anything is dropped",
    );
    let refused = undo(&restored().and(judged(BackupOf::Own, 0x20, false)), ActionKind::DropDatabase);
    let first = refused.preconditions[0].as_str();
    assert!(first.starts_with("the safety backup is recorded and verified: NO, record "), "{first}");
}

/// A destination whose safety backup is of this family, and on whose backup a verdict speaks; dropped.
fn dropped_after(byte: u8, verdict: u8) -> History {
    in_database(Role::Destination)
        .and(seen(0x20, 904))
        .and(backup(BackupOf::Source, 0x30, BACKUP))
        .does(Operation::VerifyCarried)
        .and(judged(BackupOf::Source, 0x30, true))
        .proves_another()
        .and(BackupRecorded { sha256: None, ..backup(BackupOf::Own, byte, SAFETY) })
        .does(Operation::VerifyOwn)
        .and(judged(BackupOf::Own, verdict, true))
        .and(approved("S-1-5-21-2"))
        .does(Operation::StopServices)
        .does(Operation::Drop)
}

#[test]
fn where_no_safety_backup_is_of_what_was_dropped_that_is_said() {
    let undo = undo(&dropped_after(0x70, 0x71), ActionKind::DropDatabase);
    requires(
        &undo,
        "the safety backup is recorded and verified: NO, nobody has judged it: RESTORE VERIFYONLY first",
    );
    let (family, before, database) = (guid(0x71), guid(0x21), guid(0x20));
    requires(
        &undo,
        &format!(
            "it is a backup of the SUSDB that was dropped: NO, family_guid {family} and database_guid {database} in the \
             backup, {before} and {database} before"
        ),
    );
    let judged = self::undo(&dropped_after(0x70, 0x70), ActionKind::DropDatabase);
    let set = guid(0x70);
    assert!(
        judged.preconditions[0]
            .as_str()
            .contains(&format!("backup set {set}, reason 112; the program could not read its file")),
        "{:?}",
        judged.preconditions
    );
}

/// What was there first was dropped, somebody put another one in its place, and that was secured and dropped as well.
fn dropped_twice() -> History {
    restored()
        .and(no_susdb())
        .and(seen(0x50, 904))
        .and(approved("S-1-5-21-2"))
        .proves_another()
        .does(Operation::BackUpOwn)
        .and(backup(BackupOf::Own, 0x50, r"C:\second.bak"))
        .does(Operation::VerifyOwn)
        .and(judged(BackupOf::Own, 0x50, true))
        .and(approved("S-1-5-21-2"))
        .does(Operation::Drop)
}

#[test]
fn a_second_safety_backup_does_not_hide_the_first() {
    let history = dropped_twice();
    let own = &history.state().database.own_backups;
    assert_eq!(own.iter().map(|own| own.database).collect::<Vec<_>>(), [guid(0x20), guid(0x50)]);
    let undo = undo(&history, ActionKind::DropDatabase);
    requires(&undo, &verified());
    assert!(lines(&undo.by_hand)[5].contains("it''s own.bak"), "{:?}", undo.by_hand);
    requires(
        &undo,
        &format!(
            "not to be mistaken for another safety backup: record {}, C:\\second.bak, set {}, of the SUSDB with \
             database_guid {}",
            own[1].seq,
            guid(0x50),
            guid(0x50)
        ),
    );
    let first =
        history.state().database.operations.into_iter().find(|it| it.event.operation == Operation::Drop);
    let dropped = first.expect("the first drop").started;
    let seconds = dropped.since(own[0].time) / 1_000_000;
    assert_eq!(
        undo.lost.as_str(),
        format!(
            "whatever was written to it in the {seconds} seconds between its safety backup ({}) and its drop ({dropped})",
            own[0].time
        )
    );
}

#[test]
fn a_stop_that_failed_is_undone_as_well() {
    let history = secured().and(service("WsusService", ServiceState::Running, ServiceStart::Automatic)).ends(
        Operation::StopServices,
        OperationResult::Failed,
        &[],
    );
    assert_eq!(kinds(&history), [ActionKind::StopServices]);
    let source = in_database(Role::Source)
        .and(service("WsusService", ServiceState::Running, ServiceStart::Automatic))
        .ends(Operation::Quiesce, OperationResult::Failed, &[]);
    assert_eq!(kinds(&source), [ActionKind::QuiesceSource]);
}

#[test]
fn a_drop_that_failed_halfway_lets_everybody_in_again() {
    let failed = || stopped().ends(Operation::Drop, OperationResult::Failed, &[(3702, 16, "in use")]);
    let undo = undo(&failed(), ActionKind::DropDatabase);
    assert_eq!(lines(&undo.by_hand), ["USE [master];", "ALTER DATABASE [SUSDB] SET MULTI_USER;"]);
    assert_eq!(undo.lost.as_str(), "nothing: the drop had no other effect");
    requires(&undo, "SUSDB is still there, for a single user: it was last seen as MULTI_USER");
    let single = StateRecorded { user_access: "SINGLE_USER".into(), ..seen(0x20, 904) };
    let left = failed().and(single);
    assert!(kinds(&left).contains(&ActionKind::DropDatabase));
    let opened = [failed().does(Operation::SetMultiUser), failed().and(seen(0x20, 904))];
    for history in opened {
        assert!(!kinds(&history).contains(&ActionKind::DropDatabase), "everybody is in again");
    }
}

#[test]
fn a_susdb_that_was_restricted_is_not_opened_to_everybody() {
    let restricted = || StateRecorded { user_access: "RESTRICTED_USER".into(), ..seen(0x20, 904) };
    let single = StateRecorded { user_access: "SINGLE_USER".into(), ..seen(0x20, 904) };
    let left = stopped()
        .and(restricted())
        .ends(Operation::Drop, OperationResult::Failed, &[(3702, 16, "in use")])
        .and(single);
    let undo = undo(&left, ActionKind::DropDatabase);
    let by_hand = "ALTER DATABASE [SUSDB] SET RESTRICTED_USER WITH ROLLBACK IMMEDIATE;";
    assert_eq!(lines(&undo.by_hand), ["USE [master];", by_hand]);
    let opened = left.and(restricted());
    assert!(!kinds(&opened).contains(&ActionKind::DropDatabase), "it is as it was");
}

#[test]
fn a_drop_in_doubt_is_counted_and_may_have_happened() {
    let (history, _) = asked();
    let guidance = plan(&history.state());
    assert_eq!(guidance.in_doubt, 1);
    assert_eq!(guidance.actions[0].undoes, ActionKind::DropDatabase);
    assert!(lines(&guidance.actions[0].by_hand).iter().any(|line| line.starts_with("RESTORE DATABASE")));
}

/// What somebody changed between two attempts is what the second goes back to, not what the first one found.
#[test]
fn paths_that_were_not_recorded_are_asked_for() {
    let unseen = in_database(Role::Destination)
        .and(StateRecorded { family_guid: Guid::UNTOLD, ..seen(0x20, 904) })
        .and(backup(BackupOf::Source, 0x30, BACKUP))
        .does(Operation::VerifyCarried)
        .and(judged(BackupOf::Source, 0x30, true))
        .proves_another()
        .and(backup(BackupOf::Own, 0x20, SAFETY))
        .does(Operation::VerifyOwn)
        .and(judged(BackupOf::Own, 0x20, true))
        .and(approved("S-1-5-21-2"))
        .does(Operation::StopServices)
        .does(Operation::Drop);
    let undo = undo(&unseen, ActionKind::DropDatabase);
    requires(
        &undo,
        "it is recorded where its files lay: NO, see RESTORE FILELISTONLY, and add MOVE where a folder is another one by \
         now",
    );
    let (backup, before, database) = (guid(0x21), Guid::UNTOLD, guid(0x20));
    requires(
        &undo,
        &format!(
            "it is a backup of the SUSDB that was dropped: NO, family_guid {backup} and database_guid {database} in the \
             backup, {before} and {database} before"
        ),
    );
}
