//! Carrying an operation out: its intent durable before it begins, what is said recorded as it is said, its outcome durable
//! before anything that depends on it.

use std::time::Instant;

use wsusmigrate_core::event::Event;
use wsusmigrate_core::event::database::{
    ChildStarted, MessageReceived, Operation, OperationFinished, OperationResult, OperationStarted,
};
use wsusmigrate_core::id::{ActionId, EventId, Phase};
use wsusmigrate_core::text::{Name, TEXT_BYTES_MAX};
use wsusmigrate_core::unit::Seq;
use wsusmigrate_journal::evidence;

use crate::adapter::database::{Connection, Ended};
use crate::error::Failure;
use crate::executor::{Draft, Recorder, file_failure};
use crate::platform::Process;
use crate::step::context::Context;
use wsusmigrate_core::database::message::{self, ServerMessage};
use wsusmigrate_core::database::statement::Statement;

/// An operation that is about to begin.
pub(super) struct Intent {
    /// Which.
    pub(super) operation: Operation,
    /// What tells it from others of its kind.
    pub(super) subject: Name,
    /// The T-SQL or the command line.
    pub(super) statement: String,
    /// The state found before.
    pub(super) before: String,
    /// The effect expected.
    pub(super) expects: String,
}

/// What an operation came to.
pub(super) struct Outcome {
    /// How certain it is.
    pub(super) result: OperationResult,
    /// The first error's number, or an exit code.
    pub(super) error: i32,
    /// What it came to, or why it failed.
    pub(super) detail: String,
}

impl Outcome {
    pub(super) fn done(detail: impl Into<String>) -> Self {
        Self { result: OperationResult::Done, error: 0, detail: detail.into() }
    }

    pub(super) fn failed(error: i32, detail: impl Into<String>) -> Self {
        Self { result: OperationResult::Failed, error, detail: detail.into() }
    }

    pub(super) fn unknown(detail: impl Into<String>) -> Self {
        Self { result: OperationResult::Unknown, error: 0, detail: detail.into() }
    }

    /// What follows from how a statement ended where nothing more has to be proved.
    pub(super) fn of(ended: &Ended, said: &[ServerMessage], done: impl Into<String>) -> Self {
        match ended {
            Ended::Done => Self::done(done),
            Ended::Refused => Self::refused(said),
            Ended::Lost(why) => Self::unknown(why.clone()),
        }
    }

    /// The server refused: its own words, the first error first.
    pub(super) fn refused(said: &[ServerMessage]) -> Self {
        let errors: Vec<_> = said.iter().filter(|message| message.is_error).collect();
        let told: Vec<_> =
            errors.iter().map(|it| format!("Msg {}: {}", message::told(it.number), it.text)).collect();
        Self::failed(errors.first().and_then(|first| first.number).unwrap_or(0), told.join(" "))
    }
}

/// An operation that is going on: where what is said about it goes.
pub(super) struct Going<'r> {
    recorder: &'r mut Recorder,
    action: ActionId,
    attempt: u16,
    intent: Seq,
    said: Vec<ServerMessage>,
    failure: Option<Failure>,
}

