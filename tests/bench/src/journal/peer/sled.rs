//! sled: one key a record, one batch a group, then `flush`, then fdatasync of its file.
//!
//! `flush` alone is `sync_file_range` on Linux, which a power cut does not respect. The values stay far below the size
//! at which sled would put them into files of their own, so that `db` is all there is to sync.

use std::fs::File;
use std::path::Path;

use sled::{Batch, Db};

use super::{Payload, PeerError};

pub(super) struct Store {
    database: Db,
    file: File,
}

impl Store {
    pub(super) fn open(dir: &Path) -> Result<Self, PeerError> {
        let database = sled::open(dir)?;
        let file = File::open(dir.join("db"))?;
        Ok(Self { database, file })
    }
}

impl super::Store for Store {
    fn commit(&mut self, first: u64, payloads: &[Payload]) -> Result<(), PeerError> {
        let mut batch = Batch::default();
        for (seq, payload) in (first..).zip(payloads) {
            batch.insert(&seq.to_be_bytes(), &payload[..]);
        }
        self.database.apply_batch(batch)?;
        self.database.flush()?;
        Ok(self.file.sync_data()?)
    }
}

pub(super) fn scan(
    dir: &Path,
    take: &mut dyn FnMut(&[u8]) -> Result<(), PeerError>,
) -> Result<(), PeerError> {
    for entry in &*sled::open(dir)? {
        take(&entry?.1)?;
    }
    Ok(())
}
