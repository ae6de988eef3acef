//! Workers that take jobs of one batch after the other, so that none idles while a batch is being completed.
//!
//! A *round* is a batch under way. Jobs are handed out in order, across rounds; rounds leave in the order they came.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{self, JoinHandle};

/// What the workers of a pool do.
pub(super) trait Work: Send + Sync + 'static {
    type Job: Send + Sync;
    /// Said once for all jobs of a round.
    type Note: Send + Sync;
    type Answer: Send + Sync;
    /// What one worker keeps between jobs: its buffer.
    type Scratch;

    fn scratch(&self) -> Self::Scratch;
    fn perform(&self, scratch: &mut Self::Scratch, job: &Self::Job, note: &Self::Note) -> Self::Answer;
    /// The answer where `perform` panicked: a defect of ours, which must not lose the other files.
    fn broken(&self, job: &Self::Job) -> Self::Answer;
}

/// A batch under way.
pub(super) struct Round<W: Work> {
    pub(super) id: u64,
    pub(super) note: W::Note,
    pub(super) jobs: Vec<W::Job>,
    answers: Vec<OnceLock<W::Answer>>,
    left: AtomicUsize,
}

impl<W: Work> Round<W> {
    /// Jobs with their answers. Only complete once the round has left the pool.
    pub(super) fn answers(&self) -> impl Iterator<Item = (&W::Job, &W::Answer)> {
        debug_assert_eq!(self.left.load(Ordering::Acquire), 0, "the round is still under way");
        self.jobs.iter().zip(self.answers.iter().filter_map(OnceLock::get))
    }
}

pub(super) struct Pool<W: Work> {
    shared: Arc<Shared<W>>,
    threads: Vec<JoinHandle<()>>,
}

struct Shared<W: Work> {
    work: Arc<W>,
    queue: Mutex<Queue<W>>,
    ready: Condvar,
}

struct Queue<W: Work> {
    /// Rounds with jobs not handed out, and the next job of the first.
    waiting: VecDeque<Arc<Round<W>>>,
    next: usize,
    /// Rounds that have not left, in the order they came.
    under_way: VecDeque<Arc<Round<W>>>,
    /// Where complete rounds go; `None` once the pool closes.
    complete: Option<Sender<Arc<Round<W>>>>,
}

impl<W: Work> Pool<W> {
    pub(super) fn start(
        work: &Arc<W>,
        workers: usize,
        complete: Sender<Arc<Round<W>>>,
    ) -> std::io::Result<Self> {
        let queue =
            Queue { waiting: VecDeque::new(), next: 0, under_way: VecDeque::new(), complete: Some(complete) };
        let shared =
            Arc::new(Shared { work: Arc::clone(work), queue: Mutex::new(queue), ready: Condvar::new() });
        let mut pool = Self { shared, threads: Vec::with_capacity(workers) };
        for number in 0..workers {
            let shared = Arc::clone(&pool.shared);
            let name = format!("content-{number}");
            pool.threads.push(thread::Builder::new().name(name).spawn(move || shared.run())?);
        }
        Ok(pool)
    }

    pub(super) fn submit(&self, id: u64, note: W::Note, jobs: Vec<W::Job>) {
        let answers = jobs.iter().map(|_| OnceLock::new()).collect();
        let left = AtomicUsize::new(jobs.len());
        let round = Arc::new(Round { id, note, jobs, answers, left });
        let mut queue = self.shared.lock();
        queue.under_way.push_back(Arc::clone(&round));
        if round.jobs.is_empty() {
            queue.let_go();
        } else {
            queue.waiting.push_back(round);
            self.shared.ready.notify_all();
        }
    }
}

impl<W: Work> Drop for Pool<W> {
    /// Jobs that were not handed out are dropped; those in flight are waited for.
    fn drop(&mut self) {
        let mut queue = self.shared.lock();
        queue.complete = None;
        queue.waiting.clear();
        drop(queue);
        self.shared.ready.notify_all();
        for thread in self.threads.drain(..) {
            let _ = thread.join(); // a worker catches its panics
        }
    }
}

impl<W: Work> Shared<W> {
    fn run(&self) {
        let mut scratch = self.work.scratch();
        while let Some((round, index)) = self.next() {
            let job = &round.jobs[index];
            let performed =
                catch_unwind(AssertUnwindSafe(|| self.work.perform(&mut scratch, job, &round.note)));
            let _ = round.answers[index].set(performed.unwrap_or_else(|_| self.work.broken(job)));
            if round.left.fetch_sub(1, Ordering::AcqRel) == 1 {
                self.lock().let_go();
            }
        }
    }

    fn next(&self) -> Option<(Arc<Round<W>>, usize)> {
        let mut queue = self.lock();
        loop {
            queue.complete.as_ref()?;
            if let Some(round) = queue.waiting.front().cloned() {
                let index = queue.next;
                queue.next += 1;
                if queue.next == round.jobs.len() {
                    queue.waiting.pop_front();
                    queue.next = 0;
                }
                return Some((round, index));
            }
            queue = self.ready.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue<W>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<W: Work> Queue<W> {
    /// Sends on the complete rounds at the front.
    fn let_go(&mut self) {
        while let Some(round) = self.under_way.pop_front_if(|round| round.left.load(Ordering::Acquire) == 0) {
            if let Some(complete) = &self.complete {
                let _ = complete.send(round); // nobody listens any more: the engine is being dropped
            }
        }
    }
}
