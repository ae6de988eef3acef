//! `SQLite`: one row a record, one transaction a group.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, params};

use super::{Payload, PeerError};

pub(super) struct Store(Connection);

fn path(dir: &Path) -> PathBuf {
    dir.join("events.sqlite")
}

impl Store {
    pub(super) fn open(dir: &Path) -> Result<Self, PeerError> {
        let connection = Connection::open(path(dir))?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.execute(
            "CREATE TABLE IF NOT EXISTS events (seq INTEGER PRIMARY KEY, payload BLOB NOT NULL)",
            [],
        )?;
        Ok(Self(connection))
    }
}

impl super::Store for Store {
    fn commit(&mut self, first: u64, payloads: &[Payload]) -> Result<(), PeerError> {
        let transaction = self.0.transaction()?;
        {
            let mut insert =
                transaction.prepare_cached("INSERT INTO events (seq, payload) VALUES (?1, ?2)")?;
            for (seq, payload) in (i64::try_from(first)?..).zip(payloads) {
                insert.execute(params![seq, payload])?;
            }
        }
        Ok(transaction.commit()?)
    }
}

pub(super) fn scan(
    dir: &Path,
    take: &mut dyn FnMut(&[u8]) -> Result<(), PeerError>,
) -> Result<(), PeerError> {
    let connection = Connection::open(path(dir))?;
    let mut select = connection.prepare("SELECT payload FROM events ORDER BY seq")?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        take(row.get_ref(0)?.as_blob()?)?;
    }
    Ok(())
}
