//! The part of the table that concerns the content step.
//!
//! A manifest, then a pass with up to [`BATCHES_OPEN_MAX`] open batches that follow each other in the worklist without
//! a gap, then a read-back. An interruption leaves open batches *in doubt*; no pass begins before each of them is
//! reconciled. An interrupted pass is begun anew, an interrupted read-back of the same list may go on,
//! but for one that is asked for by name.

mod pass;
mod read_back;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use pass::{BatchStatus, PassStatus, PassSums};
pub use read_back::ReadBackStatus;

use self::pass::Ended;
use super::{RunStatus, Why, require};
use crate::digest::Sha256;
use crate::event::ContentEvent;
use crate::event::content::{
    BatchReconciled, EntryIgnored, ManifestRecorded, PassStarted, ReadBackStarted, Settlement,
};
use crate::event::run::{Scope, Verdict};
use crate::id::ActionId;
use crate::unit::Seq;

/// The most batches that are open at once: bounds what is in doubt after a crash.
pub const BATCHES_OPEN_MAX: usize = 4;

/// How far the content step is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContentStatus {
    /// What is going on in it.
    pub stage: Stage,
    /// Batches without an outcome, by action.
    pub batches: BTreeMap<ActionId, BatchStatus>,
    /// The manifest of the pass that comes next, recorded in this run.
    pub manifest: Option<ManifestStatus>,
    /// What keeps the copy from being whole, as far as this run recorded it.
    pub failures: u64,
    /// Whether this run has gone through a whole pass.
    pub passed: bool,
    /// Whether this run has gone through a whole read-back.
    pub read_back: bool,
    /// The read-back that did not come to its end, of whichever run.
    pub unfinished: Option<ReadBackStatus>,
}

/// What is going on in the content step.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    /// Neither a pass nor a read-back.
    #[default]
    Ready,
    /// A pass.
    Pass(PassStatus),
    /// A read-back.
    ReadBack(ReadBackStatus),
}

/// A manifest whose pass has not begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestStatus {
    /// SHA-256 of the manifest file.
    pub manifest: Sha256,
    /// Files in it.
    pub files: u64,
    /// Their sizes together, in bytes.
    pub bytes: u64,
    /// Entries that are not copied and have no event of their own yet.
    pub unnamed_entries: u64,
}

impl ManifestStatus {
    fn of(event: &ManifestRecorded) -> Self {
        let ManifestRecorded { manifest, files, bytes, ignored_entries, .. } = event;
        Self { manifest: *manifest, files: *files, bytes: *bytes, unnamed_entries: *ignored_entries }
    }
}

impl ContentStatus {
    /// The batches whose effects have to be looked at before anything else.
    pub(super) fn in_doubt(&self) -> impl Iterator<Item = (ActionId, &BatchStatus)> {
        self.batches.iter().filter(|(_, batch)| batch.in_doubt).map(|(action, batch)| (*action, batch))
    }

    /// A step of a run begins: what an earlier run recorded does not speak for this one.
    pub(super) fn begin(&mut self) {
        self.manifest = None;
        self.failures = 0;
        self.passed = false;
        self.read_back = false;
    }

    /// The run is over, whatever it was in the middle of.
    pub(super) fn interrupt(&mut self) {
        if let Stage::ReadBack(reading) = std::mem::take(&mut self.stage) {
            self.unfinished = Some(reading);
        }
        self.batches.values_mut().for_each(|batch| batch.in_doubt = true);
    }

    /// Whether the step may end so.
    pub(super) fn may_finish(&self, run: &RunStatus, verdict: Verdict) -> Result<(), Why> {
        require(self.stage == Stage::Ready, "a pass or a read-back is going on")?;
        let by_name = run.scope == Some(Scope::ContentVerify);
        match verdict {
            Verdict::Interrupted => return require(run.stop_requested, "nobody asked the run to stop"),
            Verdict::Stopped | Verdict::Waiting => return Err("only checks stop a run"),
            Verdict::Complete => require(self.failures == 0, "failures were recorded")?,
            Verdict::Failures => {}
        }
        require(by_name || self.passed, "no pass came to its end in this run")?;
        require(!by_name || self.read_back, "no read-back came to its end in this run")
    }

