//! The end of the log, open for writing: one write and one fdatasync a commit.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use wsusmigrate_core::digest::Sha256;
use wsusmigrate_core::id::StreamId;

use super::filler::{Filler, PIECE_BYTES_MIN};
use super::frame::{COMMIT_BODY_BYTES_MAX, COMMIT_HEADER_BYTES, SEGMENT_HEADER_BYTES, SegmentHeader};
use crate::disk::{self, At, FileError};
use crate::place::Place;

/// A segment never grows beyond this.
pub(crate) const SEGMENT_BYTES_MAX: u64 = 64 << 20;

const _: () = assert!(
    SEGMENT_BYTES_MAX >= (SEGMENT_HEADER_BYTES + COMMIT_HEADER_BYTES + COMMIT_BODY_BYTES_MAX) as u64,
    "the longest commit fits into an empty segment"
);

pub(crate) struct LogWriter {
    log: PathBuf,
    stream: StreamId,
    segment: u64,
    path: PathBuf,
    file: Arc<File>,
    end: u64,
    segment_bytes_max: u64,
    filler: Filler,
}

impl LogWriter {
    /// Creates the segment that begins with `first` and stands at its beginning.
    pub(crate) fn create(
        log: &Path,
        stream: StreamId,
        first: u64,
        previous: Sha256,
    ) -> Result<Self, FileError> {
        let (file, path) = create_segment(log, SegmentHeader { stream, first, previous })?;
        Ok(Self::at(log, stream, first, SEGMENT_HEADER_BYTES as u64, file, path, PIECE_BYTES_MIN))
    }

    /// Opens an existing segment. Recovery has wiped what stood behind `end`.
    pub(crate) fn open(log: &Path, stream: StreamId, first: u64, end: u64) -> Result<Self, FileError> {
        let path = Place::segment(log, first);
        let file = disk::private().read(true).write(true).open(&path).at("open", &path)?;
        let filled = file.metadata().at("open", &path)?.len();
        Ok(Self::at(log, stream, first, end, Arc::new(file), path, filled))
    }

    fn at(
        log: &Path,
        stream: StreamId,
        segment: u64,
        end: u64,
        file: Arc<File>,
        path: PathBuf,
        filled: u64,
    ) -> Self {
        let filler = Filler::start(Arc::clone(&file), path.clone(), filled, SEGMENT_BYTES_MAX);
        let segment_bytes_max = SEGMENT_BYTES_MAX;
        Self { log: log.to_owned(), stream, segment, path, file, end, segment_bytes_max, filler }
    }

    /// Makes segments shorter, for tests that want many.
    #[cfg(test)]
    pub(crate) fn set_segment_bytes_max(&mut self, bytes: u64) {
        self.segment_bytes_max = bytes.min(SEGMENT_BYTES_MAX);
    }

    /// Takes no more room at once than it must: the disk is full.
    pub(crate) fn be_frugal(&self) {
        self.filler.be_frugal();
    }

    /// First sequence of the segment being written.
    pub(crate) fn segment(&self) -> u64 {
        self.segment
    }

    /// Offset behind the last commit.
    pub(crate) fn end(&self) -> u64 {
        self.end
    }

    /// Writes one commit frame and makes it durable. `first` is its first sequence, `previous` the leaf hash before
    /// it. An error is final: what is on the medium is unknown, and only recovery may look.
    pub(crate) fn append(&mut self, frame: &[u8], first: u64, previous: Sha256) -> Result<(), FileError> {
        let length = frame.len() as u64;
        if self.end + length > self.segment_bytes_max && self.segment != first {
            self.rotate(first, previous)?;
        }
        self.filler.ensure(self.end + length)?;
        disk::write_at(&self.file, frame, self.end).at("write", &self.path)?;
        // A crash before the sync leaves nothing, a part or the whole of the frame: recovery drops the part, and
        // adopts the whole although nobody was told.
        self.file.sync_data().at("sync", &self.path)?;
        // A crash from here on leaves a durable commit that the head does not know yet: recovery adopts it.
        self.end += length;
        Ok(())
    }

    fn rotate(&mut self, first: u64, previous: Sha256) -> Result<(), FileError> {
        let header = SegmentHeader { stream: self.stream, first, previous };
        let (file, path) = create_segment(&self.log, header)?;
        // A crash here leaves an empty segment behind a full one; recovery goes on in it.
        self.filler.follow(Arc::clone(&file), path.clone(), PIECE_BYTES_MIN);
        // The zeros behind the old segment's end are only a waste of space: whether they go is not awaited.
        self.file.set_len(self.end).at("truncate", &self.path)?;
        (self.segment, self.path, self.file) = (first, path, file);
        self.end = SEGMENT_HEADER_BYTES as u64;
        Ok(())
    }
}

