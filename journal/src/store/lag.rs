//! How far the store is behind the log, and the events it does not have yet: what the committer and the follower share.
//!
//! ```text
//! 0 ........ applied ........ remembered ........ durable
//!   in the store             in memory (recent)
//! ```
//!
//! Whether an event is in the journal already can be answered once the store is open and `applied >= remembered`:
//! then every event is in one of the two. Until then only events that are known to be new can be told apart.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use wsusmigrate_core::event::run::JournalRecovered;

use super::recent::Recent;
use super::{Store, StoreError};
use crate::append::Reply;
use crate::error::AppendError;

/// Events that may be in memory alone.
pub(crate) const LAG_RECORDS_MAX: u64 = 65_536;
/// How long the store is waited for while nothing of it is heard: opening it, or one round of writing.
const SILENCE_MAX: Duration = Duration::from_mins(1);
/// How long the end is waited for while nothing goes on: where a write fails in a thread of sled's own, whoever waits
/// in sled for that write waits for ever.
const STANDSTILL_MAX: Duration = Duration::from_secs(30);

/// So many new records wake a follower that pauses.
const WORTH_WAKING: u64 = 1_024;

/// How the follower ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// With everything applied and flushed.
    Drained,
    /// At once: the next open catches up.
    AtOnce,
}

/// Why the store does not answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NoAnswer {
    /// It failed, or the log could not be read for it.
    Failed(StoreError),
    /// It is not open or too far behind, and was not heard of for this long.
    NotYet(Duration),
}

/// The store is needed to know what is there already. One that failed stops the journal; one that is not ready yet
/// refuses what hangs on it.
impl From<NoAnswer> for AppendError {
    fn from(why: NoAnswer) -> Self {
        match why {
            NoAnswer::Failed(error) => error.into(),
            NoAnswer::NotYet(waited) => Self::StoreNotReady { waited },
        }
    }
}

/// What was found about the store, and the answer to the append that records it.
pub(crate) type Finding = (JournalRecovered, Arc<Reply>);

struct State {
    durable: u64,
    /// From which size on the follower wants to be woken. It does not hurry: on few processors it takes the time of
    /// those whose events are being made durable.
    wake_at: u64,
    /// Signs of life of a follower that has nothing to say yet.
    heard: u64,
    applied: Option<u64>,
    remembered: u64,
    store: Option<Store>,
    /// The store has everything that was there at opening; what was found about it is being recorded.
    settled: bool,
    finding: Option<Finding>,
    ending: Option<Ending>,
    /// The follower is about to return, and has let go of the store.
    ended: bool,
    failed: Option<StoreError>,
}

impl State {
    fn answers(&self) -> bool {
        self.applied.is_some_and(|applied| applied >= self.remembered)
    }

    /// Events in memory alone.
    fn in_memory(&self) -> u64 {
        self.durable - self.applied.unwrap_or(0).max(self.remembered)
    }
}

/// Shared by committer and follower.
pub(crate) struct Lag {
    state: Mutex<State>,
    changed: Condvar,
    /// The events from `remembered` on that the store does not have.
    pub(crate) recent: Mutex<Recent>,
    silence_max: Duration,
}

impl Lag {
    /// Of a log of so many records, with a store that is not open yet.
    pub(crate) fn new(durable: u64) -> Self {
        let state = State {
            durable,
            wake_at: 0,
            heard: 0,
            applied: None,
            remembered: durable,
            store: None,
            settled: false,
            finding: None,
            ending: None,
            ended: false,
            failed: None,
        };
        Self {
            state: Mutex::new(state),
            changed: Condvar::new(),
            recent: Mutex::default(),
            silence_max: SILENCE_MAX,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.lock());
        self.changed.notify_all();
    }

    /// Tells the follower how far the log is.
    pub(crate) fn durable(&self, size: u64) {
        let mut state = self.lock();
        state.durable = size;
        let is_awaited = size >= state.wake_at;
        drop(state);
        if is_awaited {
            self.changed.notify_all();
        }
    }

    /// Durable records the store is not known to have.
    pub(crate) fn records(&self) -> u64 {
        let state = self.lock();
        state.durable - state.applied.unwrap_or(0)
    }

    /// Whether every event can be told from a repeat without waiting.
    pub(crate) fn answers(&self) -> bool {
        self.lock().answers()
    }

    /// The open store; an error where it failed or is not open.
    pub(crate) fn store(&self) -> Result<Store, StoreError> {
        let state = self.lock();
        match (&state.store, &state.failed) {
            (Some(store), _) => Ok(store.clone()),
            (None, Some(error)) => Err(error.clone()),
            (None, None) => Err(StoreError::new("it is not open")),
        }
    }

    /// The open store and how many records it has; none where it is not open or failed.
    pub(crate) fn held(&self) -> Option<(Store, u64)> {
        let state = self.lock();
        let (None, Some(store), Some(applied)) = (&state.failed, &state.store, state.applied) else {
            return None;
        };
        Some((store.clone(), applied))
    }

    /// Waits until every event can be told from a repeat and there is room in memory.
    pub(crate) fn wait_for_answers(&self) -> Result<(), NoAnswer> {
        self.wait(|state| match &state.failed {
            Some(error) => Some(Err(error.clone())),
            None => (state.answers() && state.in_memory() <= LAG_RECORDS_MAX).then_some(Ok(())),
        })
    }

    /// Waits until there is room in memory for new events.
    pub(crate) fn wait_for_room(&self) -> Result<(), NoAnswer> {
        self.wait(|state| match &state.failed {
            _ if state.in_memory() <= LAG_RECORDS_MAX => Some(Ok(())),
            failed => failed.clone().map(Err),
        })
    }

