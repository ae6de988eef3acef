//! Which histories are legal: one table of (status, event) that live runs, resuming and replay all pass through.
//!
//! ```text
//!             journal-created        started             step-started
//!   Unborn ───────────────────► Idle ─────────► Running ─────────────► Running, in a step
//!                                ▲ ▲  finished     │ ▲  step-finished      │
//!                                │ └───────────────┘ └─────────────────────┤
//!                                └───── failed, interruption-found ◄───────┘
//! ```
//!
//! Inside the content step: manifest, then a pass with up to [`BATCHES_OPEN_MAX`] open batches, then a read-back. An
//! interruption leaves open batches *in doubt*; no pass begins before each of them is reconciled.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::content::BATCH_FILES_MAX;
use crate::envelope::Recorded;
use crate::event::{ContentEvent, Event, InventoryEvent, Kind, PreflightEvent, RunEvent};
use crate::id::{ActionId, RunId};
use crate::step::Step;
use crate::unit::Seq;

/// The most batches that are open at once: bounds what is in doubt after a crash.
pub const BATCHES_OPEN_MAX: usize = 4;

/// Where a history stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The run.
    pub phase: Phase,
    /// Content: how far the step is.
    pub stage: Stage,
    /// Batches without an outcome, by action.
    pub batches: BTreeMap<ActionId, BatchStatus>,
}

/// Whether a run is going on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// Nothing is recorded.
    #[default]
    Unborn,
    /// No run is going on.
    Idle,
    /// A run is going on, perhaps in a step.
    Running {
        /// Which run.
        run: RunId,
        /// Which step.
        step: Option<Step>,
    },
}

/// How far the content step is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    /// Neither a pass nor a read-back is going on.
    #[default]
    Ready,
    /// A pass is going on.
    Pass,
    /// A read-back is going on.
    ReadBack,
}

/// A batch without an outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchStatus {
    /// Its intent's position.
    pub intent: Seq,
    /// Files in it.
    pub files: u32,
    /// Positions of files with an outcome.
    pub recorded: BTreeSet<u32>,
    /// Positions of files whose replacement is permitted: only they replace anything.
    pub replacing: BTreeSet<u32>,
    /// Whether the run that started it is over: the world must be looked at.
    pub in_doubt: bool,
}

/// An event that cannot follow the history before it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("record {seq}: {} cannot follow here: {why}", event.name())]
pub struct IllegalHistory {
    /// Its position.
    pub seq: Seq,
    /// What it is.
    pub event: Kind,
    /// What stands against it.
    pub why: &'static str,
}

impl Status {
    /// Takes the next record, or says why it cannot follow. After a refusal the status is as before.
    pub fn advance(&mut self, recorded: &Recorded) -> Result<(), IllegalHistory> {
        let refuse = |why| IllegalHistory { seq: recorded.seq, event: recorded.event.kind(), why };
        self.next(recorded).map_err(refuse)
    }

    /// The batches whose effects have to be looked at before anything else.
    pub fn in_doubt(&self) -> impl Iterator<Item = (ActionId, &BatchStatus)> {
        self.batches.iter().filter(|(_, batch)| batch.in_doubt).map(|(action, batch)| (*action, batch))
    }

