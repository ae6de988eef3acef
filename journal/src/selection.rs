//! Records picked out of a journal: by position, time, name, action, subject; forward or backward.
//!
//! What is asked for is looked up in the records themselves, beside a writer and without its store: O(n) for n
//! records of the range, of which only those that are asked for are copied.

use std::ops::Range;

use wsusmigrate_core::digest::Sha256;
use wsusmigrate_core::id::ActionId;
use wsusmigrate_core::unit::TimeMicros;

use crate::error::ReadError;
use crate::log::backward::Backward;
use crate::log::read::LogRecords;
use crate::record::{RawRecord, RecordView};

/// Which records are asked for. All that is given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// Not before this time.
    pub since: Option<TimeMicros>,
    /// Not after this time. A record is asked for by its own time: where a clock stepped back, records with a later
    /// time stand between those that are found.
    pub until: Option<TimeMicros>,
    /// The name begins with this, such as `content.file`. A type this program does not know has no name.
    pub name: Option<String>,
    /// The action the record belongs to.
    pub action: Option<ActionId>,
    /// SHA-256 of the path the record is about.
    pub subject: Option<Sha256>,
}

impl Query {
    /// Whether a record is asked for. One whose envelope cannot be decoded is an error, as it may be the one.
    pub fn asks_for(&self, record: RecordView<'_>) -> Result<bool, ReadError> {
        if let Some(name) = &self.name
            && !record.name().is_some_and(|known| known.starts_with(name.as_str()))
        {
            return Ok(false);
        }
        if self.since.is_some() || self.until.is_some() || self.action.is_some() {
            let envelope = record.envelope();
            let envelope = envelope.map_err(|source| ReadError::Undecodable { seq: record.seq(), source })?;
            let in_time = self.since.is_none_or(|since| since <= envelope.time)
                && self.until.is_none_or(|until| envelope.time <= until);
            if !in_time || self.action.is_some_and(|action| envelope.action != Some(action)) {
                return Ok(false);
            }
        }
        Ok(self.subject.is_none() || record.subject() == self.subject)
    }
}

/// Which end of a range comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// Oldest first.
    #[default]
    Forward,
    /// Newest first.
    Backward,
}

/// The records of a range that a query asks for. Ends with the first error.
pub struct Selection {
    query: Query,
    way: Way,
}

enum Way {
    Forward(Box<LogRecords>),
    Backward(Backward),
    Failed(Option<ReadError>),
}

impl Selection {
    /// `range` must not reach beyond the durable head.
    pub(crate) fn new(log: &std::path::Path, range: Range<u64>, direction: Direction, query: Query) -> Self {
        let way = match direction {
            Direction::Forward => Way::Forward(Box::new(LogRecords::new(log, range))),
            Direction::Backward => Way::Backward(Backward::new(log, range)),
        };
        Self { query, way }
    }

    /// What was asked for cannot be read at all.
    pub(crate) const fn failed(error: ReadError) -> Self {
        Self {
            query: Query { since: None, until: None, name: None, action: None, subject: None },
            way: Way::Failed(Some(error)),
        }
    }

    fn find(&mut self) -> Result<Option<RawRecord>, ReadError> {
        match &mut self.way {
            Way::Forward(records) => {
                while let Some(record) = records.next_payload() {
                    let record = record?;
                    if self.query.asks_for(record)? {
                        return Ok(Some(record.to_raw()));
                    }
                }
            }
            Way::Backward(records) => {
                for record in records {
                    let record = record?;
                    if self.query.asks_for(record.view())? {
                        return Ok(Some(record));
                    }
                }
            }
            Way::Failed(error) => return error.take().map_or(Ok(None), Err),
        }
        Ok(None)
    }
}

impl Iterator for Selection {
    type Item = Result<RawRecord, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        let found = self.find();
        if found.is_err() {
            self.way = Way::Failed(None);
        }
        found.transpose()
    }
}