    /// Waits until the store has everything that was there at opening. What was found about it, once that is recorded.
    pub(crate) fn wait_settled(&self) -> Result<Option<Finding>, NoAnswer> {
        self.wait(|state| match &state.failed {
            _ if state.settled => Some(Ok(state.finding.clone())),
            failed => failed.clone().map(Err),
        })
    }

    /// Waits until the store has more records than that, and says how many; none once it has everything that was there at
    /// opening.
    pub(crate) fn wait_for_more(&self, than: u64) -> Result<Option<u64>, NoAnswer> {
        self.wait(|state| match (&state.failed, state.applied) {
            _ if state.settled => Some(Ok(None)),
            (Some(error), _) => Some(Err(error.clone())),
            (None, Some(applied)) if applied > than => Some(Ok(Some(applied))),
            (None, _) => None,
        })
    }

    /// Waits for an answer, as long as the store is heard of.
    fn wait<T>(&self, answer: impl Fn(&State) -> Option<Result<T, StoreError>>) -> Result<T, NoAnswer> {
        let mut state = self.lock();
        loop {
            if let Some(answer) = answer(&state) {
                return answer.map_err(NoAnswer::Failed);
            }
            let before = (state.applied, state.heard);
            let (woken, waited) =
                self.changed.wait_timeout(state, self.silence_max).unwrap_or_else(PoisonError::into_inner);
            state = woken;
            if waited.timed_out() && (state.applied, state.heard) == before && answer(&state).is_none() {
                return Err(NoAnswer::NotYet(self.silence_max));
            }
        }
    }
}

/// The follower's side.
impl Lag {
    /// The store is open and was held against the log. `older` are the events it lacks, where they fit into memory.
    pub(super) fn opened(&self, store: Store, applied: u64, older: Option<Recent>) {
        let is_remembered = older.is_some();
        if let Some(older) = older {
            self.recent.lock().unwrap_or_else(PoisonError::into_inner).put_before(older);
        }
        self.change(|state| {
            state.store = Some(store);
            state.applied = Some(applied);
            if is_remembered {
                state.remembered = applied;
            }
        });
    }

    /// The follower is at work on what takes long.
    pub(super) fn heard(&self) {
        self.lock().heard += 1;
    }

    /// The store has so many records more.
    pub(super) fn applied(&self, size: u64) {
        let forgotten = self.recent.lock().unwrap_or_else(PoisonError::into_inner).take_below(size);
        self.change(|state| state.applied = Some(size));
        drop(forgotten);
    }

    /// The store has everything that was there at opening.
    pub(super) fn settled(&self, finding: Option<Finding>) {
        self.change(|state| (state.settled, state.finding) = (true, finding));
    }

    pub(super) fn failed(&self, error: StoreError) {
        self.change(|state| state.failed = Some(error));
    }

    /// The follower ends: whoever waits must not wait for it.
    pub(super) fn end(&self) {
        // Let go of outside the lock: sled writes what it still has.
        let store = self.lock().store.take();
        drop(store);
        self.change(|state| state.ended = true);
    }

    /// How far the log is, and whether to end. Waits as long as there is nothing else to do: without end where
    /// nothing is new, and otherwise for more to come.
    pub(super) fn next(&self, read: u64, pause: Pause) -> (u64, Option<Ending>) {
        let mut state = self.lock();
        let (wake_at, until) = match pause {
            Pause::None => return (state.durable, state.ending),
            Pause::For(pause) => (read + WORTH_WAKING, Some(Instant::now() + pause)),
            Pause::UntilChanged => (read + 1, None),
        };
        state.wake_at = wake_at;
        while state.durable < wake_at && state.ending.is_none() {
            state = match until.map(|until| until.saturating_duration_since(Instant::now())) {
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(Duration::ZERO) => break,
                Some(left) => {
                    self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
        (state.durable, state.ending)
    }

    /// Asks the follower to end, and waits for it. Says how it failed, or that it stands still.
    pub(super) fn finish(&self, ending: Ending) -> Result<(), StoreError> {
        self.change(|state| state.ending = Some(ending));
        let mut state = self.lock();
        while !state.ended {
            let before = (state.applied, state.heard);
            let (woken, waited) =
                self.changed.wait_timeout(state, STANDSTILL_MAX).unwrap_or_else(PoisonError::into_inner);
            state = woken;
            if waited.timed_out() && (state.applied, state.heard) == before && !state.ended {
                return Err(StoreError::new("it came to a standstill"));
            }
        }
        state.failed.take().map_or(Ok(()), Err)
    }
}

/// How long the follower may wait for more.
#[derive(Clone, Copy)]
pub(super) enum Pause {
    None,
    For(Duration),
    UntilChanged,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hears of nothing for longer than a moment.
    fn impatient(durable: u64) -> Lag {
        Lag { silence_max: Duration::from_millis(1), ..Lag::new(durable) }
    }

    #[test]
    fn who_waits_for_a_store_that_is_not_heard_of_is_told() {
        let lag = impatient(10);
        assert_eq!(lag.wait_for_answers(), Err(NoAnswer::NotYet(lag.silence_max)));
        assert_eq!(lag.wait_for_room(), Ok(()), "what is new needs no store");
        lag.durable(10 + LAG_RECORDS_MAX);
        assert_eq!(lag.wait_for_room(), Ok(()));
        lag.durable(11 + LAG_RECORDS_MAX);
        assert_eq!(lag.wait_for_room(), Err(NoAnswer::NotYet(lag.silence_max)), "the memory is bounded");
        let error = StoreError::new("sled says no");
        lag.failed(error.clone());
        assert_eq!(lag.wait_for_room(), Err(NoAnswer::Failed(error.clone())));
        assert_eq!(lag.wait_for_answers(), Err(NoAnswer::Failed(error)));
    }
}
