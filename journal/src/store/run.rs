//! Runs: the index entries of 256 records together.
//!
//! An index of random keys with one insert an event costs sled more than everything else. So an action has one entry
//! a run, and the subjects of a run stand sorted in one value: an answer looks into each run, a write touches one
//! page. Runs begin at multiples of 256, so writing one again replaces it.

use super::Changes;
use super::pack::{GROUP_RECORDS, PACK_BYTES_MAX};
use super::recent::is_item;
use crate::bytes::array_at;
use crate::record::RecordView;

/// Records of a run.
pub(crate) const RUN_RECORDS: usize = 256;
/// First bytes of the SHA-256 of what an event is about.
pub(super) const SUBJECT_BYTES: usize = 8;
/// A subject and the record's position in the run.
pub(super) const ENTRY_BYTES: usize = SUBJECT_BYTES + 1;

const _: () = assert!(RUN_RECORDS.is_multiple_of(GROUP_RECORDS) && RUN_RECORDS - 1 <= u8::MAX as usize);
const _: () =
    assert!(RUN_RECORDS * ENTRY_BYTES <= PACK_BYTES_MAX, "sled never syncs what stands in a blob file");

/// The index entries of a run.
pub(crate) fn index<'a>(run: impl Iterator<Item = RecordView<'a>>, changes: &mut Changes) {
    let (mut first, mut actions, mut subjects) = (None, Vec::new(), Vec::new());
    for (position, record) in (0..=u8::MAX).zip(run) {
        let first = *first.get_or_insert(record.seq().0);
        // A record that cannot be decoded is in the store all the same; `verify` speaks of it.
        let Ok((envelope, subject)) = record.envelope_and_subject() else { continue };
        if !is_item(&envelope) {
            changes.ids.insert(envelope.id.as_bytes(), &record.seq().0.to_be_bytes());
        }
        if let Some(action) = envelope.action.filter(|action| !actions.contains(action)) {
            actions.push(action);
            changes.actions.insert([&action.as_bytes()[..], &first.to_be_bytes()].concat(), Vec::new());
        }
        subjects.extend(subject.map(|subject| (array_at::<SUBJECT_BYTES>(&subject.0, 0), position)));
    }
    if let Some(first) = first.filter(|_| !subjects.is_empty()) {
        subjects.sort_unstable();
        let entries = subjects.iter().flat_map(|(subject, position)| subject.iter().chain([position]));
        changes.subjects.insert(&first.to_be_bytes(), entries.copied().collect::<Vec<u8>>());
    }
}
