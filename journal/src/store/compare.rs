//! The store against the log, entry by entry, at every opening.
//!
//! What sled says of itself proves little: after a bad sector or a lost write it leaves out a segment, goes on with the
//! next one and opens well, so that `applied` and the last record stand there and something in the middle does not. Who
//! believed it would take a repeat for a new event. So the follower walks through both before it lets anybody ask.
//!
//! O(n) for n records, in the follower's thread, while the writer works; held are one pack, and the actions and subjects of one run.

use wsusmigrate_core::id::ActionId;

use super::lag::Lag;
use super::pack;
use super::recent::is_item;
use super::run::{RUN_RECORDS, SUBJECT_BYTES};
use super::{Store, StoreError};
use crate::bytes::array_at;
use crate::log::read::LogRecords;
use crate::place::Place;
use crate::record::RecordView;

use super::settle::unreadable;

/// Records after which the others are told that the walk goes on.
pub(super) const HEARD_EVERY: u64 = 65_536;

/// What the store has other than the log, in words; nothing where it holds the log's first `applied` records, all entries
/// that find them, and nothing behind the end of a log of `size` records. An error of the log is one.
pub(super) fn differs(
    store: &Store,
    place: &Place,
    applied: u64,
    size: u64,
    lag: &Lag,
) -> Result<Option<String>, StoreError> {
    if store.last()?.is_some_and(|last| last >= size) {
        return Ok(Some("it holds records behind the end of the log".to_owned()));
    }
    let mut packs = store.packs();
    let mut records = LogRecords::new(&place.log(), 0..applied);
    let (mut stored, mut at) = (sled::IVec::default(), 0);
    let (mut actions, mut subjects) = (Vec::new(), Subjects::default());
    while let Some(record) = records.next_payload() {
        let record = record.map_err(|error| unreadable(place, &error))?;
        let seq = record.seq().0;
        if at == stored.len() {
            let Some(next) = packs.next().transpose()? else { return Ok(Some(lacks(seq))) };
            (stored, at) = (next, 0);
        }
        match pack::first(&stored[at..]) {
            Some((same, length)) if same.bytes() == record.bytes() => at += length,
            _ => return Ok(Some(lacks(seq))),
        }
        if seq.is_multiple_of(RUN_RECORDS as u64) {
            if let Some(run) = subjects.differ(store)? {
                return Ok(Some(misled(run)));
            }
            actions.clear();
        }
        subjects.take(record);
        if !is_found(store, record, &mut actions)? {
            return Ok(Some(format!("its index does not find record {seq}")));
        }
        if seq.is_multiple_of(HEARD_EVERY) {
            lag.heard();
        }
    }
    Ok(subjects.differ(store)?.map(misled))
}

fn misled(run: u64) -> String {
    format!("its index of subjects is another one at record {run}")
}

/// The subjects of one run, as the log has them.
#[derive(Default)]
struct Subjects {
    entries: Vec<([u8; SUBJECT_BYTES], u8)>,
    /// Records looked at, and where they begin.
    records: usize,
    first: u64,
}

impl Subjects {
    fn take(&mut self, record: RecordView<'_>) {
        if self.records == 0 {
            self.first = record.seq().0;
        }
        let position = u8::try_from(self.records).unwrap_or(u8::MAX);
        self.entries.extend(record.subject().map(|subject| (array_at(&subject.0, 0), position)));
        self.records += 1;
    }

    /// The run whose entries are others in the store; nothing where they are the same, as far as the records go. Begins
    /// the next run.
    fn differ(&mut self, store: &Store) -> Result<Option<u64>, StoreError> {
        self.entries.sort_unstable();
        let same = store.has_subjects(self.first, self.records, &self.entries)?;
        let first = self.first;
        self.records = 0;
        self.entries.clear();
        Ok((!same).then_some(first))
    }
}

fn lacks(seq: u64) -> String {
    format!("it lacks record {seq}, or has another one there")
}

/// Whether the indexes lead to a record. `actions` are those of its run that are known to be there.
fn is_found(store: &Store, record: RecordView<'_>, actions: &mut Vec<ActionId>) -> Result<bool, StoreError> {
    // What cannot be decoded was not indexed; `verify` speaks of it.
    let Ok(envelope) = record.envelope() else { return Ok(true) };
    let seq = record.seq().0;
    if !is_item(&envelope) && store.find(&envelope.id)? != Some(seq) {
        return Ok(false);
    }
    let Some(action) = envelope.action.filter(|action| !actions.contains(action)) else { return Ok(true) };
    actions.push(action);
    store.has_run(&action, seq - seq % RUN_RECORDS as u64)
}
