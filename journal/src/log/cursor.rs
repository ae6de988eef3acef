//! Walking through log files, commit by commit, in bounded memory.
//!
//! The cursor says what it finds and never judges: a commit that is not there is the end for a reader, a torn tail
//! for recovery, and damage for `verify`.

use std::fs::{self, File};
use std::ops::Range;
use std::path::{Path, PathBuf};

use wsusmigrate_core::id::StreamId;

use super::frame::{COMMIT_HEADER_BYTES, CommitHeader, NotAHeader, SEGMENT_HEADER_BYTES, SegmentHeader};
use crate::disk::{self, At, FileError};
use crate::place::{self, Place};
use crate::plain;
use crate::record::NO_LEAF;

/// How much is read at first, and at most: who reads one record should not read half a megabyte.
const READ_BYTES_MIN: usize = 16 << 10;
const READ_BYTES_MAX: usize = 512 << 10;

/// The segments of a log by their first sequence, in order.
pub(crate) fn segments(log: &Path) -> Result<Vec<u64>, FileError> {
    let entries = match fs::read_dir(log).at("list", log) {
        Ok(entries) => entries,
        Err(error) if disk::is_missing(&error) => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    for entry in entries {
        found.extend(place::numbered(&entry.at("list", log)?.file_name(), ".log"));
    }
    found.sort_unstable();
    Ok(found)
}

/// A place between two commits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    /// First sequence of the segment.
    pub(crate) segment: u64,
    /// Offset in it.
    pub(crate) offset: u64,
    /// The sequence that comes next.
    pub(crate) next: u64,
    /// The number of the commit that comes next; 0 where it is not known.
    pub(crate) number: u64,
}

/// What stands at the cursor's position.
pub(crate) enum Found {
    /// A commit with a sound header, the expected number and the expected sequence. Its records are not checked.
    Commit(Commit),
    /// Zeros, or the end of the file.
    End,
    /// Anything else.
    Bad(&'static str),
}

/// A commit in the cursor's buffer.
pub(crate) struct Commit {
    pub(crate) header: CommitHeader,
    /// Offset of the frame in the file.
    pub(crate) offset: u64,
    body: Range<usize>,
}

/// Opening a segment failed.
pub(crate) enum SegmentError {
    File(FileError),
    Header(NotAHeader, PathBuf),
}

impl From<FileError> for SegmentError {
    fn from(error: FileError) -> Self {
        Self::File(error)
    }
}

pub(crate) struct Cursor {
    log: PathBuf,
    path: PathBuf,
    file: File,
    header: SegmentHeader,
    at: Position,
    buffer: Vec<u8>,
    read_bytes: usize,
    /// Offset in the file of the buffer's first byte.
    buffer_at: u64,
}

impl Cursor {
    /// Opens a segment and stands before its first commit.
    pub(crate) fn open(log: &Path, segment: u64) -> Result<Self, SegmentError> {
        let path = Place::segment(log, segment);
        let file = plain::open(&path)?;
        let mut bytes = [0; SEGMENT_HEADER_BYTES];
        let read = disk::read_at(&file, &mut bytes, 0).at_byte("read", &path, 0)?;
        let header = match SegmentHeader::parse(&bytes[..read]) {
            Ok(header) if header.first == segment => header,
            Ok(_) => return Err(SegmentError::Header(NotAHeader::Damaged, path)),
            Err(not) => return Err(SegmentError::Header(not, path)),
        };
        let at = Position { segment, offset: SEGMENT_HEADER_BYTES as u64, next: segment, number: 0 };
        Ok(Self {
            log: log.to_owned(),
            path,
            file,
            header,
            at,
            buffer: Vec::new(),
            read_bytes: READ_BYTES_MIN,
            buffer_at: 0,
        })
    }

    /// Opens a segment whose header is damaged, for `verify`.
    pub(crate) fn open_unchecked(log: &Path, at: Position) -> Result<Self, FileError> {
        let path = Place::segment(log, at.segment);
        let file = plain::open(&path)?;
        let header =
            SegmentHeader { stream: StreamId::from_bytes([0; 16]), first: at.segment, previous: NO_LEAF };
        Ok(Self {
            log: log.to_owned(),
            path,
            file,
            header,
            at,
            buffer: Vec::new(),
            read_bytes: READ_BYTES_MIN,
            buffer_at: 0,
        })
    }

    /// Opens a segment and stands at a known place in it.
    pub(crate) fn open_at(log: &Path, at: Position) -> Result<Self, SegmentError> {
        let mut cursor = Self::open(log, at.segment)?;
        cursor.at = at;
        Ok(cursor)
    }

