//! Goal: the table of (status, event) admits every history the program writes and refuses the others by name.
//! Method: short histories, each refused at its last event for the reason given.

mod support;

use support::*;
use wsusmigrate_core::digest::Sha256;
use wsusmigrate_core::event::content::*;
use wsusmigrate_core::event::inventory::{FieldRecorded, InventoryFinished};
use wsusmigrate_core::event::preflight::{CheckVerdict, PreflightFinished};
use wsusmigrate_core::event::run::*;
use wsusmigrate_core::status::{BATCHES_OPEN_MAX, Phase};
use wsusmigrate_core::step::Step;

#[test]
fn a_journal_begins_with_its_creation_and_only_once() {
    assert_eq!(History::default().and(started(1)).refusal(), "a journal begins with run.journal-created");
    assert_eq!(running().and(created()).refusal(), "a journal is created once");
}

#[test]
fn runs_do_not_overlap() {
    assert_eq!(running().and(started(2)).refusal(), "a run is going on");
    let other = Finished { run: run(9), verdict: Verdict::Complete };
    assert_eq!(running().and(other).refusal(), "another run is going on");
    let other = InterruptionFound { run: run(9), in_doubt: 0 };
    assert_eq!(running().and(other).refusal(), "another run is going on");
    let other = Failed { run: run(9), why: "the share is gone".into() };
    assert_eq!(running().and(other).refusal(), "another run is going on");
    let over = running().and(Finished { run: run(1), verdict: Verdict::Complete });
    assert_eq!(over.status().unwrap().phase, Phase::Idle);
    assert_eq!(over.and(StepStarted { step: Step::Content }).refusal(), "no run is going on");
}

#[test]
fn steps_do_not_overlap_and_end_as_themselves() {
    assert_eq!(in_content().and(StepStarted { step: Step::Preflight }).refusal(), "a step is going on");
    assert_eq!(
        running().and(finished_step(Step::Content, Verdict::Complete)).refusal(),
        "no step is going on"
    );
    let other = in_content().and(finished_step(Step::Preflight, Verdict::Complete));
    assert_eq!(other.refusal(), "another step is going on");
    let unfinished = in_content().and(Finished { run: run(1), verdict: Verdict::Complete });
    assert_eq!(unfinished.refusal(), "a step is going on");
}

#[test]
fn events_of_a_noun_belong_to_its_step() {
    assert_eq!(
        in_content().and(InventoryFinished { fields: 0 }).refusal(),
        "the inventory step is not going on"
    );
    assert_eq!(running().and(manifest()).refusal(), "the content step is not going on");
}

#[test]
fn a_file_has_one_outcome_in_an_open_batch() {
    let batch = action("batch");
    assert_eq!(in_batch(2).of(action("other"), copied(0, "a")).refusal(), "its batch is not open");
    assert_eq!(in_batch(2).of(batch, copied(2, "a")).refusal(), "the file is not in its batch");
    let twice = in_batch(2).of(batch, copied(0, "a")).of(batch, failed(0, "a"));
    assert_eq!(twice.refusal(), "the file has an outcome already");
    let early = in_content().and(manifest()).of(batch, copied(0, "a"));
    assert_eq!(early.refusal(), "no pass is going on");
}

#[test]
fn a_batch_ends_only_when_every_file_is_accounted_for() {
    let one = || in_batch(2).of(action("batch"), copied(0, "a"));
    assert_eq!(
        one().of(action("batch"), batch_end(1, 0, 0, 0)).refusal(),
        "a file of the batch is not accounted for"
    );
    assert_eq!(
        one().of(action("batch"), batch_end(2, 0, 0, 0)).refusal(),
        "the counts differ from the outcomes"
    );
    let stopped = one().and(stop());
    assert!(stopped.of(action("batch"), batch_end(1, 0, 0, 1)).status().is_ok());
    assert_eq!(
        one().of(action("batch"), batch_end(1, 0, 0, 1)).refusal(),
        "files were left, and nobody asked the run to stop"
    );
    assert_eq!(one().and(pass_end(1, 0)).refusal(), "a batch is open");
}

