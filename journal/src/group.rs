//! A group: the batches that become durable with one commit, as its frame is laid.

use std::sync::Arc;

use wsusmigrate_core::digest::Sha256;
use wsusmigrate_core::unit::Seq;

use crate::append::{Appended, Reply};
use crate::disk::FileError;
use crate::error::AppendError;
use crate::log::cursor::Position;
use crate::log::frame::{COMMIT_HEADER_BYTES, CommitHeader, RECORD_HEADER_BYTES, put_record_header};
use crate::log::scan::Point;
use crate::log::writer::LogWriter;
use crate::record;

/// A group on its way to the medium.
pub(crate) struct Group {
    frame: Vec<u8>,
    /// Where the group begins.
    pub(crate) before: Point,
    /// Leaf hashes of its records.
    pub(crate) leaves: Vec<Sha256>,
    pub(crate) outcomes: Vec<(Arc<Reply>, Result<Appended, AppendError>)>,
}

impl Group {
    /// An empty one, whose frame is laid into a buffer that may have served before.
    pub(crate) fn new(mut frame: Vec<u8>, before: Point) -> Self {
        frame.clear();
        frame.resize(COMMIT_HEADER_BYTES, 0);
        Self { frame, leaves: Vec::new(), before, outcomes: Vec::new() }
    }

    /// The buffer, to serve again, and where the group began.
    pub(crate) fn into_parts(self) -> (Vec<u8>, Point) {
        (self.frame, self.before)
    }

    /// The position behind its last record.
    pub(crate) fn next(&self) -> u64 {
        self.before.at.next + self.leaves.len() as u64
    }

    /// Leaf hash of its last record, or of the one before it.
    pub(crate) fn leaf(&self) -> Sha256 {
        self.leaves.last().copied().unwrap_or(self.before.leaf)
    }

    /// Puts a record behind the last one, from its frame without a place; its position.
    pub(crate) fn place(&mut self, frame: &[u8]) -> u64 {
        let (seq, leaf, start) = (self.next(), self.leaf(), self.frame.len());
        self.frame.extend(frame);
        let frame = &mut self.frame[start..];
        let payload = &mut frame[RECORD_HEADER_BYTES..];
        record::place(payload, Seq(seq), &leaf);
        self.leaves.push(record::leaf_hash(payload));
        put_record_header(frame);
        seq
    }

    /// Makes it durable; where the log ends then. An error is final, see [`LogWriter::append`].
    pub(crate) fn write(&mut self, writer: &mut LogWriter) -> Result<Position, FileError> {
        let (first, number) = (self.before.at.next, self.before.at.number);
        let header = CommitHeader {
            number,
            first,
            records: u32::try_from(self.leaves.len()).unwrap_or(u32::MAX),
            body_bytes: u32::try_from(self.frame.len() - COMMIT_HEADER_BYTES).unwrap_or(u32::MAX),
        };
        self.frame[..COMMIT_HEADER_BYTES].copy_from_slice(&header.encode());
        writer.append(&self.frame, first, self.before.leaf)?;
        let (segment, offset) = (writer.segment(), writer.end());
        // It begins in another segment than the log ended in where it did not fit there.
        (self.before.at.segment, self.before.at.offset) = (segment, offset - self.frame.len() as u64);
        Ok(Position { segment, offset, next: self.next(), number: number + 1 })
    }
}
