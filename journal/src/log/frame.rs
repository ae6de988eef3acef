//! The bytes of a log file: a segment header, then commit frames, then zeros. `docs/FORMAT.md` has the tables.

use wsusmigrate_core::digest::Sha256;
use wsusmigrate_core::id::StreamId;

use crate::bytes::{array_at, u16_at, u32_at, u64_at};
use crate::codec::RECORD_BYTES_MAX;
use crate::record::RecordView;

/// The version of everything in `log/`. A reader refuses a higher one.
pub(crate) const FORMAT_VERSION: u16 = 1;

const SEGMENT_MAGIC: [u8; 8] = *b"WSUSMLOG";
/// Length of a segment's header.
pub(crate) const SEGMENT_HEADER_BYTES: usize = 72;

/// `WMCF`. Never zero: a zero where a commit could begin is the end.
pub(crate) const COMMIT_MAGIC: [u8; 4] = *b"WMCF";
/// Length of a commit's header.
pub(crate) const COMMIT_HEADER_BYTES: usize = 32;
/// Length of what stands before each record.
pub(crate) const RECORD_HEADER_BYTES: usize = 8;
/// The longest body of a commit: more is damage, and nobody reserves memory for it.
pub(crate) const COMMIT_BODY_BYTES_MAX: usize = 4 << 20;

/// Stands at the beginning of each log file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SegmentHeader {
    pub(crate) stream: StreamId,
    pub(crate) first: u64,
    /// Leaf hash of the record before the segment's first.
    pub(crate) previous: Sha256,
}

/// Why bytes are not a segment header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotAHeader {
    /// Too short, no magic, or a wrong checksum.
    Damaged,
    /// A version this program does not know.
    Newer(u16),
}

impl SegmentHeader {
    pub(crate) fn encode(&self) -> [u8; SEGMENT_HEADER_BYTES] {
        let mut bytes = [0; SEGMENT_HEADER_BYTES];
        bytes[..8].copy_from_slice(&SEGMENT_MAGIC);
        bytes[8..10].copy_from_slice(&FORMAT_VERSION.to_be_bytes());
        // 10..12 is reserved and zero.
        bytes[12..28].copy_from_slice(self.stream.as_bytes());
        bytes[28..36].copy_from_slice(&self.first.to_be_bytes());
        bytes[36..68].copy_from_slice(&self.previous.0);
        let crc = crc32c::crc32c(&bytes[..68]);
        bytes[68..].copy_from_slice(&crc.to_be_bytes());
        bytes
    }

    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, NotAHeader> {
        if bytes.len() < SEGMENT_HEADER_BYTES
            || bytes[..8] != SEGMENT_MAGIC
            || crc32c::crc32c(&bytes[..68]) != u32_at(bytes, 68)
        {
            return Err(NotAHeader::Damaged);
        }
        match u16_at(bytes, 8) {
            FORMAT_VERSION => Ok(Self {
                stream: StreamId::from_bytes(array_at(bytes, 12)),
                first: u64_at(bytes, 28),
                previous: Sha256(array_at(bytes, 36)),
            }),
            version => Err(NotAHeader::Newer(version)),
        }
    }
}

/// Stands before the records of one commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CommitHeader {
    pub(crate) number: u64,
    pub(crate) first: u64,
    pub(crate) records: u32,
    pub(crate) body_bytes: u32,
}

impl CommitHeader {
    pub(crate) fn encode(&self) -> [u8; COMMIT_HEADER_BYTES] {
        let mut bytes = [0; COMMIT_HEADER_BYTES];
        bytes[..4].copy_from_slice(&COMMIT_MAGIC);
        bytes[8..16].copy_from_slice(&self.number.to_be_bytes());
        bytes[16..24].copy_from_slice(&self.first.to_be_bytes());
        bytes[24..28].copy_from_slice(&self.records.to_be_bytes());
        bytes[28..].copy_from_slice(&self.body_bytes.to_be_bytes());
        let crc = crc32c::crc32c(&bytes[8..]);
        bytes[4..8].copy_from_slice(&crc.to_be_bytes());
        bytes
    }

