//! What guidance says of a history.

use wsusmigrate_core::rollback::{ActionKind, Undo, plan};
use wsusmigrate_core::text::Text;

use super::History;

pub fn kinds(history: &History) -> Vec<ActionKind> {
    plan(&history.state()).actions.iter().map(|undo| undo.undoes).collect()
}

#[track_caller]
pub fn undo(history: &History, kind: ActionKind) -> Undo {
    let guidance = plan(&history.state());
    guidance.actions.into_iter().find(|undo| undo.undoes == kind).expect("it can be undone")
}

pub fn lines(by_hand: &[Text]) -> Vec<&str> {
    by_hand.iter().map(Text::as_str).collect()
}

#[track_caller]
pub fn requires(undo: &Undo, condition: &str) {
    let conditions = lines(&undo.preconditions);
    assert!(conditions.contains(&condition), "{condition:?} is not in {conditions:#?}");
}