impl Going<'_> {
    /// Records something the server said; it is durable when this returns.
    pub(super) fn hear(&mut self, message: &ServerMessage) {
        if self.failure.is_some() {
            return;
        }
        let ordinal = u32::try_from(self.said.len()).unwrap_or(u32::MAX);
        let event = MessageReceived {
            ordinal,
            is_error: message.is_error,
            number: message.number,
            class: message.class,
            state: message.state,
            line: message.line,
            text: message.text.as_str().into(),
        };
        let id = EventId::of_action(self.action, Phase::Item, self.attempt, ordinal.into());
        self.said.push(message.clone());
        let draft = Draft::of_action(id, self.action, Some(self.intent), event);
        self.failure = self.recorder.record(vec![draft]).err();
    }

    /// Records that the operation has a child process; it is durable when this returns. Says whether it is: where it could not
    /// be recorded, the operation is in doubt, and the child must not begin.
    pub(super) fn child(&mut self, process: &Process) -> bool {
        if self.failure.is_some() {
            return false;
        }
        let event = ChildStarted { process: process.id, started: process.started.as_str().into() };
        let id = EventId::of_action(self.action, Phase::ItemIntent, self.attempt, 0);
        let draft = Draft::of_action(id, self.action, Some(self.intent), event);
        self.failure = self.recorder.record(vec![draft]).err();
        self.failure.is_none()
    }

    /// Records what was seen of the operation; it is durable when this returns. Where it could not be, no outcome is recorded
    /// that would rest on it.
    pub(super) fn see(&mut self, key: &[u8], event: impl Into<Event>) {
        if self.failure.is_none() {
            let draft = self.recorder.sighting(key, event);
            self.failure = self.recorder.record(vec![draft]).err();
        }
    }

    /// Ends the operation without an outcome: it stays in doubt.
    pub(super) fn give_up(&mut self, failure: Failure) {
        self.failure.get_or_insert(failure);
    }

    /// Carries a statement out and records what the server says.
    pub(super) fn act(&mut self, connection: &mut dyn Connection, statement: &Statement) -> Ended {
        connection.act(statement, &mut |message| self.hear(message))
    }

    /// What was said so far.
    pub(super) fn said(&self) -> &[ServerMessage] {
        &self.said
    }
}

/// Carries an operation out. `work` acts and judges; what it answers is recorded as the outcome.
///
/// A crash before the intent is durable leaves nothing. One behind it leaves an operation in doubt, whether `work` had
/// begun or not: the next run looks at the world.
pub(super) fn carry_out(
    recorder: &mut Recorder,
    context: &Context<'_>,
    intent: Intent,
    work: impl FnOnce(&mut Going<'_>) -> Outcome,
) -> Result<OperationResult, Failure> {
    let Intent { operation, subject, statement, before, expects } = intent;
    let attempt = recorder.state().database.attempts(operation, subject.as_str());
    let key = [subject.as_str().as_bytes(), &[0], &attempt.to_be_bytes()].concat();
    let action = ActionId::derive(recorder.migration(), &format!("database.{}", operation.word()), &key);
    let whole = if statement.len() > TEXT_BYTES_MAX {
        Some(
            evidence::write_bytes(&context.request().journal, statement.as_bytes())
                .map_err(|error| file_failure(&error))?,
        )
    } else {
        None
    };
    let started = OperationStarted {
        operation,
        subject,
        statement: statement.into(),
        whole,
        before: before.into(),
        expects: expects.into(),
    };
    let id = EventId::of_action(action, Phase::Intent, attempt, 0);
    let intent = recorder.record(vec![Draft::of_action(id, action, None, started)])?;
    let intent = intent.first().copied().unwrap_or(Seq(0));
    context.talk().say(&format!("{} …", operation.word()));
    let began = Instant::now();
    let mut going = Going { recorder, action, attempt, intent, said: Vec::new(), failure: None };
    let outcome = work(&mut going);
    context.request().boundaries.acted(operation);
    let Going { recorder, said, failure, .. } = going;
    if let Some(failure) = failure {
        return Err(failure);
    }
    let finished = OperationFinished {
        operation,
        result: outcome.result,
        messages: u32::try_from(said.len()).unwrap_or(u32::MAX),
        error: outcome.error,
        elapsed_ms: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
        detail: outcome.detail.as_str().into(),
    };
    let id = EventId::of_action(action, Phase::Outcome, attempt, 0);
    recorder.record(vec![Draft::of_action(id, action, Some(intent), finished)])?;
    context.talk().say(&format!("{}: {}: {}", operation.word(), outcome.result.word(), outcome.detail));
    Ok(outcome.result)
}
