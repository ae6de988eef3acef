//! The recorder: the way of every event into the journal and from there into the state.

use wsusmigrate_core::envelope::{Envelope, Proposed, Recorded};
use wsusmigrate_core::event::run::Failed;
use wsusmigrate_core::event::{Event, RunEvent};
use wsusmigrate_core::id::{ActionId, EventId, MigrationId, RunId};
use wsusmigrate_core::projection::{Migration, Projection as _};
use wsusmigrate_core::unit::{Seq, TimeMicros};
use wsusmigrate_journal::{Append, AppendError, Batch, Expected, Journal, Record, RecordSource as _};

use crate::clock;
use crate::error::Failure;
use crate::executor::failures::append_failure;
use crate::executor::last_words::{self, End};
use crate::executor::reads::Reads;
use crate::exit::Exit;
use crate::show::{Talk, event};

/// The most events of one append: with records of 4 KiB at most they stay below the journal's own limit.
const APPEND_EVENTS_MAX: usize = 256;

/// An event with what its frame needs, before it has a time and a number.
pub struct Draft {
    id: EventId,
    action: Option<ActionId>,
    causation: Option<Seq>,
    event: Event,
    /// Its id holds this run's random bytes.
    is_known_new: bool,
}

impl Draft {
    fn frame(self, time: TimeMicros) -> Proposed {
        let Self { id, action, causation, event, .. } = self;
        Proposed { envelope: Envelope { id, time, action, causation }, event }
    }

    /// An event of an action.
    pub fn of_action(id: EventId, action: ActionId, causation: Option<Seq>, event: impl Into<Event>) -> Self {
        Self { id, action: Some(action), causation, event: event.into(), is_known_new: false }
    }
}

/// Appends events and keeps the state in step with the journal.
pub struct Recorder {
    journal: Journal,
    state: Migration,
    /// Records the state was folded from.
    size: u64,
    migration: MigrationId,
    run: RunId,
    talk: Talk,
    /// What the journal recorded of itself, to be told in the end.
    recoveries: Vec<String>,
    /// What was asked of the engine since the last event.
    reads: Reads,
}

