//! Records found by an index: of one subject, or of one action.
//!
//! ```text
//! runs that may hold some ─► their packs ─► the records at the positions the index names, in the order asked for
//! ```
//!
//! A subject stands in the index with eight bytes of its hash: whoever takes what is found looks at the record itself.

use std::ops::Range;

use wsusmigrate_core::digest::Sha256;
use wsusmigrate_core::id::ActionId;

use super::run::{ENTRY_BYTES, RUN_RECORDS, SUBJECT_BYTES};
use super::{Store, StoreError, guarded, pack};
use crate::bytes::u64_at;
use crate::record::RawRecord;
use crate::selection::Direction;

/// What is looked for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Sought {
    Subject(Sha256),
    Action(ActionId),
}

/// The records of a range that the index finds, run by run.
pub(crate) struct Found {
    store: Store,
    entries: sled::Iter,
    sought: Sought,
    direction: Direction,
    /// Of the run that was looked at last, the next one last.
    records: Vec<RawRecord>,
    /// What the answer does not cover yet.
    rest: Range<u64>,
}

impl Found {
    /// `range` must not reach beyond what was applied.
    pub(crate) fn new(store: Store, sought: Sought, range: Range<u64>, direction: Direction) -> Self {
        let first = (range.start - range.start % RUN_RECORDS as u64).to_be_bytes();
        let end = range.end.to_be_bytes();
        let entries = match sought {
            Sought::Subject(_) => store.subjects.range(first..end),
            Sought::Action(action) => {
                let key = |first: [u8; 8]| [&action.as_bytes()[..], &first].concat();
                store.actions.range(key(first)..key(end))
            }
        };
        Self { store, entries, sought, direction, records: Vec::new(), rest: range }
    }

    /// The next record that may be sought. After an error, [`Found::rest`] is what was not looked at.
    pub(crate) fn next(&mut self) -> Result<Option<RawRecord>, StoreError> {
        loop {
            if let Some(record) = self.records.pop() {
                return Ok(Some(record));
            }
            let entry = guarded(|| {
                let entry = match self.direction {
                    Direction::Forward => self.entries.next(),
                    Direction::Backward => self.entries.next_back(),
                };
                Ok(entry.transpose()?)
            })?;
            let Some((key, value)) = entry else { return Ok(None) };
            let (first, positions) = match self.sought {
                Sought::Subject(subject) => (u64_at(&key, 0), Some(positions(&value, subject))),
                Sought::Action(action) => (u64_at(&key, action.as_bytes().len()), None),
            };
            if positions.as_ref().is_none_or(|positions| !positions.is_empty()) {
                self.take_run(first, positions.as_deref())?;
            }
            match self.direction {
                Direction::Forward => self.rest.start = self.rest.end.min(first + RUN_RECORDS as u64),
                Direction::Backward => self.rest.end = self.rest.start.max(first),
            }
        }
    }

    /// The part of the range that was not looked at.
    pub(crate) fn rest(&self) -> Range<u64> {
        self.rest.clone()
    }

    /// Takes the records of a run, all or those at these positions.
    fn take_run(&mut self, first: u64, positions: Option<&[u8]>) -> Result<(), StoreError> {
        let (store, rest) = (&self.store, &self.rest);
        let named = |seq: u64| {
            let position = u8::try_from(seq - first).ok();
            positions.is_none_or(|named| position.is_some_and(|position| named.contains(&position)))
        };
        let mut taken = guarded(|| {
            let mut taken = Vec::new();
            // A run begins where a group and so a pack begins.
            let end = first + RUN_RECORDS as u64;
            for pack in store.records.range(first.to_be_bytes()..end.to_be_bytes()) {
                let (_, pack) = pack?;
                let records = pack::unpack(&pack).filter(|record| rest.contains(&record.seq().0));
                taken.extend(records.filter(|record| named(record.seq().0)).map(pack::to_raw));
            }
            Ok(taken)
        })?;
        if self.direction == Direction::Forward {
            taken.reverse();
        }
        self.records = taken;
        Ok(())
    }
}

impl Store {
    /// Whether the index has exactly these subjects, sorted, for the first so many records of a run. It may know more
    /// behind them: a crash leaves what was not applied.
    pub(super) fn has_subjects(
        &self,
        first: u64,
        records: usize,
        subjects: &[([u8; SUBJECT_BYTES], u8)],
    ) -> Result<bool, StoreError> {
        let value = guarded(|| Ok(self.subjects.get(first.to_be_bytes())?))?.unwrap_or_default();
        let there = entries(&value).filter(|(_, position)| usize::from(*position) < records);
        Ok(there.eq(subjects.iter().map(|(subject, position)| (&subject[..], *position))))
    }
}

/// The entries of a run's subjects: the beginning of each hash, and the record's position.
fn entries(value: &[u8]) -> impl Iterator<Item = (&[u8], u8)> {
    value.chunks_exact(ENTRY_BYTES).map(|entry| (&entry[..SUBJECT_BYTES], entry[SUBJECT_BYTES]))
}

/// Where records of a subject stand in a run. Its entries are sorted.
fn positions(value: &[u8], subject: Sha256) -> Vec<u8> {
    let sought = &subject.0[..SUBJECT_BYTES];
    let (mut from, mut to) = (0, value.len() / ENTRY_BYTES);
    while from < to {
        let middle = from + (to - from) / 2;
        if &value[middle * ENTRY_BYTES..][..SUBJECT_BYTES] < sought { from = middle + 1 } else { to = middle }
    }
    let there = entries(&value[from * ENTRY_BYTES..]);
    there.take_while(|(subject, _)| *subject == sought).map(|(_, position)| position).collect()
}