#[test]
fn open_batches_are_bounded() {
    let mut history = in_content().passing(9);
    for n in 0..BATCHES_OPEN_MAX {
        history = history.of(action(&n.to_string()), batch_from(n as u64, 1));
    }
    assert!(history.status().is_ok());
    let one_more = history.of(action("one more"), batch_from(BATCHES_OPEN_MAX as u64, 1));
    assert_eq!(one_more.refusal(), "too many batches are open");
}

#[test]
fn after_an_interruption_every_batch_in_doubt_is_looked_at_first() {
    let again = || {
        in_batch(2)
            .and(InterruptionFound { run: run(1), in_doubt: 1 })
            .and(started(2))
            .and(StepStarted { step: Step::Content })
            .and(manifest())
    };
    assert_eq!(again().status().unwrap().in_doubt().count(), 1);
    assert_eq!(again().and(pass(2)).refusal(), "a batch in doubt was not looked at");
    let reconciled_once = || again().of(action("batch"), reconciled());
    assert!(reconciled_once().and(pass(2)).status().is_ok());
    assert_eq!(reconciled_once().of(action("batch"), reconciled()).refusal(), "its batch is not open");
    assert_eq!(in_batch(2).of(action("batch"), reconciled()).refusal(), "it belongs before the pass");
}

#[test]
fn a_run_that_cannot_go_on_leaves_its_batches_in_doubt() {
    let failed = in_batch(2).and(Failed { run: run(1), why: "the share is gone".into() });
    let status = failed.status().unwrap();
    assert_eq!((status.phase, status.in_doubt().count()), (Phase::Idle, 1));
}

#[test]
fn a_refused_event_leaves_the_status_as_it_was() {
    let legal = in_batch(2).of(action("batch"), verified(0, "a", Origin::FoundInPlace));
    let before = legal.status().unwrap();
    let mut after = before.clone();
    let refused = legal.of(action("batch"), copied(0, "a"));
    assert!(after.advance(refused.records.last().unwrap()).is_err());
    assert_eq!(after, before);
}

#[test]
fn a_read_back_does_not_mix_with_a_pass() {
    let done = || in_batch(1).of(action("batch"), copied(0, "a")).of(action("batch"), batch_end(1, 0, 0, 0));
    assert_eq!(done().and(read_back(1, 0, 1)).refusal(), "a pass or a read-back is going on");
    let reading = || done().and(pass_end(1, 0)).and(read_back(1, 0, 1));
    assert!(reading().and(read_batch(0, 1, 0)).and(read_back_end(1, 0, 0)).status().is_ok());
    assert_eq!(
        reading().and(finished_step(Step::Content, Verdict::Complete)).refusal(),
        "a pass or a read-back is going on"
    );
}

#[test]
fn a_pass_needs_the_manifest_of_its_own_run() {
    let none = "no manifest was recorded in this run";
    assert_eq!(in_content().and(pass(0)).refusal(), none);
    let another = PassStarted { manifest: Sha256([9; 32]), ..pass(2) };
    assert_eq!(in_content().and(manifest()).and(another).refusal(), "another manifest was recorded");
    let next_run = in_content()
        .and(manifest())
        .and(InterruptionFound { run: run(1), in_doubt: 0 })
        .and(started(2))
        .and(StepStarted { step: Step::Content });
    assert_eq!(next_run.and(pass(2)).refusal(), none);
    let used_up = in_content().passing(0).and(pass_end(0, 0)).and(pass(0));
    assert_eq!(used_up.refusal(), none);
}

#[test]
fn a_pass_covers_its_manifest() {
    let sums = "the sums differ from the manifest";
    assert_eq!(in_content().and(manifest()).and(pass(1)).refusal(), sums);
    let without_bytes = PassStarted { unchanged_files: 1, ..pass(1) };
    assert_eq!(in_content().and(manifest()).and(without_bytes).refusal(), sums);
    let whole = PassStarted { unchanged_files: 1, unchanged_bytes: 10, ..pass(1) };
    assert!(in_content().and(manifest()).and(whole).status().is_ok());
}