impl Recorder {
    /// `state` is that of the journal's first `size` records.
    pub(super) fn new(journal: Journal, state: Migration, size: u64, run: RunId, talk: Talk) -> Self {
        let migration = journal.identity().migration;
        Self { journal, state, size, migration, run, talk, recoveries: Vec::new(), reads: Reads::default() }
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

    /// Where statements are left that only read: each is recorded before the next event.
    #[must_use]
    pub fn reads(&self) -> Reads {
        self.reads.clone()
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
        Draft { id, action: None, causation: None, event, is_known_new: true }
    }

    /// A sighting of this run: what is seen again later in the same run is another event, told apart by the records before
    /// it. Two of one append need keys of their own.
    pub fn sighting(&self, key: &[u8], event: impl Into<Event>) -> Draft {
        self.observation(&[key, &[0], &self.size.to_be_bytes()].concat(), event)
    }

    /// Records one observation; it is durable when this returns.
    pub fn observe(&mut self, key: &[u8], event: impl Into<Event>) -> Result<Seq, Failure> {
        let draft = self.observation(key, event);
        let recorded = self.record(vec![draft])?;
        recorded.first().copied().ok_or_else(|| defect("an event was not recorded"))
    }

    /// Records events in order, behind the statements that were read for them; all are durable when this returns. The answer
    /// is the numbers of the events.
    pub fn record(&mut self, drafts: Vec<Draft>) -> Result<Vec<Seq>, Failure> {
        let (folder, _) = self.journal.places();
        let asked = self.reads.take().into_iter().map(|asked| asked.event(&folder));
        let asked = asked.collect::<Result<Vec<_>, _>>()?;
        let reads = asked.len();
        let of_read = |(at, event): (u64, _)| self.sighting(&at.to_be_bytes(), event);
        let all = (0..).zip(asked).map(of_read).chain(drafts).collect();
        Ok(self.record_all(all)?.split_off(reads))
    }

    /// They go in appends that share a sync as far as the journal can; a crash here leaves a prefix of them, in whole
    /// appends. What the journal records of itself meanwhile may stand between two appends.
    fn record_all(&mut self, drafts: Vec<Draft>) -> Result<Vec<Seq>, Failure> {
        let time = clock::now();
        let is_known_new = drafts.iter().all(|draft| draft.is_known_new);
        let first = self.size;
        let place = |(draft, seq): (Draft, u64)| {
            let Proposed { envelope, event } = draft.frame(time);
            Recorded { seq: Seq(seq), envelope, event }
        };
        let mut records: Vec<_> = drafts.into_iter().zip(first..).map(place).collect();
        let mut done = 0;
        loop {
            let rest = &mut records[done..];
            self.refuse_illegal(rest)?;
            let appended = self.append(rest, is_known_new)?;
            rest[..appended].iter().for_each(|record| self.state.apply(record));
            self.size += appended as u64;
            done += appended;
            if done == records.len() {
                return Ok(records.iter().map(|record| record.seq).collect());
            }
            self.catch_up()?;
            for (record, seq) in records[done..].iter_mut().zip(self.size..) {
                record.seq = Seq(seq);
            }
        }
    }

    /// Appends as many as stand where they were expected to: all, or those before what the journal recorded of itself.
    fn append(&self, records: &[Recorded], is_known_new: bool) -> Result<usize, Failure> {
        let batch = |records: &[Recorded]| {
            let batch = Batch::new(records.iter().map(|record| (&record.envelope, &record.event)))?;
            let expected = Expected::Size(records.first().map_or(0, |record| record.seq.0));
            Ok((if is_known_new { batch.known_new() } else { batch }, expected))
        };
        let batches = records.chunks(APPEND_EVENTS_MAX).map(batch).collect::<Result<Vec<_>, _>>();
        let batches = batches.map_err(|error| append_failure(&error))?;
        let appends = self.journal.append_batches(batches);
        let outcomes: Vec<_> = appends.into_iter().map(Append::wait).collect();
        let mut appended = 0;
        for (outcome, chunk) in outcomes.into_iter().zip(records.chunks(APPEND_EVENTS_MAX)) {
            match outcome {
                Ok(at) if at.repeated == 0 && Some(at.first) == chunk.first().map(|record| record.seq) => {
                    appended += chunk.len();
                }
                Ok(_) => return Err(defect("an event was recorded before")),
                // The chunks behind it expect even more records, and are refused like it.
                Err(AppendError::Conflict { expected, size }) if expected < size => break,
                Err(error) => return Err(append_failure(&error)),
            }
        }
        Ok(appended)
    }

    /// Takes in what the journal recorded of itself.
    fn catch_up(&mut self) -> Result<(), Failure> {
        let unread = |error: &dyn std::error::Error| {
            Failure::new(Exit::JournalDamaged, "the journal cannot be read back")
                .because(error)
                .hint("`wsusmigrate journal verify` says more.")
        };
        let reader = self.journal.reader().map_err(|error| unread(&error))?;
        for raw in reader.records(self.size..reader.size()) {
            let record = raw.map_err(|error| unread(&error))?.decode().map_err(|error| unread(&error))?;
            let Record::Known(Recorded { event: Event::Run(RunEvent::JournalRecovered(_)), .. }) = &record
            else {
                return Err(defect("somebody else appended to the journal"));
            };
            if let Record::Known(recorded) = record {
                self.recoveries.push(event::line(&recorded.event));
                self.state.apply(&recorded);
            }
            self.size += 1;
        }
        Ok(())
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

    /// Records how the run ended, with the room the journal keeps for that, where the disk is full and nothing recorded
    /// stands against it. Whatever goes wrong here, the next start finds an interrupted run.
    pub(super) fn end_on_full_disk(self, failure: &Failure) {
        if !failure.is_full_disk() {
            return;
        }
        let failed = self.observation(b"", Failed { run: self.run, why: failure.to_string().into() });
        let event = failed.frame(clock::now());
        let Self { journal, state, size, .. } = self;
        let places = journal.places();
        drop(journal);
        last_words::say(&places, Some(End { event, status: state.run.status, size }));
    }

    /// Leaves a snapshot of the state and closes the journal. A snapshot saves time and holds nothing that the log does
    /// not: one that cannot be written is told, and no failure.
    pub(super) fn close(mut self) -> Result<Migration, Failure> {
        let unclosed = |error: &dyn std::error::Error| {
            Failure::new(Exit::JournalUnwritable, "the journal could not be closed cleanly")
                .because(error)
                .hint("Nothing recorded is lost; the next `wsusmigrate run` opens it.")
        };
        // What was found about the store is the last to be recorded, if it was not before. A store that failed is told
        // by closing.
        if self.journal.settled().is_ok() {
            self.catch_up()?;
        }
        self.recoveries.iter().for_each(|recovery| self.talk.say(recovery));
        if let Err(error) = self.journal.save_snapshot(&self.state, self.size) {
            self.talk.say(&format!(
                "warn: no snapshot of the state was left, the next start takes longer: {}",
                all(&error)
            ));
        }
        let places = self.journal.places();
        self.journal.close().map_err(|error| {
            if error.lacks_room() {
                // What is durable is put under a checkpoint with the room that is kept for that.
                last_words::say(&places, None);
            }
            unclosed(&error)
        })?;
        Ok(self.state)
    }
}

/// An error with its causes.
fn all(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |error| error.source());
    causes.fold(error.to_string(), |told, cause| format!("{told}: {cause}"))
}

fn defect(what: &str) -> Failure {
    Failure::new(Exit::Failed, format!("{what}; this is a defect of the program"))
}
