//! Goal: whatever the journal holds of SUSDB, the audit tells.
//! Method: a migration as events; each fact of it is looked for in the report, flattened to lines.

mod support;

use support::susdb::*;
use support::told::*;
use support::*;
use wsusmigrate_core::digest::Sha256;
use wsusmigrate_core::event::content::*;
use wsusmigrate_core::event::database::*;
use wsusmigrate_core::event::run::*;

#[test]
fn a_migration_without_susdb_says_nothing_of_it() {
    let history = in_content();
    for told in [audited(&history), progress(&history, None)] {
        for section in ["database", "operations", "approvals", "source_"] {
            told.never_says(section);
        }
    }
}

#[test]
fn the_engine_and_susdb_before_and_after_are_told() {
    let told = audited(&restored());
    for line in [
        "database connected = @4",
        r"database address = \\.\pipe\MICROSOFT##WID\tsql\query",
        "database engine = wid",
        "database server = NEW",
        "database edition = Windows Internal Database (64-bit)",
        "database version = 15.0.2000.5",
        "database newest = 904",
        r"database login = CONTOSO\alice",
        "database protection = none",
        "database/susdb there | yes | yes",
        "database/susdb state | ONLINE | ONLINE",
        "database/susdb read-only | no | no",
        "database/susdb user access | MULTI_USER | MULTI_USER",
        "database/susdb recovery model | SIMPLE | SIMPLE",
        "database/susdb internal version | 904 | 904",
        "database/susdb size | 4096 B | 4096 B",
        "database/susdb files | 2 | 2",
        "database/susdb created | 2019-01-02 03:04:05 | 2019-01-02 03:04:05",
        r"database/files C:\Windows\WID\Data\SUSDB.mdf | SUSDB | ROWS | 2048 B | before",
        r"database/files E:\Logs\it's SUSDB_log.ldf | SUSDB_log | LOG | 2048 B | before",
        r"database/files C:\Windows\WID\Data\New.mdf | SUSDB | ROWS | 2048 B | now",
        "database: The engine upgraded SUSDB as it restored it: internal version 661 became 904.",
    ] {
        told.says(line);
    }
    for (what, byte) in [("database_guid", 0x20), ("family_guid", 0x21), ("ServerID", 0x22)] {
        told.says(&format!("database/susdb {what} | {} | {}", guid(byte), guid(byte + 0x20)));
    }
    let looked = restored().state().database.state.expect("it was looked at").0;
    told.says(&format!("database looked = @{}", looked.0 / 1_000_000));
}

#[test]
fn an_upgrade_is_told_only_where_one_was_seen() {
    let not_looked_at = stopped().does(Operation::Drop).does(Operation::Restore);
    let same = BackupRecorded { database_version: 904, ..backup(BackupOf::Source, 0x30, BACKUP) };
    for history in [not_looked_at, restored().and(same), restored().and(no_susdb())] {
        audited(&history).never_says("database: The engine upgraded");
    }
}

#[test]
fn a_server_without_susdb_is_told_as_such() {
    audited(&in_database(Role::Destination).and(no_susdb())).says("database/susdb there | no SUSDB");
}

#[test]
fn every_operation_is_told_with_what_was_sent_said_and_found() {
    let history = restored();
    let told = audited(&history);
    let operations = history.state().database.operations;
    assert_eq!(operations.len(), 7);
    for record in &operations {
        let (seq, word, at) = (record.seq, record.event.operation.word(), record.started.0 / 1_000_000);
        told.says(&format!("operations/operations {seq} | @{at} | {word} | 1500000 us | done"));
        told.says(&format!("operations/statements {seq} | statement of {word}"));
        told.says(&format!("operations/found {seq} | before {word} | after {word} | came of {word}"));
    }
    let seq = operations.last().expect("the restore").seq;
    told.says(&format!(
        "operations/messages {seq} | 3605 | 16 | Schema verification failed for database 'SUSDB'."
    ));
    told.says(&format!(
        "operations/messages {seq} | 3013 | 16 | RESTORE DATABASE is terminating abnormally."
    ));
}

#[test]
fn a_statement_that_is_longer_than_a_record_names_its_evidence() {
    let long = OperationStarted { whole: Some(Sha256([9; 32])), ..intent(Operation::CarryBackup) };
    let history = in_database(Role::Destination).and(seen(0x20, 904)).of(action("long"), long);
    let told = audited(&history);
    let seq = history.records.len() - 1;
    told.says(&format!(
        "operations/statements {seq} | statement of carry-backup (the whole is evidence {})",
        Sha256([9; 32])
    ));
    told.says(&format!("operations/found {seq} | before carry-backup | after carry-backup | no outcome"));
    told.says(&format!("operations/operations {seq} | @{seq} | carry-backup | - | open"));
}

