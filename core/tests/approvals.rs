//! Goal: an approval counts for what its giver could know, and for nothing that took its place since.
//! Method: a destination where everything is proved and secured and an approval was given; the world changes between two runs;
//! the next run proves everything anew and has to wait, says why, and goes on once somebody approved again.

mod support;

use support::susdb::*;
use support::*;
use wsusmigrate_core::decide::{DatabaseNext, DatabaseRequest, decide_database};
use wsusmigrate_core::digest::Sha256;
use wsusmigrate_core::event::database::*;
use wsusmigrate_core::event::run::*;
use wsusmigrate_core::id::{Guid, StreamId};
use wsusmigrate_core::report;
use wsusmigrate_core::status::Demand;
use wsusmigrate_core::step::Step;

/// The plan names its server; one person approves.
const NAMED: Demand = Demand { persons: 1, after_look: false };
/// WSUS's registry says which server.
const AUTO: Demand = Demand { persons: 1, after_look: true };

/// The byte of the SUSDB that is there at first.
const OWN: u8 = 0x20;

fn next(history: &History, approvals: Demand) -> DatabaseNext {
    let request = DatabaseRequest { quiesce: false, check: true, again: false, approvals };
    decide_database(&history.state(), request).expect("a step is going on")
}

const WAITS: DatabaseNext = DatabaseNext::Finish(Verdict::Waiting);

fn goes_on(history: &History, approvals: Demand) -> bool {
    matches!(next(history, approvals), DatabaseNext::Perform(Operation::StopServices, _))
}

/// The run waits for somebody and is over.
fn waited(history: History, n: u8) -> History {
    let verdict = Verdict::Waiting;
    history.and(finished_step(Step::Database, verdict)).and(Finished { run: run(n), verdict })
}

/// The next run: it connects to this engine, finds this SUSDB, and proves everything anew.
fn run_on(history: History, n: u8, server: &str, susdb: u8) -> History {
    history
        .and(started(n))
        .and(StepStarted { step: Step::Database })
        .and(connected(server))
        .and(seen(susdb, 904))
        .does(Operation::CarryBackup)
        .does(Operation::VerifyCarried)
        .and(judged(BackupOf::Source, 0x30, true))
        .proves_another()
}

/// The same, with a safety backup of its own.
fn run_secured(history: History, n: u8, server: &str, susdb: u8) -> History {
    run_on(history, n, server, susdb)
        .does(Operation::BackUpOwn)
        .does(Operation::VerifyOwn)
        .and(backup(BackupOf::Own, susdb, SAFETY))
        .and(judged(BackupOf::Own, susdb, true))
}

fn imported(size: u64) -> StreamImported {
    StreamImported {
        stream: StreamId::from_bytes([9; 16]),
        host: "OLD".into(),
        origin: "origin".into(),
        size,
        root: Sha256([7; 32]),
        key: Sha256([1; 32]),
        account: "a".into(),
        sid: "s".into(),
    }
}

/// A run waited, and one person approved what it had found.
fn approved_after_a_look() -> History {
    waited(secured(), 1).and(approved("S-1-5-21-2"))
}

fn says(history: &History, words: &str) {
    let told = report::approval_missing(&history.state(), NAMED);
    assert!(told.contains(words), "{told}");
}

#[test]
fn what_is_still_as_it_was_approved_is_approved() {
    let history = run_secured(approved_after_a_look(), 2, "NEW", OWN);
    assert!(goes_on(&history, NAMED) && goes_on(&history, AUTO));
    // An engine tells its name in whatever case it was set up.
    assert!(goes_on(&run_secured(approved_after_a_look(), 2, "new", OWN), NAMED));
    let services = history.does(Operation::StopServices);
    services.begin_drop().status().expect("the drop is legal");
}

/// WSUS's registry once led to another engine after the approval, and its SUSDB was dropped.
#[test]
fn another_engine_is_approved_anew() {
    let history = || run_secured(approved_after_a_look(), 2, r"NEW\OTHER", OWN);
    assert_eq!(next(&history(), NAMED), WAITS);
    says(
        &history(),
        r"the approval by CONTOSO\bob (record 25) does not count: it was given for the engine NEW, and this is NEW\OTHER",
    );
    let services = history().does(Operation::StopServices);
    assert_eq!(services.begin_drop().refusal(), "the plan is not approved");
    assert!(goes_on(&history().and(approved("S-1-5-21-2")), NAMED), "the same person looks again");
}