    /// `None`: not the header of a commit.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.get(..COMMIT_HEADER_BYTES)?;
        if bytes[..4] != COMMIT_MAGIC || crc32c::crc32c(&bytes[8..]) != u32_at(bytes, 4) {
            return None;
        }
        let header = Self {
            number: u64_at(bytes, 8),
            first: u64_at(bytes, 16),
            records: u32_at(bytes, 24),
            body_bytes: u32_at(bytes, 28),
        };
        (header.records > 0 && header.body_bytes as usize <= COMMIT_BODY_BYTES_MAX).then_some(header)
    }

    /// Length of the whole frame.
    pub(crate) fn frame_bytes(&self) -> u64 {
        COMMIT_HEADER_BYTES as u64 + u64::from(self.body_bytes)
    }

    /// The sequence after the commit's last record.
    pub(crate) fn end(&self) -> u64 {
        self.first.saturating_add(u64::from(self.records))
    }
}

/// Appends one record to a commit's body.
pub(crate) fn push_record(body: &mut Vec<u8>, payload: &[u8]) {
    assert!(payload.len() <= RECORD_BYTES_MAX, "append has checked the length");
    let start = body.len();
    body.resize(start + RECORD_HEADER_BYTES, 0);
    body.extend(payload);
    put_record_header(&mut body[start..]);
}

/// Writes what stands before a record's payload: its length, and the checksum over both.
pub(crate) fn put_record_header(frame: &mut [u8]) {
    let length = u32::try_from(frame.len() - RECORD_HEADER_BYTES).unwrap_or(u32::MAX);
    frame[..4].copy_from_slice(&length.to_be_bytes());
    let crc = crc32c::crc32c_append(crc32c::crc32c(&frame[..4]), &frame[RECORD_HEADER_BYTES..]);
    frame[4..RECORD_HEADER_BYTES].copy_from_slice(&crc.to_be_bytes());
}

/// What is wrong with one record of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Defect {
    #[error("a record's length is impossible")]
    Length,
    #[error("a record's checksum is wrong")]
    Checksum,
    #[error("a record carries the sequence {0}")]
    Sequence(u64),
    #[error("bytes are left over behind the last record")]
    LeftOver,
}

/// One record of a body, or why there is none.
pub(crate) struct Slot<'a> {
    /// Position inside the body.
    pub(crate) at: usize,
    pub(crate) record: Result<RecordView<'a>, Defect>,
    /// The payload's bytes even where they are damaged.
    pub(crate) bytes: &'a [u8],
}

/// The records of a body, checked against their checksums and the commit's header. After [`Defect::Length`] nothing
/// follows; after the others the next record is found by the length.
pub(crate) struct Records<'a> {
    body: &'a [u8],
    at: usize,
    next: u64,
    end: u64,
    over: bool,
}

impl<'a> Records<'a> {
    pub(crate) fn new(header: &CommitHeader, body: &'a [u8]) -> Self {
        Self { body, at: 0, next: header.first, end: header.end(), over: false }
    }

    /// Goes on inside a body, at a position an earlier walk has ended at.
    pub(crate) fn resume(body: &'a [u8], at: usize, next: u64, end: u64) -> Self {
        Self { body, at, next, end, over: false }
    }

    /// Position behind the records seen so far.
    pub(crate) fn at(&self) -> usize {
        self.at
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Slot<'a>;

    fn next(&mut self) -> Option<Slot<'a>> {
        let (at, rest) = (self.at, &self.body[self.at.min(self.body.len())..]);
        if self.over {
            return None;
        }
        if self.next == self.end {
            self.over = true;
            return (!rest.is_empty()).then_some(Slot { at, record: Err(Defect::LeftOver), bytes: rest });
        }
        let length = if rest.len() < RECORD_HEADER_BYTES { usize::MAX } else { u32_at(rest, 0) as usize };
        if length > RECORD_BYTES_MAX || rest.len() - RECORD_HEADER_BYTES < length {
            self.over = true;
            return Some(Slot { at, record: Err(Defect::Length), bytes: rest });
        }
        let bytes = &rest[RECORD_HEADER_BYTES..RECORD_HEADER_BYTES + length];
        let expected = self.next;
        self.at += RECORD_HEADER_BYTES + length;
        self.next += 1;
        let sound = crc32c::crc32c_append(crc32c::crc32c(&rest[..4]), bytes) == u32_at(rest, 4);
        let record = match RecordView::new(bytes) {
            _ if !sound => Err(Defect::Checksum),
            None => Err(Defect::Length),
            Some(payload) if payload.seq().0 != expected => Err(Defect::Sequence(payload.seq().0)),
            Some(payload) => Ok(payload),
        };
        Some(Slot { at, record, bytes })
    }
}

/// Whether a whole commit is what its header says: every checksum, every sequence, every byte used.
pub(crate) fn is_sound(header: &CommitHeader, body: &[u8]) -> bool {
    Records::new(header, body).all(|slot| slot.record.is_ok())
}
