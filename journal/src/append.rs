//! Asking for events to be appended, and waiting for the answer.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use wsusmigrate_core::unit::Seq;

use crate::batch::Batch;
use crate::error::AppendError;

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

/// A batch on its way.
pub(crate) struct Request {
    pub(crate) batch: Batch,
    pub(crate) expected: Expected,
    pub(crate) reply: Arc<Reply>,
}

impl Request {
    pub(crate) fn new(batch: Batch, expected: Expected, bell: &Arc<Bell>) -> Self {
        Self { batch, expected, reply: Arc::new(Reply::new(bell)) }
    }
}
