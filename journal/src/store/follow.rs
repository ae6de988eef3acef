//! The follower: a thread that reads the log and brings the store up to it.
//!
//! It reads the same files every reader reads, so that following, catching up after a kill and rebuilding are one
//! piece of code. The committer waits when it falls [`LAG_RECORDS_MAX`] behind.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use wsusmigrate_core::digest::Sha256;
use wsusmigrate_core::id::StreamId;

use super::pack::{GROUP_RECORDS, pack};
use super::recent::Recent;
use super::run::{RUN_RECORDS, index};
use super::{Applied, Changes, Store, StoreError, guarded};
use crate::log::read::LogRecords;
use crate::record::RecordView;

/// How far the store may be behind the log: what the recent events in memory are bounded by.
pub(crate) const LAG_RECORDS_MAX: u64 = 65_536;
/// Records that go to sled at once.
const ROUND_RECORDS: u64 = 2_048;
/// How long a run may stay incomplete before it is written as it is: writing it after each record would write it
/// many times over.
const PAUSE: Duration = Duration::from_millis(50);
/// How long the end is waited for while nothing goes on: where a write fails in a thread of sled's own, whoever waits
/// in sled for that write waits for ever.
const STANDSTILL_MAX: Duration = Duration::from_secs(30);

struct State {
    durable: u64,
    applied: u64,
    ending: Option<Ending>,
    /// The thread is about to return, and has let go of the store.
    ended: bool,
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

    /// Records missing in the store.
    pub(crate) fn records(&self) -> u64 {
        let state = self.lock();
        state.durable - state.applied
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

impl Lag {
    /// Waits for the follower to end. Says whether it has, or stands still.
    fn ended(&self) -> bool {
        let mut state = self.lock();
        while !state.ended {
            let before = state.applied;
            let (woken, waited) =
                self.changed.wait_timeout(state, STANDSTILL_MAX).unwrap_or_else(PoisonError::into_inner);
            state = woken;
            if waited.timed_out() && state.applied == before && !state.ended {
                return false;
            }
        }
        true
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
        let state = State { durable, applied, ending: None, ended: false, failed: None };
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
        if !self.lag.ended() {
            // The thread is left behind with its handle: the store is made good at the next opening.
            return Err(StoreError("it came to a standstill".to_owned()));
        }
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
        // Also a panic must be heard of: the committer waits for this thread.
        let lag = Arc::clone(&self.lag);
        if let Err(error) = guarded(|| self.follow(applied)) {
            lag.lock().failed = Some(error);
            lag.changed.notify_all();
        }
        drop(self);
        lag.lock().ended = true;
        lag.changed.notify_all();
    }

    fn follow(&self, applied: u64) -> Result<(), StoreError> {
        // The run the store stands in is read again: its entries are written whole.
        let start = applied - applied % RUN_RECORDS as u64;
        let mut records = LogRecords::new(&self.log, start..start);
        let mut round = Round::new(start, applied);
        let mut paused = false;
        loop {
            let (durable, ending) = {
                let mut state = self.lag.lock();
                if state.durable == round.next() && state.ending.is_none() {
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
            if durable > round.next() {
                paused = false;
                let end = durable.min(round.next() + ROUND_RECORDS);
                records.extend(end);
                while let Some(record) = records.next_payload() {
                    let record = record.map_err(|error| StoreError(error.to_string()))?;
                    round.take(record);
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

    /// Applies whole runs, and an incomplete one where asked to.
    fn write(&self, round: &mut Round, incomplete: bool) -> Result<(), StoreError> {
        let Some((changes, size, leaf)) = round.changes(incomplete) else { return Ok(()) };
        self.store.apply(changes, &Applied { size, leaf, stream: self.stream })?;
        self.lag.recent.lock().unwrap_or_else(PoisonError::into_inner).forget_below(size);
        self.lag.lock().applied = size;
        self.lag.changed.notify_all();
        Ok(())
    }
}

/// Records read and not yet applied, their payloads one after the other.
struct Round {
    /// From the beginning of a run.
    bytes: Vec<u8>,
    /// Where each payload ends.
    ends: Vec<usize>,
    /// The sequence of the first.
    first: u64,
    applied: u64,
}

impl Round {
    fn new(first: u64, applied: u64) -> Self {
        Self { bytes: Vec::new(), ends: Vec::new(), first, applied }
    }

    fn take(&mut self, record: RecordView<'_>) {
        self.bytes.extend(record.bytes());
        self.ends.push(self.bytes.len());
    }

    fn next(&self) -> u64 {
        self.first + self.ends.len() as u64
    }

    fn is_behind(&self) -> bool {
        self.next() > self.applied
    }

    /// The records at these positions.
    fn records(&self, range: Range<usize>) -> impl Iterator<Item = RecordView<'_>> {
        range.filter_map(|at| RecordView::new(&self.bytes[self.start(at)..self.ends[at]]))
    }

    fn start(&self, at: usize) -> usize {
        at.checked_sub(1).map_or(0, |before| self.ends[before])
    }

    /// What to write, how far it brings the store, and the leaf hash there.
    fn changes(&mut self, incomplete: bool) -> Option<(Changes, u64, Sha256)> {
        let all = self.ends.len();
        let whole = all - all % RUN_RECORDS;
        let end = if incomplete { all } else { whole };
        let leaf = self.records(end.checked_sub(1)?..end).next()?.leaf();
        let size = self.first + end as u64;
        let mut changes = Changes::default();
        for run in (0..end).step_by(RUN_RECORDS) {
            let run = run..end.min(run + RUN_RECORDS);
            for group in run.clone().step_by(GROUP_RECORDS) {
                let group = group..end.min(group + GROUP_RECORDS);
                // Of a run that was written before as far as it went, only the groups that grew are written again.
                if self.first + group.end as u64 > self.applied {
                    pack(self.records(group), &mut changes);
                }
            }
            index(self.records(run), &mut changes);
        }
        self.forget(whole);
        self.applied = size;
        Some((changes, size, leaf))
    }

    /// Lets go of the first so many.
    fn forget(&mut self, records: usize) {
        let bytes = self.start(records);
        self.bytes.drain(..bytes);
        self.ends.drain(..records);
        self.ends.iter_mut().for_each(|end| *end -= bytes);
        self.first += records as u64;
    }
}
