//! Opening the store and holding it against the log: followed as it is, or moved to quarantine and begun anew.
//!
//! This is the follower's, so that a store that is slow, hangs or panics holds up nobody who does not need it.

use std::path::{Path, PathBuf};

use wsusmigrate_core::digest::Sha256;
use wsusmigrate_core::event::run::{JournalRecovered, Recovery};
use wsusmigrate_core::id::StreamId;
use wsusmigrate_core::unit::Seq;

use super::compare::{HEARD_EVERY, differs};
use super::lag::Lag;
use super::recent::{Content, Recent};
use super::{Applied, LAG_RECORDS_MAX, Store, StoreError};
use crate::disk;
use crate::error::ReadError;
use crate::log::read::LogRecords;
use crate::place::Place;
use crate::record::NO_LEAF;

/// The log as opening found it, and what opening knows of the store.
pub(crate) struct Found {
    pub(crate) place: Place,
    pub(crate) stream: StreamId,
    /// Records in the log.
    pub(crate) size: u64,
    /// Whether there was a store at all.
    pub(crate) store_existed: bool,
    /// The store, where it had to be opened to mend the log.
    pub(crate) store: Option<Store>,
    /// A new one is asked for, whatever there is.
    pub(crate) anew: bool,
}

/// A store that agrees with the log as far as it goes.
pub(super) struct Settled {
    pub(super) store: Store,
    pub(super) applied: u64,
    /// What it lacks; `None` where that is too much for the memory.
    pub(super) recent: Option<Recent>,
    /// What to record once it has caught up.
    pub(super) finding: Option<JournalRecovered>,
}

/// Opens the store, or puts a new one in place of one that cannot be used.
pub(super) fn settle(mut found: Found, lag: &Lag) -> Result<Settled, StoreError> {
    if found.anew {
        return renew(found, lag);
    }
    let opened = match found.store.take() {
        Some(store) => Ok(store),
        None if found.store_existed => Store::open(&found.place.store()),
        None => Err(StoreError::new("it is missing")),
    };
    let judged = opened.and_then(|store| judge(&store, &found, lag).map(|judged| (store, judged)));
    let (store, applied, finding) = match judged {
        Ok((store, Judged::Agrees(applied))) => (store, applied, caught_up(applied, found.size)),
        Ok((store, Judged::Contradicts(why))) => {
            // Where it is the log that was changed, the store may be the only copy there is of what it was.
            read_through(&found, lag)?;
            // Closed before it is moved: Windows does not move what is open.
            drop(store);
            let finding = rebuilt(Recovery::StoreContradicted, found.size, &why);
            (begin_anew(&found.place)?.0, 0, Some(finding))
        }
        // On a full disk it is left as it is: a new one would find no room either. Where the log cannot be read, the store
        // may be the only copy there is.
        Err(error) if error.lacks_room || error.of_log => return Err(error),
        Err(error) => {
            let finding = rebuilt(Recovery::StoreRebuilt, found.size, &error.what);
            // A journal that was just created has no store yet: nothing was lost.
            let finding = (found.store_existed || found.size > 1).then_some(finding);
            (begin_anew(&found.place)?.0, 0, finding)
        }
    };
    let recent = lacking(&found, applied)?;
    Ok(Settled { store, applied, recent, finding })
}

/// Puts a new store in the place of whatever there is.
fn renew(mut found: Found, lag: &Lag) -> Result<Settled, StoreError> {
    // Closed before it is moved: Windows does not move what is open.
    drop(found.store.take());
    // It is given up only for a log that can be read: otherwise it may be the only copy there is.
    read_through(&found, lag)?;
    let (store, before) = begin_anew(&found.place)?;
    let before = before.as_deref().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    let why = match before {
        Some(name) => format!("it was asked for; the one before is quarantine/{name}"),
        None => "it was asked for; there was none".to_owned(),
    };
    let finding = Some(rebuilt(Recovery::StoreRebuilt, found.size, &why));
    let recent = lacking(&found, 0)?;
    Ok(Settled { store, applied: 0, recent, finding })
}

/// Reads the whole log, with its chain.
fn read_through(found: &Found, lag: &Lag) -> Result<(), StoreError> {
    let place = &found.place;
    let mut records = LogRecords::new(&place.log(), 0..found.size);
    let mut leaf = NO_LEAF;
    while let Some(record) = records.next_payload() {
        let record = record.map_err(|error| unreadable(place, &error))?;
        if record.previous() != leaf {
            return Err(changed(place, record.seq()));
        }
        leaf = record.leaf();
        if record.seq().0.is_multiple_of(HEARD_EVERY) {
            lag.heard();
        }
    }
    Ok(())
}

fn caught_up(applied: u64, size: u64) -> Option<JournalRecovered> {
    let (finding, records) = (Recovery::StoreCaughtUp, size - applied);
    (records > 0).then_some(JournalRecovered { finding, records, bytes: 0, detail: "".into() })
}

