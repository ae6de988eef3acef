//! Goal: what comes next follows from the recorded events alone, whatever happened in between.
//! Method: given events, when the next action is asked for, then it is the one a person would take.

mod support;

use support::*;
use wsusmigrate_core::decide::{ContentNext, Next, Request};
use wsusmigrate_core::digest::Sha256;
use wsusmigrate_core::event::content::{
    FailureReason, FileFailed, IgnoredEntry, ManifestRecorded, Mismatch, Origin, PassFinished,
    ReadBackMismatched, Settlement,
};
use wsusmigrate_core::event::run::{
    Finished, InterruptionFound, Scope, SkipReason, Started, StepSkipped, StepStarted, StopRequested, Verdict,
};
use wsusmigrate_core::projection::Migration;
use wsusmigrate_core::projection::content::How;
use wsusmigrate_core::report::{self, Value};
use wsusmigrate_core::step::Step;
use wsusmigrate_core::unit::TimeMicros;

#[test]
fn steps_come_in_their_order() {
    let mut history = running();
    for step in [Step::Inventory, Step::Preflight, Step::Content] {
        assert_eq!(history.next(everything()), Some(Next::Perform(step)));
        history = history.through(step, Verdict::Complete);
    }
    assert_eq!(history.next(everything()), Some(Next::Finish(Verdict::Complete)));
}

#[test]
fn a_stopping_check_ends_the_run_before_anything_is_touched() {
    let history =
        running().through(Step::Inventory, Verdict::Complete).through(Step::Preflight, Verdict::Stopped);
    assert_eq!(history.next(everything()), Some(Next::Finish(Verdict::Stopped)));
}

#[test]
fn with_updates_on_microsoft_update_the_content_step_is_skipped_with_its_reason() {
    let request = Request { stored_on_microsoft_update: true, ..everything() };
    let history =
        running().through(Step::Inventory, Verdict::Complete).through(Step::Preflight, Verdict::Complete);
    let reason = SkipReason::StoredOnMicrosoftUpdate;
    assert_eq!(history.next(request), Some(Next::Skip(Step::Content, reason)));
    let skipped = history.and(StepSkipped { step: Step::Content, reason });
    assert_eq!(skipped.next(request), Some(Next::Finish(Verdict::Complete)));
}

#[test]
fn asked_to_stop_a_run_ends_as_interrupted_and_the_next_goes_on() {
    let history = running().and(StopRequested { how: "Ctrl-C".into() });
    assert_eq!(history.next(everything()), Some(Next::Finish(Verdict::Interrupted)));
    let again = history.and(Finished { run: run(1), verdict: Verdict::Interrupted }).and(started(2));
    assert_eq!(again.next(everything()), Some(Next::Perform(Step::Inventory)));
}

#[test]
fn without_a_run_there_is_nothing_to_decide() {
    assert_eq!(History::default().and(created()).next(everything()), None);
    assert_eq!(in_content().next(everything()), None, "a step is going on");
}

fn one_file_in_place() -> History {
    in_batch(1)
        .of(action("batch"), copied(0, "a"))
        .of(action("batch"), batch_end(1, 0, 0, 0))
        .and(pass_end(1, 0))
}

/// One file read back and found well.
fn read_whole(history: History) -> History {
    history.and(read_back(1, 0, 1)).and(read_batch(0, 1, 0)).and(read_back_end(1, 0, 0))
}

#[test]
fn content_is_passed_over_then_read_back_then_done() {
    assert_eq!(in_content().content_next(everything()), Some(ContentNext::Pass));
    assert_eq!(one_file_in_place().content_next(everything()), Some(ContentNext::ReadBack));
    let read = read_whole(one_file_in_place());
    assert_eq!(read.content_next(everything()), Some(ContentNext::Finish(Verdict::Complete)));
    let without = Request { read_back: false, ..everything() };
    assert_eq!(one_file_in_place().content_next(without), Some(ContentNext::Finish(Verdict::Complete)));
}

#[test]
fn a_later_run_reads_back_only_what_is_new_unless_asked_by_name() {
    let second_run = read_whole(one_file_in_place())
        .and(finished_step(Step::Content, Verdict::Complete))
        .and(Finished { run: run(1), verdict: Verdict::Complete })
        .and(started(2))
        .and(StepStarted { step: Step::Content });
    let by_name = Request { scope: Scope::ContentVerify, ..everything() };
    assert_eq!(second_run.content_next(by_name), Some(ContentNext::ReadBack));
    let nothing_new = second_run.passing(0).and(pass_end(0, 0));
    assert_eq!(nothing_new.content_next(everything()), Some(ContentNext::Finish(Verdict::Complete)));
}

#[test]
fn what_is_in_doubt_comes_before_everything_else() {
    let again = in_batch(2)
        .of(action("batch"), copied(0, "a"))
        .and(InterruptionFound { run: run(1), in_doubt: 1 })
        .and(started(2))
        .and(StepStarted { step: Step::Content });
    assert_eq!(again.content_next(everything()), Some(ContentNext::Reconcile(action("batch"))));
    let reconciled = again.of(action("batch"), reconciled());
    assert_eq!(reconciled.content_next(everything()), Some(ContentNext::Pass));
}

