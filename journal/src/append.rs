//! Asking for events to be appended, and waiting for the answer.

use std::collections::HashSet;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use wsusmigrate_core::envelope::Proposed;
use wsusmigrate_core::unit::Seq;

use crate::codec::RECORD_BYTES_MAX;
use crate::error::AppendError;
use crate::record::{BEGINNING_BYTES, unplaced};
use crate::store::recent::Content;
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

/// Where the committer puts the answer.
#[derive(Default)]
pub(crate) struct Reply {
    answer: Mutex<Answer>,
    answered: Condvar,
}

impl Reply {
    fn lock(&self) -> MutexGuard<'_, Answer> {
        self.answer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn give(&self, outcome: Outcome) {
        let waker = {
            let mut answer = self.lock();
            answer.outcome.get_or_insert(outcome);
            answer.waker.take()
        };
        self.answered.notify_all();
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
        let mut answer = self.reply.lock();
        loop {
            if let Some(outcome) = answer.outcome.clone() {
                return outcome;
            }
            answer = self.reply.answered.wait(answer).unwrap_or_else(PoisonError::into_inner);
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

/// A batch on its way.
pub(crate) struct Request {
    pub(crate) drafts: Vec<Draft>,
    pub(crate) bytes: usize,
    pub(crate) expected: Expected,
    /// The journal made these events itself, with ids nobody else can have: they need not be looked up.
    pub(crate) certainly_new: bool,
    pub(crate) reply: Arc<Reply>,
}

impl Request {
    /// Encodes a batch, in the caller's thread.
    pub(crate) fn new(batch: Vec<Proposed>, expected: Expected) -> Result<Self, AppendError> {
        let events = batch.len();
        if events == 0 {
            return Err(AppendError::EmptyBatch);
        }
        let mut ids = HashSet::with_capacity(events);
        if let Some(twice) = batch.iter().find(|proposed| !ids.insert(proposed.envelope.id)) {
            let (id, name) = (twice.envelope.id, twice.event.kind().name());
            return Err(AppendError::TwiceInBatch { id, name });
        }
        let drafts = batch.into_iter().map(draft).collect::<Result<Vec<_>, _>>()?;
        let bytes = drafts.iter().map(|draft| draft.payload.len()).sum();
        if events > BATCH_EVENTS_MAX || bytes > BATCH_BYTES_MAX {
            return Err(AppendError::BatchTooLarge { events, bytes });
        }
        Ok(Self { drafts, bytes, expected, certainly_new: false, reply: Arc::default() })
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