#[test]
fn messages_that_are_not_kept_are_counted() {
    let said = vec![(3211, 0, "percent"); 203];
    let history = in_database(Role::Destination).ends(Operation::CarryBackup, OperationResult::Done, &said);
    let told = audited(&history);
    let seq = history.state().database.operations[0].seq;
    told.says(&format!(
        "operations: The server said 3 more things of the operation in record {seq}: `wsusmigrate journal log`."
    ));
}

#[test]
fn a_doubt_is_told_with_how_it_was_settled() {
    let (history, action) = asked();
    let looked = history.records.len() - 1;
    let history = history.of(
        action,
        OperationResolved {
            operation: Operation::Drop,
            answer: Answer::Happened,
            note: "SUSDB is gone".into(),
            account: r"CONTOSO\bob".into(),
            sid: "S-1-5-21-2".into(),
        },
    );
    let seq = history.state().database.operation(action).expect("the drop").seq;
    let told = audited(&history);
    told.says(&format!(
        "operations/doubts {seq} | @{looked} | a look | unknown | the server does not answer"
    ));
    let said = looked + 1;
    told.says(&format!(
        r"operations/doubts {seq} | @{said} | CONTOSO\bob (S-1-5-21-2) | happened | SUSDB is gone"
    ));
    told.says(&format!("operations/operations {seq} | @{seq} | drop | not known | happened"));
}

#[test]
fn backups_are_told_with_what_they_are_and_what_was_said_of_them() {
    let told = audited(&secured());
    for (key, path, byte) in [("backup", BACKUP, 0x30), ("safety_backup", SAFETY, 0x20)] {
        for line in [
            format!("engine_path = {path}"),
            format!("program_path = read by {path}"),
            "position = 3".to_owned(),
            format!("set_guid = {}", guid(byte)),
            format!("family_guid = {}", guid(byte + 1)),
            "name = nightly".to_owned(),
            "server = OLD".to_owned(),
            "started = 2026-11-22 01:00:00".to_owned(),
            "finished = 2026-11-22 01:10:00".to_owned(),
            "first_lsn = 11000000000100001".to_owned(),
            "last_lsn = 12000000000200002".to_owned(),
            "checkpoint_lsn = 13000000000300003".to_owned(),
            "database_backup_lsn = 14000000000400004".to_owned(),
            "database_version = 661".to_owned(),
            "backup_bytes = 700001 B".to_owned(),
            "compressed_bytes = 300002 B".to_owned(),
            "file_bytes = 300003 B".to_owned(),
            format!("sha256 = {}", Sha256([byte; 32])),
            "checksums = yes".to_owned(),
            "damaged = no".to_owned(),
            "copy_only = yes".to_owned(),
            "verified = yes".to_owned(),
            format!("because = reason {byte}"),
        ] {
            told.says(&format!("{key} {line}"));
        }
    }
    let state = secured().state();
    let record = state.database.backups[&BackupOf::Own].0;
    told.says(&format!("safety_backup record = {record}"));
}

#[test]
fn a_verdict_on_another_backup_speaks_for_none() {
    let looked = in_database(Role::Destination).and(seen(0x20, 904));
    let unread = BackupRecorded { sha256: None, file_bytes: 0, ..backup(BackupOf::Own, 0x50, SAFETY) };
    let told = audited(&looked.and(unread).does(Operation::VerifyOwn).and(judged(BackupOf::Own, 0x20, true)));
    told.says("safety_backup verified = nobody has judged it");
    told.never_says("safety_backup because");
    told.says("safety_backup sha256 = the program could not read it");
    told.says("safety_backup file_bytes = the program could not read it");
    let refused = judged(BackupOf::Own, 0x50, false);
    let bad = in_database(Role::Destination).and(backup(BackupOf::Own, 0x50, SAFETY)).and(refused);
    audited(&bad).says("safety_backup verified = no");
}

#[test]
fn what_was_on_the_media_before_is_told() {
    let set = MediaSetRecorded {
        engine_path: BACKUP.into(),
        position: 1,
        set_guid: guid(7),
        name: "old one".into(),
        database: "HR".into(),
        server: "OTHER".into(),
        finished: "2020-01-01".into(),
    };
    let told = audited(&in_database(Role::Source).and(seen(0x20, 661)).and(set));
    told.says(&format!(
        "media/media {BACKUP} | position 1 | old one | HR | OTHER | 2020-01-01 | {}",
        guid(7)
    ));
}

