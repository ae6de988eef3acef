//! What was read from the engine, counted.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::event::database::{Protection, ReadOutcome, StatementRead};

/// Statements of one purpose that were read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadTotals {
    /// How many were sent.
    pub statements: u64,
    /// Records of them whose answer did not come to its end.
    pub not_whole: u64,
    /// Rows that came.
    pub rows: u64,
    /// How long the answers took, in milliseconds.
    pub elapsed_ms: u64,
    /// What the server said meanwhile, in messages.
    pub messages: u64,
    /// How the connections were protected.
    pub protections: BTreeSet<Protection>,
}

impl ReadTotals {
    pub(super) fn add(&mut self, event: &StatementRead) {
        self.statements = self.statements.saturating_add(event.times.into());
        self.not_whole += u64::from(event.outcome != ReadOutcome::Whole);
        self.rows = self.rows.saturating_add(event.rows);
        self.elapsed_ms = self.elapsed_ms.saturating_add(event.elapsed_ms);
        self.messages = self.messages.saturating_add(event.messages.into());
        self.protections.insert(event.protection);
    }
}
