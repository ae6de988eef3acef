//! Goal: the table of (status, event) admits every history the program writes and refuses the others by name.
//! Method: short histories, each refused at its last event for the reason given.

mod support;

use support::*;
use wsusmigrate_core::event::content::Origin;
use wsusmigrate_core::event::inventory::InventoryFinished;
use wsusmigrate_core::event::run::{Failed, Finished, InterruptionFound, StepStarted, Verdict};
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
fn nothing_is_replaced_that_was_not_announced_and_what_was_announced_is_replaced_or_fails() {
    let batch = action("batch");
    let announced = || in_batch(2).of(batch, replacing(0, "a", 9));
    assert!(announced().of(batch, replaced(0, "a")).status().is_ok());
    assert!(announced().of(batch, failed(0, "a")).status().is_ok());
    assert_eq!(in_batch(2).of(batch, replaced(0, "a")).refusal(), "nothing says what it replaces");
    assert_eq!(announced().of(batch, replaced(1, "b")).refusal(), "nothing says what it replaces");
    assert_eq!(announced().of(batch, copied(0, "a")).refusal(), "its batch said that it replaces another");
    let right = verified(0, "a", Origin::FoundInPlace);
    assert_eq!(announced().of(batch, right).refusal(), "its batch found it wrong");
    let left = announced().of(batch, copied(1, "b")).of(batch, batch_end(1, 0, 0, 1));
    assert_eq!(left.refusal(), "a replacement has no outcome");
}

#[test]
fn a_replacement_is_announced_once_for_a_file_of_an_open_batch() {
    let batch = action("batch");
    let twice = in_batch(2).of(batch, replacing(0, "a", 9)).of(batch, replacing(0, "a", 9));
    assert_eq!(twice.refusal(), "its replacement was started before");
    assert_eq!(in_batch(2).of(batch, replacing(2, "c", 9)).refusal(), "the file is not in its batch");
    let late = in_batch(2).of(batch, copied(0, "a")).of(batch, replacing(0, "a", 9));
    assert_eq!(late.refusal(), "the file has an outcome already");
    assert_eq!(in_batch(2).of(action("other"), replacing(0, "a", 9)).refusal(), "its batch is not open");
    let ended = in_batch(1).of(batch, copied(0, "a")).of(batch, batch_end(1, 0, 0, 0)).and(pass_end(0));
    assert_eq!(ended.of(batch, replacing(0, "a", 9)).refusal(), "no pass is going on");
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
    assert!(one().of(action("batch"), batch_end(1, 0, 0, 1)).status().is_ok());
    assert_eq!(one().and(pass_end(0)).refusal(), "a batch is open");
}

#[test]
fn open_batches_are_bounded() {
    let mut history = in_content().and(manifest()).and(pass(9));
    for n in 0..BATCHES_OPEN_MAX {
        history = history.of(action(&n.to_string()), batch(1));
    }
    assert!(history.status().is_ok());
    assert_eq!(history.of(action("one more"), batch(1)).refusal(), "too many batches are open");
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
    assert_eq!(done().and(read_back(0, 1)).refusal(), "a pass or a read-back is going on");
    let reading = || done().and(pass_end(0)).and(read_back(0, 1));
    assert!(reading().and(read_back_end(0)).status().is_ok());
    assert_eq!(
        reading().and(finished_step(Step::Content, Verdict::Complete)).refusal(),
        "a pass or a read-back is going on"
    );
}
