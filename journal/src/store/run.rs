//! Runs: the index entries of 256 records together.
//!
//! An index of random keys with one insert an event costs sled more than everything else. So an action has one entry
//! a run, and the subjects of a run stand sorted in one value: an answer looks into each run, a write touches one
//! page. Runs begin at multiples of 256, so writing one again replaces it.

use wsusmigrate_core::event::{ContentEvent, Event};
use wsusmigrate_core::path::PathRef;

use super::Changes;
use super::pack::{GROUP_RECORDS, PACK_BYTES_MAX};
use super::recent::is_item;
use crate::record::{RawRecord, Record};

/// Records of a run.
pub(crate) const RUN_RECORDS: usize = 256;
/// First bytes of the SHA-256 of what an event is about.
const SUBJECT_BYTES: usize = 8;
/// A subject and the record's position in the run.
const ENTRY_BYTES: usize = SUBJECT_BYTES + 1;

const _: () = assert!(RUN_RECORDS.is_multiple_of(GROUP_RECORDS) && RUN_RECORDS - 1 <= u8::MAX as usize);
const _: () =
    assert!(RUN_RECORDS * ENTRY_BYTES <= PACK_BYTES_MAX, "sled never syncs what stands in a blob file");

/// The index entries of a run.
pub(crate) fn index(run: &[RawRecord], changes: &mut Changes) {
    let Some(first) = run.first().map(|record| record.seq().0) else { return };
    let (mut actions, mut subjects) = (Vec::new(), Vec::new());
    for (position, raw) in (0..=u8::MAX).zip(run) {
        // A record that cannot be decoded is in the store all the same; `verify` speaks of it.
        let Ok(record) = raw.decode() else { continue };
        let envelope = record.envelope();
        if !is_item(envelope) {
            changes.ids.insert(envelope.id.as_bytes(), &raw.seq().0.to_be_bytes());
        }
        if let Some(action) = envelope.action.filter(|action| !actions.contains(action)) {
            actions.push(action);
            changes.actions.insert([&action.as_bytes()[..], &first.to_be_bytes()].concat(), &[]);
        }
        if let Record::Known(recorded) = &record
            && let Some(subject) = subject(&recorded.event)
        {
            subjects.push((subject, position));
        }
    }
    if !subjects.is_empty() {
        subjects.sort_unstable();
        let entries = subjects.iter().flat_map(|(subject, position)| subject.iter().chain([position]));
        changes.subjects.insert(&first.to_be_bytes(), entries.copied().collect::<Vec<u8>>());
    }
}

/// What an event is about, where people ask for it by name.
fn subject(event: &Event) -> Option<[u8; SUBJECT_BYTES]> {
    let path = match event {
        Event::Content(ContentEvent::EntryIgnored(event)) => &event.path,
        Event::Content(ContentEvent::ReplacementStarted(event)) => &event.path,
        Event::Content(ContentEvent::FileCopied(event)) => &event.path,
        Event::Content(ContentEvent::FileVerified(event)) => &event.path,
        Event::Content(ContentEvent::FileFailed(event)) => &event.path,
        Event::Content(ContentEvent::LeftoverRemoved(event)) => &event.path,
        Event::Content(ContentEvent::ReadBackMismatched(event)) => &event.path,
        Event::Content(ContentEvent::SuspicionSettled(event)) => &event.path,
        Event::Content(
            ContentEvent::ManifestRecorded(_)
            | ContentEvent::PassStarted(_)
            | ContentEvent::BatchStarted(_)
            | ContentEvent::BatchFinished(_)
            | ContentEvent::BatchReconciled(_)
            | ContentEvent::PassFinished(_)
            | ContentEvent::ReadBackStarted(_)
            | ContentEvent::ReadBackRecorded(_)
            | ContentEvent::ReadBackFinished(_),
        )
        | Event::Run(_)
        | Event::Inventory(_)
        | Event::Preflight(_) => return None,
    };
    let digest: [u8; 32] = match path {
        PathRef::Inline(path) => <sha2::Sha256 as sha2::Digest>::digest(path.as_bytes()).into(),
        PathRef::Evidence(long) => long.sha256.0,
    };
    Some(crate::bytes::array_at(&digest, 0))
}
