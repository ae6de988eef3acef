//! A round: records read from the log and not yet applied to the store.

use std::ops::Range;

use wsusmigrate_core::digest::Sha256;

use super::Changes;
use super::pack::{GROUP_RECORDS, pack};
use super::run::{RUN_RECORDS, index};
use crate::record::RecordView;

/// Records, their payloads one after the other.
pub(super) struct Round {
    /// From the beginning of a run.
    bytes: Vec<u8>,
    /// Where each payload ends.
    ends: Vec<usize>,
    /// The sequence of the first.
    first: u64,
    applied: u64,
}

impl Round {
    pub(super) fn new(first: u64, applied: u64) -> Self {
        Self { bytes: Vec::new(), ends: Vec::new(), first, applied }
    }

    pub(super) fn take(&mut self, record: RecordView<'_>) {
        self.bytes.extend(record.bytes());
        self.ends.push(self.bytes.len());
    }

    /// The record to be read next.
    pub(super) fn next(&self) -> u64 {
        self.first + self.ends.len() as u64
    }

    /// Records that were applied.
    pub(super) fn applied(&self) -> u64 {
        self.applied
    }

    pub(super) fn is_behind(&self) -> bool {
        self.next() > self.applied
    }

    /// The records at these positions.
    fn records(&self, range: Range<usize>) -> impl Iterator<Item = RecordView<'_>> {
        range.filter_map(|at| RecordView::new(&self.bytes[self.start(at)..self.ends[at]]))
    }

    fn start(&self, at: usize) -> usize {
        at.checked_sub(1).map_or(0, |before| self.ends[before])
    }

    /// What to write, how far it brings the store, and the leaf hash there.
    pub(super) fn changes(&mut self, incomplete: bool) -> Option<(Changes, u64, Sha256)> {
        let all = self.ends.len();
        let whole = all - all % RUN_RECORDS;
        let end = if incomplete { all } else { whole };
        let leaf = self.records(end.checked_sub(1)?..end).next()?.leaf();
        let size = self.first + end as u64;
        let mut changes = Changes::default();
        for run in (0..end).step_by(RUN_RECORDS) {
            let run = run..end.min(run + RUN_RECORDS);
            for group in run.clone().step_by(GROUP_RECORDS) {
                let group = group..end.min(group + GROUP_RECORDS);
                // Of a run that was written before as far as it went, only the groups that grew are written again.
                if self.first + group.end as u64 > self.applied {
                    pack(self.records(group), &mut changes);
                }
            }
            index(self.records(run), &mut changes);
        }
        self.forget(whole);
        self.applied = size;
        Some((changes, size, leaf))
    }

    /// Lets go of the first so many.
    fn forget(&mut self, records: usize) {
        let bytes = self.start(records);
        self.bytes.drain(..bytes);
        self.ends.drain(..records);
        self.ends.iter_mut().for_each(|end| *end -= bytes);
        self.first += records as u64;
    }
}
