//! Records of any source, page by page.

use std::ops::Range;

use wsusmigrate_journal::bundle::Portable;
use wsusmigrate_journal::{Query, RawRecord, ReadError};

/// Records read per visit: bounds what is held.
const PAGE_RECORDS: u64 = 1024;

/// The records of a range that a query asks for, oldest first. Ends with the first error: nothing that followed it could
/// be told apart from what is missing.
pub(super) struct Events {
    source: Box<dyn Portable>,
    query: Query,
    rest: Range<u64>,
    page: std::vec::IntoIter<Result<RawRecord, ReadError>>,
}

impl Events {
    /// What lies beyond the source's end is left out.
    pub(super) fn new(source: Box<dyn Portable>, range: Range<u64>, query: Query) -> Self {
        let rest = range.start..range.end.min(source.size());
        Self { source, query, rest, page: Vec::new().into_iter() }
    }

    fn find(&mut self) -> Result<Option<RawRecord>, ReadError> {
        loop {
            if let Some(raw) = self.page.next() {
                let raw = raw?;
                if self.query.asks_for(raw.view())? {
                    return Ok(Some(raw));
                }
            } else if self.rest.is_empty() {
                return Ok(None);
            } else {
                let end = self.rest.end.min(self.rest.start.saturating_add(PAGE_RECORDS));
                let page: Vec<_> = self.source.records(self.rest.start..end).collect();
                (self.rest.start, self.page) = (end, page.into_iter());
            }
        }
    }
}

impl Iterator for Events {
    type Item = Result<RawRecord, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        let found = self.find();
        if found.is_err() {
            (self.rest, self.page) = (0..0, Vec::new().into_iter());
        }
        found.transpose()
    }
}
