//! Following a journal: what is there, then what comes, also from another process.

use std::thread;
use std::time::{Duration, Instant};

use wsusmigrate_core::digest::Sha256;
use wsusmigrate_core::event::Kind;

use crate::error::ReadError;
use crate::log::read::LogRecords;
use crate::reader::{Reader, RecordSource as _};
use crate::record::RawRecord;
use crate::selection::Query;

/// How often the durable head is looked at while nothing comes: one small read each time.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// The records a query asks for from a position on, as they become durable. Never shows one that is not, and skips
/// none. Works beside the writer and without a lock, so it looks at the durable head from time to time.
pub struct Tail {
    reader: Reader,
    records: LogRecords,
    query: Query,
    /// An end of the journal as it was known before it was last looked at: how many records, and the leaf hash of the last.
    known: (u64, Sha256),
    /// An error was told: what comes behind it is not shown as if nothing were missing.
    ended: bool,
    /// Whether a seal stands at its end, once that was looked at.
    sealed: Option<bool>,
}

impl Tail {
    pub(crate) fn new(reader: Reader, from: u64, query: Query) -> Result<Self, ReadError> {
        let size = reader.size();
        if from > size {
            return Err(ReadError::Beyond { asked: from, size });
        }
        let (records, known) = (reader.log_records(from..size), reader.end());
        Ok(Self { reader, records, query, known, ended: false, sealed: None })
    }

    /// The next record that is durable by now; nothing where there is none yet. An error where the journal was
    /// replaced by another or by an older copy of itself, even by one that has grown since. After an error nothing more comes.
    pub fn poll(&mut self) -> Result<Option<RawRecord>, ReadError> {
        if self.ended {
            return Ok(None);
        }
        let found = self.look();
        self.ended = found.is_err();
        found.map_err(|error| if self.is_another() { self.reader.replaced() } else { error })
    }

    /// Whether the journal does not hold any more what was its end: then what cannot be read is no damage.
    fn is_another(&self) -> bool {
        let (size, leaf) = self.known;
        let last = self.reader.log_records(size.saturating_sub(1)..size).next();
        last.is_some_and(|last| last.is_ok_and(|last| last.leaf() != leaf))
    }

    fn look(&mut self) -> Result<Option<RawRecord>, ReadError> {
        loop {
            while let Some(record) = self.records.next_payload() {
                let record = record?;
                let (seq, (known, end), (size, last)) = (record.seq().0, self.known, self.reader.end());
                // At the joint of what was known and what is new, and at the end, by which the head vouches for the rest.
                let follows = seq != known || record.previous() == end;
                if !follows || (seq + 1 == size && record.leaf() != last) {
                    return Err(self.reader.replaced());
                }
                if self.query.asks_for(record)? {
                    return Ok(Some(record.to_raw()));
                }
            }
            let had = self.reader.size();
            self.known = self.reader.end();
            let size = self.reader.refresh()?;
            if size == had {
                return Ok(None);
            }
            self.records.extend(size);
            self.sealed = None;
        }
    }

    /// Whether nothing can come any more: the journal is sealed, or an error was told. Asked once all that is durable was
    /// shown.
    pub fn is_over(&mut self) -> Result<bool, ReadError> {
        if self.ended {
            return Ok(true);
        }
        if let Some(sealed) = self.sealed {
            return Ok(sealed);
        }
        let size = self.reader.size();
        let mut last = self.reader.log_records(size.saturating_sub(1)..size);
        let sealed = match last.next_payload() {
            Some(record) => record?.name() == Some(Kind::RunJournalSealed.name()),
            None => false,
        };
        self.sealed = Some(sealed);
        Ok(sealed)
    }

    /// The next record, waiting for it; nothing where none came within the time, or none can come any more.
    pub fn next_within(&mut self, patience: Duration) -> Result<Option<RawRecord>, ReadError> {
        let until = Instant::now() + patience;
        loop {
            if let Some(record) = self.poll()? {
                return Ok(Some(record));
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || self.is_over()? {
                return Ok(None);
            }
            thread::sleep(left.min(LOOK_EVERY));
        }
    }
}