    /// The table.
    fn next(&mut self, recorded: &Recorded) -> Result<(), &'static str> {
        let action = recorded.envelope.action;
        match (self.phase, &recorded.event) {
            (Phase::Unborn, Event::Run(RunEvent::JournalCreated(_))) => self.phase = Phase::Idle,
            (Phase::Unborn, _) => return Err("a journal begins with run.journal-created"),
            (_, Event::Run(RunEvent::JournalCreated(_))) => return Err("a journal is created once"),
            (_, Event::Run(RunEvent::JournalRecovered(_))) => {}

            (Phase::Idle, Event::Run(RunEvent::Started(event))) => {
                self.phase = Phase::Running { run: event.run, step: None };
            }
            (Phase::Idle, _) => return Err("no run is going on"),

            (Phase::Running { run, .. }, Event::Run(RunEvent::InterruptionFound(event))) => {
                require(event.run == run, "another run is going on")?;
                self.interrupt();
            }
            (Phase::Running { run, .. }, Event::Run(RunEvent::Failed(event))) => {
                require(event.run == run, "another run is going on")?;
                self.interrupt();
            }
            (Phase::Running { .. }, Event::Run(RunEvent::Started(_))) => return Err("a run is going on"),
            (Phase::Running { run, step: None }, Event::Run(RunEvent::StepStarted(event))) => {
                self.phase = Phase::Running { run, step: Some(event.step) };
            }
            (Phase::Running { step: None, .. }, Event::Run(RunEvent::StepSkipped(_))) => {}
            (Phase::Running { run, step: None }, Event::Run(RunEvent::Finished(event))) => {
                require(event.run == run, "another run is going on")?;
                self.phase = Phase::Idle;
            }
            (Phase::Running { .. }, Event::Run(RunEvent::StopRequested(_))) => {}
            (Phase::Running { run, step: Some(step) }, Event::Run(RunEvent::StepFinished(event))) => {
                require(event.step == step, "another step is going on")?;
                require(self.stage == Stage::Ready, "a pass or a read-back is going on")?;
                self.phase = Phase::Running { run, step: None };
            }
            (
                Phase::Running { step: Some(_), .. },
                Event::Run(RunEvent::StepStarted(_) | RunEvent::StepSkipped(_) | RunEvent::Finished(_)),
            ) => return Err("a step is going on"),
            (Phase::Running { step: None, .. }, Event::Run(RunEvent::StepFinished(_))) => {
                return Err("no step is going on");
            }

            (
                Phase::Running { step: Some(Step::Inventory), .. },
                Event::Inventory(InventoryEvent::FieldRecorded(_) | InventoryEvent::InventoryFinished(_)),
            )
            | (
                Phase::Running { step: Some(Step::Preflight), .. },
                Event::Preflight(PreflightEvent::Checked(_) | PreflightEvent::PreflightFinished(_)),
            ) => {}
            (Phase::Running { .. }, Event::Inventory(_)) => return Err("the inventory step is not going on"),
            (Phase::Running { .. }, Event::Preflight(_)) => return Err("the preflight step is not going on"),

            (Phase::Running { step: Some(Step::Content), .. }, Event::Content(event)) => {
                self.next_content(recorded.seq, action, event)?;
            }
            (Phase::Running { .. }, Event::Content(_)) => return Err("the content step is not going on"),
        }
        Ok(())
    }

    /// The run is over, whatever it was in the middle of.
    fn interrupt(&mut self) {
        self.phase = Phase::Idle;
        self.stage = Stage::Ready;
        self.batches.values_mut().for_each(|batch| batch.in_doubt = true);
    }

    /// The part of the table that concerns the content step.
    fn next_content(
        &mut self,
        seq: Seq,
        action: Option<ActionId>,
        event: &ContentEvent,
    ) -> Result<(), &'static str> {
        match (self.stage, event) {
            (Stage::Ready, ContentEvent::ManifestRecorded(_) | ContentEvent::EntryIgnored(_)) => {}
            (Stage::Ready, ContentEvent::LeftoverRemoved(_)) => {}
            (Stage::Ready, ContentEvent::BatchReconciled(_)) => {
                let batch = self.batch(action)?;
                require(batch.in_doubt, "the batch is not in doubt")?;
                self.batches.retain(|open, _| Some(*open) != action);
            }
            (Stage::Ready, ContentEvent::PassStarted(_)) => {
                require(self.batches.is_empty(), "a batch in doubt was not looked at")?;
                self.stage = Stage::Pass;
            }
            (Stage::Ready, ContentEvent::ReadBackStarted(_)) => self.stage = Stage::ReadBack,

            (Stage::Pass, ContentEvent::BatchStarted(event)) => {
                let action = action.ok_or("an intent has an action id")?;
                require(!self.batches.contains_key(&action), "the batch was started before")?;
                require(self.batches.len() < BATCHES_OPEN_MAX, "too many batches are open")?;
                require(event.files as usize <= BATCH_FILES_MAX, "the batch is too large")?;
                let batch = BatchStatus {
                    intent: seq,
                    files: event.files,
                    recorded: BTreeSet::new(),
                    replacing: BTreeSet::new(),
                    in_doubt: false,
                };
                self.batches.insert(action, batch);
            }
            (Stage::Pass, ContentEvent::ReplacementStarted(event)) => self.replacement(action, event.item)?,
            (Stage::Pass, ContentEvent::FileCopied(event)) => {
                let announced = self.batch(action)?.replacing.contains(&event.item);
                require(announced || !event.replaced, "nothing says what it replaces")?;
                require(event.replaced || !announced, "its batch said that it replaces another")?;
                self.outcome(action, event.item)?;
            }
            (Stage::Pass, ContentEvent::FileVerified(event)) => {
                let announced = self.batch(action)?.replacing.contains(&event.item);
                require(!announced, "its batch found it wrong")?;
                self.outcome(action, event.item)?;
            }
            (Stage::Pass, ContentEvent::FileFailed(event)) => self.outcome(action, event.item)?,
            (Stage::Pass, ContentEvent::BatchFinished(end)) => {
                let batch = self.batch(action)?;
                let outcomes = end.copied + end.verified + end.failed;
                require(outcomes as usize == batch.recorded.len(), "the counts differ from the outcomes")?;
                require(outcomes + end.left == batch.files, "a file of the batch is not accounted for")?;
                require(batch.replacing.is_subset(&batch.recorded), "a replacement has no outcome")?;
                self.batches.retain(|open, _| Some(*open) != action);
            }
            (Stage::Pass, ContentEvent::PassFinished(_)) => {
                require(self.batches.is_empty(), "a batch is open")?;
                self.stage = Stage::Ready;
            }

            (Stage::ReadBack, ContentEvent::ReadBackRecorded(_) | ContentEvent::ReadBackMismatched(_)) => {}
            (Stage::ReadBack, ContentEvent::ReadBackFinished(_)) => self.stage = Stage::Ready,

            (
                Stage::Pass | Stage::ReadBack,
                ContentEvent::PassStarted(_) | ContentEvent::ReadBackStarted(_),
            ) => {
                return Err("a pass or a read-back is going on");
            }
            (
                Stage::Pass | Stage::ReadBack,
                ContentEvent::ManifestRecorded(_)
                | ContentEvent::EntryIgnored(_)
                | ContentEvent::LeftoverRemoved(_)
                | ContentEvent::BatchReconciled(_),
            ) => return Err("it belongs before the pass"),
            (
                Stage::Ready | Stage::ReadBack,
                ContentEvent::BatchStarted(_)
                | ContentEvent::ReplacementStarted(_)
                | ContentEvent::FileCopied(_)
                | ContentEvent::FileVerified(_)
                | ContentEvent::FileFailed(_)
                | ContentEvent::BatchFinished(_)
                | ContentEvent::PassFinished(_),
            ) => return Err("no pass is going on"),
            (
                Stage::Ready | Stage::Pass,
                ContentEvent::ReadBackRecorded(_)
                | ContentEvent::ReadBackMismatched(_)
                | ContentEvent::ReadBackFinished(_),
            ) => return Err("no read-back is going on"),
        }
        Ok(())
    }

    fn batch(&mut self, action: Option<ActionId>) -> Result<&mut BatchStatus, &'static str> {
        action.and_then(|action| self.batches.get_mut(&action)).ok_or("its batch is not open")
    }

    fn replacement(&mut self, action: Option<ActionId>, item: u32) -> Result<(), &'static str> {
        let batch = self.batch(action)?;
        require(!batch.in_doubt, "its batch is in doubt")?;
        require(item < batch.files, "the file is not in its batch")?;
        require(!batch.recorded.contains(&item), "the file has an outcome already")?;
        require(batch.replacing.insert(item), "its replacement was started before")
    }

    fn outcome(&mut self, action: Option<ActionId>, item: u32) -> Result<(), &'static str> {
        let batch = self.batch(action)?;
        require(!batch.in_doubt, "its batch is in doubt")?;
        require(item < batch.files, "the file is not in its batch")?;
        require(batch.recorded.insert(item), "the file has an outcome already")
    }
}

fn require(holds: bool, why: &'static str) -> Result<(), &'static str> {
    if holds { Ok(()) } else { Err(why) }
}
