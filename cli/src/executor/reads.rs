//! Statements that only read, on their way into the journal.
//!
//! Whoever asks an engine leaves what was asked here; the recorder takes it along with the next event, and before it: what
//! an event rests on stands in front of it, for no sync of its own. A crash in between loses questions that nothing in the
//! journal rests on.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use wsusmigrate_core::database::message::ServerMessage;
use wsusmigrate_core::database::statement::Statement;
use wsusmigrate_core::digest::Sha256;
use wsusmigrate_core::event::database::{Protection, ReadOutcome, StatementRead};
use wsusmigrate_core::text::TEXT_BYTES_MAX;
use wsusmigrate_journal::evidence;

use crate::adapter::database::ReadError;
use crate::error::Failure;
use crate::executor::failures::file_failure;

/// The most messages that are kept of one statement. A server that says more is counted.
const SAID_MAX: usize = 1_000;

/// A statement that was sent, and how its answer went.
pub struct Asked {
    statement: Statement,
    protection: Protection,
    times: u32,
    rows: u64,
    elapsed: Duration,
    outcome: ReadOutcome,
    why: String,
    messages: u32,
    said: Vec<ServerMessage>,
}

impl Asked {
    /// A statement that is about to be sent over a connection of that protection.
    #[must_use]
    pub fn new(statement: Statement, protection: Protection) -> Self {
        let (outcome, why, said) = (ReadOutcome::Whole, String::new(), Vec::new());
        Self {
            statement,
            protection,
            times: 0,
            rows: 0,
            elapsed: Duration::ZERO,
            outcome,
            why,
            messages: 0,
            said,
        }
    }

    /// Notes a message of the server.
    pub fn hear(&mut self, message: &ServerMessage) {
        self.messages = self.messages.saturating_add(1);
        if self.said.len() < SAID_MAX {
            self.said.push(message.clone());
        }
    }

    /// Notes that it was sent once more, and what came.
    pub fn ended(&mut self, rows: u64, elapsed: Duration, broken_off: bool, read: &Result<(), ReadError>) {
        self.times = self.times.saturating_add(1);
        self.rows = self.rows.saturating_add(rows);
        self.elapsed = self.elapsed.saturating_add(elapsed);
        (self.outcome, self.why) = match read {
            Ok(()) if broken_off => (ReadOutcome::BrokenOff, String::new()),
            Ok(()) => (ReadOutcome::Whole, String::new()),
            Err(error @ ReadError::Refused(_)) => (ReadOutcome::Refused, error.to_string()),
            Err(error @ ReadError::Lost(_)) => (ReadOutcome::Lost, error.to_string()),
            Err(error @ ReadError::Unreadable(_)) => (ReadOutcome::Unreadable, error.to_string()),
        };
    }

    /// The event; what does not fit it is kept as evidence.
    pub(super) fn event(self, journal: &Path) -> Result<StatementRead, Failure> {
        let said = self.said.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        Ok(StatementRead {
            purpose: self.statement.purpose(),
            whole: whole(self.statement.text(), journal)?,
            statement: self.statement.text().into(),
            times: self.times,
            rows: self.rows,
            elapsed_ms: u64::try_from(self.elapsed.as_millis()).unwrap_or(u64::MAX),
            outcome: self.outcome,
            why: self.why.into(),
            protection: self.protection,
            messages: self.messages,
            said_whole: whole(&said, journal)?,
            said: said.into(),
        })
    }
}

/// Keeps a text as evidence where it is longer than what a record holds.
fn whole(text: &str, journal: &Path) -> Result<Option<Sha256>, Failure> {
    if text.len() <= TEXT_BYTES_MAX {
        return Ok(None);
    }
    evidence::write_bytes(journal, text.as_bytes()).map(Some).map_err(|error| file_failure(&error))
}

/// What was asked since the last event. Clones share it.
#[derive(Clone, Default)]
pub struct Reads(Arc<Mutex<Vec<Asked>>>);

impl Reads {
    /// Leaves a statement whose answer has ended.
    pub fn leave(&self, asked: Asked) {
        if asked.times > 0 {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(asked);
        }
    }

    /// Takes what was left, in its order.
    pub(super) fn take(&self) -> Vec<Asked> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
