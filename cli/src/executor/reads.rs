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
#[derive(Clone)]
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

    /// The same with a question that was sent and whose answer nobody waited for.
    #[must_use]
    pub fn unanswered(&self) -> Self {
        let why = "the work it was asked about ended before its answer".to_owned();
        let mut asked = self.clone();
        asked.ended(0, Duration::ZERO, false, &Err(ReadError::Lost(why)));
        asked
    }

    /// Whether it is the same question with the same kind of answer.
    fn is_like(&self, other: &Self) -> bool {
        let kind = |asked: &Self| (asked.protection, asked.outcome);
        self.statement == other.statement && kind(self) == kind(other) && self.why == other.why
    }

    fn count_in(&mut self, other: Self) {
        self.times = self.times.saturating_add(other.times);
        self.rows = self.rows.saturating_add(other.rows);
        self.elapsed = self.elapsed.saturating_add(other.elapsed);
        self.messages = self.messages.saturating_add(other.messages);
        let room = SAID_MAX.saturating_sub(self.said.len());
        self.said.extend(other.said.into_iter().take(room));
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
    /// Leaves a statement whose answer has ended. One that was asked before, since the last event, is counted with it: who
    /// waits for hours, and looks every moment, fills neither memory nor journal.
    pub fn leave(&self, asked: Asked) {
        if asked.times == 0 {
            return;
        }
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match left.iter_mut().find(|earlier| earlier.is_like(&asked)) {
            Some(earlier) => earlier.count_in(asked),
            None => left.push(asked),
        }
    }

    /// Takes what was left, in its order.
    pub(super) fn take(&self) -> Vec<Asked> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    //! Goal: a question asked again and again is one event with a count, and no other question is counted with it.

    use wsusmigrate_core::database::statement;

    use super::*;

    fn asked(statement: Statement, read: &Result<(), ReadError>) -> Asked {
        let mut asked = Asked::new(statement, Protection::None);
        asked.ended(2, Duration::from_millis(5), false, read);
        asked
    }

    #[test]
    fn a_question_asked_again_is_counted() {
        let reads = Reads::default();
        let lost = Err(ReadError::Lost("cut".to_owned()));
        for _ in 0..50_000 {
            reads.leave(asked(statement::users(), &Ok(())));
            reads.leave(asked(statement::server_logins(), &Ok(())));
        }
        reads.leave(asked(statement::users(), &lost));
        reads.leave(Asked::new(statement::catalogue(), Protection::None));
        let told =
            |asked: &Asked| (asked.statement.purpose().word(), asked.times, asked.rows, asked.outcome.word());
        assert_eq!(
            reads.take().iter().map(told).collect::<Vec<_>>(),
            [
                ("users", 50_000, 100_000, "whole"),
                ("logins", 50_000, 100_000, "whole"),
                ("users", 1, 2, "lost")
            ]
        );
        assert!(reads.take().is_empty());
    }

    #[test]
    fn a_question_without_an_answer_is_counted_and_told_as_lost() {
        let twice = asked(statement::users(), &Ok(())).unanswered();
        assert_eq!((twice.times, twice.rows, twice.outcome), (2, 2, ReadOutcome::Lost));
        assert!(twice.why.contains("ended before its answer"), "{}", twice.why);
    }
}