#[test]
fn another_susdb_is_approved_anew() {
    let history = || run_secured(approved_after_a_look(), 2, "NEW", 0x50);
    assert_eq!(next(&history(), NAMED), WAITS);
    let (was, is) = (guid(OWN), guid(0x50));
    says(&history(), &format!("it was given for SUSDB {was}, and now there is SUSDB {is}"));
    assert!(goes_on(&history().and(approved("S-1-5-21-2")), NAMED));
    // One that is not there any more takes nothing with it.
    let gone = approved_after_a_look()
        .and(started(2))
        .and(StepStarted { step: Step::Database })
        .and(connected("NEW"))
        .and(no_susdb());
    let proved = gone
        .does(Operation::CarryBackup)
        .does(Operation::VerifyCarried)
        .and(judged(BackupOf::Source, 0x30, true))
        .proves_another();
    assert!(goes_on(&proved, NAMED));
    // One that was put where there was none when it was given was not approved either.
    let none = in_database(Role::Destination).and(no_susdb());
    let none = waited(none, 1).and(approved("S-1-5-21-2"));
    let appeared = run_secured(none, 2, "NEW", OWN);
    assert_eq!(next(&appeared, NAMED), WAITS);
    says(&appeared, "it was given for no SUSDB, and now there is SUSDB");
}

/// An approval from before the source's records were there once counted: nobody could have seen what would be restored.
#[test]
fn what_was_imported_behind_an_approval_is_not_approved() {
    let imports = || approved_after_a_look().and(imported(10));
    let history = || run_secured(imports(), 2, "NEW", OWN);
    assert_eq!(next(&history(), NAMED), WAITS);
    says(&history(), "the source's records that would be restored were imported after it (record 26)");
    assert_eq!(
        history().does(Operation::StopServices).begin_drop().refusal(),
        "the plan is not approved",
        "the table says the same"
    );
    let again = || imports().and(approved("S-1-5-21-2"));
    assert!(goes_on(&run_secured(again(), 2, "NEW", OWN), NAMED));
    // Newer records of the same source may hold another backup.
    assert_eq!(next(&run_secured(again().and(imported(20)), 2, "NEW", OWN), NAMED), WAITS);
}

#[test]
fn what_was_approved_before_any_look_is_bound_to_the_first() {
    let unseen = || {
        History::default()
            .and(created())
            .and(approved("S-1-5-21-2"))
            .and(started(1))
            .and(RoleDeclared { role: Role::Destination })
            .and(finished_nothing())
    };
    let first = || run_secured(unseen(), 2, "NEW", OWN);
    assert!(goes_on(&first(), NAMED), "plan and person named the server");
    assert_eq!(next(&first(), AUTO), WAITS, "neither did");
    let told = report::approval_missing(&first().state(), AUTO);
    assert!(told.contains("nobody had looked at the engine when it was given"), "{told}");
    // A SUSDB that does not tell yet which one it is binds nobody.
    let untold = StateRecorded { state: "RECOVERING".into(), database_guid: Guid::UNTOLD, ..seen(OWN, 904) };
    let recovering =
        || unseen().and(started(2)).and(StepStarted { step: Step::Database }).and(connected("NEW"));
    assert!(goes_on(&run_secured(waited(recovering().and(untold), 2), 3, "NEW", OWN), NAMED));
    let stopped = waited(first(), 2);
    assert_eq!(next(&run_secured(stopped, 3, "NEW", 0x50), NAMED), WAITS);
}

/// The run that begins and ends before any look.
fn finished_nothing() -> Failed {
    Failed { run: run(1), why: "x".into() }
}

