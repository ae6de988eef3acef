//! Goal: guidance names exactly what the migration brought, and nothing it found.
//! Method: a history with every kind of outcome, and the guidance at several moments of it.

mod support;

use support::*;
use wsusmigrate_core::event::content::{LeftoverRemoved, Origin};
use wsusmigrate_core::rollback::{ActionKind, Inverse, plan};

#[test]
fn before_anything_was_done_there_is_nothing_to_undo() {
    let guidance = plan(&in_content().state());
    assert!(guidance.actions.is_empty() && guidance.lost.is_empty());
    assert_eq!(guidance.point_of_no_return, None);
}

#[test]
fn only_what_was_brought_is_deleted_and_what_was_replaced_is_named_as_lost() {
    let batch = action("batch");
    let history = in_content()
        .and(LeftoverRemoved { path: path("x.wsusmigrate-tmp"), bytes: 1 })
        .passing(3)
        .of(batch, support::batch(3))
        .of(batch, copied(0, "brought"))
        .of(batch, verified(1, "found", Origin::FoundInPlace))
        .of(batch, replacing(2, "replaced", 9))
        .of(batch, replaced(2, "replaced"));
    let guidance = plan(&history.state());
    assert_eq!(guidance.actions.len(), 1);
    let undo = &guidance.actions[0];
    assert_eq!((undo.undoes, undo.count, undo.bytes), (ActionKind::CopyFile, 1, 10));
    assert!(!undo.preconditions.is_empty() && !undo.by_hand.is_empty());
    assert_eq!(guidance.lost.iter().map(|kept| kept.action).collect::<Vec<_>>(), [ActionKind::ReplaceFile]);
    assert_eq!(
        guidance.nothing_to_undo.iter().map(|kept| kept.action).collect::<Vec<_>>(),
        [ActionKind::RemoveLeftover]
    );
    assert_eq!(guidance.in_doubt, 1, "the batch has no outcome yet");
}

#[test]
fn every_kind_of_action_says_how_it_is_undone() {
    for kind in ActionKind::ALL {
        match kind.inverse() {
            Inverse::Nothing(why) | Inverse::Impossible(why) => assert!(!why.is_empty()),
            Inverse::Possible => {}
        }
    }
}
