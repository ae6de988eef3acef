//! Reading acknowledged records of a range: everything before its end must be there, so whatever is not is damage.

use std::ops::Range;
use std::path::{Path, PathBuf};

use wsusmigrate_core::unit::Seq;

use super::cursor::{Commit, Cursor, Found, Position, SegmentError, segments};
use super::frame::{NotAHeader, Records};
use crate::error::{Damage, ReadError};
use crate::record::{RawRecord, RecordView};

/// An iterator over the records of a range. Checks framing, checksums and sequence; not the chain, which is
/// `verify`'s.
pub(crate) struct LogRecords {
    log: PathBuf,
    cursor: Option<Cursor>,
    current: Option<Current>,
    next: u64,
    end: u64,
    /// What was read ahead of the current commit may be stale.
    stale: bool,
    failed: bool,
}

/// A commit whose records are being given out.
struct Current {
    commit: Commit,
    at: usize,
    next: u64,
}

impl LogRecords {
    /// `range` must not reach beyond the durable head.
    pub(crate) fn new(log: &Path, range: Range<u64>) -> Self {
        Self {
            log: log.to_owned(),
            cursor: None,
            current: None,
            next: range.start,
            end: range.end,
            stale: false,
            failed: false,
        }
    }

    /// The same, from a place between two commits that is not behind the range's start.
    pub(crate) fn at(log: &Path, place: Position, range: Range<u64>) -> Result<Self, ReadError> {
        let cursor = Cursor::open_at(log, place).map_err(read_error)?;
        Ok(Self { cursor: Some(cursor), ..Self::new(log, range) })
    }

    /// Goes on to a new durable end. Only after everything up to the old one was given out.
    pub(crate) fn extend(&mut self, end: u64) {
        debug_assert!(self.next == self.end && end >= self.end);
        self.end = end;
        // What was read ahead may have been an append in flight. The commit at hand is whole, and still needed where
        // the old end was in the middle of it.
        self.stale = true;
    }

    /// The next record, borrowed.
    pub(crate) fn next_payload(&mut self) -> Option<Result<RecordView<'_>, ReadError>> {
        if self.next >= self.end || self.failed {
            return None;
        }
        if let Err(error) = self.stand_before_next() {
            self.failed = true;
            return Some(Err(error));
        }
        let (Some(cursor), Some(current)) = (&self.cursor, &mut self.current) else {
            return None;
        };
        let body = cursor.body(&current.commit);
        let mut records = Records::resume(body, current.at, current.next, current.commit.header.end());
        let slot = records.next()?;
        current.at = records.at();
        current.next += 1;
        self.next += 1;
        match slot.record {
            Ok(payload) => Some(Ok(payload)),
            Err(defect) => {
                self.failed = true;
                let offset = current.commit.offset + (slot.at + super::frame::COMMIT_HEADER_BYTES) as u64;
                Some(Err(damage(cursor, self.next - 1, offset, defect.to_string())))
            }
        }
    }

    /// Finds the commit that holds the next record and stands before that record in it.
    fn stand_before_next(&mut self) -> Result<(), ReadError> {
        loop {
            let cursor = match &mut self.cursor {
                Some(cursor) => cursor,
                none => none.insert(open_for(&self.log, self.next)?),
            };
            if let Some(current) = &mut self.current {
                let end = current.commit.header.end();
                if current.next < end {
                    if current.next == self.next {
                        return Ok(());
                    }
                    let body = cursor.body(&current.commit);
                    let mut records = Records::resume(body, current.at, current.next, end);
                    let slot = records.next();
                    (current.at, current.next) = (records.at(), current.next + 1);
                    if slot.is_none_or(|slot| slot.record.is_err()) {
                        let offset = current.commit.offset;
                        return Err(damage(cursor, current.next - 1, offset, "a record is damaged".into()));
                    }
                    continue;
                }
                let header = current.commit.header;
                cursor.pass(&header);
                self.current = None;
            }
            if std::mem::take(&mut self.stale) {
                cursor.forget();
            }
            match cursor.look()? {
                Found::Commit(commit) if commit.header.end() <= self.next => cursor.pass(&commit.header),
                Found::Commit(commit) => {
                    let next = commit.header.first;
                    self.current = Some(Current { commit, at: 0, next });
                }
                Found::End => {
                    if !cursor.next_segment().map_err(read_error)? {
                        let what = "the log ends before the durable head".to_owned();
                        return Err(damage(cursor, cursor.position().next, cursor.position().offset, what));
                    }
                }
                Found::Bad(what) => {
                    return Err(damage(
                        cursor,
                        cursor.position().next,
                        cursor.position().offset,
                        what.into(),
                    ));
                }
            }
        }
    }
}

impl Iterator for LogRecords {
    type Item = Result<RawRecord, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(self.next_payload()?.map(RecordView::to_raw))
    }
}

/// Opens the segment that holds `seq` and skips, by headers alone, to the commit that holds it.
fn open_for(log: &Path, seq: u64) -> Result<Cursor, ReadError> {
    let segments = segments(log)?;
    let index = segments.partition_point(|&first| first <= seq);
    let segment = index.checked_sub(1).and_then(|index| segments.get(index));
    let segment = segment.ok_or_else(|| missing(log, seq))?;
    let mut cursor = Cursor::open(log, *segment).map_err(read_error)?;
    while let Some(header) = cursor.look_at_header()? {
        if header.end() > seq {
            break;
        }
        cursor.pass(&header);
    }
    Ok(cursor)
}

/// An acknowledged record that no log file holds.
pub(crate) fn missing(log: &Path, seq: u64) -> ReadError {
    let what = "no log file holds it".to_owned();
    Damage { seq: Seq(seq), file: log.to_owned(), offset: 0, what }.into()
}

fn damage(cursor: &Cursor, seq: u64, offset: u64, what: String) -> ReadError {
    Damage { seq: Seq(seq), file: cursor.path().to_owned(), offset, what }.into()
}

/// A segment that cannot be opened, for a reader.
pub(crate) fn read_error(error: SegmentError) -> ReadError {
    match error {
        SegmentError::File(error) => error.into(),
        SegmentError::Header(NotAHeader::Newer(version), file) => ReadError::NewerFormat { file, version },
        SegmentError::Header(NotAHeader::Damaged, file) => {
            let first = file.file_name().and_then(|name| crate::place::numbered(name, ".log"));
            let what = "the log file's header is damaged".to_owned();
            Damage { seq: Seq(first.unwrap_or(0)), file, offset: 0, what }.into()
        }
    }
}
