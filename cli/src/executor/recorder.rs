//! The recorder: the way of every event into the journal and from there into the state.

use wsusmigrate_core::envelope::{Envelope, Proposed, Recorded};
use wsusmigrate_core::event::Event;
use wsusmigrate_core::id::{ActionId, EventId, MigrationId, RunId};
use wsusmigrate_core::projection::{Migration, Projection as _};
use wsusmigrate_core::unit::{Seq, TimeMicros};
use wsusmigrate_journal::{Expected, Journal};

use crate::clock;
use crate::error::Failure;
use crate::executor::failures::append_failure;
use crate::exit::Exit;
use crate::show::Talk;

/// The most events of one append: with records of 4 KiB at most they stay below the journal's own limit.
const APPEND_EVENTS_MAX: usize = 256;

/// An event with what its frame needs, before it has a time and a number.
pub struct Draft {
    id: EventId,
    action: Option<ActionId>,
    causation: Option<Seq>,
    event: Event,
}

impl Draft {
    /// An event of an action.
    pub fn of_action(id: EventId, action: ActionId, causation: Option<Seq>, event: impl Into<Event>) -> Self {
        Self { id, action: Some(action), causation, event: event.into() }
    }
}

/// Appends events and keeps the state in step with the journal.
pub struct Recorder {
    journal: Journal,
    state: Migration,
    migration: MigrationId,
    run: RunId,
}

impl Recorder {
    pub(super) fn new(journal: Journal, state: Migration, run: RunId) -> Self {
        let migration = journal.identity().migration;
        Self { journal, state, migration, run }
    }

    /// The state of the migration after the last recorded event.
    #[must_use]
    pub const fn state(&self) -> &Migration {
        &self.state
    }

    /// The migration.
    #[must_use]
    pub const fn migration(&self) -> MigrationId {
        self.migration
    }

    /// This run.
    #[must_use]
    pub const fn run(&self) -> RunId {
        self.run
    }

    /// The journal, for what is not an event.
    #[must_use]
    pub const fn journal(&self) -> &Journal {
        &self.journal
    }

    /// An observation of this run: the same name and key in the same run are the same event.
    pub fn observation(&self, key: &[u8], event: impl Into<Event>) -> Draft {
        let event = event.into();
        let run_and_key = [self.run.as_bytes(), key].concat();
        let id = EventId::of_observation(self.migration, event.kind().name(), &run_and_key);
        Draft { id, action: None, causation: None, event }
    }

    /// Records one observation; it is durable when this returns.
    pub fn observe(&mut self, key: &[u8], event: impl Into<Event>) -> Result<Seq, Failure> {
        self.record(vec![self.observation(key, event)])
    }

    /// Records events in order; all are durable when this returns. The first one's number is the answer.
    ///
    /// They go in appends that share a sync as far as the journal can; a crash here leaves a prefix of them, in whole
    /// appends.
    pub fn record(&mut self, drafts: Vec<Draft>) -> Result<Seq, Failure> {
        let first = self.journal.size();
        let time = clock::now();
        let recorded: Vec<_> =
            drafts.into_iter().zip(first..).map(|(draft, seq)| frame(draft, Seq(seq), time)).collect();
        self.refuse_illegal(&recorded)?;
        let appends = self.journal.append_all(recorded.chunks(APPEND_EVENTS_MAX).map(batch));
        for (append, chunk) in appends.into_iter().zip(recorded.chunks(APPEND_EVENTS_MAX)) {
            let appended = append.wait().map_err(|error| append_failure(&error))?;
            if appended.repeated > 0 || Some(appended.first) != chunk.first().map(|record| record.seq) {
                return Err(Failure::new(
                    Exit::Failed,
                    "an event was recorded before; this is a defect of the program",
                ));
            }
        }
        for record in &recorded {
            self.state.apply(record);
        }
        Ok(Seq(first))
    }

    /// Nothing is appended that the status table refuses.
    fn refuse_illegal(&self, recorded: &[Recorded]) -> Result<(), Failure> {
        let mut status = self.state.run.status.clone();
        recorded.iter().try_for_each(|record| status.advance(record)).map_err(|illegal| {
            Failure::new(Exit::Failed, "the program was about to record an illegal history")
                .because(&illegal)
                .hint("This is a defect of the program. Nothing was recorded; please report it with `journal log`.")
        })
    }

    /// Leaves a snapshot of the state and closes the journal. A snapshot saves time and holds nothing that the log does
    /// not: one that cannot be written is told, and no failure.
    pub(super) fn close(self, talk: Talk) -> Result<Migration, Failure> {
        let unclosed = |error: &dyn std::error::Error| {
            Failure::new(Exit::JournalUnwritable, "the journal could not be closed cleanly")
                .because(error)
                .hint("Nothing recorded is lost; the next `wsusmigrate run` opens it.")
        };
        let size = self.journal.size();
        if let Err(error) = self.journal.save_snapshot(&self.state, size) {
            talk.say(&format!(
                "warn: no snapshot of the state was left, the next start takes longer: {}",
                all(&error)
            ));
        }
        self.journal.close().map_err(|error| unclosed(&error))?;
        Ok(self.state)
    }
}

/// An error with its causes.
fn all(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |error| error.source());
    causes.fold(error.to_string(), |told, cause| format!("{told}: {cause}"))
}

fn batch(chunk: &[Recorded]) -> (Vec<Proposed>, Expected) {
    let events = chunk.iter().map(|it| Proposed { envelope: it.envelope, event: it.event.clone() });
    (events.collect(), Expected::Size(chunk.first().map_or(0, |record| record.seq.0)))
}

fn frame(draft: Draft, seq: Seq, time: TimeMicros) -> Recorded {
    let Draft { id, action, causation, event } = draft;
    Recorded { seq, envelope: Envelope { id, time, action, causation }, event }
}