#[test]
fn the_proof_of_the_target_outlives_the_run_that_made_it() {
    let history = next_run(restored(), 1, 0);
    let told = audited(&history);
    told.says("target is_another = yes");
    told.says("target because = server and ServerID differ");
    told.says("target/comparisons server name | OLD | NEW | differs");
    told.says("target/comparisons database_guid | aaa | bbb | differs");
    let proof = &history.state().database.proofs[0];
    told.says(&format!("target record = {}", proof.seq));
    told.says(&format!("target time = @{}", proof.time.0 / 1_000_000));
    told.says("sessions/sessions 77 | sa | DESK | SSMS");
    told.says("sessions ended = yes");
    audited(&stopped().and(SessionSeen {
        session: 77,
        login: "sa".into(),
        host: "".into(),
        program: "".into(),
    }))
    .says("sessions ended = no");
}

#[test]
fn a_target_that_may_be_the_source_is_told_as_such() {
    let judged = TargetJudged { comparisons: 1, is_another: false, why: "same server".into() };
    let history = in_database(Role::Destination)
        .and(compared("server name", "OLD", "OLD", SameAs::Matches))
        .and(judged);
    let told = audited(&history);
    told.says("target is_another = no");
    told.says("target because = same server");
    told.says("target/comparisons server name | OLD | OLD | matches");
}

fn table(name: &str, verdict: Parity) -> TableCompared {
    let (source_rows, restored_rows) = (12, 11);
    let why = "".into();
    let table = name.into();
    TableCompared { table, verdict, source_rows, restored_rows, differing: 0, missing: 0, extra: 0, why }
}

#[test]
fn parity_is_told_by_table_and_differences_by_key() {
    let differs =
        TableCompared { differing: 2, missing: 1, extra: 4, ..table("tbDeployment", Parity::Differs) };
    let moved = TableCompared { why: "it moved".into(), ..table("tbFile", Parity::NotComparable) };
    let sum = TableSummed {
        of: SumOf::Restored,
        table: "tbFile".into(),
        columns: Sha256([1; 32]),
        rows: 11,
        sum: Sha256([2; 32]),
        list: Sha256([3; 32]),
    };
    let of_source = TableSummed { of: SumOf::Source, rows: 12, sum: Sha256([4; 32]), ..sum.clone() };
    let row = |key: &str, how| RowDiffered { table: "tbDeployment".into(), key: key.into(), how };
    let history = restored()
        .and(sum)
        .and(of_source)
        .and(row("7, 8", RowDifference::Differs))
        .and(row("9", RowDifference::Missing))
        .and(differs)
        .and(moved)
        .and(table("tbTargetGroup", Parity::Equal));
    let told = audited(&history);
    told.says("parity/parity tbDeployment | 12 | 11 | differs | 2 differ, 1 missing, 4 extra");
    told.says("parity/parity tbFile | 12 | 11 | not-comparable | it moved");
    told.says("parity/parity tbTargetGroup | 12 | 11 | equal | ");
    told.says("parity/differences tbDeployment | 7, 8 | differs");
    told.says("parity/differences tbDeployment | 9 | missing");
    told.says("parity: 5 more rows differ than are named.");
    told.says(&format!("parity/sums tbFile | restored | 11 | {}", Sha256([2; 32])));
    told.says(&format!("parity/sums tbFile | source | 12 | {}", Sha256([4; 32])));
}

/// The source: quiesced, marked, backed up.
fn source() -> History {
    let mark =
        |moment, mark: &str, value: &str| MarkRecorded { moment, mark: mark.into(), value: value.into() };
    in_database(Role::Source)
        .and(seen(0x30, 661))
        .and(service("W3SVC", ServiceState::Running, ServiceStart::Automatic))
        .does(Operation::Quiesce)
        .and(mark(Moment::BeforeBackup, "tbDeployment.LastChangeNumber", "100"))
        .and(mark(Moment::BeforeBackup, "tbFile.rows", "5"))
        .and(mark(Moment::BeforeBackup, "tbRevision.rows", "6"))
        .does(Operation::BackUp)
        .and(backup(BackupOf::Source, 0x30, BACKUP))
        .and(mark(Moment::AfterBackup, "tbDeployment.LastChangeNumber", "101"))
        .and(mark(Moment::AfterBackup, "tbFile.rows", "5"))
}

#[test]
fn a_source_that_moved_is_told_on_either_side() {
    let own = audited(&source());
    let there = audited_with(&restored(), Some(&source().state()));
    for (told, key) in [(own, ""), (there, "source_")] {
        told.says(&format!("{key}marks/marks tbDeployment.LastChangeNumber | 100 | 101 | moved"));
        told.says(&format!("{key}marks/marks tbFile.rows | 5 | 5 | rested"));
        told.says(&format!("{key}marks/marks tbRevision.rows | 6 | - | not read again"));
        let moved =
            "The source moved while it was backed up: tbDeployment.LastChangeNumber, tbRevision.rows.";
        assert!(told.0.iter().any(|line| line.starts_with(&format!("{key}marks: {moved}"))));
        told.says(&format!("{key}services/services W3SVC | service | running | automatic"));
    }
}