#[test]
fn a_file_verified_after_an_interruption_counts_as_brought_and_one_found_does_not() {
    let state = in_batch(2)
        .of(action("batch"), verified(0, "ours", Origin::AfterInterruption))
        .of(action("batch"), verified(1, "theirs", Origin::FoundInPlace))
        .state();
    assert_eq!(state.content.in_place[&path("ours")].how, How::Brought);
    assert_eq!(state.content.in_place[&path("theirs")].how, How::FoundInPlace);
    assert_eq!((state.content.totals.files, state.content.totals.brought_files), (2, 1));
}

#[test]
fn a_file_counts_once_however_often_it_is_recorded() {
    let once = one_file_in_place();
    let rechecked = once
        .passing(1)
        .of(action("again"), batch(1))
        .of(action("again"), verified(0, "a", Origin::Rechecked))
        .of(action("again"), batch_end(0, 1, 0, 0))
        .state();
    assert_eq!(rechecked.content.totals.files, 1);
    assert_eq!(rechecked.content.totals.brought_files, 1, "who brought it does not change");
}

#[test]
fn failures_end_the_step_as_failures_and_a_later_success_clears_them() {
    let failing = in_batch(1).of(action("batch"), failed(0, "a")).of(action("batch"), batch_end(0, 0, 1, 0));
    let failing = failing.and(PassFinished { failed: 1, ..pass_end(0, 0) });
    assert_eq!(failing.content_next(everything()), Some(ContentNext::Finish(Verdict::Failures)));
    let mended = failing
        .passing(1)
        .of(action("again"), batch(1))
        .of(action("again"), copied(0, "a"))
        .of(action("again"), batch_end(1, 0, 0, 0))
        .and(pass_end(1, 0));
    assert_eq!(mended.state().content.failures(), 0);
}

#[test]
fn what_a_read_back_finds_wrong_is_not_in_place_until_a_pass_has_mended_it() {
    let read = one_file_in_place()
        .and(read_back(1, 0, 1))
        .and(mismatched("a"))
        .and(read_batch(0, 1, 1))
        .and(read_back_end(1, 1, 0));
    assert_eq!(read.state().content.totals.files, 0);
    assert_eq!(read.content_next(everything()), Some(ContentNext::Finish(Verdict::Failures)));
    let mended = read
        .passing(1)
        .of(action("again"), batch(1))
        .of(action("again"), copied(0, "a"))
        .of(action("again"), batch_end(1, 0, 0, 0))
        .state();
    assert_eq!((mended.content.totals.files, mended.content.failures()), (1, 0));
}

#[test]
fn an_interrupted_read_back_of_the_same_list_goes_on_where_it_stopped() {
    let state = one_file_in_place()
        .and(read_back(2, 0, 1))
        .and(read_batch(0, 1, 0))
        .and(StopRequested { how: "Ctrl-C".into() })
        .and(read_back_end(1, 0, 1))
        .state();
    let from = |list, scope| state.content.read_back_from(Sha256([list; 32]), scope);
    assert_eq!(from(1, Scope::Everything), 1);
    assert_eq!(from(2, Scope::Everything), 0, "another list begins anew");
    assert_eq!(from(1, Scope::ContentVerify), 0, "so does one that is asked for by name");
    assert!(state.content.not_read_back().next().is_some(), "nothing is covered before the end");
    assert_eq!(told_finished(&state), ["no", "no"], "it was ended, and not finished");
}

#[test]
fn a_read_back_that_came_to_its_end_is_told_as_finished() {
    let reading = one_file_in_place().and(read_back(1, 0, 1)).and(read_batch(0, 1, 0));
    assert_eq!(told_finished(&reading.state()), ["no", "no"]);
    assert_eq!(told_finished(&reading.and(read_back_end(1, 0, 0)).state()), ["yes", "yes"]);
}

/// What the progress and the audit say of the read-back's end.
fn told_finished(state: &Migration) -> [String; 2] {
    [report::progress(state, TimeMicros(0), None), report::audit(state, None)].map(|report| {
        let section = report.sections.iter().find(|section| section.key == "read_back").expect("the section");
        let figure = section.figures.iter().find(|figure| figure.key == "finished").expect("the figure");
        match &figure.value {
            Value::Text(text) => text.clone(),
            other => panic!("{other:?}"),
        }
    })
}

/// A file in place that a read-back found wrong, and the beginning of the next run.
fn suspected() -> History {
    one_file_in_place()
        .and(read_back(1, 0, 1))
        .and(mismatched("a"))
        .and(read_batch(0, 1, 1))
        .and(read_back_end(1, 1, 0))
        .and(finished_step(Step::Content, Verdict::Failures))
        .and(Finished { run: run(1), verdict: Verdict::Failures })
}

