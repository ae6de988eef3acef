//! Asking for events to be appended, and waiting for the answer.

use std::fmt;
use std::future::Future;
use std::hash::BuildHasherDefault;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use wsusmigrate_core::envelope::Proposed;
use wsusmigrate_core::unit::{Seq, TimeMicros};

use crate::codec::RECORD_BYTES_MAX;
use crate::error::AppendError;
use crate::record::{BEGINNING_BYTES, unplaced};
use crate::store::recent::{Content, IdSet};
use crate::wire;

/// The most events a batch may hold.
pub const BATCH_EVENTS_MAX: usize = 4096;
/// The most bytes of records a batch may take.
pub const BATCH_BYTES_MAX: usize = 2 << 20;

/// What must be true of the journal for a batch to be appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Nothing.
    Any,
    /// It holds nothing but its own first record.
    Empty,
    /// It holds exactly so many records.
    Size(u64),
}

/// Where a batch stands.
///
/// With `repeated == 0` it stands at `first..=last`, in its order. Otherwise some of its events were in the journal
/// already (same id, same content but for the time): nothing was written for those, and `first` and `last` are the
/// lowest and highest position among all events of the batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Lowest position of the batch's events.
    pub first: Seq,
    /// Highest position of the batch's events.
    pub last: Seq,
    /// How many of them were there already.
    pub repeated: u32,
}

type Outcome = Result<Appended, AppendError>;

#[derive(Default)]
struct Answer {
    outcome: Option<Outcome>,
    waker: Option<Waker>,
}

/// What everybody who waits for an answer listens to: one ring for all that a commit has answered.
#[derive(Default)]
pub(crate) struct Bell {
    rope: Mutex<()>,
    rung: Condvar,
}

impl Bell {
    fn lock(&self) -> MutexGuard<'_, ()> {
        self.rope.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells everybody that answers were given.
    pub(crate) fn ring(&self) {
        // Held once, so that nobody can be between looking for his answer and listening.
        drop(self.lock());
        self.rung.notify_all();
    }
}

/// Where the committer puts the answer.
pub(crate) struct Reply {
    answer: Mutex<Answer>,
    bell: Arc<Bell>,
}

impl Reply {
    pub(crate) fn new(bell: &Arc<Bell>) -> Self {
        Self { answer: Mutex::default(), bell: Arc::clone(bell) }
    }

