//! Looking through a log once more, for the event ids that stand in it twice.

use std::path::{Path, PathBuf};

use super::findings::Kind;
use super::ids::Spot;
use super::walk::Walk;
use super::{Depth, Severity};
use crate::error::ReadError;
use crate::head::Head;
use crate::record::RecordView;

impl Walk<'_> {
    /// Names each record whose event stands in the log already. A log that holds none twice is read only once, as long as
    /// all its ids are marked in one round.
    pub(super) fn duplicates(&mut self, segments: &[u64]) -> Result<(), ReadError> {
        let Some(mut ids) = self.ids.take() else { return Ok(()) };
        let log = Extent { log: self.log.clone(), head: self.head, wanted: self.wanted.clone() };
        while let Some(first) = ids.next_round() {
            let holds_it = segments.partition_point(|&segment| segment <= first).saturating_sub(1);
            log.look(&segments[holds_it..], &mut |record, _| {
                let seq = record.seq().0;
                if let Some(id) = record.event_id().filter(|_| seq >= first) {
                    let hash = ids.key().hash(&id);
                    ids.take(seq, hash, || id);
                }
            })?;
        }
        if !ids.has_candidates() {
            return Ok(());
        }
        log.look(segments, &mut |record, spot| {
            let Some(id) = record.event_id() else { return };
            if let Some(first) = ids.stood_before(id, spot) {
                let Spot { seq, file, offset } = spot();
                let what = format!("its event id {id} is also that of {}", first.told(&file));
                self.find_named(Kind::Duplicate, seq, &file, Some(offset), &what, record.name());
            }
        })?;
        if let Some(seq) = ids.too_many() {
            let what = "too many event ids stand in the log twice: from here on not every duplicate is named";
            self.find(Kind::Other(Severity::Damage), Some(seq), &log.log, None, what);
        }
        Ok(())
    }
}

impl Spot {
    /// For somebody who knows one log file.
    fn told(&self, file: &Path) -> String {
        let Self { seq, file: own, offset } = self;
        match own.file_name().filter(|_| own != file) {
            Some(name) => format!("record {seq} (byte {offset} of {})", name.display()),
            None => format!("record {seq} (byte {offset})"),
        }
    }
}

/// A log as far as it was verified.
struct Extent {
    log: PathBuf,
    head: Option<Head>,
    wanted: Vec<u64>,
}

