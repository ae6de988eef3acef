//! The database itself: opening it, what it says of itself, looking things up, taking rounds of records in.

use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use wsusmigrate_core::digest::Sha256;
use wsusmigrate_core::id::{ActionId, EventId, StreamId};

use crate::bytes::{array_at, u64_at};
use crate::disk::{self, FileError};
use crate::record::RawRecord;
use crate::store::{pack, run};

/// sled's cache. Its default of 1 GiB is not for a server that is being migrated.
const CACHE_BYTES: u64 = 24 << 20;
/// sled's default segment, stated because [`pack::PACK_BYTES_MAX`] hangs on it.
const SEGMENT_BYTES: usize = 512 << 10;

// A leaf holds up to 17 items, and a page above a quarter of a segment goes into a blob file that sled never syncs.
const _: () = assert!(17 * pack::PACK_BYTES_MAX < SEGMENT_BYTES / 4);

const APPLIED: &[u8] = b"applied";
const INDEXES: &[u8] = b"indexes";

/// Raised with every change of what the indexes hold of a record, such as a further type of event that has a subject: those
/// of another version are made anew, and not taken for damaged.
const INDEXES_VERSION: u16 = 1;

/// Something sled said, or its panic.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub(crate) struct StoreError {
    pub(crate) what: String,
    /// The disk had no room: that says nothing against the store itself.
    pub(crate) lacks_room: bool,
    /// It is the log that could not be read, nothing of the store's.
    pub(crate) of_log: bool,
}

impl StoreError {
    /// One that no lack of room accounts for.
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), lacks_room: false, of_log: false }
    }
}

impl From<sled::Error> for StoreError {
    fn from(error: sled::Error) -> Self {
        let lacks_room = matches!(&error, sled::Error::Io(cause) if disk::lacks_room(cause));
        Self { what: error.to_string(), lacks_room, of_log: false }
    }
}

impl From<FileError> for StoreError {
    fn from(error: FileError) -> Self {
        Self { what: format!("{error}: {}", error.source), lacks_room: error.lacks_room(), of_log: false }
    }
}

/// Calls into sled. A panic in there becomes an error like any other.
pub(crate) fn guarded<T>(call: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a word");
        // sled panics with the error it met as `Debug` prints it.
        let lacks_room = disk::NO_ROOM.iter().any(|kind| text.contains(&format!("kind: {kind:?}")));
        Err(StoreError { what: format!("it panicked: {text}"), lacks_room, of_log: false })
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
    pub(super) records: sled::Tree,
    ids: sled::Tree,
    pub(super) actions: sled::Tree,
    pub(super) subjects: sled::Tree,
}

impl Store {
    /// Opens or creates the database.
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        // Its files hold what the log holds, and sled makes them readable for all: the folder keeps others out.
        disk::create_dir(path)?;
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

    /// Says which indexes it is going to have.
    pub(super) fn begin(&self) -> Result<(), StoreError> {
        guarded(|| Ok(self.db.insert(INDEXES, &INDEXES_VERSION.to_be_bytes()).map(drop)?))
    }

    /// Whether its indexes are those that this program makes.
    pub(super) fn has_our_indexes(&self) -> Result<bool, StoreError> {
        guarded(|| Ok(self.db.get(INDEXES)?.is_some_and(|version| version == INDEXES_VERSION.to_be_bytes())))
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

    /// All packs, in the order of their records.
    pub(crate) fn packs(&self) -> impl Iterator<Item = Result<sled::IVec, StoreError>> + use<> {
        let mut packs = self.records.iter();
        std::iter::from_fn(move || {
            guarded(|| Ok(packs.next().transpose()?.map(|(_, value)| value))).transpose()
        })
    }

    /// The sequence of the last record there is, also of one behind what was applied.
    pub(crate) fn last(&self) -> Result<Option<u64>, StoreError> {
        guarded(|| {
            let pack = self.records.last()?.map(|(_, value)| value);
            Ok(pack.and_then(|pack| pack::unpack(&pack).last().map(|record| record.seq().0)))
        })
    }

    /// Whether a run is known to hold records of an action.
    pub(crate) fn has_run(&self, action: &ActionId, first: u64) -> Result<bool, StoreError> {
        guarded(|| Ok(self.actions.contains_key([&action.as_bytes()[..], &first.to_be_bytes()].concat())?))
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
            changes.records.put_into(&self.records)?;
            changes.ids.put_into(&self.ids)?;
            changes.actions.put_into(&self.actions)?;
            changes.subjects.put_into(&self.subjects)?;
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
    pub(crate) records: Entries,
    pub(crate) ids: Entries,
    pub(crate) actions: Entries,
    pub(crate) subjects: Entries,
}

/// Entries of one tree, in the order of the records.
///
/// Not sled's own batch: that one closes an I/O buffer before and after itself, however little is in it, and each is
/// written and synced apart (8 small writes a round). Nothing needs the atomicity: every opening compares what is
/// there with the log.
#[derive(Default)]
pub(crate) struct Entries(Vec<(sled::IVec, sled::IVec)>);

impl Entries {
    pub(crate) fn insert(&mut self, key: impl Into<sled::IVec>, value: impl Into<sled::IVec>) {
        self.0.push((key.into(), value.into()));
    }

    fn put_into(self, tree: &sled::Tree) -> sled::Result<()> {
        self.0.into_iter().try_for_each(|(key, value)| tree.insert(key, value).map(drop))
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    const NO_SPACE: i32 = if cfg!(windows) { 112 } else { 28 };
    const INPUT_OUTPUT: i32 = if cfg!(windows) { 1117 } else { 5 };

    #[test]
    fn a_full_disk_is_told_from_a_store_that_fails() {
        let io = |code| sled::Error::Io(io::Error::from_raw_os_error(code));
        let panicked = |code| guarded::<()>(|| panic!("called `unwrap` on {:?}", io(code))).unwrap_err();
        for (code, lacks_room) in [(NO_SPACE, true), (INPUT_OUTPUT, false)] {
            assert_eq!(StoreError::from(io(code)).lacks_room, lacks_room);
            // As sled hands it on to whoever asks later.
            assert_eq!(StoreError::from(io(code).clone()).lacks_room, lacks_room);
            assert_eq!(panicked(code).lacks_room, lacks_room);
        }
    }
}
