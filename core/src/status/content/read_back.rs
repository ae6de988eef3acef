//! A read-back: its batches follow each other in the list, its sums are those of its batches.

use serde::{Deserialize, Serialize};

use crate::digest::Sha256;
use crate::event::content::{ReadBackFinished, ReadBackRecorded, ReadBackStarted};
use crate::status::{RunStatus, Why, require};

/// A read-back at work, or one that did not come to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadBackStatus {
    /// SHA-256 of the list.
    pub list: Sha256,
    /// Files in it.
    pub files: u64,
    /// Position up to which it has been read.
    pub next: u64,
    /// Bytes read.
    pub bytes: u64,
    /// Files that are not what was recorded, in the batches that were read.
    pub exceptions: u64,
    /// Exceptions named since the last batch.
    pub named: u64,
}

impl ReadBackStatus {
    /// A read-back from the list's beginning, or from where `before` stopped.
    pub(super) fn start(before: Option<&Self>, event: &ReadBackStarted) -> Result<Self, Why> {
        let ReadBackStarted { list, files, from, .. } = *event;
        if from == 0 {
            return Ok(Self { list, files, next: 0, bytes: 0, exceptions: 0, named: 0 });
        }
        let before = before.ok_or("no read-back was interrupted")?;
        require((before.list, before.files) == (list, files), "another list was being read back")?;
        require(before.next == from, "it does not go on where the other one stopped")?;
        // What was named without its batch is read again.
        Ok(Self { named: 0, ..*before })
    }

    pub(super) fn name(&mut self) {
        self.named += 1;
    }

    pub(super) fn record(&mut self, event: &ReadBackRecorded) -> Result<(), Why> {
        require(event.first == self.next, "it does not follow the batch before it")?;
        require(event.files > 0, "the batch is empty")?;
        let next = event.first.saturating_add(u64::from(event.files));
        require(next <= self.files, "the batch goes beyond the list")?;
        require(event.around_cache <= event.files, "more files around the cache than were read")?;
        require(u64::from(event.exceptions) == self.named, "the count differs from the exceptions named")?;
        self.next = next;
        self.bytes = self.bytes.saturating_add(event.bytes);
        self.exceptions += self.named;
        self.named = 0;
        Ok(())
    }

    pub(super) fn may_finish(&self, end: &ReadBackFinished, run: &RunStatus) -> Result<(), Why> {
        require(self.named == 0, "an exception was named without its batch")?;
        let read = (self.next, self.bytes, self.exceptions);
        require((end.files, end.bytes, end.exceptions) == read, "the sums differ from the batches")?;
        require(end.left == self.files - self.next, "a file of the list is not accounted for")?;
        require(end.left == 0 || run.stop_requested, "files were left, and nobody asked the run to stop")
    }
}