fn rebuilt(finding: Recovery, records: u64, why: &str) -> JournalRecovered {
    JournalRecovered { finding, records, bytes: 0, detail: why.into() }
}

/// A new store, and where the one before it is.
fn begin_anew(place: &Place) -> Result<(Store, Option<PathBuf>), StoreError> {
    let before = if place.store().exists() {
        let moved = disk::quarantine(&place.store(), &place.quarantine());
        Some(moved.map_err(|error| file_error(&error))?)
    } else {
        None
    };
    // A crash here leaves a journal without a store, which the next open rebuilds.
    let store = Store::open(&place.store())?;
    store.begin()?;
    Ok((store, before))
}

/// What the log says of a store that can be read.
enum Judged {
    /// It holds the log's first so many records.
    Agrees(u64),
    Contradicts(String),
}

fn judge(store: &Store, found: &Found, lag: &Lag) -> Result<Judged, StoreError> {
    let Some(Applied { size, leaf, stream }) = store.applied()? else {
        return Err(StoreError::new("it does not say how far it is, or lacks its own last record"));
    };
    if !store.has_our_indexes()? {
        return Err(StoreError::new("its indexes are those of another version of the program"));
    }
    Ok(if stream != found.stream {
        Judged::Contradicts("it belongs to another stream".to_owned())
    } else if size > found.size {
        Judged::Contradicts("it is longer than the log".to_owned())
    } else if leaf_before(&found.place, size)? != leaf {
        Judged::Contradicts("it holds another history".to_owned())
    } else if let Some(why) = differs(store, &found.place, size, found.size, lag)? {
        Judged::Contradicts(why)
    } else {
        Judged::Agrees(size)
    })
}

/// The leaf hash a log of this size ends with.
fn leaf_before(place: &Place, size: u64) -> Result<Sha256, StoreError> {
    let Some(last) = size.checked_sub(1) else { return Ok(NO_LEAF) };
    match LogRecords::new(&place.log(), last..size).next() {
        Some(record) => Ok(record.map_err(|error| unreadable(place, &error))?.leaf()),
        None => Ok(NO_LEAF),
    }
}

/// The events of records the store lacks, where they fit into memory.
fn lacking(found: &Found, applied: u64) -> Result<Option<Recent>, StoreError> {
    let fits = found.size - applied <= LAG_RECORDS_MAX;
    fits.then(|| missing(&found.place, applied, found.size)).transpose()
}

/// The events of some records.
fn missing(place: &Place, applied: u64, size: u64) -> Result<Recent, StoreError> {
    let mut recent = Recent::default();
    let mut records = LogRecords::new(&place.log(), applied..size);
    while let Some(payload) = records.next_payload() {
        let payload = payload.map_err(|error| unreadable(place, &error))?;
        if let Some((envelope, content)) = Content::of_stored(payload) {
            recent.insert(envelope.id, payload.seq().0, content);
        }
    }
    Ok(recent)
}

/// The log cannot be read where opening did not look: the next opening looks at all of it.
pub(super) fn unreadable(place: &Place, error: &ReadError) -> StoreError {
    let is_there = match error {
        ReadError::File(error) => error.offset.is_some(),
        error => matches!(error, ReadError::Damaged(_)),
    };
    let what = error.to_string();
    if is_there { suspected(place, &what) } else { of_log(&what) }
}

/// A record, or the one before it, is not what was written, although its checksum is right.
fn changed(place: &Place, seq: Seq) -> StoreError {
    suspected(place, &format!("record {seq} is not chained to the one before it"))
}

fn suspected(place: &Place, what: &str) -> StoreError {
    // One that cannot be written is found again by the next follower.
    let _ = disk::write_atomic(&place.suspect(), disk::Durability::Synced, what.as_bytes());
    of_log(what)
}

fn of_log(what: &str) -> StoreError {
    let what = format!("the log cannot be read back for it: {what}; open the journal again");
    StoreError { what, lacks_room: false, of_log: true }
}

fn file_error(error: &disk::FileError) -> StoreError {
    let lacks_room = error.lacks_room();
    StoreError { what: format!("{error}: {}", error.source), lacks_room, of_log: false }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::FileError;

    fn failed(offset: Option<u64>) -> FileError {
        FileError { doing: "read", path: "log".into(), offset, source: std::io::ErrorKind::Other.into() }
    }

    /// Also what cannot be read is looked for by the next opening; too many open files are no reason to.
    #[test]
    fn what_cannot_be_read_back_is_looked_at_by_the_next_opening() {
        for (offset, is_suspect) in [(Some(72), true), (None, false)] {
            let folder = tempfile::tempdir().unwrap();
            let place = Place::new(folder.path());
            assert!(unreadable(&place, &ReadError::File(failed(offset))).of_log);
            assert_eq!(place.suspect().exists(), is_suspect);
        }
    }
}
