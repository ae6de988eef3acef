//! Opening: mending first, then the reserve, the committer and the follower. On a full disk the reserve is given up, and
//! what is opened takes nothing but last words: what was found before that, and how a run ended.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::sync::{Arc, Mutex};

use wsusmigrate_core::event::run::{JournalRecovered, Recovery};
use wsusmigrate_core::unit::TimeMicros;

use super::{Journal, Opened, publisher};
use crate::committer::{CLOSED, Committer, Live};
use crate::confirmation;
use crate::disk::{self, At};
use crate::error::{AppendError, OpenError};
use crate::findings::Findings;
use crate::index::Index;
use crate::key::{self, SigningKey};
use crate::log::writer::LogWriter;
use crate::open::{self, Mended};
use crate::place::Place;
use crate::queue::Queue;
use crate::reserve::{self, RESERVE_BYTES};
use crate::seal;
use crate::store::follow::Follower;
use crate::store::lag::Lag;
use crate::store::room;
use crate::store::settle::Found;
use crate::tree_snapshot::TreeSnapshots;

/// An attempt at opening: which journal, when, held by whom, with how much room.
pub(crate) struct Attempt<'a> {
    pub(crate) place: &'a Place,
    pub(crate) keys: &'a Path,
    pub(crate) time: TimeMicros,
    pub(crate) lock: &'a Arc<FolderLock>,
    /// The disk is full, and this is what appends are told.
    pub(crate) full: Option<AppendError>,
    /// A new store is asked for.
    pub(crate) store_anew: bool,
}

impl Journal {
    /// Opens a journal, mends what an interruption left, and appends one `run.journal-recovered` for each finding.
    ///
    /// The store is not waited for: it is opened, held against the log and caught up or rebuilt while this already
    /// takes appends. See [`Journal::settled`] for what was found about it.
    pub fn open(dir: &Path, keys: &Path, time: TimeMicros) -> Result<(Self, Opened), OpenError> {
        Self::open_asked(dir, keys, time, false)
    }

    /// Bytes that a new store of the journal in `dir` may take, estimated from above by its log.
    #[must_use]
    pub fn room_for_new_store(dir: &Path) -> u64 {
        room::needed(&Place::new(dir))
    }

    /// Opens a journal like [`Journal::open`], and builds the store anew from the log, whatever there is in its place; that
    /// goes to quarantine. [`Journal::settled`] waits for it. Where the log cannot be read, or the disk is full, the store
    /// is left as it is, and waiting says so.
    pub fn open_with_new_store(
        dir: &Path,
        keys: &Path,
        time: TimeMicros,
    ) -> Result<(Self, Opened), OpenError> {
        Self::open_asked(dir, keys, time, true)
    }

    fn open_asked(
        dir: &Path,
        keys: &Path,
        time: TimeMicros,
        store_anew: bool,
    ) -> Result<(Self, Opened), OpenError> {
        let place = Place::new(dir);
        if !dir.is_dir() {
            return Err(OpenError::NotFound(dir.to_owned()));
        }
        key::refuse_inside(keys, dir)?;
        let traces = [place.head(), place.log(), place.store(), place.checkpoints()];
        if !traces.iter().any(|trace| trace.exists()) {
            return Err(OpenError::NotFound(dir.to_owned()));
        }
        let lock = Arc::new(lock(&place)?);
        Self::open_locked(&Attempt { place: &place, keys, time, lock: &lock, full: None, store_anew })
    }

    pub(super) fn open_locked(attempt: &Attempt<'_>) -> Result<(Self, Opened), OpenError> {
        let mut findings = Vec::new();
        let error = match Self::open_with(attempt, &mut findings) {
            Err(error) if error.lacks_room() && attempt.place.reserve().exists() => error,
            outcome => return outcome,
        };
        if reserve::give_up(attempt.place).is_err() {
            return Err(error);
        }
        // What was mended is not found again, and recorded all the same. There is no reserve that would have been made.
        findings.retain(|found| found.finding != Recovery::ReserveMade);
        Self::open_with(&Attempt { full: Some(full_by(&error)), ..*attempt }, &mut findings)
    }

    /// Opens; on a full disk with little that needs room. `findings` are those of the attempt before, and get those of
    /// this one.
    fn open_with(
        attempt: &Attempt<'_>,
        findings: &mut Vec<JournalRecovered>,
    ) -> Result<(Self, Opened), OpenError> {
        let (place, keys) = (attempt.place, attempt.keys);
        for folder in [place.checkpoints(), place.snapshots()] {
            disk::create_dir(&folder)?;
        }
        let mended = open::mend(place, keys, findings)?;
        if let Some(seal) = mended.seal.clone() {
            return Err(seal::refuse(attempt, mended, findings, &seal));
        }
        let key = SigningKey::load(keys, mended.identity.stream, &mended.identity.public_key)?;
        confirmation::restore(place, keys, &key, &mended.identity, findings)?;
        let full = match attempt.full.clone() {
            Some(full) => Some(full),
            None => make_reserve(place, mended.end.at.next, findings)?,
        };
        let (journal, recording) = Self::start(&Attempt { full: full.clone(), ..*attempt }, key, mended)?;
        match recording.record(findings) {
            // What cannot be recorded is told all the same.
            Err(AppendError::DiskFull(_)) if full.is_some() => {}
            outcome => outcome?,
        }
        let findings = std::mem::take(findings);
        let opened = Opened { identity: journal.identity.clone(), size: journal.size(), findings, full };
        Ok((journal, opened))
    }

