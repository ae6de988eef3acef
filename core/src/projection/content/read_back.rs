//! What a read-back found: files that are not what was recorded, and how that was settled.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ContentState;
use crate::digest::Sha256;
use crate::event::ContentEvent;
use crate::event::content::{Mismatch, ReadBackFinished, Settlement, SuspicionSettled};
use crate::path::PathRef;
use crate::text::Text;
use crate::unit::{Seq, TimeMicros};

/// A read-back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadBackRecord {
    /// When it began.
    pub started: TimeMicros,
    /// Its first record: files recorded before it are in the list, or were read back earlier.
    pub seq: Seq,
    /// SHA-256 of the list.
    pub list: Sha256,
    /// Files in the list.
    pub files: u64,
    /// Their sizes together, in bytes.
    pub bytes: u64,
    /// Position up to which the list has been read.
    pub read_files: u64,
    /// Bytes read.
    pub read_bytes: u64,
    /// Files read around the system's cache.
    pub around_cache: u64,
    /// Files that are not what was recorded.
    pub exceptions: BTreeMap<PathRef, (Mismatch, Text)>,
    /// Of them, those named since the last batch: read again where the read-back is interrupted.
    pub named: Vec<PathRef>,
    /// How it ended.
    pub finished: Option<(TimeMicros, ReadBackFinished)>,
}

impl ReadBackRecord {
    /// Whether it came to the end of its list; one that was stopped has ended, and has not.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.finished.as_ref().is_some_and(|(_, end)| end.left == 0)
    }
}

impl ContentState {
    /// What was recorded of a file is not true any more.
    pub(super) fn suspect(&mut self, path: &PathRef, what: Mismatch) {
        let Some(record) = self.in_place.get_mut(path) else { return };
        if record.suspect.replace(what).is_none() {
            self.totals.remove(record);
        }
    }

    /// A suspicion is settled without a new outcome.
    pub(super) fn settle_suspicion(&mut self, settled: &SuspicionSettled) {
        self.orphans.remove(&settled.path);
        match settled.how {
            Settlement::ReadRight => {
                let record = self.in_place.get_mut(&settled.path);
                if let Some(record) = record.filter(|record| record.suspect.is_some()) {
                    record.suspect = None;
                    self.totals.add(record);
                }
            }
            Settlement::GoneFromBoth => {
                if let Some(record) = self.in_place.remove(&settled.path) {
                    if record.suspect.is_none() {
                        self.totals.remove(&record);
                    }
                    self.withdrawn.insert(settled.path.clone(), record);
                }
            }
        }
    }

    pub(super) fn apply_read_back(&mut self, seq: Seq, time: TimeMicros, event: &ContentEvent) {
        if let ContentEvent::ReadBackStarted(start) = event {
            match self.read_back.as_mut().filter(|read| read.list == start.list && start.from > 0) {
                Some(goes_on) => {
                    goes_on.finished = None;
                    for path in goes_on.named.drain(..) {
                        goes_on.exceptions.remove(&path);
                    }
                }
                None => {
                    self.read_back = Some(ReadBackRecord {
                        started: time,
                        seq,
                        list: start.list,
                        files: start.files,
                        bytes: start.bytes,
                        read_files: 0,
                        read_bytes: 0,
                        around_cache: 0,
                        exceptions: BTreeMap::new(),
                        named: Vec::new(),
                        finished: None,
                    });
                }
            }
            return;
        }
        let Some(read) = &mut self.read_back else { return };
        match event {
            ContentEvent::ReadBackRecorded(batch) => {
                read.read_files = batch.first + u64::from(batch.files);
                read.read_bytes += batch.bytes;
                read.around_cache += u64::from(batch.around_cache);
                read.named.clear();
            }
            ContentEvent::ReadBackMismatched(file) => {
                read.exceptions.insert(file.path.clone(), (file.what, file.detail.clone()));
                read.named.push(file.path.clone());
                // Not counted as in place any more; the next pass looks at it again.
                self.suspect(&file.path, file.what);
            }
            ContentEvent::ReadBackFinished(end) => {
                read.finished = Some((time, end.clone()));
                if end.left == 0 {
                    self.read_back_upto = read.seq;
                }
            }
            _ => {}
        }
    }
}