#[test]
fn every_entry_that_is_not_copied_is_named_after_its_manifest() {
    let link = || ignored(IgnoredEntry::SymbolicLink);
    assert_eq!(in_content().and(link()).refusal(), "no manifest was recorded in this run");
    let one = || in_content().and(ManifestRecorded { ignored_entries: 1, ..manifest() });
    assert_eq!(one().and(pass(2)).refusal(), "an entry that is not copied was not named");
    assert!(one().and(link()).and(pass(2)).status().is_ok());
    assert_eq!(one().and(link()).and(link()).refusal(), "the manifest counts fewer such entries");
}

#[test]
fn batches_follow_each_other_in_the_worklist_of_their_pass() {
    let passing = || in_content().passing(4).of(action("a"), batch(2));
    let next = |event| passing().of(action("b"), event);
    assert!(next(batch_from(2, 2)).status().is_ok());
    assert_eq!(next(batch_from(1, 1)).refusal(), "it does not follow the batch before it");
    assert_eq!(next(batch_from(3, 1)).refusal(), "it does not follow the batch before it");
    assert_eq!(next(batch_from(2, 3)).refusal(), "the batch goes beyond the worklist");
    assert_eq!(next(batch_from(2, 0)).refusal(), "the batch is empty");
    assert_eq!(next(batch_from(2, 1025)).refusal(), "the batch is too large");
    assert_eq!(passing().of(action("a"), batch_from(2, 2)).refusal(), "the batch was started before");
    let other = BatchStarted { worklist: Sha256([9; 32]), ..batch_from(2, 2) };
    assert_eq!(next(other).refusal(), "it is a batch of another worklist");
}

#[test]
fn the_sums_of_a_pass_are_those_of_its_outcomes() {
    let done = || {
        in_batch(3)
            .of(action("batch"), copied(0, "a"))
            .of(action("batch"), verified(1, "b", Origin::FoundInPlace))
            .of(action("batch"), failed(2, "c"))
            .of(action("batch"), batch_end(1, 1, 1, 0))
    };
    let right = || PassFinished { copied: 1, copied_bytes: 10, verified: 1, failed: 1, left: 0 };
    assert!(done().and(right()).status().is_ok());
    for wrong in [
        PassFinished { copied: 2, ..right() },
        PassFinished { copied_bytes: 11, ..right() },
        PassFinished { verified: 0, ..right() },
        PassFinished { failed: 0, ..right() },
    ] {
        assert_eq!(done().and(wrong).refusal(), "the sums differ from the outcomes");
    }
    let left = done().and(PassFinished { left: 1, ..right() });
    assert_eq!(left.refusal(), "a file of the worklist is not accounted for");
}

#[test]
fn files_are_left_only_where_somebody_asked_to_stop() {
    let left = || in_content().passing(2);
    let why = "files were left, and nobody asked the run to stop";
    assert_eq!(left().and(pass_end(0, 2)).refusal(), why);
    assert!(left().and(stop()).and(pass_end(0, 2)).status().is_ok());
    let reading = || in_content().and(read_back(2, 0, 1)).and(read_batch(0, 1, 0));
    assert_eq!(reading().and(read_back_end(1, 0, 1)).refusal(), why);
    assert!(reading().and(stop()).and(read_back_end(1, 0, 1)).status().is_ok());
    let earlier = in_content()
        .and(stop())
        .and(InterruptionFound { run: run(1), in_doubt: 0 })
        .and(started(2))
        .and(StepStarted { step: Step::Content })
        .passing(2);
    assert_eq!(earlier.and(pass_end(0, 2)).refusal(), why);
}

