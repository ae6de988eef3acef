//! Records picked out of a journal: by position, time, name, action, subject; forward or backward.
//!
//! A reader looks at the records themselves, beside a writer and without its store: O(n) for n records of the range, of
//! which only those that are asked for are copied. The writing process has the store, whose indexes lead it to the records
//! of one subject or one action; see [`crate::Journal::select`].

use std::ops::Range;
use std::path::{Path, PathBuf};

use wsusmigrate_core::digest::Sha256;
use wsusmigrate_core::id::ActionId;
use wsusmigrate_core::unit::TimeMicros;

use crate::error::ReadError;
use crate::log::backward::Backward;
use crate::log::read::LogRecords;
use crate::record::{RawRecord, RecordView};
use crate::store::Store;
use crate::store::find::{Found, Sought};

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

    /// What an index can find of it: a subject has fewer records than an action.
    fn sought(&self) -> Option<Sought> {
        self.subject.map(Sought::Subject).or(self.action.map(Sought::Action))
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

impl Way {
    /// Through all records of a range.
    fn through(log: &Path, range: Range<u64>, direction: Direction) -> Self {
        match direction {
            Direction::Forward => Self::Forward(Box::new(LogRecords::new(log, range))),
            Direction::Backward => Self::Backward(Backward::new(log, range)),
        }
    }
}

/// The records of a range that a query asks for. Ends with the first error.
pub struct Selection {
    query: Query,
    log: PathBuf,
    direction: Direction,
    way: Way,
    /// What comes behind it.
    then: Option<Way>,
}

enum Way {
    Forward(Box<LogRecords>),
    Backward(Backward),
    Indexed(Box<Found>),
    Failed(Option<ReadError>),
}

impl Selection {
    /// `range` must not reach beyond the durable head.
    pub(crate) fn new(log: &Path, range: Range<u64>, direction: Direction, query: Query) -> Self {
        let way = Way::through(log, range, direction);
        Self { query, log: log.to_owned(), direction, way, then: None }
    }

    /// The same, with the help of a store that has the first `applied` records.
    pub(crate) fn with_store(
        (store, applied): (Store, u64),
        log: &Path,
        range: Range<u64>,
        direction: Direction,
        query: Query,
    ) -> Self {
        let Some(sought) = query.sought() else { return Self::new(log, range, direction, query) };
        let middle = applied.clamp(range.start, range.end.max(range.start));
        let found = Found::new(store, sought, range.start..middle, direction);
        let indexed = Way::Indexed(Box::new(found));
        let rest = Way::through(log, middle..range.end, direction);
        let (way, then) = match direction {
            Direction::Forward => (indexed, rest),
            Direction::Backward => (rest, indexed),
        };
        Self { query, log: log.to_owned(), direction, way, then: Some(then) }
    }

    /// What was asked for cannot be read at all.
    pub(crate) fn failed(error: ReadError) -> Self {
        let (query, direction) = (Query::default(), Direction::default());
        Self { query, log: PathBuf::new(), direction, way: Way::Failed(Some(error)), then: None }
    }

    fn find(&mut self) -> Result<Option<RawRecord>, ReadError> {
        loop {
            if let Some(record) = self.find_on_this_way()? {
                return Ok(Some(record));
            }
            let Some(then) = self.then.take() else { return Ok(None) };
            self.way = then;
        }
    }

    fn find_on_this_way(&mut self) -> Result<Option<RawRecord>, ReadError> {
        if let Way::Indexed(found) = &mut self.way {
            loop {
                match found.next() {
                    Ok(Some(record)) if self.query.asks_for(record.view())? => return Ok(Some(record)),
                    Ok(Some(_)) => {}
                    Ok(None) => return Ok(None),
                    // The log answers for what the store cannot.
                    Err(_) => break,
                }
            }
            self.way = Way::through(&self.log, found.rest(), self.direction);
        }
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
            Way::Indexed(_) => {}
        }
        Ok(None)
    }
}

impl Iterator for Selection {
    type Item = Result<RawRecord, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        let found = self.find();
        if found.is_err() {
            (self.way, self.then) = (Way::Failed(None), None);
        }
        found.transpose()
    }
}
