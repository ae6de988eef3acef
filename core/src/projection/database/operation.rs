//! One operation: its intent, what the server said, how it ended, and how a doubt about it was settled.

use serde::{Deserialize, Serialize};

use crate::event::database::{
    Answer, ChildStarted, MessageReceived, OperationFinished, OperationReconciled, OperationResolved,
    OperationResult, OperationStarted, Probe,
};
use crate::id::ActionId;
use crate::unit::{Seq, TimeMicros};

/// Messages of an operation that are kept; the journal holds them all.
const MESSAGES_MAX: usize = 200;

/// One operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationRecord {
    /// Its action.
    pub action: ActionId,
    /// The record of its intent.
    pub seq: Seq,
    /// When it began.
    pub started: TimeMicros,
    /// The intent.
    pub event: OperationStarted,
    /// What the server said, as much as is kept.
    pub messages: Vec<MessageReceived>,
    /// Its child process, where it has one.
    pub child: Option<ChildStarted>,
    /// How it ended, where that was recorded.
    pub finished: Option<(TimeMicros, OperationFinished)>,
    /// How a doubt about it was looked at and settled, oldest first.
    pub doubts: Vec<Doubt>,
}

/// A step towards settling a doubt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Doubt {
    /// Somebody looked.
    Reconciled(TimeMicros, OperationReconciled),
    /// A person said.
    Resolved(TimeMicros, OperationResolved),
}

impl OperationRecord {
    pub(super) const fn new(
        action: ActionId,
        seq: Seq,
        started: TimeMicros,
        event: OperationStarted,
    ) -> Self {
        Self {
            action,
            seq,
            started,
            event,
            messages: Vec::new(),
            child: None,
            finished: None,
            doubts: Vec::new(),
        }
    }

    pub(super) fn hear(&mut self, message: &MessageReceived) {
        if self.messages.len() < MESSAGES_MAX {
            self.messages.push(message.clone());
        }
    }

    /// Whether it has its effect, by its outcome, a look or a person.
    #[must_use]
    pub fn is_done(&self) -> bool {
        match self.doubts.last() {
            Some(Doubt::Reconciled(_, found)) => found.found == Probe::Happened,
            Some(Doubt::Resolved(_, said)) => said.answer == Answer::Happened,
            None => self.finished.as_ref().is_some_and(|(_, end)| end.result == OperationResult::Done),
        }
    }

    /// Whether it certainly has no effect, by its outcome, a look or a person. What is open or in doubt may have one.
    #[must_use]
    pub fn is_void(&self) -> bool {
        match self.doubts.last() {
            Some(Doubt::Reconciled(_, found)) => found.found == Probe::Not,
            Some(Doubt::Resolved(_, said)) => said.answer == Answer::DidNot,
            None => self.finished.as_ref().is_some_and(|(_, end)| end.result == OperationResult::Failed),
        }
    }

    /// Whether nobody knows whether it has its effect.
    #[must_use]
    pub fn is_in_doubt(&self) -> bool {
        match self.doubts.last() {
            Some(Doubt::Reconciled(_, found)) => matches!(found.found, Probe::Unknown | Probe::Running),
            Some(Doubt::Resolved(..)) => false,
            None => self.finished.as_ref().is_none_or(|(_, end)| end.result == OperationResult::Unknown),
        }
    }

    /// Messages the journal holds and this record does not.
    #[must_use]
    pub fn messages_left_out(&self) -> u64 {
        let told = self.finished.as_ref().map_or(0, |(_, end)| u64::from(end.messages));
        told.saturating_sub(self.messages.len() as u64)
    }

    /// Whether a look could not settle it, and nobody has said.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        matches!(self.doubts.last(), Some(Doubt::Reconciled(_, found)) if found.found == Probe::Unknown)
    }

    /// How it stands, in a word.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self.doubts.last() {
            Some(Doubt::Reconciled(_, found)) => found.found.word(),
            Some(Doubt::Resolved(_, said)) => said.answer.word(),
            None => self.finished.as_ref().map_or("open", |(_, end)| end.result.word()),
        }
    }
}