#[test]
fn the_source_stands_beside_the_destination_under_keys_of_its_own() {
    let told = audited_with(&restored(), Some(&source().state()));
    told.says("source_database # SUSDB and its engine, at the source host");
    told.says("source_database/susdb internal version | 661");
    told.says("source_backup # Backup of the source's SUSDB, at the source host");
    told.says("source_backup first_lsn = 11000000000100001");
    told.says("backup # Backup of the source's SUSDB");
    told.says("database # SUSDB and its engine");
    assert_eq!(told.0.iter().filter(|line| line.starts_with("source_operations/statements")).count(), 2);
}

#[test]
fn users_services_settings_and_logs_are_told_with_their_previous_values() {
    let user = |user: &str, decision, login: &str, why: &str| UserFound {
        user: user.into(),
        kind: "WINDOWS_USER".into(),
        sid: format!("0x{user}").into(),
        decision,
        login: login.into(),
        why: why.into(),
    };
    let history = restored()
        .and(user("A", UserDecision::AlterUser, r"NEW\A", "the login is there"))
        .and(user("B", UserDecision::Manual, "", "it would need a server role"))
        .and(user("dbo", UserDecision::Leave, "sa", "it is the owner of SUSDB"))
        .and(setting("tbConfigurationA.SyncAuto", "1", "0"))
        .and(EvidenceKept {
            what: "log of postinstall".into(),
            origin: r"C:\Temp\tmp1.tmp".into(),
            sha256: Sha256([8; 32]),
            bytes: 99,
        });
    let told = audited(&history);
    told.says(r"users/users A | WINDOWS_USER | alter-user | NEW\A | the login is there");
    told.says("users/users B | WINDOWS_USER | manual | - | it would need a server role");
    told.says("users/user_ids A | 0xA");
    told.says("users healthy = 1");
    assert!(!told.0.iter().any(|line| line.contains("dbo")), "{:?}", told.0);
    told.says("users: By hand: user B: it would need a server role");
    told.says("services/services WsusService | service | running | automatic-delayed");
    told.says("services/services WsusPool | app-pool | running | automatic");
    told.says("services now = stopped by this migration");
    told.says("settings/settings tbConfigurationA.SyncAuto | 1 | 0 | inferred");
    told.says("settings asleep = not put to sleep yet");
    told.says(&format!(
        r"evidence/evidence C:\Temp\tmp1.tmp | log of postinstall | 99 B | {}",
        Sha256([8; 32])
    ));
    let asleep = history.does(Operation::Sleep);
    let end = asleep.records.len() - 1;
    audited(&asleep).says(&format!("settings asleep = @{end}"));
    audited(&asleep.does(Operation::PostInstall).does(Operation::StartServices))
        .says("services now = as this migration found or started them");
}

/// What SUSDB expects, held against the copy.
fn catalogued(history: History) -> History {
    history
        .and(CatalogueDiffered {
            path: path("WsusContent/AA/x.cab"),
            how: CatalogueDifference::Missing,
            detail: "10 bytes expected".into(),
        })
        .and(StatesCounted { actual: 12, desired: 12, files: 40 })
        .and(StatesCounted { actual: 1, desired: 3, files: 2 })
        .and(CatalogueCompared {
            differences: Sha256([6; 32]),
            expected: 42,
            expected_bytes: 4200,
            matched: 37,
            missing: 1,
            extra: 2,
            damaged: 3,
            encrypted: 4,
        })
}

#[test]
fn the_catalogue_is_told_and_states_are_not_interpreted() {
    let once = audited(&catalogued(restored()));
    // Compared again, as after a top-up, it is told once.
    let twice = audited(&catalogued(catalogued(restored())));
    for told in [once, twice] {
        for line in [
            "catalogue expected = 42",
            "catalogue expected_bytes = 4200 B",
            "catalogue matched = 37",
            "catalogue missing = 1",
            "catalogue extra = 2",
            "catalogue damaged = 3",
            "catalogue encrypted = 4",
            "catalogue/differences WsusContent/AA/x.cab | missing | 10 bytes expected",
            "catalogue/states 12 | 12 | 40",
            "catalogue/states 1 | 3 | 2",
            "catalogue: ActualState 12 is the one state known to mean that a file is ready; the others are reported as \
             they are.",
        ] {
            told.says(line);
        }
        told.says(&format!("catalogue list = {}", Sha256([6; 32])));
        assert_eq!(told.0.iter().filter(|line| line.starts_with("catalogue/states")).count(), 2);
    }
}
