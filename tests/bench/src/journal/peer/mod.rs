//! Those the journal is compared with: each stores the same encoded records under their sequence.
//!
//! A peer commits what the group committer hands it, durably, and gives everything back in order.

mod file;
mod filler;
mod fjall;
pub(super) mod group;
mod redb;
mod sled;
mod sqlite;

use std::error::Error;
use std::path::Path;

use serde::{Deserialize, Serialize};

/// A record as it is stored: the bytes the journal's own encoder made.
pub(super) type Payload = Box<[u8]>;

/// Whatever a peer's library has to say.
pub(super) type PeerError = Box<dyn Error + Send + Sync>;

/// Who stores the records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    /// Our journal.
    Journal,
    /// A preallocated file and fdatasync: what the disk can do, the yardstick.
    File,
    /// `SQLite` in WAL mode with `synchronous=FULL`.
    Sqlite,
    /// redb.
    Redb,
    /// fjall with `SyncData`.
    Fjall,
    /// sled with `flush`, and fdatasync because its flush is none.
    Sled,
}

impl Kind {
    /// Everybody we are compared with.
    pub(super) const PEERS: [Self; 5] = [Self::File, Self::Sqlite, Self::Redb, Self::Fjall, Self::Sled];

    /// Its name in tables.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Journal => "journal",
            Self::File => "bare file, fdatasync",
            Self::Sqlite => "SQLite WAL FULL",
            Self::Redb => "redb",
            Self::Fjall => "fjall",
            Self::Sled => "sled + fdatasync",
        }
    }
}

/// A store that a peer's library keeps.
pub(super) trait Store: Send {
    /// Stores records with consecutive sequences. When this returns they survive a power cut.
    fn commit(&mut self, first: u64, payloads: &[Payload]) -> Result<(), PeerError>;
}

/// Opens a peer's store in a folder of its own; `None` for the journal, which is none.
pub(super) fn open(kind: Kind, dir: &Path) -> Result<Option<Box<dyn Store>>, PeerError> {
    std::fs::create_dir_all(dir)?;
    Ok(match kind {
        Kind::Journal => None,
        Kind::File => Some(Box::new(file::Store::open(dir)?)),
        Kind::Sqlite => Some(Box::new(sqlite::Store::open(dir)?)),
        Kind::Redb => Some(Box::new(redb::Store::open(dir)?)),
        Kind::Fjall => Some(Box::new(fjall::Store::open(dir)?)),
        Kind::Sled => Some(Box::new(sled::Store::open(dir)?)),
    })
}

/// Gives back everything a peer has stored, in order.
pub(super) fn scan(
    kind: Kind,
    dir: &Path,
    take: &mut dyn FnMut(&[u8]) -> Result<(), PeerError>,
) -> Result<(), PeerError> {
    match kind {
        Kind::Journal => Err("the journal is read by its own reader".into()),
        Kind::File => file::scan(dir, take),
        Kind::Sqlite => sqlite::scan(dir, take),
        Kind::Redb => redb::scan(dir, take),
        Kind::Fjall => fjall::scan(dir, take),
        Kind::Sled => sled::scan(dir, take),
    }
}
