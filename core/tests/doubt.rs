//! Goal: a file that an interrupted batch left and the source dropped is recorded as what it is, and an interrupted batch
//! is forgotten only once every file of it is accounted for.
//! Method: histories with a batch in doubt and every way on from there; what counts is what the state still asks, the
//! list of files to delete, what was overwritten, and the verdict.

mod support;

use support::*;
use wsusmigrate_core::decide::ContentNext;
use wsusmigrate_core::event::content::{BatchExamined, BatchFinished, Origin, PassFinished, StrayRecorded};
use wsusmigrate_core::event::run::{InterruptionFound, StepStarted, Verdict};
use wsusmigrate_core::projection::Migration;
use wsusmigrate_core::rollback::{brought_files, plan};
use wsusmigrate_core::step::Step;

/// Digest of a file that stood there before.
const WRONG: u8 = 9;
/// Digest of what `support::facts` puts in place.
const RIGHT: u8 = 5;

fn stray(item: u32, name: &str, replaced: bool) -> StrayRecorded {
    StrayRecorded { item, path: path(name), file: facts(), replaced }
}

fn examined(settled: u8, in_doubt: u32) -> BatchExamined {
    BatchExamined { settled: vec![settled], in_doubt }
}

/// The next run has looked at the batch, of two files, and has listed a source with so many.
fn listed(history: History, files: u32) -> History {
    history
        .and(InterruptionFound { run: run(1), in_doubt: 1 })
        .and(started(2))
        .and(StepStarted { step: Step::Content })
        .of(action("batch"), reconciled())
        .and(manifest_of(files))
}

fn cut_off() -> History {
    in_batch(2)
}

fn cut_off_replacing(digest: u8) -> History {
    in_batch(2).of(action("batch"), replacing(0, "a", digest))
}

/// A pass over nothing.
fn empty_pass(history: History) -> History {
    history.and(pass(0)).and(pass_end(0, 0))
}

fn names<'a>(paths: impl Iterator<Item = &'a wsusmigrate_core::path::PathRef>) -> Vec<String> {
    paths.map(ToString::to_string).collect()
}

fn to_delete(state: &Migration) -> Vec<String> {
    names(brought_files(&state.content).map(|(path, _)| path))
}

fn overwritten(state: &Migration) -> Vec<String> {
    names(state.content.replacements.overwritten().iter().map(|file| &file.path))
}

#[test]
fn a_stray_is_a_brought_file_and_is_read_back() {
    let batch = action("batch");
    let found = listed(cut_off(), 0).of(batch, stray(0, "a", false)).of(batch, examined(0b11, 0));
    let history = empty_pass(found);
    let state = history.state();
    assert_eq!(to_delete(&state), ["a"]);
    assert_eq!((state.content.totals.files, state.content.totals.brought_files), (1, 1));
    assert_eq!(plan(&state).actions.iter().map(|undo| undo.count).collect::<Vec<_>>(), [1]);
    assert!(state.content.doubtful.is_empty());
    assert_eq!(history.content_next(everything()), Some(ContentNext::ReadBack));
}

#[test]
fn a_stray_that_replaced_another_tells_what_is_gone() {
    let batch = action("batch");
    let found = listed(cut_off_replacing(WRONG), 0);
    let state = empty_pass(found.of(batch, stray(0, "a", true)).of(batch, examined(0b11, 0))).state();
    assert_eq!(to_delete(&state), [""; 0]);
    assert_eq!(overwritten(&state), ["a"]);
    assert_eq!(state.content.totals.replaced_files, 1);
    assert_eq!(plan(&state).lost.len(), 1);
}

#[test]
fn a_replacement_of_a_settled_file_without_a_record_did_not_happen() {
    let found = listed(cut_off_replacing(WRONG), 0);
    assert!(found.state().content.replacements.in_doubt(&path("a")));
    let state = empty_pass(found.of(action("batch"), examined(0b11, 0))).state();
    assert!(!state.content.replacements.in_doubt(&path("a")));
    assert_eq!((overwritten(&state), state.content.totals.files), (Vec::new(), 0));
    assert!(state.content.doubtful.is_empty());
}