/// Our own drop and what our own restore left do not ask for another approval in the middle of the way.
#[test]
fn what_this_migration_did_itself_is_approved() {
    let dropped = run_secured(approved_after_a_look(), 2, "NEW", OWN)
        .does(Operation::StopServices)
        .does(Operation::Drop);
    assert_eq!(next(&dropped, NAMED), DatabaseNext::Perform(Operation::Restore, "".into()));
    let (cut, action) = dropped.begins(Operation::Restore);
    let partial = Probe::Partly;
    let found = OperationReconciled { operation: Operation::Restore, found: partial, detail: "".into() };
    let restoring = StateRecorded { state: "RESTORING".into(), ..seen(0x60, 0) };
    let looked_at = next_run(cut, 2, 1).of(action, found).and(restoring.clone());
    // Regression: a look at the operation in doubt was taken for one at the engine, on which the approval hangs.
    assert_eq!(next(&looked_at, NAMED), DatabaseNext::Look);
    let proved = |server: &str| {
        let history = History { records: looked_at.records.clone() };
        history
            .and(connected(server))
            .and(restoring.clone())
            .does(Operation::CarryBackup)
            .does(Operation::VerifyCarried)
            .and(judged(BackupOf::Source, 0x30, true))
            .proves_another()
    };
    assert_eq!(next(&proved(r"NEW\OTHER"), NAMED), WAITS);
    let stopped = proved("NEW").does(Operation::StopServices);
    assert_eq!(next(&stopped, NAMED), DatabaseNext::Perform(Operation::DiscardPartial, "".into()));
}

#[test]
fn of_two_persons_those_count_who_saw_what_is_there() {
    let wanted = Demand { persons: 2, after_look: false };
    let by = |sid: &str, account: &str| PlanApproved {
        approvals_wanted: 2,
        account: account.into(),
        ..approved(sid)
    };
    let one = waited(secured(), 1).and(by("S-1-5-21-2", "bob"));
    let two = run_secured(one, 2, "NEW", 0x50).and(by("S-1-5-21-3", "carol"));
    assert_eq!(next(&two, wanted), WAITS);
    let told = report::approval_missing(&two.state(), wanted);
    for words in [
        "the approval by bob (record 25) does not count",
        "1 of 2 approvals given, by carol; a second person, under another account,",
    ] {
        assert!(told.contains(words), "{told}");
    }
    let drop = two.and(by("S-1-5-21-2", "bob")).does(Operation::StopServices).does(Operation::Drop);
    let audit = told::audited(&drop);
    audit.says(&format!(
        "approvals/destructive {0} | @{0} | drop | approved by 2 persons",
        drop.state().database.operations.last().expect("the drop").seq
    ));
    for susdb in [OWN, 0x50] {
        audit.says(&format!("approval given_for = SUSDB {} on NEW", guid(susdb)));
    }
}

/// What a source takes in of its destination is nothing that it would restore.
#[test]
fn an_import_voids_no_approval_of_a_source() {
    let history = in_database(Role::Source).and(seen(OWN, 904)).and(approved("S-1-5-21-2"));
    let history = waited(history, 1).and(imported(10));
    let status = history.state().run.status;
    assert!(status.is_approved(NAMED));
}

/// Each run that waited once left another full backup of SUSDB on the server's disk.
#[test]
fn who_waits_twice_has_one_safety_backup() {
    let twice = || run_on(waited(secured(), 1), 2, "NEW", OWN);
    assert_eq!(next(&twice(), NAMED), WAITS);
    let (perform, own) = (DatabaseNext::Perform, Operation::BackUpOwn);
    let once_approved = twice().and(approved("S-1-5-21-2"));
    assert_eq!(next(&once_approved, NAMED), perform(own, "".into()), "SUSDB may have changed meanwhile");
    let another = run_on(waited(secured(), 1), 2, "NEW", 0x50);
    assert_eq!(next(&another, NAMED), perform(own, "".into()), "it has none yet");
}

/// What is the only way back to some SUSDB is never told to be cleared away.
#[test]
fn a_safety_backup_may_go_where_a_newer_one_of_the_same_susdb_is_verified() {
    let second = |susdb: u8, verified: bool| {
        let history = run_on(waited(secured(), 1), 2, "NEW", susdb).does(Operation::BackUpOwn);
        let history = history.does(Operation::VerifyOwn).and(backup(BackupOf::Own, 0x51, r"C:\second.bak"));
        report::spare_backups(&history.and(judged(BackupOf::Own, 0x51, verified)).state())
    };
    assert_eq!(report::spare_backups(&secured().state()), None);
    assert_eq!(second(0x50, true), None, "it is of another SUSDB");
    assert_eq!(second(OWN, false), None, "it is not verified");
    let told = second(OWN, true).expect("the first may go");
    assert!(told.contains(SAFETY) && told.ends_with("(300002 bytes)") && !told.contains("second"), "{told}");
}

impl History {
    /// A drop begins.
    fn begin_drop(self) -> Self {
        self.begins(Operation::Drop).0
    }
}
