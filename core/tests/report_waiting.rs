//! Goal: the audit tells who approved what was destroyed, and progress says what the database step waits for.
//! Method: histories that stop where a person is needed; each fact is looked for in the report, flattened to lines.

mod support;

use support::susdb::*;
use support::told::*;
use support::*;
use wsusmigrate_core::digest::Sha256;
use wsusmigrate_core::event::database::*;
use wsusmigrate_core::event::run::*;
use wsusmigrate_core::projection::Projection;
use wsusmigrate_core::report;
use wsusmigrate_core::step::Step;
use wsusmigrate_core::unit::TimeMicros;

#[test]
fn who_approved_which_plan_is_told_and_what_ran_under_it() {
    let other = PlanApproved { plan: Sha256([1; 32]), ..approved("S-1-5-21-2") };
    let history = restored().and(other).and(approved("S-1-5-21-3"));
    let told = audited(&history);
    told.says(&format!("approvals plan = {}", Sha256([0; 32])));
    told.says("approvals approved_by = 2");
    let operations = history.state().database.operations;
    for record in operations.iter().filter(|record| record.event.operation.is_destructive()) {
        let (seq, at) = (record.seq, record.started.0 / 1_000_000);
        let word = record.event.operation.word();
        // The second person came later.
        told.says(&format!("approvals/destructive {seq} | @{at} | {word} | approved by 1 person"));
    }
    let seq = history.state().run.approvals[0].0;
    for line in [
        format!("record = {seq}"),
        format!("time = @{seq}"),
        r"account = CONTOSO\bob".to_owned(),
        "sid = S-1-5-21-2".to_owned(),
        "sid = S-1-5-21-3".to_owned(),
        "how = command".to_owned(),
        "ticket = CHG-4711".to_owned(),
        "note = agreed on Monday".to_owned(),
    ] {
        told.says(&format!("approval {line}"));
    }
}

/// Runs that ended before anybody approved once counted as run under the approval.
#[test]
fn an_approval_says_how_often_its_plan_ran_since() {
    let other = PlanApproved { plan: Sha256([1; 32]), ..approved("S-1-5-21-2") };
    let typed = PlanApproved { how: Approval::Interactive, ..approved("S-1-5-21-4") };
    let waits = |history: History, n: u8| {
        let verdict = Verdict::Waiting;
        history.and(finished_step(Step::Database, verdict)).and(Finished { run: run(n), verdict })
    };
    let begins = |history: History, n: u8| history.and(started(n)).and(StepStarted { step: Step::Database });
    let second = begins(waits(secured(), 1).and(other), 2).and(typed);
    let third = begins(waits(second, 2).and(approved("S-1-5-21-3")), 3);
    let told = audited(&third);
    let ran = told.0.iter().filter(|line| line.starts_with("approval runs = ")).map(String::as_str);
    // That of another plan, that which the second run asked for, that before the third.
    assert_eq!(ran.collect::<Vec<_>>(), ["approval runs = 0", "approval runs = 2", "approval runs = 1"]);
}

#[test]
fn progress_tells_of_susdb_from_the_first_look_on() {
    progress(&in_database(Role::Source), None).says("database done = 0");
}

#[test]
fn an_approval_without_words_says_so_and_two_persons_count_as_two() {
    let silent = PlanApproved { ticket: "".into(), note: "".into(), ..approved("S-1-5-21-9") };
    let history =
        secured().and(silent).and(approved("S-1-5-21-2")).does(Operation::StopServices).does(Operation::Drop);
    let told = audited(&history);
    told.says("approval ticket = none");
    told.says("approval note = none");
    let seq = history.state().database.operations.last().expect("the drop").seq;
    told.says(&format!("approvals/destructive {seq} | @{seq} | drop | approved by 2 persons"));
}

#[test]
fn what_was_destroyed_without_approval_is_told() {
    // The table refuses such a history; replay shows it all the same.
    let mut state = secured().state();
    let (history, _) = secured().begins(Operation::Drop);
    state.apply(history.records.last().expect("the drop"));
    let told = Told::of(&report::audit(&state, None));
    let seq = history.records.len() - 1;
    told.says(&format!("approvals/destructive {seq} | @{seq} | drop | was not approved"));
}

