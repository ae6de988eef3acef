//! The follower: a thread that reads the log and brings the store up to it.
//!
//! It reads the same files every reader reads, so that following, catching up after a kill and rebuilding are one
//! piece of code. The committer waits when it falls [`LAG_RECORDS_MAX`] behind.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use wsusmigrate_core::digest::Sha256;
use wsusmigrate_core::event::{ContentEvent, Event};
use wsusmigrate_core::id::StreamId;
use wsusmigrate_core::path::PathRef;

use super::pack::{GROUP_RECORDS, pack};
use super::recent::{Recent, is_item};
use super::{Applied, Changes, Store, StoreError};
use crate::log::read::LogRecords;
use crate::record::{RawRecord, Record};

/// How far the store may be behind the log: what the recent events in memory are bounded by.
pub(crate) const LAG_RECORDS_MAX: u64 = 65_536;
/// Records that go to sled at once.
const ROUND_RECORDS: u64 = 2_048;
/// How long a group may stay incomplete before it is written as it is: writing it after each record would write it
/// sixteen times.
const PAUSE: Duration = Duration::from_millis(50);

struct State {
    durable: u64,
    applied: u64,
    ending: Option<Ending>,
    failed: Option<StoreError>,
}

/// How the follower ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// With everything applied and flushed.
    Drained,
    /// At once: the next open catches up.
    AtOnce,
}

/// What the follower shares with the committer.
pub(crate) struct Lag {
    state: Mutex<State>,
    changed: Condvar,
    /// The events between the store and the log.
    pub(crate) recent: Mutex<Recent>,
}

impl Lag {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the follower how far the log is.
    pub(crate) fn durable(&self, size: u64) {
        self.lock().durable = size;
        self.changed.notify_all();
    }

