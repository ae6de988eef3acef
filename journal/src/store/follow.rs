//! The follower: a thread that opens the store, reads the log and brings the store up to it.
//!
//! It reads the same files every reader reads, so that following, catching up after a kill and rebuilding are one
//! piece of code. The committer waits when it falls [`LAG_RECORDS_MAX`](super::lag::LAG_RECORDS_MAX) behind.

use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use wsusmigrate_core::event::run::{JournalRecovered, Recovery};
use wsusmigrate_core::id::StreamId;

use super::lag::{Ending, Finding, Lag, Pause};
use super::room::tell_need;
use super::round::Round;
use super::run::RUN_RECORDS;
use super::settle::{Found, Settled, settle, unreadable};
use super::{Applied, Store, StoreError, guarded};
use crate::append::Reply;
use crate::log::read::LogRecords;
use crate::place::Place;

/// Records that go to sled at once.
const ROUND_RECORDS: u64 = 2_048;
/// How long a run may stay incomplete before it is written as it is: writing it after each record would write it
/// many times over.
const PAUSE: Duration = Duration::from_millis(50);

/// Has what was found about the store appended, without waiting for it.
pub(crate) type Report = Box<dyn Fn(JournalRecovered) -> Arc<Reply> + Send>;

/// The follower's thread.
pub(crate) struct Follower {
    pub(crate) lag: Arc<Lag>,
    thread: Option<JoinHandle<()>>,
}

impl Follower {
    /// Starts with a store nobody has looked at.
    pub(crate) fn start(found: Found, lag: Arc<Lag>, report: Report) -> Self {
        let (place, stream, size) = (found.place.clone(), found.stream, found.size);
        let work = Work { log: place.log(), place, stream, size, lag: Arc::clone(&lag), report };
        Self { lag, thread: Some(std::thread::spawn(move || work.run(found))) }
    }

    /// None at all: on a full disk the store is left as it is.
    pub(crate) fn none(lag: Arc<Lag>) -> Self {
        let what = "it is not opened on a full disk".to_owned();
        lag.failed(StoreError { lacks_room: true, ..StoreError::new(what) });
        Self { lag, thread: None }
    }

    /// Ends the thread. One that stands still is left behind with its handle: the store is made good at the next
    /// opening.
    pub(crate) fn end(&mut self, ending: Ending) -> Result<(), StoreError> {
        let Some(thread) = self.thread.take() else { return Ok(()) };
        self.lag.finish(ending)?;
        thread.join().map_err(|_| StoreError::new("the follower panicked"))
    }
}

struct Work {
    place: Place,
    log: PathBuf,
    stream: StreamId,
    /// Records at opening.
    size: u64,
    lag: Arc<Lag>,
    report: Report,
}

impl Work {
    fn run(self, found: Found) {
        // Also a panic must be heard of: the committer waits for this thread.
        let lag = Arc::clone(&self.lag);
        if let Err(error) = guarded(|| self.open_and_follow(found)) {
            lag.failed(tell_need(error, &self.place));
        }
        drop(self);
        lag.end();
    }

    fn open_and_follow(&self, found: Found) -> Result<(), StoreError> {
        let Settled { store, applied, recent, finding } = settle(found, &self.lag)?;
        self.lag.opened(store.clone(), applied, recent);
        // That a store was put aside is told at once: if the building of the new one is cut short, the next opening finds
        // that one behind, and nothing wrong. That it has caught up is told when it is true.
        let caught_up = |finding: &JournalRecovered| finding.finding == Recovery::StoreCaughtUp;
        let (later, now): (Option<_>, Option<_>) = match finding {
            Some(finding) if caught_up(&finding) => (Some(finding), None),
            finding => (None, finding.map(|finding| self.tell(finding))),
        };
        self.follow(&store, applied, now, later)
    }

    /// Has a finding recorded; the answer comes when it is durable.
    fn tell(&self, finding: JournalRecovered) -> Finding {
        (finding.clone(), (self.report)(finding))
    }

    fn follow(
        &self,
        store: &Store,
        applied: u64,
        mut told: Option<Finding>,
        mut to_tell: Option<JournalRecovered>,
    ) -> Result<(), StoreError> {
        // The run the store stands in is read again: its entries are written whole.
        let start = applied - applied % RUN_RECORDS as u64;
        let mut records = LogRecords::new(&self.log, start..start);
        let mut round = Round::new(start, applied);
        let (mut paused, mut settled) = (false, false);
        loop {
            if !settled && round.applied() >= self.size {
                let finding = told.take().or_else(|| to_tell.take().map(|finding| self.tell(finding)));
                self.lag.settled(finding);
                settled = true;
            }
            let pause = if !round.is_behind() {
                Pause::UntilChanged
            } else if paused || !settled {
                // Nobody who waits for what was there at opening waits for more to come.
                Pause::None
            } else {
                Pause::For(PAUSE)
            };
            let (durable, ending) = self.lag.next(round.next(), pause);
            if ending == Some(Ending::AtOnce) {
                return Ok(());
            }
            if durable > round.next() {
                paused = false;
                self.read(&mut records, &mut round, durable)?;
                self.write(store, &mut round, false)?;
            } else if round.is_behind() && (paused || !settled || ending.is_some()) {
                self.write(store, &mut round, true)?;
                paused = false;
            } else if ending == Some(Ending::Drained) {
                return store.flush();
            } else {
                paused = round.is_behind();
            }
        }
    }

    fn read(&self, records: &mut LogRecords, round: &mut Round, durable: u64) -> Result<(), StoreError> {
        records.extend(durable.min(round.next() + ROUND_RECORDS));
        while let Some(record) = records.next_payload() {
            round.take(record.map_err(|error| unreadable(&self.place, &error))?);
        }
        Ok(())
    }

    /// Applies whole runs, and an incomplete one where asked to.
    fn write(&self, store: &Store, round: &mut Round, incomplete: bool) -> Result<(), StoreError> {
        let Some((changes, size, leaf)) = round.changes(incomplete) else { return Ok(()) };
        store.apply(changes, &Applied { size, leaf, stream: self.stream })?;
        self.lag.applied(size);
        Ok(())
    }
}