    /// The table.
    #[allow(clippy::too_many_lines, reason = "one table, read from top to bottom")]
    pub(super) fn next(
        &mut self,
        run: &RunStatus,
        seq: Seq,
        action: Option<ActionId>,
        event: &ContentEvent,
    ) -> Result<(), Why> {
        match (&mut self.stage, event) {
            (Stage::Ready, ContentEvent::ManifestRecorded(event)) => {
                self.manifest = Some(ManifestStatus::of(event));
            }
            (Stage::Ready, ContentEvent::EntryIgnored(event)) => self.ignore(event)?,
            (Stage::Ready, ContentEvent::LeftoverRemoved(_)) => {}
            (Stage::Ready, ContentEvent::BatchReconciled(event)) => self.reconcile(action, event)?,
            (Stage::Ready, ContentEvent::StrayRecorded(_)) => self.examine(action)?,
            (Stage::Ready, ContentEvent::BatchExamined(event)) => {
                self.examine(action)?;
                self.failures += u64::from(event.in_doubt);
            }
            (Stage::Ready, ContentEvent::PassStarted(event)) => self.start_pass(event)?,
            (Stage::Ready, ContentEvent::ReadBackStarted(event)) => self.start_read_back(run, event)?,

            (Stage::Pass(pass), ContentEvent::BatchStarted(event)) => {
                let action = action.ok_or("an intent has an action id")?;
                require(!self.batches.contains_key(&action), "the batch was started before")?;
                require(self.batches.len() < BATCHES_OPEN_MAX, "too many batches are open")?;
                pass.start_batch(event)?;
                self.batches.insert(action, BatchStatus::new(seq, event.files));
            }
            (Stage::Pass(_), ContentEvent::ReplacementStarted(event)) => {
                self.batch(action)?.replacement(event.item)?;
            }
            (Stage::Pass(_), ContentEvent::FileCopied(event)) => {
                self.batch(action)?.may_replace(event.item, event.replaced)?;
                self.outcome(action, event.item, Ended::Copied { bytes: event.file.bytes })?;
            }
            (Stage::Pass(_), ContentEvent::FileVerified(event)) => {
                let announced = self.batch(action)?.replacing.contains(&event.item);
                require(!announced, "its batch found it wrong")?;
                self.outcome(action, event.item, Ended::Verified)?;
            }
            (Stage::Pass(_), ContentEvent::FileFailed(event)) => {
                self.outcome(action, event.item, Ended::Failed)?;
            }
            (Stage::Pass(_), ContentEvent::BatchFinished(end)) => {
                self.batch(action)?.may_finish(end, run)?;
                self.batches.retain(|open, _| Some(*open) != action);
            }
            (Stage::Pass(pass), ContentEvent::PassFinished(end)) => {
                require(self.batches.is_empty(), "a batch is open")?;
                pass.may_finish(end, run)?;
                self.failures += end.failed;
                self.passed = end.left == 0;
                self.stage = Stage::Ready;
            }

            (Stage::ReadBack(reading), ContentEvent::ReadBackMismatched(_)) => reading.name(),
            (Stage::ReadBack(reading), ContentEvent::ReadBackRecorded(event)) => reading.record(event)?,
            (Stage::ReadBack(_), ContentEvent::SuspicionSettled(event)) => {
                require(event.how == Settlement::ReadRight, "a read-back looks at one side only")?;
            }
            (Stage::Ready, ContentEvent::SuspicionSettled(event)) => {
                require(event.how == Settlement::GoneFromBoth, "no read-back is going on")?;
                require(self.manifest.is_some(), "no manifest was recorded in this run")?;
            }
            (Stage::Pass(_), ContentEvent::SuspicionSettled(_)) => return Err("it belongs before the pass"),
            (Stage::ReadBack(reading), ContentEvent::ReadBackFinished(end)) => {
                reading.may_finish(end, run)?;
                self.failures += end.exceptions;
                self.read_back = end.left == 0;
                self.unfinished = (end.left > 0).then_some(*reading);
                self.stage = Stage::Ready;
            }

            (
                _,
                ContentEvent::CatalogueDiffered(_)
                | ContentEvent::StatesCounted(_)
                | ContentEvent::CatalogueCompared(_),
            ) => return Err("it belongs to the database step"),
            (
                Stage::Pass(_) | Stage::ReadBack(_),
                ContentEvent::PassStarted(_) | ContentEvent::ReadBackStarted(_),
            ) => {
                return Err("a pass or a read-back is going on");
            }
            (
                Stage::Pass(_) | Stage::ReadBack(_),
                ContentEvent::ManifestRecorded(_)
                | ContentEvent::EntryIgnored(_)
                | ContentEvent::LeftoverRemoved(_)
                | ContentEvent::BatchReconciled(_)
                | ContentEvent::StrayRecorded(_)
                | ContentEvent::BatchExamined(_),
            ) => return Err("it belongs before the pass"),
            (
                Stage::Ready | Stage::ReadBack(_),
                ContentEvent::BatchStarted(_)
                | ContentEvent::ReplacementStarted(_)
                | ContentEvent::FileCopied(_)
                | ContentEvent::FileVerified(_)
                | ContentEvent::FileFailed(_)
                | ContentEvent::BatchFinished(_)
                | ContentEvent::PassFinished(_),
            ) => return Err("no pass is going on"),
            (
                Stage::Ready | Stage::Pass(_),
                ContentEvent::ReadBackRecorded(_)
                | ContentEvent::ReadBackMismatched(_)
                | ContentEvent::ReadBackFinished(_),
            ) => return Err("no read-back is going on"),
        }
        Ok(())
    }

