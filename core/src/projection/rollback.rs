//! What was changed and would have to be undone: the input of the rollback planner.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::envelope::Recorded;
use crate::projection::Projection;
use crate::rollback::ActionKind;
use crate::unit::{Seq, TimeMicros};

/// For each kind of action that was ever taken: how often, and between which records.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// By kind of action.
    pub actions: BTreeMap<ActionKind, TakenAction>,
}

/// How often an action was taken, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakenAction {
    /// Events of this kind of action.
    pub count: u64,
    /// The first of them.
    pub first: (Seq, TimeMicros),
    /// The last of them.
    pub last: (Seq, TimeMicros),
}

impl Projection for Taken {
    const NAME: &'static str = "rollback";
    const VERSION: u16 = 2;

    fn apply(&mut self, recorded: &Recorded) {
        let Some(kind) = ActionKind::of(&recorded.event) else { return };
        let at = (recorded.seq, recorded.envelope.time);
        self.actions
            .entry(kind)
            .and_modify(|taken| {
                taken.count += 1;
                taken.last = at;
            })
            .or_insert(TakenAction { count: 1, first: at, last: at });
    }
}