#[test]
fn a_read_back_goes_through_its_list_without_a_gap() {
    let reading = || in_content().and(read_back(4, 0, 1)).and(read_batch(0, 2, 0));
    assert!(reading().and(read_batch(2, 2, 0)).and(read_back_end(4, 0, 0)).status().is_ok());
    for first in [0, 1, 3] {
        let next = reading().and(read_batch(first, 1, 0));
        assert_eq!(next.refusal(), "it does not follow the batch before it");
    }
    assert_eq!(reading().and(read_batch(2, 3, 0)).refusal(), "the batch goes beyond the list");
    assert_eq!(reading().and(read_batch(2, 0, 0)).refusal(), "the batch is empty");
    let around = ReadBackRecorded { around_cache: 3, ..read_batch(2, 2, 0) };
    assert_eq!(reading().and(around).refusal(), "more files around the cache than were read");
}

#[test]
fn exceptions_are_named_before_their_batch_and_counted_in_it() {
    let reading = || in_content().and(read_back(4, 0, 1)).and(mismatched("a"));
    let count = "the count differs from the exceptions named";
    assert_eq!(reading().and(read_batch(0, 2, 0)).refusal(), count);
    assert_eq!(reading().and(read_batch(0, 2, 2)).refusal(), count);
    let recorded = || reading().and(read_batch(0, 2, 1));
    assert_eq!(recorded().and(read_batch(2, 2, 1)).refusal(), count);
    let unaccounted = recorded().and(read_batch(2, 2, 0)).and(mismatched("b")).and(read_back_end(4, 1, 0));
    assert_eq!(unaccounted.refusal(), "an exception was named without its batch");
}

#[test]
fn the_sums_of_a_read_back_are_those_of_its_batches() {
    let read = || in_content().and(read_back(2, 0, 1)).and(mismatched("a")).and(read_batch(0, 2, 1));
    assert!(read().and(read_back_end(2, 1, 0)).status().is_ok());
    let sums = "the sums differ from the batches";
    assert_eq!(read().and(read_back_end(1, 1, 1)).refusal(), sums);
    assert_eq!(read().and(read_back_end(2, 0, 0)).refusal(), sums);
    assert_eq!(read().and(ReadBackFinished { bytes: 19, ..read_back_end(2, 1, 0) }).refusal(), sums);
    let half = in_content().and(read_back(2, 0, 1)).and(read_batch(0, 1, 0));
    assert_eq!(half.and(read_back_end(1, 0, 0)).refusal(), "a file of the list is not accounted for");
}

#[test]
fn an_interrupted_read_back_goes_on_exactly_where_it_stopped() {
    let again = || {
        in_content()
            .and(read_back(4, 0, 1))
            .and(mismatched("a"))
            .and(read_batch(0, 2, 1))
            .and(mismatched("named without its batch"))
            .and(InterruptionFound { run: run(1), in_doubt: 0 })
            .and(started(2))
            .and(StepStarted { step: Step::Content })
    };
    let on = |from| again().and(read_back(4, from, 1));
    assert!(on(2).and(read_batch(2, 2, 0)).and(read_back_end(4, 1, 0)).status().is_ok());
    assert_eq!(on(3).refusal(), "it does not go on where the other one stopped");
    assert_eq!(again().and(read_back(4, 2, 2)).refusal(), "another list was being read back");
    assert!(on(0).and(read_batch(0, 4, 0)).and(read_back_end(4, 0, 0)).status().is_ok(), "or anew");
    let nothing = in_content().and(read_back(4, 2, 1));
    assert_eq!(nothing.refusal(), "no read-back was interrupted");
    let whole = in_content().and(read_back(1, 0, 1)).and(read_batch(0, 1, 0)).and(read_back_end(1, 0, 0));
    assert_eq!(whole.and(read_back(1, 1, 1)).refusal(), "no read-back was interrupted");
}

#[test]
fn a_suspicion_is_settled_where_its_proof_is() {
    let (right, gone) = (|| settled(Settlement::ReadRight), || settled(Settlement::GoneFromBoth));
    let reading = || in_content().and(read_back(1, 0, 1));
    assert!(reading().and(right()).status().is_ok());
    assert_eq!(reading().and(gone()).refusal(), "a read-back looks at one side only");
    assert_eq!(in_content().and(right()).refusal(), "no read-back is going on");
    assert_eq!(in_content().and(gone()).refusal(), "no manifest was recorded in this run");
    assert!(in_content().and(manifest()).and(gone()).status().is_ok());
    assert_eq!(in_content().passing(1).and(gone()).refusal(), "it belongs before the pass");
}

