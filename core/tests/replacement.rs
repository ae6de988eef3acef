//! Goal: whatever cuts a replacement off, the history says whether it happened, and what is gone.
//! Method: histories with an intent and every way on from there; what counts is the state's totals, its list of what was
//! overwritten, and the way back.

mod support;

use support::*;
use wsusmigrate_core::digest::Sha256;
use wsusmigrate_core::event::content::{Origin, PassFinished};
use wsusmigrate_core::projection::Migration;
use wsusmigrate_core::rollback::{ActionKind, brought_files, plan};

/// The digest of what `support::facts` puts in place.
const RIGHT: u8 = 5;
const WRONG: u8 = 9;

/// What counts: files in place, replaced ones among them, (path, digest, ours) of what was overwritten.
fn told(state: &Migration) -> (u64, u64, Vec<(String, u8, bool)>) {
    let content = &state.content;
    let gone = content.replacements.overwritten().iter();
    let gone = gone.map(|it| (it.path.to_string(), it.found.sha256.map_or(0, |digest| digest.0[0]), it.ours));
    (content.totals.files, content.totals.replaced_files, gone.collect())
}

fn gone(digest: u8, ours: bool) -> Vec<(String, u8, bool)> {
    vec![("a".to_owned(), digest, ours)]
}

/// What a file that is right now is recorded as, where it looks like something found in place.
fn origin(history: &History) -> Origin {
    let right = Sha256([RIGHT; 32]);
    history.state().content.verified_origin(&path("a"), right, Origin::FoundInPlace)
}

/// The intent is durable, and the run is over.
fn cut_off() -> History {
    interrupted_in(in_batch(1).of(action("batch"), replacing(0, "a", WRONG)), 1, "batch", 1)
        .of(action("second"), batch(1))
}

#[test]
fn an_uninterrupted_replacement_says_what_is_gone() {
    let history =
        in_batch(1).of(action("batch"), replacing(0, "a", WRONG)).of(action("batch"), replaced(0, "a"));
    assert_eq!(told(&history.state()), (1, 1, gone(WRONG, false)));
}

#[test]
fn a_replacement_that_happened_before_the_crash_counts_as_one() {
    assert_eq!(origin(&cut_off()), Origin::AfterInterruption);
    let history = cut_off().of(action("second"), verified(0, "a", Origin::AfterInterruption));
    let state = history.state();
    assert_eq!(told(&state), (1, 1, gone(WRONG, false)));
    assert_eq!(brought_files(&state.content).count(), 0, "deleting it would not bring back what stood there");
    let guidance = plan(&state);
    assert!(guidance.actions.is_empty());
    assert_eq!(
        guidance.lost.iter().map(|it| (it.action, it.count)).collect::<Vec<_>>(),
        [(ActionKind::ReplaceFile, 1)]
    );
}

#[test]
fn a_replacement_that_did_not_happen_is_done_by_the_next_pass_and_told_once() {
    let again = cut_off().of(action("second"), replacing(0, "a", WRONG));
    assert_eq!(told(&again.state()), (0, 0, Vec::new()));
    let done = again.of(action("second"), replaced(0, "a"));
    assert_eq!(told(&done.state()), (1, 1, gone(WRONG, false)));
}

#[test]
fn a_second_crash_before_the_outcome_changes_nothing() {
    let twice = interrupted_in(cut_off(), 2, "second", 1).of(action("third"), batch(1));
    assert_eq!(origin(&twice), Origin::AfterInterruption);
    let state = twice.of(action("third"), verified(0, "a", Origin::AfterInterruption)).state();
    assert_eq!(told(&state), (1, 1, gone(WRONG, false)));
}

#[test]
fn a_failure_of_the_batch_that_began_it_settles_it_and_a_later_one_does_not() {
    let refused =
        in_batch(1).of(action("batch"), replacing(0, "a", WRONG)).of(action("batch"), failed(0, "a"));
    assert_eq!(
        origin(&refused),
        Origin::FoundInPlace,
        "the rename was refused: whoever puts it right, not we"
    );
    let later = cut_off().of(action("second"), failed(0, "a")).of(action("second"), batch_end(0, 0, 1, 0));
    assert_eq!(
        origin(&later.and(PassFinished { failed: 1, ..pass_end(0, 0) })),
        Origin::AfterInterruption,
        "nobody has looked at the bytes yet"
    );
}

#[test]
fn bytes_that_are_what_was_found_were_not_put_there() {
    // A package of ours, about to be replaced by a newer one; after the crash the source holds the old one again.
    let history = in_batch(1).of(action("batch"), replacing(0, "a", RIGHT));
    assert_eq!(origin(&interrupted_in(history, 1, "batch", 1)), Origin::FoundInPlace);
}

#[test]
fn over_a_copy_of_our_own_nothing_of_anybody_elses_is_lost() {
    let ours = || {
        let first =
            in_batch(1).of(action("batch"), copied(0, "a")).of(action("batch"), batch_end(1, 0, 0, 0));
        let second = first.and(pass_end(1, 0)).passing(1).of(action("second"), batch(1));
        second.of(action("second"), replacing(0, "a", RIGHT))
    };
    let done = ours().of(action("second"), replaced(0, "a")).state();
    assert_eq!(told(&done), (1, 0, gone(RIGHT, true)));
    assert_eq!(brought_files(&done.content).count(), 1);
    let cut_off = interrupted_in(ours(), 1, "second", 1).of(action("third"), batch(1));
    let newer = wsusmigrate_core::event::content::FileVerified {
        file: wsusmigrate_core::event::content::FileFacts { sha256: Sha256([6; 32]), ..facts() },
        ..verified(0, "a", Origin::AfterInterruption)
    };
    let resumed = cut_off.of(action("third"), newer).state();
    assert_eq!(told(&resumed), told(&done));
    assert_eq!(brought_files(&resumed.content).count(), 1);
}

#[test]
fn a_file_that_was_removed_before_the_next_pass_is_brought_not_replaced() {
    let state = cut_off().of(action("second"), copied(0, "a")).state();
    assert_eq!(told(&state), (1, 0, Vec::new()));
    assert_eq!(brought_files(&state.content).count(), 1);
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
    let ended = in_batch(1).of(batch, copied(0, "a")).of(batch, batch_end(1, 0, 0, 0)).and(pass_end(1, 0));
    assert_eq!(ended.of(batch, replacing(0, "a", 9)).refusal(), "no pass is going on");
}