    pub(crate) fn position(&self) -> Position {
        self.at
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn header(&self) -> &SegmentHeader {
        &self.header
    }

    pub(crate) fn body(&self, commit: &Commit) -> &[u8] {
        &self.buffer[commit.body.clone()]
    }

    /// Looks at the current position, without moving.
    pub(crate) fn look(&mut self) -> Result<Found, FileError> {
        let bytes = self.fill(self.at.offset, COMMIT_HEADER_BYTES)?;
        if bytes.iter().all(|&byte| byte == 0) {
            return Ok(Found::End);
        }
        let Some(header) = CommitHeader::parse(bytes) else {
            return Ok(Found::Bad("a commit's header is damaged"));
        };
        if header.first != self.at.next {
            return Ok(Found::Bad("a commit does not continue the sequence"));
        }
        if self.at.number != 0 && header.number != self.at.number {
            return Ok(Found::Bad("a commit's number does not continue"));
        }
        let (offset, length) = (self.at.offset + COMMIT_HEADER_BYTES as u64, header.body_bytes as usize);
        if self.fill(offset, length)?.len() < length {
            return Ok(Found::Bad("a commit is cut short"));
        }
        let start = usize::try_from(offset - self.buffer_at).unwrap_or(usize::MAX);
        Ok(Found::Commit(Commit { header, offset: self.at.offset, body: start..start + length }))
    }

    /// Reads only the header at the current position.
    pub(crate) fn look_at_header(&mut self) -> Result<Option<CommitHeader>, FileError> {
        let next = self.at.next;
        let header = CommitHeader::parse(self.fill(self.at.offset, COMMIT_HEADER_BYTES)?);
        Ok(header.filter(|header| header.first == next))
    }

    /// Moves behind a commit.
    pub(crate) fn pass(&mut self, header: &CommitHeader) {
        self.at.offset += header.frame_bytes();
        self.at.next = header.end();
        self.at.number = header.number.saturating_add(1);
    }

    /// Moves to a place inside the same segment, such as the next sound commit behind damage.
    pub(crate) fn jump(&mut self, at: Position) {
        self.at = at;
    }

    /// Moves to the segment that begins with the next sequence, if there is one.
    pub(crate) fn next_segment(&mut self) -> Result<bool, SegmentError> {
        if self.at.next == self.at.segment {
            return Ok(false);
        }
        match Self::open(&self.log, self.at.next) {
            Ok(mut next) => {
                next.at.number = self.at.number;
                next.read_bytes = self.read_bytes;
                next.buffer = std::mem::take(&mut self.buffer);
                next.buffer.clear();
                *self = next;
                Ok(true)
            }
            Err(SegmentError::File(error)) if disk::is_missing(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Forgets what was read ahead: behind the durable end it may be stale.
    pub(crate) fn forget(&mut self) {
        self.buffer.clear();
    }

    /// Bytes of the file from `offset`, fewer than `length` only at its end.
    pub(crate) fn fill(&mut self, offset: u64, length: usize) -> Result<&[u8], FileError> {
        let have = offset.checked_sub(self.buffer_at).and_then(|skip| usize::try_from(skip).ok());
        match have {
            Some(skip) if skip + length <= self.buffer.len() => Ok(&self.buffer[skip..skip + length]),
            _ => {
                self.buffer.resize(length.max(self.read_bytes), 0);
                self.read_bytes = (self.read_bytes * 2).min(READ_BYTES_MAX);
                self.buffer_at = offset;
                let mut read = 0;
                while read < self.buffer.len() {
                    let at = offset + read as u64;
                    match disk::read_at(&self.file, &mut self.buffer[read..], at) {
                        Ok(0) => break,
                        Ok(count) => read += count,
                        // What was asked for is there. The rest was read ahead: whoever gets there meets it.
                        Err(_) if read >= length => break,
                        Err(error) => {
                            self.buffer.clear();
                            return Err(error).at_byte("read", &self.path, at);
                        }
                    }
                }
                self.buffer.truncate(read);
                Ok(&self.buffer[..length.min(read)])
            }
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests may unwrap, also in their helpers")]

    use super::*;

    /// Where this program's memory ends and nothing is mapped behind it.
    fn end_of_memory() -> u64 {
        let maps = fs::read_to_string("/proc/self/maps").unwrap();
        let program = std::env::current_exe().unwrap();
        let address = |text: &str| u64::from_str_radix(text, 16).unwrap();
        let range = |line: &str| {
            let (start, end) = line.split_once(' ').unwrap().0.split_once('-').unwrap();
            (address(start), address(end))
        };
        let ours = maps.lines().filter(|line| line.ends_with(program.to_str().unwrap()));
        let mut end = ours.map(|line| range(line).1).max().unwrap();
        while let Some((_, next)) = maps.lines().map(range).find(|(start, _)| *start == end) {
            end = next;
        }
        end
    }

    /// The system answers EIO behind the end of a process's memory, as it does for a bad sector: what stands before it is
    /// read, and the byte that cannot be is named.
    #[test]
    fn what_cannot_be_read_is_met_where_it_is() {
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/proc/self/mem", Place::segment(folder.path(), 0)).unwrap();
        let end = end_of_memory();
        let at = Position { segment: 0, offset: end - 4_096, next: 0, number: 0 };
        let mut cursor = Cursor::open_unchecked(folder.path(), at).unwrap();
        assert_eq!(cursor.fill(end - 4_096, 4_096).unwrap().len(), 4_096);
        for offset in [end - 16, end] {
            let error = cursor.fill(offset, 32).unwrap_err();
            assert_eq!((error.offset, error.source.raw_os_error()), (Some(end), Some(5)));
        }
        assert_eq!(cursor.fill(end - 32, 32).unwrap().len(), 32);
    }
}
