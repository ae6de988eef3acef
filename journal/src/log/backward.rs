//! Reading acknowledged records of a range, newest first, in bounded memory.
//!
//! A log is only readable forward. So the commits of one log file are found by their headers, once, and what lies
//! between two of these places is read forward and given out backward. O(n) reads for n records; held are the places
//! of one log file and one stretch of records.

use std::ops::Range;
use std::path::{Path, PathBuf};

use super::cursor::{Cursor, Position, segments};
use super::read::{LogRecords, missing, read_error};
use crate::error::ReadError;
use crate::record::RawRecord;

/// Records between two places that are remembered, at least; a commit is never divided.
const STRETCH_RECORDS: u64 = 1024;

/// An iterator over the records of a range, newest first. Checks what [`LogRecords`] checks.
pub(crate) struct Backward {
    log: PathBuf,
    /// What is still to be read.
    range: Range<u64>,
    /// Where stretches begin in the log file at hand, ascending.
    places: Vec<Position>,
    /// Read and not given out yet, ascending.
    stretch: Vec<RawRecord>,
}

impl Backward {
    /// `range` must not reach beyond the durable head.
    pub(crate) fn new(log: &Path, range: Range<u64>) -> Self {
        Self { log: log.to_owned(), range, places: Vec::new(), stretch: Vec::new() }
    }

    /// Reads the stretch that ends where the range ends.
    fn read_stretch(&mut self) -> Result<(), ReadError> {
        if self.places.is_empty() {
            self.places = self.find_places()?;
        }
        let Some(place) = self.places.pop() else { return Err(missing(&self.log, self.range.end - 1)) };
        let first = place.next.max(self.range.start);
        let records = LogRecords::at(&self.log, place, first..self.range.end)?;
        self.stretch = records.collect::<Result<_, _>>()?;
        self.range.end = first;
        Ok(())
    }

    /// Where stretches begin in the log file that holds the last record of the range, up to that record.
    fn find_places(&self) -> Result<Vec<Position>, ReadError> {
        let (log, last) = (&self.log, self.range.end - 1);
        let segments = segments(log)?;
        let index = segments.partition_point(|&first| first <= last);
        let segment = index.checked_sub(1).and_then(|index| segments.get(index));
        let segment = segment.ok_or_else(|| missing(log, last))?;
        let mut cursor = Cursor::open(log, *segment).map_err(read_error)?;
        let mut places = vec![cursor.position()];
        // Where the headers end too early, reading the last stretch says what is wrong there.
        while let Some(header) = cursor.look_at_header()?.filter(|header| header.end() <= last) {
            cursor.pass(&header);
            let begun = places.last().map_or(0, |place| place.next);
            if header.end() - begun >= STRETCH_RECORDS {
                places.push(cursor.position());
            }
        }
        Ok(places)
    }
}

impl Iterator for Backward {
    type Item = Result<RawRecord, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.stretch.is_empty() && !self.range.is_empty() {
            if let Err(error) = self.read_stretch() {
                self.range.end = self.range.start;
                return Some(Err(error));
            }
        }
        self.stretch.pop().map(Ok)
    }
}