#[test]
fn a_step_is_carried_out_once_in_a_run() {
    let why = "the step was carried out in this run before";
    let once = || running().through(Step::Inventory, Verdict::Complete);
    assert_eq!(once().and(StepStarted { step: Step::Inventory }).refusal(), why);
    let reason = SkipReason::StoredOnMicrosoftUpdate;
    let skipped = || running().and(StepSkipped { step: Step::Content, reason });
    assert_eq!(skipped().and(StepStarted { step: Step::Content }).refusal(), why);
    assert_eq!(skipped().and(StepSkipped { step: Step::Content, reason }).refusal(), why);
    let next_run = once().and(Finished { run: run(1), verdict: Verdict::Complete }).and(started(2));
    assert!(next_run.and(StepStarted { step: Step::Inventory }).status().is_ok());
}

#[test]
fn the_content_step_ends_as_what_it_recorded() {
    let end = |history: History, verdict| history.and(finished_step(Step::Content, verdict));
    let none = "no pass came to its end in this run";
    assert_eq!(end(in_content(), Verdict::Complete).refusal(), none);
    assert_eq!(end(in_content(), Verdict::Failures).refusal(), none);
    assert_eq!(end(in_content().and(manifest()), Verdict::Stopped).refusal(), "only checks stop a run");
    assert_eq!(end(in_content(), Verdict::Interrupted).refusal(), "nobody asked the run to stop");
    assert!(end(in_content().and(stop()), Verdict::Interrupted).status().is_ok());
    let left = in_content().passing(1).and(stop()).and(pass_end(0, 1));
    assert_eq!(end(left, Verdict::Complete).refusal(), none);

    let recorded = "failures were recorded";
    let failing = in_batch(1).of(action("batch"), failed(0, "a")).of(action("batch"), batch_end(0, 0, 1, 0));
    let failing = failing.and(PassFinished { failed: 1, ..pass_end(0, 0) });
    assert_eq!(end(failing, Verdict::Complete).refusal(), recorded);
    let untold = in_content()
        .and(ManifestRecorded { ignored_entries: 1, ..manifest_of(0) })
        .and(ignored(IgnoredEntry::UnreadableFolder))
        .and(pass(0))
        .and(pass_end(0, 0));
    assert_eq!(end(untold, Verdict::Complete).refusal(), recorded);
    let wrong = || {
        let read = in_content().passing(0).and(pass_end(0, 0)).and(read_back(1, 0, 1));
        read.and(mismatched("a")).and(read_batch(0, 1, 1)).and(read_back_end(1, 1, 0))
    };
    assert_eq!(end(wrong(), Verdict::Complete).refusal(), recorded);
    assert!(end(wrong(), Verdict::Failures).status().is_ok());
}

#[test]
fn a_run_that_only_reads_back_needs_no_pass_but_a_read_back() {
    let by_name = || {
        let started = Started { scope: Scope::ContentVerify, ..started(1) };
        History::default().and(created()).and(started).and(StepStarted { step: Step::Content })
    };
    let end = |history: History| history.and(finished_step(Step::Content, Verdict::Complete));
    assert_eq!(end(by_name()).refusal(), "no read-back came to its end in this run");
    let again = |from| {
        let stopped = by_name().and(read_back(2, 0, 1)).and(read_batch(0, 1, 0));
        let stopped = stopped.and(InterruptionFound { run: run(1), in_doubt: 0 });
        let started = Started { scope: Scope::ContentVerify, ..started(2) };
        stopped.and(started).and(StepStarted { step: Step::Content }).and(read_back(2, from, 1))
    };
    assert!(again(0).status().is_ok());
    assert_eq!(again(1).refusal(), "asked for by name it begins anew");
    let read = by_name().and(read_back(1, 0, 1)).and(read_batch(0, 1, 0)).and(read_back_end(1, 0, 0));
    assert!(end(read).status().is_ok());
}