#[test]
fn progress_counts_operations_and_tells_the_size_of_backups() {
    let history = restored().ends(Operation::CheckRestored, OperationResult::Failed, &[]);
    let told = progress(&history, None);
    told.says("database done = 7");
    told.says("database in_doubt = 0");
    told.says("database failed = 1");
    told.says("database last_operation = check-restored: failed");
    told.says("database backup_bytes = 300002 B");
    told.says("database safety_backup_bytes = 300002 B");
    told.never_says("database waits_for");
    let plain = BackupRecorded { compressed_bytes: 0, ..backup(BackupOf::Source, 0x30, BACKUP) };
    progress(&history.and(plain), None).says("database backup_bytes = 700001 B");
}

#[test]
fn progress_says_how_many_approvals_are_waited_for() {
    let waiting = || {
        secured()
            .and(finished_step(Step::Database, Verdict::Waiting))
            .and(Finished { run: run(1), verdict: Verdict::Waiting })
    };
    let told = progress(&waiting(), Some(2));
    told.says("database waits_for = approval of the plan: 0 of 2 given");
    told.says("database next = wsusmigrate plan --approve");
    progress(&waiting(), None).says("database waits_for = approval of the plan: 0 given");
    let one = || waiting().and(approved("S-1-5-21-2")).and(approved("S-1-5-21-2"));
    progress(&one(), Some(2))
        .says(r"database waits_for = approval of the plan: 1 of 2 given, by CONTOSO\bob");
    let both = progress(&one().and(approved("S-1-5-21-3")), Some(2));
    both.says(r"database waits_for = approval of the plan: 2 of 2 given, by CONTOSO\bob, CONTOSO\bob");
    both.says("database next = wsusmigrate run");
    progress(&secured(), Some(2)).never_says("database waits_for");
}

#[test]
fn progress_says_which_operation_has_to_be_answered_for() {
    let (history, action) = asked();
    let seq = history.state().database.operation(action).expect("the drop").seq;
    let told = progress(&history, None);
    told.says("database in_doubt = 1");
    told.says(&format!("database waits_for = an answer: did drop (record {seq}) happen? No look could tell"));
    told.says("database next = wsusmigrate resolve");
}

#[test]
fn progress_says_which_operation_has_to_be_looked_at() {
    let (going_on, _) = stopped().begins(Operation::Drop);
    let seq = going_on.records.len() - 1;
    progress(&going_on, None).never_says("database waits_for");
    let interrupted = going_on.and(InterruptionFound { run: run(1), in_doubt: 1 });
    let told = progress(&interrupted, None);
    told.says(&format!("database waits_for = a look at what became of drop (record {seq})"));
    told.says("database next = wsusmigrate run");
}

/// A history's first section, where it says that services are down.
fn down(history: &History) -> Option<String> {
    let report = report::progress(&history.state(), TimeMicros(0), None);
    let first = report.sections.first().expect("a report has sections");
    let is_down = first.key == "services_down";
    assert_eq!(is_down, report.sections.iter().any(|section| section.key == "services_down"));
    is_down.then(|| first.notes.join("\n"))
}

#[test]
fn services_that_this_migration_stopped_are_told_first() {
    assert_eq!(down(&secured()), None);
    let told = down(&stopped()).expect("they are stopped");
    let at = stopped().state().database.operations.last().expect("the stop").started;
    assert!(
        told.starts_with(&format!(
            "WsusPool (pool), WsusService are stopped (start type manual) by this migration since {at}; `wsusmigrate run` \
             starts them again; by hand: "
        )),
        "{told}"
    );
    assert!(
        told.contains("Start-Service -Name 'WsusService'") && told.contains("Start-WebAppPool"),
        "{told}"
    );
    let dropped = down(&stopped().does(Operation::Drop)).expect("they are stopped");
    assert!(dropped.contains("; by hand, once SUSDB is there again: "), "{dropped}");
    assert_eq!(down(&stopped().does(Operation::StartServices)), None);
    let failed = stopped().ends(Operation::StartServices, OperationResult::Failed, &[]);
    assert!(down(&failed).is_some());
}

