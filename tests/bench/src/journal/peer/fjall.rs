//! fjall: one key a record, one batch with `SyncData` a group.

use std::path::Path;

use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};

use super::{Payload, PeerError};

pub(super) struct Store {
    database: Database,
    events: Keyspace,
}

impl Store {
    pub(super) fn open(dir: &Path) -> Result<Self, PeerError> {
        let database = Database::builder(dir).open()?;
        let events = database.keyspace("events", KeyspaceCreateOptions::default)?;
        Ok(Self { database, events })
    }
}

impl super::Store for Store {
    fn commit(&mut self, first: u64, payloads: &[Payload]) -> Result<(), PeerError> {
        let mut batch = self.database.batch().durability(Some(PersistMode::SyncData));
        for (seq, payload) in (first..).zip(payloads) {
            batch.insert(&self.events, seq.to_be_bytes(), &payload[..]);
        }
        Ok(batch.commit()?)
    }
}

pub(super) fn scan(
    dir: &Path,
    take: &mut dyn FnMut(&[u8]) -> Result<(), PeerError>,
) -> Result<(), PeerError> {
    for guard in Store::open(dir)?.events.iter() {
        take(&guard.value()?)?;
    }
    Ok(())
}