fn create_segment(log: &Path, header: SegmentHeader) -> Result<(Arc<File>, PathBuf), FileError> {
    let path = Place::segment(log, header.first);
    let file = disk::private().read(true).write(true).create_new(true).open(&path).at("create", &path)?;
    let mut piece = header.encode().to_vec();
    piece.resize(usize::try_from(PIECE_BYTES_MIN).unwrap_or(usize::MAX), 0);
    let written = disk::write_at(&file, &piece, 0).at("write", &path);
    if written.is_err() {
        // On a full disk it would be in the way, and more so with each attempt. A crash before leaves a half-made log
        // file, which recovery moves away.
        let _ = std::fs::remove_file(&path);
    }
    written?;
    file.sync_all().at("sync", &path)?;
    disk::sync_dir(log)?;
    Ok((Arc::new(file), path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::backward::Backward;
    use crate::log::cursor::segments;
    use crate::log::frame::{CommitHeader, push_record};
    use crate::log::mend::later_commit;
    use crate::log::read::LogRecords;
    use crate::log::scan::{Point, scan};
    use crate::record::{NO_LEAF, leaf_hash, place, unplaced};
    use wsusmigrate_core::event::Kind;
    use wsusmigrate_core::unit::Seq;

    /// Commits of three records into segments that hold a few of them each.
    fn write(log: &Path, commits: u64) {
        disk::create_dir(log).unwrap();
        let mut writer = LogWriter::create(log, StreamId::from_bytes([1; 16]), 0, NO_LEAF).unwrap();
        writer.set_segment_bytes_max(2_000);
        let mut leaf = NO_LEAF;
        for number in 0..commits {
            let (first, before) = (number * 3, leaf);
            let mut frame = vec![0; COMMIT_HEADER_BYTES];
            for seq in first..first + 3 {
                let mut payload = Vec::new();
                unplaced(Kind::RunStopRequested, &mut payload);
                payload.resize(payload.len() + usize::try_from(seq % 90).unwrap(), 0x5A);
                place(&mut payload, Seq(seq), &leaf);
                leaf = leaf_hash(&payload);
                push_record(&mut frame, &payload);
            }
            let body_bytes = u32::try_from(frame.len() - COMMIT_HEADER_BYTES).unwrap();
            let header = CommitHeader { number: number + 1, first, records: 3, body_bytes };
            frame[..COMMIT_HEADER_BYTES].copy_from_slice(&header.encode());
            writer.append(&frame, first, before).unwrap();
        }
    }

    #[test]
    fn a_log_of_many_segments_reads_as_one() {
        let folder = tempfile::TempDir::new().unwrap();
        let log = folder.path().join("log");
        write(&log, 40);
        let there = segments(&log).unwrap();
        assert!(there.len() > 5, "{there:?}");
        let found = scan(&log, Point::start(), &mut |_, _| {}).unwrap();
        assert_eq!(
            (found.end.at.next, found.stop, found.end.at.segment),
            (120, None, *there.last().unwrap())
        );
        for start in 0..120 {
            for end in [start + 1, start + 7, 120] {
                let end = end.min(120);
                let seqs: Vec<_> =
                    LogRecords::new(&log, start..end).map(|record| record.unwrap().seq().0).collect();
                assert_eq!(seqs, (start..end).collect::<Vec<_>>());
                let back: Vec<_> =
                    Backward::new(&log, start..end).map(|record| record.unwrap().seq().0).collect();
                assert_eq!(back, (start..end).rev().collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn a_missing_segment_is_no_end() {
        let folder = tempfile::TempDir::new().unwrap();
        let log = folder.path().join("log");
        write(&log, 40);
        let missing = segments(&log).unwrap()[2];
        std::fs::remove_file(Place::segment(&log, missing)).unwrap();
        let found = scan(&log, Point::start(), &mut |_, _| {}).unwrap();
        assert_eq!(found.end.at.next, missing);
        assert!(later_commit(&log, &found).unwrap().is_some());
        assert!(LogRecords::new(&log, 0..120).any(|record| record.is_err()));
        let mut back = Backward::new(&log, 0..120);
        let after_it: Vec<_> = back.by_ref().map_while(|record| Some(record.ok()?.seq().0)).collect();
        assert_eq!(after_it, (segments(&log).unwrap()[2]..120).rev().collect::<Vec<_>>());
        assert!(back.next().is_none(), "an error is the end");
    }
}