#[test]
fn a_stop_that_failed_may_have_stopped_services() {
    for result in [OperationResult::Failed, OperationResult::Unknown] {
        let history = in_database(Role::Source)
            .and(service("WsusService", ServiceState::Running, ServiceStart::Automatic))
            .and(service("W3SVC", ServiceState::Absent, ServiceStart::Automatic))
            .ends(Operation::Quiesce, result, &[]);
        let told = down(&history).expect("one may be down");
        assert!(told.starts_with("WsusService may be stopped (start type manual) by"), "{told}");
    }
    let (cut_off, _) = in_database(Role::Source).begins(Operation::Quiesce);
    assert!(down(&cut_off).expect("one may be down").starts_with("The services of WSUS may be"));
}

#[test]
fn nothing_is_called_untouched_after_something_was_destroyed() {
    let touched = |history: History| report::touched_so_far(&history.state());
    assert_eq!(touched(secured()), "nothing was touched");
    assert_eq!(touched(stopped()), "nothing of SUSDB was changed; the services are stopped");
    assert_eq!(
        touched(next_run(stopped(), 1, 0)),
        "nothing of SUSDB was changed; an earlier run stopped the services",
        "whether they still are, it does not know"
    );
    let seq = stopped().state().run.last.expect("records").0.0 + 1;
    let dropped = touched(stopped().does(Operation::Drop));
    assert_eq!(
        dropped,
        format!(
            "SUSDB was dropped, and none is restored yet; last of what destroys was drop (done, record {seq})"
        )
    );
    let again = touched(stopped().does(Operation::Drop).and(seen(0x50, 904)));
    assert!(again.starts_with("a SUSDB is there, after something was destroyed; last"), "{again}");
    let restored = touched(restored());
    assert!(
        restored.starts_with("the source's SUSDB is restored here; last of what destroys was restore"),
        "{restored}"
    );
    assert_eq!(
        touched(in_database(Role::Destination).and(no_susdb())),
        "there is no SUSDB here, and nothing was dropped"
    );
}

#[test]
fn rows_that_differ_end_with_where_they_are_named() {
    let table = |verdict| TableCompared {
        table: "tbDeployment".into(),
        verdict,
        source_rows: 1,
        restored_rows: 2,
        missing: 0,
        extra: 1,
        differing: 0,
        why: "".into(),
    };
    let history = restored().and(table(Parity::Equal));
    assert_eq!(report::after_parity(&history.state()), None);
    let history = history.and(table(Parity::Differs));
    let told = report::after_parity(&history.state()).expect("rows differ");
    let title = "Rows of the source and rows restored";
    assert!(told.contains("not the source's in tbDeployment") && told.contains(title), "{told}");
    let audit = report::audit(&history.state(), None);
    assert!(audit.sections.iter().any(|section| section.title == title));
}

#[test]
fn what_stands_in_the_way_is_told_with_what_to_do() {
    let offline = |state: &str| StateRecorded { state: state.into(), ..seen(0x50, 904) };
    let told = |history: History| report::after_look(&history.state());
    let own = told(in_database(Role::Destination).and(offline("OFFLINE"))).expect("it is in the way");
    assert!(
        own.starts_with("SUSDB is OFFLINE, and it is not what a restore of this migration left"),
        "{own}"
    );
    for state in ["ONLINE", "OFFLINE"] {
        assert_eq!(told(in_database(Role::Source).and(offline(state))), None, "of a source others tell");
    }
    assert_eq!(told(in_database(Role::Destination).and(offline("ONLINE"))), None);
    let cut = || stopped().does(Operation::Drop).ends(Operation::Restore, OperationResult::Failed, &[]);
    assert_eq!(told(cut().and(offline("RESTORING"))), None, "it is discarded");
    assert!(told(cut().and(offline("OFFLINE"))).is_some());
}

#[test]
fn another_susdb_in_the_place_of_the_restored_one_is_named_beside_it() {
    assert_eq!(report::after_replacement(&restored().state()), None);
    let told = report::after_replacement(&restored().and(seen(0x50, 904)).state()).expect("it was replaced");
    let (there, ours) = (guid(0x50), guid(0x40));
    let named = format!("(database_guid {there}) is not the one this migration restored ({ours})");
    assert!(told.contains(&named) && told.contains("wsusmigrate run"), "{told}");
}
