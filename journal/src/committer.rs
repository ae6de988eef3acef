//! The committer: one thread that makes batches durable, as many as wait with one write and one fdatasync.
//!
//! Order: write the frame, sync, publish the head, tell observers, acknowledge, and then what nobody waits for. After a
//! failed write or sync what is on the medium is unknown; nothing is tried again, everything waiting and coming is
//! refused, and opening the journal anew finds out.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};

use wsusmigrate_core::digest::Sha256;
use wsusmigrate_core::id::StreamId;
use wsusmigrate_core::unit::{Seq, TimeMicros};

use crate::append::{Appended, Expected, Request};
use crate::batch::Origin;
use crate::disk::FileError;
use crate::error::AppendError;
use crate::group::Group;
use crate::head::{Head, Publisher};
use crate::index::Index;
use crate::log::cursor::Position;
use crate::log::scan::Point;
use crate::log::writer::LogWriter;
use crate::observe::Observer;
use crate::queue::Queue;
use crate::store::lag::Lag;
use crate::tree_snapshot::TreeSnapshots;

/// What appends to a closed journal are told.
pub(crate) const CLOSED: &str = "the journal is closed";

/// A `tree` snapshot is written when so many records came since the last.
const TREE_SNAPSHOT_RECORDS: u64 = 4_096;

/// What is durable, for whoever asks.
pub(crate) struct Live {
    durable: Mutex<Durable>,
    pub(crate) observers: RwLock<Vec<Arc<dyn Observer>>>,
    /// Size and root of the newest checkpoint that was signed or checked.
    pub(crate) checkpoint: Mutex<Option<(u64, Sha256)>>,
}

/// The end of what is durable.
struct Durable {
    point: Point,
    /// Leaf hashes of its last records, which its tree does not have yet: nobody waits for a commit's tree.
    leaves: Vec<Sha256>,
}

