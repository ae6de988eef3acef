//! The canonical cut of a log: which records share a commit and which commits a file follows from the records alone.
//!
//! The cut of a journal's own log follows from the moments of its appends, and changes when it is rebuilt from the
//! store. A bundle's must not: commits of 256 records, files as full as they get.

use wsusmigrate_core::digest::Sha256;
use wsusmigrate_core::id::StreamId;

use crate::codec::RECORD_BYTES_MAX;
use crate::disk::FileError;
use crate::log::frame::{
    COMMIT_BODY_BYTES_MAX, CommitHeader, RECORD_HEADER_BYTES, SEGMENT_HEADER_BYTES, SegmentHeader,
    push_record,
};
use crate::record::{NO_LEAF, RecordView};

/// Records of a commit; the last one may have fewer.
pub(super) const COMMIT_RECORDS: u32 = 256;
/// The longest log file of a bundle.
pub(super) const LOG_FILE_BYTES_MAX: u64 = 8 << 20;

const _: () = assert!(
    COMMIT_RECORDS as usize * (RECORD_BYTES_MAX + RECORD_HEADER_BYTES) <= COMMIT_BODY_BYTES_MAX
        && 2 * COMMIT_BODY_BYTES_MAX as u64 <= LOG_FILE_BYTES_MAX,
    "a commit of the longest records fits, also into a file"
);

/// Where framed bytes go.
pub(super) trait Sink {
    /// The log file that begins with this sequence.
    fn begin(&mut self, first: u64) -> Result<(), FileError>;
    /// Its next bytes.
    fn write(&mut self, bytes: &[u8]) -> Result<(), FileError>;
}

/// Frames records one after the other, from the first of the stream on.
pub(super) struct Framer {
    stream: StreamId,
    header: CommitHeader,
    body: Vec<u8>,
    /// Leaf hash of the record before the commit.
    before: Sha256,
    /// Leaf hash of the last record.
    leaf: Sha256,
    /// Length of the log file so far.
    file_bytes: u64,
}

impl Framer {
    pub(super) fn new(stream: StreamId) -> Self {
        let header = CommitHeader { number: 1, first: 0, records: 0, body_bytes: 0 };
        Self { stream, header, body: Vec::new(), before: NO_LEAF, leaf: NO_LEAF, file_bytes: 0 }
    }

    /// Takes the next record.
    pub(super) fn push(
        &mut self,
        view: RecordView<'_>,
        leaf: Sha256,
        sink: &mut impl Sink,
    ) -> Result<(), FileError> {
        push_record(&mut self.body, view.bytes());
        self.leaf = leaf;
        self.header.records += 1;
        if self.header.records == COMMIT_RECORDS { self.commit(sink) } else { Ok(()) }
    }

    /// Frames what is left.
    pub(super) fn finish(mut self, sink: &mut impl Sink) -> Result<(), FileError> {
        if self.header.records > 0 { self.commit(sink) } else { Ok(()) }
    }

    fn commit(&mut self, sink: &mut impl Sink) -> Result<(), FileError> {
        self.header.body_bytes = u32::try_from(self.body.len()).unwrap_or(u32::MAX);
        let (first, bytes) = (self.header.first, self.header.frame_bytes());
        if first == 0 || self.file_bytes + bytes > LOG_FILE_BYTES_MAX {
            sink.begin(first)?;
            sink.write(&SegmentHeader { stream: self.stream, first, previous: self.before }.encode())?;
            self.file_bytes = SEGMENT_HEADER_BYTES as u64;
        }
        sink.write(&self.header.encode())?;
        sink.write(&self.body)?;
        self.file_bytes += bytes;
        self.before = self.leaf;
        let (number, first) = (self.header.number + 1, self.header.end());
        self.header = CommitHeader { number, first, records: 0, body_bytes: 0 };
        self.body.clear();
        Ok(())
    }
}
