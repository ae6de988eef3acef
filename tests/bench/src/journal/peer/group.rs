//! The group committer every peer stands behind: one thread that commits whatever waits, as the journal's does.
//!
//! Same limits as `journal/src/queue.rs`, so that no peer makes smaller groups than the journal.

use std::collections::VecDeque;
use std::mem::take;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use super::{Payload, PeerError, Store};

const QUEUE_EVENTS_MAX: usize = 16_384;
const QUEUE_BYTES_MAX: usize = 8 << 20;
const GROUP_EVENTS_MAX: usize = 8_192;
const GROUP_BYTES_MAX: usize = 1 << 20;

/// Where the committer puts the answer: whether the records are durable.
#[derive(Default)]
struct Reply {
    answer: Mutex<Option<Result<(), String>>>,
    answered: Condvar,
}

struct Request {
    payloads: Vec<Payload>,
    bytes: usize,
    reply: Arc<Reply>,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Request>,
    events: usize,
    bytes: usize,
    closed: bool,
}

#[derive(Default)]
struct Queue {
    state: Mutex<State>,
    filled: Condvar,
    emptied: Condvar,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, request: Request) {
        let mut state = self.lock();
        while !state.waiting.is_empty()
            && (state.events + request.payloads.len() > QUEUE_EVENTS_MAX
                || state.bytes + request.bytes > QUEUE_BYTES_MAX)
        {
            state = self.emptied.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.events += request.payloads.len();
        state.bytes += request.bytes;
        state.waiting.push_back(request);
        self.filled.notify_one();
    }

    /// What waits, up to a group; nothing once the queue is closed and empty.
    fn take(&self) -> Vec<Request> {
        let mut state = self.lock();
        while state.waiting.is_empty() && !state.closed {
            state = self.filled.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let (mut group, mut events, mut bytes) = (Vec::new(), 0, 0);
        while events < GROUP_EVENTS_MAX && bytes < GROUP_BYTES_MAX {
            let Some(request) = state.waiting.pop_front() else { break };
            events += request.payloads.len();
            bytes += request.bytes;
            group.push(request);
        }
        state.events -= events;
        state.bytes -= bytes;
        self.emptied.notify_all();
        group
    }
}

/// A peer's store behind its committer.
pub(crate) struct Group {
    queue: Arc<Queue>,
    thread: Option<JoinHandle<()>>,
}

impl Group {
    /// The first record gets sequence `first`.
    pub(crate) fn start(mut store: Box<dyn Store>, first: u64) -> Self {
        let queue = Arc::new(Queue::default());
        let theirs = Arc::clone(&queue);
        let thread = std::thread::spawn(move || commit_all(&theirs, store.as_mut(), first));
        Self { queue, thread: Some(thread) }
    }

    /// Hands records over and waits until they are durable.
    pub(crate) fn append(&self, payloads: Vec<Payload>) -> Result<(), PeerError> {
        let reply = Arc::new(Reply::default());
        let bytes = payloads.iter().map(|payload| payload.len()).sum();
        self.queue.push(Request { payloads, bytes, reply: Arc::clone(&reply) });
        let mut answer = reply.answer.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(outcome) = answer.take() {
                return outcome.map_err(PeerError::from);
            }
            answer = reply.answered.wait(answer).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits until the store is closed.
    pub(crate) fn close(mut self) -> Result<(), PeerError> {
        self.queue.lock().closed = true;
        self.queue.filled.notify_all();
        let joined = self.thread.take().map_or(Ok(()), JoinHandle::join);
        joined.map_err(|_| "the committer panicked".into())
    }
}

fn commit_all(queue: &Queue, store: &mut dyn Store, first: u64) {
    let mut next = first;
    loop {
        let mut group = queue.take();
        if group.is_empty() {
            return;
        }
        let mut payloads = Vec::new();
        for request in &mut group {
            payloads.append(&mut take(&mut request.payloads));
        }
        let outcome = store.commit(next, &payloads).map_err(|error| error.to_string());
        next += payloads.len() as u64;
        for request in group {
            *request.reply.answer.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome.clone());
            request.reply.answered.notify_all();
        }
    }
}