impl Live {
    pub(crate) fn new(durable: Point, checkpoint: Option<(u64, Sha256)>) -> Self {
        Self {
            durable: Mutex::new(Durable { point: durable, leaves: Vec::new() }),
            observers: RwLock::default(),
            checkpoint: Mutex::new(checkpoint),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Durable> {
        self.durable.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Durable records.
    pub(crate) fn size(&self) -> u64 {
        self.lock().point.at.next
    }

    /// The end, with its tree.
    pub(crate) fn durable(&self) -> Point {
        let mut durable = self.lock();
        let Durable { point, leaves } = &mut *durable;
        leaves.drain(..).for_each(|leaf| point.tree.push(leaf));
        point.clone()
    }

    /// A commit is durable that ends there and holds records with these leaf hashes.
    fn advance(&self, at: Position, leaves: &[Sha256]) {
        let mut durable = self.lock();
        durable.point.at = at;
        durable.point.leaf = leaves.last().copied().unwrap_or(durable.point.leaf);
        durable.leaves.extend(leaves);
    }

    pub(crate) fn checkpoint(&self) -> MutexGuard<'_, Option<(u64, Sha256)>> {
        self.checkpoint.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(crate) struct Committer {
    pub(crate) queue: Arc<Queue>,
    pub(crate) live: Arc<Live>,
    pub(crate) stream: StreamId,
    pub(crate) writer: LogWriter,
    pub(crate) publisher: Publisher,
    pub(crate) index: Index,
    pub(crate) lag: Arc<Lag>,
    pub(crate) snapshots: TreeSnapshots,
    /// Where the next group's frame is laid.
    pub(crate) frame: Vec<u8>,
    /// Before the last commit: what a `tree` snapshot holds, so that the commit after it proves it.
    pub(crate) before_last: Option<Point>,
    pub(crate) snapshot_size: u64,
    /// Time of the last record that was appended since the opening.
    pub(crate) last_time: TimeMicros,
    /// The disk is full: what is told to everything but last words.
    pub(crate) full: Option<AppendError>,
}

impl Committer {
    /// Works until the queue is closed and empty, or something fails.
    pub(crate) fn run(mut self) {
        // Whatever ends this thread, also a panic, nobody may be left waiting.
        let _guard = StopGuard(Arc::clone(&self.queue));
        while let Some(group) = self.queue.take() {
            if let Err(error) = self.commit(group) {
                self.queue.stop(&error);
                return;
            }
        }
        if let Err(error) = self.finish() {
            self.queue.stop(&file_stopped(&error));
        }
    }

    /// What a clean end adds: the next open starts from here.
    fn finish(&mut self) -> Result<(), FileError> {
        if let Some(point) = self.before_last.take() {
            // As in `look_back`: one that cannot be written (the disk is full) is no reason to say that the journal stopped.
            let _ = self.snapshots.write(&point, *self.live.checkpoint());
        }
        self.publisher.sync()
    }

    fn commit(&mut self, requests: Vec<Request>) -> Result<(), AppendError> {
        let mut requests = self.refuse_where_full(requests);
        if requests.is_empty() {
            return Ok(());
        }
        if self.lag.answers() {
            return self.commit_group(requests);
        }
        // What is known to be new does not wait for what must be looked up and stands behind it.
        let known_new =
            requests.iter().position(|request| request.batch.needs_store()).unwrap_or(requests.len());
        let others = requests.split_off(known_new);
        for group in [requests, others].into_iter().filter(|group| !group.is_empty()) {
            self.commit_group(group)?;
        }
        Ok(())
    }

    fn observers(&self) -> RwLockReadGuard<'_, Vec<Arc<dyn Observer>>> {
        self.live.observers.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// On a full disk what room there is belongs to the end.
    fn refuse_where_full(&self, requests: Vec<Request>) -> Vec<Request> {
        let Some(full) = &self.full else { return requests };
        let is_last = |request: &Request| request.batch.origin == Origin::LastWords;
        let (last, others): (Vec<_>, Vec<_>) = requests.into_iter().partition(is_last);
        for request in others {
            request.reply.give(Err(full.clone()));
        }
        self.queue.bell.ring();
        last
    }

    fn commit_group(&mut self, requests: Vec<Request>) -> Result<(), AppendError> {
        let mut group = Group::new(std::mem::take(&mut self.frame), self.live.durable());
        let outcome = self
            .stage_all(requests, &mut group)
            .and_then(|()| if group.leaves.is_empty() { Ok(()) } else { self.make_durable(&mut group) });
        for (reply, answer) in std::mem::take(&mut group.outcomes) {
            // Refusals hold whatever happened; promises only if the group is durable.
            reply.give(match &outcome {
                Err(error) if answer.is_ok() => Err(error.clone()),
                _ => answer,
            });
        }
        self.queue.bell.ring();
        let is_done = outcome.is_ok() && !group.leaves.is_empty();
        let (frame, before) = group.into_parts();
        self.frame = frame;
        if is_done {
            self.look_back(before);
        }
        outcome
    }

    /// What nobody waits for after a commit: the tree, and now and then a snapshot of it.
    fn look_back(&mut self, before: Point) {
        let size = self.live.durable().at.next;
        if size - self.snapshot_size >= TREE_SNAPSHOT_RECORDS {
            // A snapshot that cannot be written is no loss: the next open reads more.
            let _ = self.snapshots.write(&before, *self.live.checkpoint());
            self.snapshot_size = size;
        }
        self.before_last = Some(before);
    }

    fn stage_all(&mut self, requests: Vec<Request>, group: &mut Group) -> Result<(), AppendError> {
        let mut failed = None;
        let is_asked = requests.iter().any(|request| request.batch.needs_store());
        let unanswered = if is_asked { self.lag.wait_for_answers().err() } else { None };
        let full = self.lag.wait_for_room().err();
        for request in requests {
            let reply = Arc::clone(&request.reply);
            let refused = if request.batch.needs_store() { &unanswered } else { &full };
            let answer = match (&failed, refused) {
                (Some(error), _) => Err(AppendError::clone(error)),
                (None, Some(why)) => Err(why.clone().into()),
                (None, None) => self.stage(request, group),
            };
            if let Err(
                error @ (AppendError::Stopped(_) | AppendError::LogUnreadable(_) | AppendError::DiskFull(_)),
            ) = &answer
            {
                failed.get_or_insert_with(|| error.clone());
            }
            group.outcomes.push((reply, answer));
        }
        failed.map_or(Ok(()), Err)
    }

    /// Gives a batch its place in the group, or refuses it whole.
    fn stage(&mut self, request: Request, group: &mut Group) -> Result<Appended, AppendError> {
        let size = group.next();
        let batch = request.batch.not_before(self.last_time)?;
        let in_memory = !batch.needs_store() && !self.lag.answers();
        let mut seqs = self.index.find(batch.drafts(), in_memory)?;
        let repeated = seqs.iter().flatten().count();
        if repeated < seqs.len() {
            let expected = match request.expected {
                Expected::Any => size,
                Expected::Empty => 1,
                Expected::Size(expected) => expected,
            };
            if expected != size {
                return Err(AppendError::Conflict { expected, size });
            }
        }
        let (mut first, mut last) = (u64::MAX, 0);
        for ((draft, frame), seq) in batch.frames().zip(&mut seqs) {
            if seq.is_none() {
                self.last_time = draft.time;
            }
            let seq = *seq.get_or_insert_with(|| group.place(frame));
            (first, last) = (first.min(seq), last.max(seq));
        }
        let new = batch.drafts().iter().zip(seqs.into_iter().flatten()).filter(|&(_, seq)| seq >= size);
        self.index.insert(new);
        let repeated = u32::try_from(repeated).unwrap_or(u32::MAX);
        Ok(Appended { first: Seq(first), last: Seq(last), repeated })
    }

    fn make_durable(&mut self, group: &mut Group) -> Result<(), AppendError> {
        let (first, commit) = (group.before.at.next, group.before.at.number);
        let at = group.write(&mut self.writer).map_err(|error| file_stopped(&error))?;
        let Position { segment, offset: end, next: size, .. } = at;
        let head =
            Head { generation: 0, stream: self.stream, size, segment, end, leaf: group.leaf(), commit };
        self.publisher.publish(head).map_err(|error| file_stopped(&error))?;
        // A crash from here on leaves a commit that readers see and whose owner was not told: he will find it.
        self.live.advance(at, &group.leaves);
        self.lag.durable(size);
        for observer in self.observers().iter() {
            (first..size).for_each(|seq| observer.durable(Seq(seq)));
        }
        Ok(())
    }
}

fn file_stopped(error: &FileError) -> AppendError {
    let why = format!("{error}: {}", error.source);
    if error.lacks_room() { AppendError::DiskFull(why) } else { AppendError::Stopped(why) }
}

/// Refuses everybody once the committer's thread has ended.
struct StopGuard(Arc<Queue>);

impl Drop for StopGuard {
    fn drop(&mut self) {
        let why = if std::thread::panicking() { "the committer panicked" } else { CLOSED };
        self.0.stop(&AppendError::Stopped(why.to_owned()));
    }
}