#[test]
fn what_could_not_be_looked_at_stays_in_doubt_and_is_a_failure_until_it_was() {
    let found = listed(cut_off_replacing(WRONG), 0).of(action("batch"), examined(0b10, 1));
    let state = empty_pass(found).state();
    assert_eq!((state.content.in_doubt(), state.content.failures(), plan(&state).in_doubt), (1, 1, 1));
    let found = listed(cut_off_replacing(WRONG), 0).of(action("batch"), examined(0b10, 1));
    let history = empty_pass(found);
    assert_eq!(history.content_next(everything()), Some(ContentNext::Finish(Verdict::Failures)));
    let refused = empty_pass(listed(cut_off(), 0).of(action("batch"), examined(0b10, 1)));
    let complete = refused.and(finished_step(Step::Content, Verdict::Complete));
    assert_eq!(complete.refusal(), "failures were recorded");
    let next = history.and(finished_step(Step::Content, Verdict::Failures));
    let next = next.and(wsusmigrate_core::event::run::Finished { run: run(2), verdict: Verdict::Failures });
    let next = next.and(started(3)).and(StepStarted { step: Step::Content }).and(manifest_of(0));
    let batch = action("batch");
    let state = empty_pass(next.of(batch, stray(0, "a", true)).of(batch, examined(0b11, 0))).state();
    assert_eq!((state.content.in_doubt(), state.content.doubtful.len()), (0, 0));
    assert_eq!(overwritten(&state), ["a"]);
}

#[test]
fn a_batch_that_was_not_examined_is_not_forgotten() {
    let state = empty_pass(listed(cut_off(), 0)).state();
    assert_eq!((state.content.doubtful.len(), plan(&state).in_doubt), (1, 1));
}

#[test]
fn a_file_that_failed_since_keeps_the_batch_and_an_outcome_lets_it_go() {
    let (batch_id, second) = (action("batch"), action("second"));
    let waits = || {
        let listed = listed(cut_off(), 1).of(batch_id, examined(0b10, 0));
        listed.and(pass(1)).of(second, batch(1))
    };
    let failed = waits().of(second, failed(0, "a")).of(second, batch_end(0, 0, 1, 0));
    let state = failed.and(PassFinished { failed: 1, ..pass_end(0, 0) }).state();
    assert_eq!(state.content.doubtful.len(), 1);
    assert!(state.content.perhaps_left_by(batch_id, 0, &path("a")));
    assert!(!state.content.perhaps_left_by(batch_id, 1, &path("b")), "it is accounted for");
    let right = waits().of(second, verified(0, "a", Origin::AfterInterruption));
    let right = right.of(second, BatchFinished { copied: 0, verified: 1, failed: 0, left: 0 });
    assert!(!right.state().content.perhaps_left_by(batch_id, 0, &path("a")), "it has an outcome since");
    let state = right.and(PassFinished { verified: 1, ..pass_end(0, 0) }).state();
    assert!(state.content.doubtful.is_empty());
}

#[test]
fn a_file_that_stood_there_before_is_nobody_s_but_for_a_replacement() {
    let seen = |history: History| listed(history, 0).state().content;
    let was_there = wsusmigrate_core::event::content::BatchStarted { found_before: vec![0b1], ..batch(2) };
    let passing = in_content().passing(2).of(action("batch"), was_there);
    let content = seen(passing);
    assert!(!content.perhaps_left_by(action("batch"), 0, &path("a")));
    assert!(content.perhaps_left_by(action("batch"), 1, &path("b")));
    let was_there = wsusmigrate_core::event::content::BatchStarted { found_before: vec![0b1], ..batch(2) };
    let replacing = in_content().passing(2).of(action("batch"), was_there);
    let content = seen(replacing.of(action("batch"), support::replacing(0, "a", RIGHT)));
    assert!(content.perhaps_left_by(action("batch"), 0, &path("a")));
    assert!(!content.perhaps_left_by(action("another"), 0, &path("a")));
}

#[test]
fn a_batch_is_examined_between_the_manifest_and_the_pass_once_it_was_looked_at() {
    let batch_id = action("batch");
    let early = cut_off().and(InterruptionFound { run: run(1), in_doubt: 1 }).and(started(2));
    let early = early.and(StepStarted { step: Step::Content }).and(manifest_of(0));
    assert_eq!(early.of(batch_id, examined(0b11, 0)).refusal(), "its batch was not looked at");
    assert_eq!(listed(cut_off(), 0).and(examined(0b11, 0)).refusal(), "it belongs to a batch");
    let during = listed(cut_off(), 0).and(pass(0)).of(batch_id, stray(0, "a", false));
    assert_eq!(during.refusal(), "it belongs before the pass");
    let after = empty_pass(listed(cut_off(), 0)).of(batch_id, stray(0, "a", false));
    assert_eq!(after.refusal(), "no manifest was recorded in this run");
}