impl Extent {
    /// Shows the records of its files that can be read, as verifying meets them, in order.
    fn look(
        &self,
        segments: &[u64],
        see: &mut dyn FnMut(RecordView<'_>, &dyn Fn() -> Spot),
    ) -> Result<(), ReadError> {
        // What is wrong was said when it was verified.
        let mut walk = Walk::new(self.log.clone(), self.head, Depth::Ids(see), 0);
        walk.wanted.clone_from(&self.wanted);
        walk.next = segments.first().copied().unwrap_or(0);
        walk.segments(segments)
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;
    use wsusmigrate_core::envelope::Envelope;
    use wsusmigrate_core::event::Kind;
    use wsusmigrate_core::event::run::StopRequested;
    use wsusmigrate_core::id::{EventId, StreamId};
    use wsusmigrate_core::unit::{Seq, TimeMicros};

    use super::super::Outside;
    use super::super::ids::Bounds;
    use super::super::walk::walk;
    use super::*;
    use crate::disk;
    use crate::head::Publisher;
    use crate::log::frame::{
        COMMIT_HEADER_BYTES, CommitHeader, RECORD_HEADER_BYTES, SEGMENT_HEADER_BYTES, push_record,
    };
    use crate::log::writer::LogWriter;
    use crate::place::Place;
    use crate::record::{NO_LEAF, leaf_hash, place, unplaced};
    use crate::wire;

    const RECORDS: usize = 3;

    /// A record of an event with this id.
    fn payload(id: u8) -> Vec<u8> {
        let mut payload = Vec::new();
        unplaced(Kind::RunStopRequested, &mut payload);
        let id = EventId::from_bytes([id; 16]);
        let envelope = Envelope { id, time: TimeMicros(0), action: None, causation: None };
        wire::encode(&envelope, &StopRequested { how: "Ctrl-C".into() }.into(), &mut payload).unwrap();
        payload
    }

    /// A journal of such events, in commits of [`RECORDS`] and log files of two commits.
    fn journal(ids: &[u8]) -> TempDir {
        let folder = TempDir::new().unwrap();
        let there = Place::new(folder.path());
        disk::create_dir(&there.log()).unwrap();
        let stream = StreamId::from_bytes([1; 16]);
        let mut writer = LogWriter::create(&there.log(), stream, 0, NO_LEAF).unwrap();
        writer.set_segment_bytes_max(750);
        let (mut leaf, mut size, mut commit) = (NO_LEAF, 0, 0);
        for ids in ids.chunks(RECORDS) {
            let (mut frame, first, before) = (vec![0; COMMIT_HEADER_BYTES], size, leaf);
            for id in ids {
                let mut payload = payload(*id);
                place(&mut payload, Seq(size), &leaf);
                leaf = leaf_hash(&payload);
                push_record(&mut frame, &payload);
                size += 1;
            }
            commit += 1;
            let body_bytes = u32::try_from(frame.len() - COMMIT_HEADER_BYTES).unwrap();
            let records = u32::try_from(ids.len()).unwrap();
            let header = CommitHeader { number: commit, first, records, body_bytes };
            frame[..COMMIT_HEADER_BYTES].copy_from_slice(&header.encode());
            writer.append(&frame, first, before).unwrap();
        }
        let (segment, end) = (writer.segment(), writer.end());
        let head = Head { generation: 0, stream, size, segment, end, leaf, commit };
        Publisher::start(there.head(), head).unwrap();
        folder
    }

    /// The records that are said to duplicate another, and which.
    fn duplicates(journal: &TempDir, bounds: Bounds) -> Vec<(u64, String)> {
        let depth = Depth::Records(&mut |_| Ok(()));
        let found = walk(journal.path(), depth, Outside::default(), bounds).unwrap().findings;
        let told = found.into_iter().filter_map(|it| {
            let (_, first) = it.what.split_once("is also that of record ")?;
            assert_eq!((it.severity, it.event), (Severity::Damage, Some("run.stop-requested")));
            Some((it.seq.unwrap().0, first.to_owned()))
        });
        told.collect()
    }

    const LOG: [u8; 22] = [0, 1, 2, 3, 4, 5, 1, 6, 7, 8, 9, 10, 11, 12, 2, 13, 14, 1, 15, 16, 14, 17];

    #[test]
    fn duplicates_are_found_across_log_files_in_as_many_rounds_as_it_takes() {
        let journal = journal(&LOG);
        let second = SEGMENT_HEADER_BYTES + COMMIT_HEADER_BYTES + RECORD_HEADER_BYTES + payload(0).len();
        for (ids, mark_bits) in [(100, 32), (100, 1), (7, 32), (1, 32), (2, 1)] {
            let bounds = Bounds { ids, mark_bits, ..Bounds::default() };
            let found = duplicates(&journal, bounds);
            let seqs: Vec<_> = found.iter().map(|(seq, _)| *seq).collect();
            assert_eq!(seqs, [6, 14, 17, 20], "{bounds:?}: {found:?}");
            assert_eq!(found[0].1, format!("1 (byte {second} of 00000000000000000000.log)"));
            assert_eq!(found[2].1, found[0].1, "the first place is named each time");
            assert!(found[1].1.starts_with("2 (") && found[3].1.starts_with("16 ("), "{found:?}");
        }
    }

    /// What stands beyond damage is looked at as well, in the rounds and when candidates are decided.
    #[test]
    fn damage_between_the_two_hides_no_duplicate() {
        let journal = journal(&LOG);
        let log = Place::segment(&Place::new(journal.path()).log(), 6);
        let whole = std::fs::read(&log).unwrap();
        for ids in [100, 2] {
            // The first commit of the second log file: with its header it is lost, with a record of it that one.
            for (at, lost) in [(72, 6..9), (72 + 32 + 30, 6..7)] {
                let mut bytes = whole.clone();
                bytes[at] ^= 1;
                std::fs::write(&log, bytes).unwrap();
                let found = duplicates(&journal, Bounds { ids, ..Bounds::default() });
                let seqs: Vec<_> = found.iter().map(|(seq, _)| *seq).collect();
                assert_eq!(seqs, [14, 17, 20], "without {lost:?}: {found:?}");
            }
        }
    }

    #[test]
    fn too_many_duplicates_are_said_to_be_too_many() {
        let journal = journal(&LOG);
        let bounds = Bounds { candidates: 1, ..Bounds::default() };
        let depth = Depth::Records(&mut |_| Ok(()));
        let found = walk(journal.path(), depth, Outside::default(), bounds).unwrap().findings;
        let last = found.last().unwrap();
        assert_eq!(last.seq, Some(Seq(14)), "{found:#?}");
        assert!(last.what.starts_with("too many event ids stand in the log twice"), "{}", last.what);
    }
}
