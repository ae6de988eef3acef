//! A pass: its batches follow each other in the worklist, its sums are those of its outcomes.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::content::BATCH_FILES_MAX;
use crate::digest::Sha256;
use crate::event::content::{BatchFinished, BatchStarted, PassFinished, PassStarted};
use crate::status::{RunStatus, Why, require};
use crate::unit::Seq;

/// A pass at work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassStatus {
    /// SHA-256 of the worklist file.
    pub worklist: Sha256,
    /// Files in it.
    pub files: u64,
    /// Position in the worklist at which the next batch begins.
    pub next: u64,
    /// Its outcomes so far.
    pub sums: PassSums,
}

/// Outcomes of a pass, in files and bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassSums {
    /// Files copied.
    pub copied: u64,
    /// Bytes copied.
    pub copied_bytes: u64,
    /// Files found right.
    pub verified: u64,
    /// Files that failed.
    pub failed: u64,
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
    /// Their outcomes, added up.
    pub sums: PassSums,
    /// Positions of files whose replacement is permitted: only they replace anything.
    pub replacing: BTreeSet<u32>,
    /// Whether the run that started it is over: the world must be looked at.
    pub in_doubt: bool,
}

/// How a file of a batch ended.
#[derive(Clone, Copy)]
pub(super) enum Ended {
    Copied { bytes: u64 },
    Verified,
    Failed,
}

impl PassSums {
    fn add(&mut self, ended: Ended) {
        match ended {
            Ended::Copied { bytes } => {
                self.copied += 1;
                self.copied_bytes = self.copied_bytes.saturating_add(bytes);
            }
            Ended::Verified => self.verified += 1,
            Ended::Failed => self.failed += 1,
        }
    }
}

impl PassStatus {
    pub(super) const fn new(event: &PassStarted) -> Self {
        let sums = PassSums { copied: 0, copied_bytes: 0, verified: 0, failed: 0 };
        Self { worklist: event.worklist, files: event.files, next: 0, sums }
    }

    pub(super) fn start_batch(&mut self, event: &BatchStarted) -> Result<(), Why> {
        require(event.worklist == self.worklist, "it is a batch of another worklist")?;
        require(event.files > 0, "the batch is empty")?;
        require(event.files as usize <= BATCH_FILES_MAX, "the batch is too large")?;
        require(event.first == self.next, "it does not follow the batch before it")?;
        let next = event.first.saturating_add(u64::from(event.files));
        require(next <= self.files, "the batch goes beyond the worklist")?;
        self.next = next;
        Ok(())
    }

    pub(super) fn outcome(&mut self, ended: Ended) {
        self.sums.add(ended);
    }

    pub(super) fn may_finish(&self, end: &PassFinished, run: &RunStatus) -> Result<(), Why> {
        let PassFinished { copied, copied_bytes, verified, failed, left } = *end;
        let sums = PassSums { copied, copied_bytes, verified, failed };
        require(sums == self.sums, "the sums differ from the outcomes")?;
        // Outcomes are of files of the worklist: the difference is never negative.
        let unbegun = self.files.saturating_sub(copied + verified + failed);
        require(left == unbegun, "a file of the worklist is not accounted for")?;
        require(left == 0 || run.stop_requested, "files were left, and nobody asked the run to stop")
    }
}

impl BatchStatus {
    pub(super) fn new(intent: Seq, files: u32) -> Self {
        let (recorded, replacing) = (BTreeSet::new(), BTreeSet::new());
        Self { intent, files, recorded, sums: PassSums::default(), replacing, in_doubt: false }
    }

    pub(super) fn replacement(&mut self, item: u32) -> Result<(), Why> {
        require(!self.in_doubt, "its batch is in doubt")?;
        require(item < self.files, "the file is not in its batch")?;
        require(!self.recorded.contains(&item), "the file has an outcome already")?;
        require(self.replacing.insert(item), "its replacement was started before")
    }

    /// Whether a file's copy may say that it replaced another, or that it did not.
    pub(super) fn may_replace(&self, item: u32, replaced: bool) -> Result<(), Why> {
        let announced = self.replacing.contains(&item);
        require(announced || !replaced, "nothing says what it replaces")?;
        require(replaced || !announced, "its batch said that it replaces another")
    }

    pub(super) fn outcome(&mut self, item: u32, ended: Ended) -> Result<(), Why> {
        require(!self.in_doubt, "its batch is in doubt")?;
        require(item < self.files, "the file is not in its batch")?;
        require(self.recorded.insert(item), "the file has an outcome already")?;
        self.sums.add(ended);
        Ok(())
    }

    pub(super) fn may_finish(&self, end: &BatchFinished, run: &RunStatus) -> Result<(), Why> {
        let [copied, verified, failed, left] =
            [end.copied, end.verified, end.failed, end.left].map(u64::from);
        let counted = (copied, verified, failed);
        let recorded = (self.sums.copied, self.sums.verified, self.sums.failed);
        require(counted == recorded, "the counts differ from the outcomes")?;
        let accounted = copied + verified + failed + left;
        require(accounted == u64::from(self.files), "a file of the batch is not accounted for")?;
        require(self.replacing.is_subset(&self.recorded), "a replacement has no outcome")?;
        require(left == 0 || run.stop_requested, "files were left, and nobody asked the run to stop")
    }
}
