//! Reading a journal, without a lock and beside a writer.

use std::ops::{ControlFlow, Range};
use std::path::Path;

use wsusmigrate_core::digest::Sha256;

use crate::checkpoint::{self, Checkpoint};
use crate::error::ReadError;
use crate::head::{self, Head};
use crate::identity::Identity;
use crate::log::cursor::segments;
use crate::log::read::LogRecords;
use crate::open;
use crate::place::Place;
use crate::record::{RawRecord, RecordView};
use crate::selection::{Direction, Query, Selection};
use crate::tail::Tail;

/// Somewhere records come from: a journal's folder; later a bundle, an imported stream, a hub.
pub trait RecordSource {
    /// Which journal it is.
    fn identity(&self) -> &Identity;

    /// Durable records: what there is to read.
    fn size(&self) -> u64;

    /// The records of a range, in order. What lies beyond [`RecordSource::size`] is an error, not an end.
    fn records(&self, range: Range<u64>) -> Box<dyn Iterator<Item = Result<RawRecord, ReadError>> + '_>;

    /// Shows the records of a range, in order and without copying them, until `look` breaks off.
    fn visit(
        &self,
        range: Range<u64>,
        look: &mut dyn FnMut(RecordView<'_>) -> Result<ControlFlow<()>, ReadError>,
    ) -> Result<(), ReadError> {
        for record in self.records(range) {
            if look(record?.view())?.is_break() {
                break;
            }
        }
        Ok(())
    }

    /// The newest checkpoint that covers no more than [`RecordSource::size`]. Its signature is not checked here.
    fn checkpoint(&self) -> Result<Option<Checkpoint>, ReadError>;
}

/// A journal's folder, up to the durable head as it was when last looked at.
#[derive(Debug)]
pub struct Reader {
    place: Place,
    identity: Identity,
    head: Head,
}

impl Reader {
    /// Reads the durable head and the first record.
    pub fn open(dir: &Path) -> Result<Self, ReadError> {
        let place = Place::new(dir);
        let head = trusted_head(&place)?;
        let first =
            LogRecords::new(&place.log(), 0..head.size.min(1)).next().ok_or(ReadError::NoIdentity)??;
        let record = first.decode().map_err(|source| ReadError::Undecodable { seq: first.seq(), source })?;
        let identity = Identity::of(&record).ok_or(ReadError::NoIdentity)?;
        Ok(Self { place, identity, head })
    }

    /// Looks at the durable head again; the new size. What was durable once stays so: a journal that has become
    /// shorter, or another one, is an error. Whether one that has grown still holds what it held, its records say.
    pub fn refresh(&mut self) -> Result<u64, ReadError> {
        let head = trusted_head(&self.place)?;
        let before = &self.head;
        let changed = head.size == before.size && head.leaf != before.leaf;
        if head.stream != before.stream || head.size < before.size || changed {
            return Err(self.replaced());
        }
        self.head = head;
        Ok(head.size)
    }

    /// The records of a range that a query asks for, oldest or newest first. What lies beyond
    /// [`RecordSource::size`] is an error, not an end.
    #[must_use]
    pub fn select(&self, range: Range<u64>, direction: Direction, query: Query) -> Selection {
        match self.holds(&range) {
            Ok(()) => Selection::new(&self.place.log(), range, direction, query),
            Err(error) => Selection::failed(error),
        }
    }

    /// Follows the journal from a position on, which may be its end.
    pub fn tail(self, from: u64, query: Query) -> Result<Tail, ReadError> {
        Tail::new(self, from, query)
    }

    /// Durable records, and the leaf hash of the last of them.
    pub(crate) fn end(&self) -> (u64, Sha256) {
        (self.head.size, self.head.leaf)
    }

    pub(crate) fn replaced(&self) -> ReadError {
        ReadError::Replaced(self.place.root().to_owned())
    }

    pub(crate) fn log_records(&self, range: Range<u64>) -> LogRecords {
        LogRecords::new(&self.place.log(), range)
    }

    /// The checkpoint of exactly this size, if there is one. Its signature is not checked here.
    pub fn checkpoint_of(&self, size: u64) -> Result<Option<Checkpoint>, ReadError> {
        let file = self.place.checkpoints().join(format!("{size:020}"));
        match checkpoint::read(&file)? {
            None => Ok(None),
            Some(Ok(checkpoint)) => Ok(Some(checkpoint)),
            Some(Err(source)) => Err(ReadError::Checkpoint { file, source }),
        }
    }

    pub(crate) fn folder(&self) -> &Place {
        &self.place
    }

    fn holds(&self, range: &Range<u64>) -> Result<(), ReadError> {
        let (asked, size) = (range.end, self.head.size);
        if asked > size { Err(ReadError::Beyond { asked, size }) } else { Ok(()) }
    }
}

impl RecordSource for Reader {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn size(&self) -> u64 {
        self.head.size
    }

    fn records(&self, range: Range<u64>) -> Box<dyn Iterator<Item = Result<RawRecord, ReadError>> + '_> {
        if let Err(error) = self.holds(&range) {
            return Box::new(std::iter::once(Err(error)));
        }
        Box::new(self.log_records(range))
    }

    fn visit(
        &self,
        range: Range<u64>,
        look: &mut dyn FnMut(RecordView<'_>) -> Result<ControlFlow<()>, ReadError>,
    ) -> Result<(), ReadError> {
        self.holds(&range)?;
        let mut records = self.log_records(range);
        while let Some(record) = records.next_payload() {
            if look(record?)?.is_break() {
                break;
            }
        }
        Ok(())
    }

    fn checkpoint(&self) -> Result<Option<Checkpoint>, ReadError> {
        let notes = checkpoint::list(&self.place.checkpoints())?;
        for (_, file) in notes.into_iter().rev().filter(|(size, _)| *size <= self.head.size) {
            match checkpoint::read(&file)? {
                Some(Ok(checkpoint)) => return Ok(Some(checkpoint)),
                Some(Err(source)) => return Err(ReadError::Checkpoint { file, source }),
                None => {}
            }
        }
        Ok(None)
    }
}

fn trusted_head(place: &Place) -> Result<Head, ReadError> {
    let path = place.head();
    match head::read(&path)?.newest {
        Some(head) => Ok(head),
        None if open::is_unborn(place)? => Err(ReadError::Unborn(place.root().to_owned())),
        None if path.exists() || !segments(&place.log())?.is_empty() => Err(ReadError::NoHead(path)),
        None => Err(ReadError::NotFound(place.root().to_owned())),
    }
}