#[test]
fn worksheet_and_checks_count_what_was_recorded() {
    let inventory = || running().and(StepStarted { step: Step::Inventory }).and(field());
    assert_eq!(
        inventory().and(InventoryFinished { fields: 2 }).refusal(),
        "the count differs from the fields"
    );
    assert_eq!(
        inventory().and(finished_step(Step::Inventory, Verdict::Complete)).refusal(),
        "the worksheet is not filled"
    );
    let filled = || inventory().and(InventoryFinished { fields: 1 });
    assert_eq!(filled().and(field()).refusal(), "the worksheet is filled");
    assert_eq!(
        filled().and(finished_step(Step::Inventory, Verdict::Failures)).refusal(),
        "a worksheet that is filled is complete"
    );
    assert_eq!(filled().and(InventoryFinished { fields: 1 }).refusal(), "the worksheet is filled");

    let warned = || running().and(StepStarted { step: Step::Preflight }).and(checked(CheckVerdict::Warn));
    let counts = |passed, warned, stopped| PreflightFinished { passed, warned, stopped };
    for wrong in [counts(1, 0, 0), counts(1, 1, 0), counts(0, 1, 1), counts(0, 0, 0)] {
        assert_eq!(warned().and(wrong).refusal(), "the counts differ from the checks");
    }
    let made = || warned().and(counts(0, 1, 0));
    assert_eq!(made().and(checked(CheckVerdict::Pass)).refusal(), "all checks were made");
    assert_eq!(made().and(counts(0, 1, 0)).refusal(), "all checks were made");
    let unmade = warned().and(finished_step(Step::Preflight, Verdict::Complete));
    assert_eq!(unmade.refusal(), "not all checks were made");
    let end = |verdict| made().and(finished_step(Step::Preflight, verdict));
    assert_eq!(end(Verdict::Stopped).refusal(), "the verdict differs from the checks");
    assert!(end(Verdict::Complete).status().is_ok());
}

#[test]
fn a_run_ends_as_its_steps_did() {
    let finish = |history: History, verdict| history.and(Finished { run: run(1), verdict });
    let stopped = || running().through(Step::Preflight, Verdict::Stopped);
    assert_eq!(finish(stopped(), Verdict::Complete).refusal(), "a step did not end well");
    assert_eq!(finish(stopped(), Verdict::Failures).refusal(), "no step ended so");
    assert_eq!(finish(stopped(), Verdict::Interrupted).refusal(), "nobody asked the run to stop");
    assert!(finish(stopped(), Verdict::Stopped).status().is_ok());
}

#[test]
fn what_an_interruption_leaves_is_counted() {
    let found = in_batch(2).and(InterruptionFound { run: run(1), in_doubt: 0 });
    assert_eq!(found.refusal(), "the count differs from the open actions");
    let again = || {
        let interrupted = in_batch(2)
            .of(action("batch"), copied(0, "a"))
            .and(InterruptionFound { run: run(1), in_doubt: 1 });
        interrupted.and(started(2)).and(StepStarted { step: Step::Content })
    };
    let reconciled = |recorded, happened| BatchReconciled { recorded, happened, not: 1, leftovers: 0 };
    let look = |event| again().of(action("batch"), event);
    assert_eq!(look(reconciled(1, 1)).refusal(), "more files than the batch has");
    assert_eq!(look(reconciled(2, 0)).refusal(), "more files than the batch has");
    let more = BatchReconciled { recorded: 2, happened: 0, not: 0, leftovers: 0 };
    assert_eq!(look(more).refusal(), "more outcomes than were recorded");
    assert!(look(reconciled(1, 0)).status().is_ok());
}

fn stop() -> StopRequested {
    StopRequested { how: "Ctrl-C".into() }
}

fn field() -> FieldRecorded {
    FieldRecorded { field: "f".into(), value: "v".into(), source: "s".into() }
}
