//! The batches that wait for the committer: bounded in count and bytes. Whoever comes when it is full waits.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::append::{Bell, Reply, Request};
use crate::error::AppendError;

/// Events that may wait.
pub(crate) const QUEUE_EVENTS_MAX: usize = 16_384;
/// Bytes of records that may wait.
pub(crate) const QUEUE_BYTES_MAX: usize = 8 << 20;
/// Events of one group.
const GROUP_EVENTS_MAX: usize = 8_192;
/// Bytes of records of one group. With one batch more it stays below a commit's maximum.
const GROUP_BYTES_MAX: usize = 1 << 20;

const _: () = {
    use crate::batch::{BATCH_BYTES_MAX, BATCH_EVENTS_MAX};
    use crate::log::frame::{COMMIT_BODY_BYTES_MAX, RECORD_HEADER_BYTES};
    assert!(BATCH_EVENTS_MAX <= QUEUE_EVENTS_MAX && BATCH_BYTES_MAX <= QUEUE_BYTES_MAX);
    let events = GROUP_EVENTS_MAX + BATCH_EVENTS_MAX;
    assert!(GROUP_BYTES_MAX + BATCH_BYTES_MAX + events * RECORD_HEADER_BYTES <= COMMIT_BODY_BYTES_MAX);
};

#[derive(Default)]
struct State {
    waiting: VecDeque<Request>,
    /// Answers to the group that was taken last: if the committer falls over it, somebody has to give them.
    taken: Vec<Arc<Reply>>,
    events: usize,
    bytes: usize,
    closed: bool,
    stopped: Option<AppendError>,
}

impl State {
    fn has_room(&self, request: &Request) -> bool {
        let (events, bytes) =
            (self.events + request.batch.drafts().len(), self.bytes + request.batch.bytes());
        self.waiting.is_empty() || (events <= QUEUE_EVENTS_MAX && bytes <= QUEUE_BYTES_MAX)
    }

    fn put(&mut self, request: Request) {
        self.events += request.batch.drafts().len();
        self.bytes += request.batch.bytes();
        self.waiting.push_back(request);
    }
}

#[derive(Default)]
pub(crate) struct Queue {
    state: Mutex<State>,
    filled: Condvar,
    emptied: Condvar,
    /// Whoever gives answers to requests of this queue rings it.
    pub(crate) bell: Arc<Bell>,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands batches over, in order; waits while the queue is full. What fits at once is taken at once, so that it
    /// shares a sync.
    pub(crate) fn push(&self, requests: Vec<Request>) {
        let mut state = self.lock();
        for request in requests {
            while state.stopped.is_none() && !state.has_room(&request) {
                self.filled.notify_one();
                state = self.emptied.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            match state.stopped.clone() {
                Some(error) => request.reply.give(Err(error)),
                None => state.put(request),
            }
        }
        self.filled.notify_one();
        let stopped = state.stopped.is_some();
        drop(state);
        if stopped {
            self.bell.ring();
        }
    }

    /// Hands over the journal's own finding: never waits, because whoever makes room may wait for its maker.
    pub(crate) fn push_own(&self, request: Request) {
        let mut state = self.lock();
        let stopped = state.stopped.clone();
        match stopped.clone() {
            Some(error) => request.reply.give(Err(error)),
            None => state.put(request),
        }
        self.filled.notify_one();
        drop(state);
        if stopped.is_some() {
            self.bell.ring();
        }
    }

    /// Takes what waits, up to a group; waits where nothing does. `None`: closed and empty.
    pub(crate) fn take(&self) -> Option<Vec<Request>> {
        let mut state = self.lock();
        while state.waiting.is_empty() {
            if state.closed {
                return None;
            }
            state = self.filled.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let mut group = Vec::new();
        let (mut events, mut bytes) = (0, 0);
        while events < GROUP_EVENTS_MAX && bytes < GROUP_BYTES_MAX {
            let Some(request) = state.waiting.pop_front() else { break };
            events += request.batch.drafts().len();
            bytes += request.batch.bytes();
            group.push(request);
        }
        state.events -= events;
        state.bytes -= bytes;
        state.taken = group.iter().map(|request: &Request| Arc::clone(&request.reply)).collect();
        self.emptied.notify_all();
        Some(group)
    }

    /// Refuses everything from the beginning on, also what the journal itself finds.
    pub(crate) fn take_nothing(&self, why: &str) {
        let mut state = self.lock();
        (state.closed, state.stopped) = (true, Some(AppendError::Stopped(why.to_owned())));
    }

    /// Lets the committer end once nothing waits.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.filled.notify_all();
    }

    /// Refuses everything from now on, and whatever waits. The first reason stays.
    pub(crate) fn stop(&self, error: &AppendError) {
        let unanswered: Vec<_> = {
            let mut state = self.lock();
            state.stopped.get_or_insert_with(|| error.clone());
            (state.events, state.bytes) = (0, 0);
            let waiting = std::mem::take(&mut state.waiting).into_iter().map(|request| request.reply);
            std::mem::take(&mut state.taken).into_iter().chain(waiting).collect()
        };
        self.emptied.notify_all();
        for reply in unanswered {
            reply.give(Err(error.clone()));
        }
        self.bell.ring();
    }

    /// Why nothing is taken any more.
    pub(crate) fn stopped(&self) -> Option<AppendError> {
        self.lock().stopped.clone()
    }
}