    fn ignore(&mut self, entry: &EntryIgnored) -> Result<(), Why> {
        let manifest = self.manifest.as_mut().ok_or("no manifest was recorded in this run")?;
        let unnamed =
            manifest.unnamed_entries.checked_sub(1).ok_or("the manifest counts fewer such entries")?;
        manifest.unnamed_entries = unnamed;
        self.failures += u64::from(entry.what.is_untold());
        Ok(())
    }

    fn reconcile(&mut self, action: Option<ActionId>, found: &BatchReconciled) -> Result<(), Why> {
        let batch = self.batch(action)?;
        require(batch.in_doubt, "the batch is not in doubt")?;
        let files = [found.recorded, found.happened, found.not].map(u64::from).iter().sum::<u64>();
        require(files <= u64::from(batch.files), "more files than the batch has")?;
        require(found.recorded as usize <= batch.recorded.len(), "more outcomes than were recorded")?;
        self.batches.retain(|open, _| Some(*open) != action);
        Ok(())
    }

    /// A batch is examined once the source was listed, and it was reconciled.
    fn examine(&self, action: Option<ActionId>) -> Result<(), Why> {
        let action = action.ok_or("it belongs to a batch")?;
        require(!self.batches.contains_key(&action), "its batch was not looked at")?;
        require(self.manifest.is_some(), "no manifest was recorded in this run")
    }

    fn start_pass(&mut self, event: &PassStarted) -> Result<(), Why> {
        require(self.batches.is_empty(), "a batch in doubt was not looked at")?;
        let manifest = self.manifest.ok_or("no manifest was recorded in this run")?;
        require(event.manifest == manifest.manifest, "another manifest was recorded")?;
        require(manifest.unnamed_entries == 0, "an entry that is not copied was not named")?;
        let files = event.files.checked_add(event.unchanged_files);
        let bytes = event.bytes.checked_add(event.unchanged_bytes);
        let listed = (Some(manifest.files), Some(manifest.bytes));
        require((files, bytes) == listed, "the sums differ from the manifest")?;
        self.manifest = None;
        self.stage = Stage::Pass(PassStatus::new(event));
        Ok(())
    }

    fn start_read_back(&mut self, run: &RunStatus, event: &ReadBackStarted) -> Result<(), Why> {
        let by_name = run.scope == Some(Scope::ContentVerify);
        require(!by_name || event.from == 0, "asked for by name it begins anew")?;
        let reading = ReadBackStatus::start(self.unfinished.as_ref(), event)?;
        self.unfinished = None;
        self.stage = Stage::ReadBack(reading);
        Ok(())
    }

    fn batch(&mut self, action: Option<ActionId>) -> Result<&mut BatchStatus, Why> {
        action.and_then(|action| self.batches.get_mut(&action)).ok_or("its batch is not open")
    }

    fn outcome(&mut self, action: Option<ActionId>, item: u32, ended: Ended) -> Result<(), Why> {
        self.batch(action)?.outcome(item, ended)?;
        if let Stage::Pass(pass) = &mut self.stage {
            pass.outcome(ended);
        }
        Ok(())
    }
}
