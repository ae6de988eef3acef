//! redb: one key a record, one transaction with immediate durability a group.

use std::path::{Path, PathBuf};

use redb::{Database, ReadableDatabase as _, ReadableTable as _, TableDefinition};

use super::{Payload, PeerError};

const EVENTS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("events");

pub(super) struct Store(Database);

fn path(dir: &Path) -> PathBuf {
    dir.join("events.redb")
}

impl Store {
    pub(super) fn open(dir: &Path) -> Result<Self, PeerError> {
        Ok(Self(Database::create(path(dir))?))
    }
}

impl super::Store for Store {
    fn commit(&mut self, first: u64, payloads: &[Payload]) -> Result<(), PeerError> {
        let transaction = self.0.begin_write()?;
        {
            let mut table = transaction.open_table(EVENTS)?;
            for (seq, payload) in (first..).zip(payloads) {
                table.insert(seq, &payload[..])?;
            }
        }
        Ok(transaction.commit()?)
    }
}

pub(super) fn scan(
    dir: &Path,
    take: &mut dyn FnMut(&[u8]) -> Result<(), PeerError>,
) -> Result<(), PeerError> {
    let database = Database::open(path(dir))?;
    let transaction = database.begin_read()?;
    for entry in transaction.open_table(EVENTS)?.iter()? {
        take(entry?.1.value())?;
    }
    Ok(())
}
