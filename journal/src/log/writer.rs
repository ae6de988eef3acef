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
    pub(crate) fn set_segment_bytes_max(&mut self, bytes: u64) {
        self.segment_bytes_max = bytes.min(SEGMENT_BYTES_MAX);
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
    disk::write_at(&file, &piece, 0).at("write", &path)?;
    file.sync_all().at("sync", &path)?;
    disk::sync_dir(log)?;
    Ok((Arc::new(file), path))
}