#[test]
fn a_good_read_clears_what_an_earlier_one_found_wrong() {
    let by_name = Request { scope: Scope::ContentVerify, ..everything() };
    let read = suspected()
        .and(Started { scope: Scope::ContentVerify, ..started(2) })
        .and(StepStarted { step: Step::Content })
        .and(read_back(1, 0, 2))
        .and(settled(Settlement::ReadRight))
        .and(read_batch(0, 1, 0))
        .and(read_back_end(1, 0, 0));
    let state = read.state();
    assert_eq!((state.content.failures(), state.content.totals.files), (0, 1));
    let enough = read.and(finished_step(Step::Content, Verdict::Complete));
    assert_eq!(enough.next(by_name), Some(Next::Finish(Verdict::Complete)));
}

#[test]
fn what_is_wrong_and_gone_from_the_source_fails_until_it_is_gone_from_both_sides() {
    let again = || suspected().and(started(2)).and(StepStarted { step: Step::Content });
    let passed = again().passing(0).and(pass_end(0, 0));
    assert_eq!(passed.content_next(everything()), Some(ContentNext::Finish(Verdict::Failures)));
    assert!(passed.state().content.orphans.contains(&path("a")));
    let gone =
        again().and(manifest_of(0)).and(settled(Settlement::GoneFromBoth)).and(pass(0)).and(pass_end(0, 0));
    assert_eq!(gone.content_next(everything()), Some(ContentNext::Finish(Verdict::Complete)));
    let content = gone.state().content;
    assert!(content.withdrawn.contains_key(&path("a")) && content.orphans.is_empty());
    assert_eq!((content.totals.files, content.in_place.len()), (0, 0));
}

#[test]
fn what_the_source_may_still_hold_unseen_is_no_orphan() {
    let untold = suspected()
        .and(started(2))
        .and(StepStarted { step: Step::Content })
        .and(ManifestRecorded { ignored_entries: 1, ..manifest_of(0) })
        .and(ignored(IgnoredEntry::UnreadableFolder))
        .and(pass(0))
        .and(pass_end(0, 0));
    assert!(untold.state().content.orphans.is_empty());
}

#[test]
fn an_orphan_that_comes_back_is_mended() {
    let mended = suspected()
        .and(started(2))
        .and(StepStarted { step: Step::Content })
        .passing(0)
        .and(pass_end(0, 0))
        .passing(1)
        .of(action("again"), batch(1))
        .of(action("again"), copied(0, "a"));
    let content = mended.state().content;
    assert_eq!((content.failures(), content.orphans.len()), (0, 0));
}

#[test]
fn what_could_not_be_read_is_not_called_wrong() {
    let unreadable = one_file_in_place()
        .and(read_back(1, 0, 1))
        .and(ReadBackMismatched { what: Mismatch::Unreadable, found: None, ..mismatched("a") })
        .and(read_batch(0, 1, 1))
        .and(read_back_end(1, 1, 0))
        .and(finished_step(Step::Content, Verdict::Failures))
        .and(Finished { run: run(1), verdict: Verdict::Failures })
        .and(started(2))
        .and(StepStarted { step: Step::Content })
        .passing(0)
        .and(pass_end(0, 0));
    let (rows, notes) = told_suspects(&unreadable.state());
    assert_eq!(rows, [["a", "unreadable", "gone from the source"]]);
    assert!(notes.iter().all(|note| !note.contains("delete")), "it may be right: {notes:?}");
    assert!(notes.iter().any(|note| note.contains("the right to read it")), "{notes:?}");
    let wrong = suspected().and(started(2)).and(StepStarted { step: Step::Content });
    let (rows, notes) = told_suspects(&wrong.passing(0).and(pass_end(0, 0)).state());
    assert_eq!(rows, [["a", "different", "gone from the source"]]);
    assert!(notes.iter().any(|note| note.contains("delete it")), "{notes:?}");
}

#[test]
fn what_somebody_put_in_the_way_is_not_left_to_the_next_run() {
    for (reason, what) in [(FailureReason::Conflict, "different"), (FailureReason::Obstructed, "obstructed")]
    {
        let blocked = one_file_in_place()
            .passing(1)
            .of(action("again"), batch(1))
            .of(action("again"), FileFailed { reason, ..failed(0, "a") })
            .state();
        assert!(blocked.content.is_blocked());
        let (rows, _) = told_suspects(&blocked);
        assert_eq!(rows, [["a", what, "move or delete it at the destination"]]);
    }
    assert!(!in_batch(1).of(action("batch"), failed(0, "a")).state().content.is_blocked());
}

/// The audit's table of files found wrong, and what it says below.
fn told_suspects(state: &Migration) -> (Vec<Vec<String>>, Vec<String>) {
    let report = report::audit(state, None);
    let section = report.sections.into_iter().find(|section| section.key == "suspects").expect("it is told");
    let table = section.tables.into_iter().find(|table| table.key == "suspects").expect("it is told");
    let text = |value| match value {
        Value::Text(text) => text,
        other => panic!("{other:?}"),
    };
    (table.rows.into_iter().map(|row| row.into_iter().map(text).collect()).collect(), section.notes)
}