    /// Waits until at most so many records are missing in the store.
    pub(crate) fn wait(&self, records_max: u64) -> Result<(), StoreError> {
        let mut state = self.lock();
        loop {
            if let Some(error) = &state.failed {
                return Err(error.clone());
            }
            if state.durable - state.applied <= records_max {
                return Ok(());
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// The follower's thread.
pub(crate) struct Follower {
    pub(crate) lag: Arc<Lag>,
    thread: Option<JoinHandle<()>>,
}

impl Follower {
    /// Starts at what the store has applied; `durable` is the size of the log.
    pub(crate) fn start(
        store: Store,
        log: &Path,
        stream: StreamId,
        applied: u64,
        durable: u64,
        recent: Recent,
    ) -> Self {
        let state = State { durable, applied, ending: None, failed: None };
        let lag =
            Arc::new(Lag { state: Mutex::new(state), changed: Condvar::new(), recent: Mutex::new(recent) });
        let theirs = Arc::clone(&lag);
        let work = Work { store, log: log.to_owned(), stream, lag: theirs };
        Self { lag, thread: Some(std::thread::spawn(move || work.run(applied))) }
    }

    /// Ends the thread.
    pub(crate) fn end(&mut self, ending: Ending) -> Result<(), StoreError> {
        let Some(thread) = self.thread.take() else { return Ok(()) };
        self.lag.lock().ending = Some(ending);
        self.lag.changed.notify_all();
        let joined = thread.join().map_err(|_| StoreError("the follower panicked".to_owned()));
        match self.lag.lock().failed.take() {
            Some(error) => Err(error),
            None => joined,
        }
    }
}

struct Work {
    store: Store,
    log: PathBuf,
    stream: StreamId,
    lag: Arc<Lag>,
}

impl Work {
    fn run(self, applied: u64) {
        if let Err(error) = self.follow(applied) {
            self.lag.lock().failed = Some(error);
            self.lag.changed.notify_all();
        }
    }

    fn follow(&self, applied: u64) -> Result<(), StoreError> {
        // The group the store stands in is read again: its packs are written whole.
        let start = applied - applied % GROUP_RECORDS;
        let mut records = LogRecords::new(&self.log, start..start);
        let mut round = Round::new(start, applied);
        let mut paused = false;
        loop {
            let (durable, ending) = {
                let mut state = self.lag.lock();
                if state.durable == round.next && state.ending.is_none() {
                    if round.is_behind() && !paused {
                        paused = true;
                        let waited = self.lag.changed.wait_timeout(state, PAUSE);
                        state = waited.unwrap_or_else(PoisonError::into_inner).0;
                    } else if !round.is_behind() {
                        let waited = self.lag.changed.wait(state);
                        state = waited.unwrap_or_else(PoisonError::into_inner);
                    }
                }
                (state.durable, state.ending)
            };
            if ending == Some(Ending::AtOnce) {
                return Ok(());
            }
            if durable > round.next {
                paused = false;
                let end = durable.min(round.next + ROUND_RECORDS);
                records.extend(end);
                while let Some(record) = records.next_payload() {
                    let record = record.map_err(|error| StoreError(error.to_string()))?;
                    round.take(record.to_raw());
                }
                self.write(&mut round, false)?;
            } else if round.is_behind() && (paused || ending.is_some()) {
                self.write(&mut round, true)?;
                paused = false;
            } else if ending == Some(Ending::Drained) {
                return self.store.flush();
            }
        }
    }

    /// Applies whole groups, and an incomplete one where asked to.
    fn write(&self, round: &mut Round, incomplete: bool) -> Result<(), StoreError> {
        let Some((changes, size, leaf)) = round.changes(incomplete) else { return Ok(()) };
        self.store.apply(changes, &Applied { size, leaf, stream: self.stream })?;
        self.lag.recent.lock().unwrap_or_else(PoisonError::into_inner).forget_below(size);
        self.lag.lock().applied = size;
        self.lag.changed.notify_all();
        Ok(())
    }
}

/// Records read and not yet applied.
struct Round {
    /// From the beginning of a group.
    pending: Vec<RawRecord>,
    next: u64,
    applied: u64,
}

impl Round {
    fn new(start: u64, applied: u64) -> Self {
        Self { pending: Vec::new(), next: start, applied }
    }

    fn take(&mut self, record: RawRecord) {
        self.next = record.seq().0 + 1;
        self.pending.push(record);
    }

    fn is_behind(&self) -> bool {
        self.next > self.applied
    }

    /// What to write, how far it brings the store, and the leaf hash there.
    fn changes(&mut self, incomplete: bool) -> Option<(Changes, u64, Sha256)> {
        let group = usize::try_from(GROUP_RECORDS).unwrap_or(usize::MAX);
        let whole = self.pending.len() - self.pending.len() % group;
        let end = if incomplete { self.pending.len() } else { whole };
        let last = self.pending[..end].last()?;
        let (size, leaf) = (last.seq().0 + 1, last.leaf());
        let mut changes = Changes::default();
        for group in self.pending[..end].chunks(group) {
            for (first, value) in pack(group) {
                changes.records.insert(&first.to_be_bytes(), value);
            }
            index(group, &mut changes);
        }
        self.pending.drain(..whole);
        self.applied = size;
        Some((changes, size, leaf))
    }
}

/// The index entries of a group.
fn index(group: &[RawRecord], changes: &mut Changes) {
    let mut actions = Vec::new();
    for raw in group {
        // A record that cannot be decoded is in the store all the same; `verify` speaks of it.
        let Ok(record) = raw.decode() else { continue };
        let (seq, envelope) = (raw.seq().0.to_be_bytes(), record.envelope());
        if !is_item(envelope) {
            changes.ids.insert(envelope.id.as_bytes(), &seq);
        }
        if let Some(action) = envelope.action.filter(|action| !actions.contains(action)) {
            actions.push(action);
            changes.actions.insert([action.as_bytes(), &seq[..]].concat(), &[]);
        }
        if let Record::Known(recorded) = &record
            && let Some(subject) = subject(&recorded.event)
        {
            changes.subjects.insert([subject, seq].concat(), &[]);
        }
    }
}

/// What an event is about, where people ask for it by name: the first 8 bytes of its SHA-256.
fn subject(event: &Event) -> Option<[u8; 8]> {
    let path = match event {
        Event::Content(ContentEvent::EntryIgnored(event)) => &event.path,
        Event::Content(ContentEvent::FileCopied(event)) => &event.path,
        Event::Content(ContentEvent::FileVerified(event)) => &event.path,
        Event::Content(ContentEvent::FileFailed(event)) => &event.path,
        Event::Content(ContentEvent::LeftoverRemoved(event)) => &event.path,
        Event::Content(ContentEvent::ReadBackMismatched(event)) => &event.path,
        Event::Content(
            ContentEvent::ManifestRecorded(_)
            | ContentEvent::PassStarted(_)
            | ContentEvent::BatchStarted(_)
            | ContentEvent::BatchFinished(_)
            | ContentEvent::BatchReconciled(_)
            | ContentEvent::PassFinished(_)
            | ContentEvent::ReadBackStarted(_)
            | ContentEvent::ReadBackRecorded(_)
            | ContentEvent::ReadBackFinished(_),
        )
        | Event::Run(_)
        | Event::Inventory(_)
        | Event::Preflight(_) => return None,
    };
    let digest: [u8; 32] = match path {
        PathRef::Inline(path) => <sha2::Sha256 as sha2::Digest>::digest(path.as_bytes()).into(),
        PathRef::Evidence(long) => long.sha256.0,
    };
    Some(crate::bytes::array_at(&digest, 0))
}