    /// Starts the threads over what is mended.
    pub(crate) fn start(
        attempt: &Attempt<'_>,
        key: SigningKey,
        mended: Mended,
    ) -> Result<(Self, Findings), OpenError> {
        let Attempt { place, time, ref full, .. } = *attempt;
        let Mended { identity, end, before_last, checkpoint, store, store_existed, seal, .. } = mended;
        let (stream, size) = (identity.stream, end.at.next);
        let writer = LogWriter::open(&place.log(), stream, end.at.segment, end.at.offset)?;
        let publisher = publisher(place, stream, &end, mended.generation)?;
        let is_full = full.is_some();
        if is_full {
            writer.be_frugal();
        }
        let lag = Arc::new(Lag::new(size));
        let queue = Arc::new(Queue::default());
        if seal.is_some() {
            queue.take_nothing(CLOSED);
        }
        let live = Arc::new(Live::new(end, checkpoint));
        let committer = Committer {
            frame: Vec::new(),
            queue: Arc::clone(&queue),
            live: Arc::clone(&live),
            stream,
            writer,
            publisher,
            index: Index::new(Arc::clone(&lag)),
            lag: Arc::clone(&lag),
            snapshots: TreeSnapshots { folder: place.snapshots(), log: place.log(), stream },
            before_last,
            snapshot_size: size,
            last_time: time,
            full: full.clone(),
        };
        let committer = Some(std::thread::spawn(move || committer.run()));
        let findings =
            Findings { queue: Arc::clone(&queue), migration: identity.migration, stream, size, time };
        let reporting = findings.clone();
        let anew = attempt.store_anew;
        let found = Found { place: place.clone(), stream, size, store_existed, store, anew };
        let report = Box::new(move |finding| reporting.hand_over(&finding));
        let follower = if is_full { Follower::none(lag) } else { Follower::start(found, lag, report) };
        let journal = Self {
            place: place.clone(),
            keys: attempt.keys.to_owned(),
            key: Mutex::new(key),
            identity,
            queue,
            live,
            follower,
            committer,
            _lock: Arc::clone(attempt.lock),
        };
        Ok((journal, findings))
    }

    /// Opens a journal that stopped because the disk is full, for its last words: gives up the reserve, leaves the store
    /// alone, and takes nothing but [`Journal::append_last`]. The next [`Journal::open`] makes the reserve again.
    pub fn open_for_last_words(
        dir: &Path,
        keys: &Path,
        time: TimeMicros,
    ) -> Result<(Self, Opened), OpenError> {
        let place = Place::new(dir);
        let lock = Arc::new(lock(&place)?);
        reserve::give_up(&place)?;
        let full = AppendError::DiskFull("the journal is open for its last words".to_owned());
        let full = Some(full);
        let attempt = Attempt { place: &place, keys, time, lock: &lock, full, store_anew: false };
        Self::open_with(&attempt, &mut Vec::new())
    }
}

/// Makes the reserve where it is missing, which is a finding in a journal that is not new. Says what is told to appends
/// where there is no room for it.
fn make_reserve(
    place: &Place,
    size: u64,
    findings: &mut Vec<JournalRecovered>,
) -> Result<Option<AppendError>, OpenError> {
    match reserve::make(place) {
        Ok(made) => {
            if made && size > 1 {
                let (finding, detail) = (Recovery::ReserveMade, "it was missing".into());
                findings.push(JournalRecovered { finding, records: 0, bytes: RESERVE_BYTES, detail });
            }
            Ok(None)
        }
        Err(error) if error.lacks_room() => Ok(Some(full_by(&error.into()))),
        Err(error) => Err(error.into()),
    }
}

/// What appends are told that was found out by this error.
fn full_by(error: &OpenError) -> AppendError {
    let causes = std::iter::successors(std::error::Error::source(error), |error| error.source());
    AppendError::DiskFull(causes.fold(error.to_string(), |told, cause| format!("{told}: {cause}")))
}

/// The lock on a journal's folder.
///
/// Let go of in so many words: a child process that another thread is just starting holds the open file as well, until
/// it has become another program, and closing ours alone would leave the folder locked for that long.
pub(crate) struct FolderLock(File);

impl Drop for FolderLock {
    fn drop(&mut self) {
        // Where it cannot be let go of, it ends with the last one who has the file open.
        let _ = self.0.unlock();
    }
}

pub(super) fn lock(place: &Place) -> Result<FolderLock, OpenError> {
    let path = place.lock();
    let file = disk::private().read(true).write(true).create(true).truncate(false).open(&path);
    let file = file.at("open", &path)?;
    match file.try_lock() {
        Ok(()) => Ok(FolderLock(file)),
        Err(TryLockError::WouldBlock) => Err(OpenError::Locked(place.root().to_owned())),
        Err(TryLockError::Error(source)) => Err(source).at("lock", &path).map_err(OpenError::from),
    }
}
