//! The database itself: opening it, what it says of itself, looking things up, taking rounds of records in.

use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use wsusmigrate_core::digest::Sha256;
use wsusmigrate_core::id::{ActionId, EventId, StreamId};

use crate::bytes::{array_at, u64_at};
use crate::record::RawRecord;
use crate::store::{pack, run};

/// sled's cache. Its default of 1 GiB is not for a server that is being migrated.
const CACHE_BYTES: u64 = 24 << 20;
/// sled's default segment, stated because [`pack::PACK_BYTES_MAX`] hangs on it.
const SEGMENT_BYTES: usize = 512 << 10;

// A leaf holds up to 17 items, and a page above a quarter of a segment goes into a blob file that sled never syncs.
const _: () = assert!(17 * pack::PACK_BYTES_MAX < SEGMENT_BYTES / 4);

const APPLIED: &[u8] = b"applied";

/// Something sled said, or its panic.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct StoreError(pub(crate) String);

impl From<sled::Error> for StoreError {
    fn from(error: sled::Error) -> Self {
        Self(error.to_string())
    }
}

/// Calls into sled. A panic in there becomes an error like any other.
pub(crate) fn guarded<T>(call: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
        Err(StoreError(format!("it panicked: {}", text.unwrap_or("without a word"))))
    })
}

/// How far the store is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Applied {
    pub(crate) size: u64,
    pub(crate) leaf: Sha256,
    pub(crate) stream: StreamId,
}

impl Applied {
    fn encode(&self) -> Vec<u8> {
        let mut bytes = self.size.to_be_bytes().to_vec();
        bytes.extend(self.leaf.0);
        bytes.extend(self.stream.as_bytes());
        bytes
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        (bytes.len() == 56).then(|| Self {
            size: u64_at(bytes, 0),
            leaf: Sha256(array_at(bytes, 8)),
            stream: StreamId::from_bytes(array_at(bytes, 40)),
        })
    }
}

/// The open store. Cheap to clone: all clones are one database.
#[derive(Clone)]
pub(crate) struct Store(Option<Trees>);

impl Deref for Store {
    type Target = Trees;

    fn deref(&self) -> &Trees {
        self.0.as_ref().expect("it is taken only when it is dropped")
    }
}

impl Drop for Store {
    /// sled syncs when its last handle goes, and panics where that fails. Nothing hangs on that sync.
    fn drop(&mut self) {
        let trees = self.0.take();
        let _ = guarded(|| {
            drop(trees);
            Ok(())
        });
    }
}

/// The database and its trees.
#[derive(Clone)]
pub(crate) struct Trees {
    db: sled::Db,
    records: sled::Tree,
    ids: sled::Tree,
    actions: sled::Tree,
    subjects: sled::Tree,
}

impl Store {
    /// Opens or creates the database.
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        guarded(|| {
            let db = sled::Config::new()
                .path(path)
                .cache_capacity(CACHE_BYTES)
                .segment_size(SEGMENT_BYTES)
                .open()?;
            Ok(Self(Some(Trees {
                records: db.open_tree("records")?,
                ids: db.open_tree("ids")?,
                actions: db.open_tree("actions")?,
                subjects: db.open_tree("subjects")?,
                db,
            })))
        })
    }

    /// How far it is, as its own word and its own last record agree; `None` where they do not or there is no word.
    pub(crate) fn applied(&self) -> Result<Option<Applied>, StoreError> {
        let applied = guarded(|| Ok(self.db.get(APPLIED)?.and_then(|value| Applied::parse(&value))))?;
        let Some(applied) = applied else { return Ok(None) };
        let Some(last) = applied.size.checked_sub(1) else { return Ok(None) };
        let record = self.record(last)?;
        Ok(record.filter(|record| record.leaf() == applied.leaf).map(|_| applied))
    }

    /// One record.
    pub(crate) fn record(&self, seq: u64) -> Result<Option<RawRecord>, StoreError> {
        guarded(|| {
            let Some(entry) = self.records.range(..=seq.to_be_bytes()).next_back() else { return Ok(None) };
            let (_, value) = entry?;
            Ok(pack::unpack(&value).find(|payload| payload.seq().0 == seq).map(pack::to_raw))
        })
    }

    /// The records of the pack that begins with a sequence.
    pub(crate) fn pack(&self, first: u64) -> Result<Vec<RawRecord>, StoreError> {
        guarded(|| {
            let value = self.records.get(first.to_be_bytes())?;
            Ok(value.map(|value| pack::unpack(&value).map(pack::to_raw).collect()).unwrap_or_default())
        })
    }

    /// The sequence of an event that is not an action's item.
    pub(crate) fn find(&self, id: &EventId) -> Result<Option<u64>, StoreError> {
        guarded(|| {
            let value = self.ids.get(id.as_bytes())?;
            Ok(value.filter(|value| value.len() == 8).map(|value| u64_at(&value, 0)))
        })
    }

    /// The records of an action, in order. Stops with an error at `records_max`.
    pub(crate) fn action(
        &self,
        action: &ActionId,
        records_max: usize,
    ) -> Result<Option<Vec<RawRecord>>, StoreError> {
        guarded(|| {
            let mut found = Vec::new();
            for entry in self.actions.scan_prefix(action.as_bytes()) {
                let (key, _) = entry?;
                let first = u64_at(&key, 16);
                let end = first + run::RUN_RECORDS as u64;
                // A run begins where a group and so a pack begins.
                for pack in self.records.range(first.to_be_bytes()..end.to_be_bytes()) {
                    let (_, value) = pack?;
                    for payload in pack::unpack(&value) {
                        if payload.envelope().is_ok_and(|envelope| envelope.action == Some(*action)) {
                            found.push(payload.to_raw());
                        }
                    }
                }
                if found.len() > records_max {
                    return Ok(None);
                }
            }
            Ok(Some(found))
        })
    }

    /// Applies what a stretch of records changes, then says how far it is.
    pub(crate) fn apply(&self, changes: Changes, applied: &Applied) -> Result<(), StoreError> {
        guarded(|| {
            self.records.apply_batch(changes.records)?;
            self.ids.apply_batch(changes.ids)?;
            self.actions.apply_batch(changes.actions)?;
            self.subjects.apply_batch(changes.subjects)?;
            // A crash up to here leaves records beyond `applied`, which the next round writes again, equal.
            self.db.insert(APPLIED, applied.encode())?;
            Ok(())
        })
    }

    /// Hands everything to the system.
    pub(crate) fn flush(&self) -> Result<(), StoreError> {
        guarded(|| {
            self.db.flush()?;
            Ok(())
        })
    }
}

/// What a stretch of records changes in the trees.
#[derive(Default)]
pub(crate) struct Changes {
    pub(crate) records: sled::Batch,
    pub(crate) ids: sled::Batch,
    pub(crate) actions: sled::Batch,
    pub(crate) subjects: sled::Batch,
}