    fn lock(&self) -> MutexGuard<'_, Answer> {
        self.answer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts the answer there, once. Whoever waits for it is told by the bell, which the giver rings.
    pub(crate) fn give(&self, outcome: Outcome) {
        let waker = {
            let mut answer = self.lock();
            answer.outcome.get_or_insert(outcome);
            answer.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// The answer to an append, when it is there. Dropping it does not take the batch back.
#[must_use = "events are in the journal only once the answer says so"]
pub struct Append {
    pub(crate) reply: Arc<Reply>,
}

impl Append {
    /// Blocks until the batch is durable or refused.
    pub fn wait(self) -> Outcome {
        let bell = &self.reply.bell;
        let mut rope = bell.lock();
        loop {
            if let Some(outcome) = self.reply.lock().outcome.clone() {
                return outcome;
            }
            rope = bell.rung.wait(rope).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Future for Append {
    type Output = Outcome;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Outcome> {
        let mut answer = self.reply.lock();
        if let Some(outcome) = answer.outcome.clone() {
            return Poll::Ready(outcome);
        }
        answer.waker = Some(context.waker().clone());
        Poll::Pending
    }
}

/// One event, encoded but for its place in the stream.
pub(crate) struct Draft {
    pub(crate) payload: Vec<u8>,
    pub(crate) content: Content,
    pub(crate) proposed: Proposed,
}

/// Events to be appended together, encoded: by the caller, at whatever moment suits him.
pub struct Batch {
    pub(crate) drafts: Vec<Draft>,
    bytes: usize,
    origin: Origin,
}

/// What is known of a batch's events before anything is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Nothing: any of them may be in the journal already.
    Unknown,
    /// None of them was in the journal when it was opened.
    SinceOpening,
    /// The journal's own finding about its store, made while appends go on: it takes the time of the record before
    /// it, because the journal asks no clock.
    OwnFinding,
    /// What is recorded to the end, also on a full disk: none of it was in the journal when it was opened.
    LastWords,
}

impl Batch {
    /// Encodes events. Refuses none at all, more than [`BATCH_EVENTS_MAX`] or [`BATCH_BYTES_MAX`], an event that is too
    /// long for a record, and two with the same id.
    pub fn new(events: Vec<Proposed>) -> Result<Self, AppendError> {
        let count = events.len();
        if count == 0 {
            return Err(AppendError::EmptyBatch);
        }
        let mut ids = IdSet::with_capacity_and_hasher(count, BuildHasherDefault::default());
        if let Some(twice) = events.iter().find(|proposed| !ids.insert(proposed.envelope.id)) {
            let (id, name) = (twice.envelope.id, twice.event.kind().name());
            return Err(AppendError::TwiceInBatch { id, name });
        }
        let drafts = events.into_iter().map(draft).collect::<Result<Vec<_>, _>>()?;
        let bytes = drafts.iter().map(|draft| draft.payload.len()).sum();
        if count > BATCH_EVENTS_MAX || bytes > BATCH_BYTES_MAX {
            return Err(AppendError::BatchTooLarge { events: count, bytes });
        }
        Ok(Self { drafts, bytes, origin: Origin::Unknown })
    }

    /// Vouches that none of these events was in the journal when it was opened: their ids hold random bytes drawn since,
    /// or they hang on an event that does. Such a batch does not wait for the store to be opened; what was appended
    /// since the opening is recognised all the same.
    #[must_use]
    pub fn known_new(self) -> Self {
        Self { origin: Origin::SinceOpening, ..self }
    }

    /// To be taken also where the disk is full.
    pub(crate) fn last_words(self) -> Self {
        Self { origin: Origin::LastWords, ..self }
    }

    /// Of the journal's own finding about its store.
    pub(crate) fn own_finding(self) -> Self {
        Self { origin: Origin::OwnFinding, ..self }
    }
}

impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch")
            .field("events", &self.drafts.len())
            .field("bytes", &self.bytes)
            .field("origin", &self.origin)
            .finish()
    }
}

/// A batch on its way.
pub(crate) struct Request {
    pub(crate) drafts: Vec<Draft>,
    pub(crate) bytes: usize,
    pub(crate) expected: Expected,
    pub(crate) origin: Origin,
    pub(crate) reply: Arc<Reply>,
}

impl Request {
    pub(crate) fn new(batch: Batch, expected: Expected, bell: &Arc<Bell>) -> Self {
        let Batch { drafts, bytes, origin } = batch;
        Self { drafts, bytes, expected, origin, reply: Arc::new(Reply::new(bell)) }
    }

    /// Whether the store must be asked for its events.
    pub(crate) fn needs_store(&self) -> bool {
        self.origin == Origin::Unknown
    }
}

impl Draft {
    /// The same event at another moment, where it would be before that one.
    pub(crate) fn not_before(self, time: TimeMicros) -> Result<Self, AppendError> {
        let mut proposed = self.proposed;
        proposed.envelope.time = proposed.envelope.time.max(time);
        draft(proposed)
    }
}

fn draft(proposed: Proposed) -> Result<Draft, AppendError> {
    let kind = proposed.event.kind();
    let mut payload = unplaced(kind);
    let too_long = |bytes| AppendError::TooLong { name: kind.name(), bytes };
    let body =
        wire::encode(&proposed.envelope, &proposed.event, &mut payload).map_err(|_| too_long(usize::MAX))?;
    if payload.len() > RECORD_BYTES_MAX {
        return Err(too_long(payload.len()));
    }
    debug_assert!(body >= BEGINNING_BYTES);
    let content = Content::of(&payload, &proposed.envelope, &payload[body..]);
    Ok(Draft { payload, content, proposed })
}
