//! The committer: one thread that makes batches durable, as many as wait with one write and one fdatasync.
//!
//! Order: write the frame, sync, publish the head, tell observers, acknowledge. After a failed write or sync what is
//! on the medium is unknown; nothing is tried again, everything waiting and coming is refused, and opening the
//! journal anew finds out.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};

use wsusmigrate_core::digest::Sha256;
use wsusmigrate_core::envelope::Recorded;
use wsusmigrate_core::id::StreamId;
use wsusmigrate_core::unit::{Seq, TimeMicros};

use crate::append::{Appended, Draft, Expected, Origin, Reply, Request};
use crate::disk::FileError;
use crate::error::AppendError;
use crate::head::{Head, Publisher};
use crate::index::Index;
use crate::log::cursor::Position;
use crate::log::frame::{COMMIT_HEADER_BYTES, CommitHeader, push_record};
use crate::log::scan::Point;
use crate::log::writer::LogWriter;
use crate::observe::Observer;
use crate::queue::Queue;
use crate::record;
use crate::store::lag::Lag;
use crate::tree_snapshot::TreeSnapshots;

/// What appends to a closed journal are told.
pub(crate) const CLOSED: &str = "the journal is closed";

/// A `tree` snapshot is written when so many records came since the last.
const TREE_SNAPSHOT_RECORDS: u64 = 4_096;

/// What is durable, for whoever asks.
pub(crate) struct Live {
    durable: Mutex<Point>,
    pub(crate) observers: RwLock<Vec<Arc<dyn Observer>>>,
    /// Size and root of the newest checkpoint that was signed or checked.
    pub(crate) checkpoint: Mutex<Option<(u64, Sha256)>>,
}

impl Live {
    pub(crate) fn new(durable: Point, checkpoint: Option<(u64, Sha256)>) -> Self {
        Self {
            durable: Mutex::new(durable),
            observers: RwLock::default(),
            checkpoint: Mutex::new(checkpoint),
        }
    }

    pub(crate) fn durable(&self) -> MutexGuard<'_, Point> {
        self.durable.lock().unwrap_or_else(PoisonError::into_inner)
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
    /// Before the last commit: what a `tree` snapshot holds, so that the commit after it proves it.
    pub(crate) before_last: Option<Point>,
    pub(crate) snapshot_size: u64,
    /// Time of the last record that was appended since the opening.
    pub(crate) last_time: TimeMicros,
    /// The disk is full: what is told to everything but last words.
    pub(crate) full: Option<AppendError>,
}

/// A group on its way to the medium.
struct Group {
    frame: Vec<u8>,
    point: Point,
    /// Whether somebody observes; only then what is recorded is kept.
    observed: bool,
    recorded: Vec<Recorded>,
    outcomes: Vec<(Arc<Reply>, Result<Appended, AppendError>)>,
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
            // As above: one that cannot be written (the disk is full) is no reason to say that the journal stopped.
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
        let known_new = requests.iter().position(Request::needs_store).unwrap_or(requests.len());
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
        let is_last = |request: &Request| request.origin == Origin::LastWords;
        let (last, others): (Vec<_>, Vec<_>) = requests.into_iter().partition(is_last);
        for request in others {
            request.reply.give(Err(full.clone()));
        }
        self.queue.bell.ring();
        last
    }

    fn commit_group(&mut self, requests: Vec<Request>) -> Result<(), AppendError> {
        let before = self.live.durable().clone();
        let mut group = Group {
            frame: vec![0; COMMIT_HEADER_BYTES],
            point: before.clone(),
            observed: !self.observers().is_empty(),
            recorded: Vec::new(),
            outcomes: Vec::new(),
        };
        let outcome = self.stage_all(requests, &mut group).and_then(|()| {
            if group.point.at.next == before.at.next { Ok(()) } else { self.make_durable(before, &mut group) }
        });
        for (reply, answer) in group.outcomes {
            // Refusals hold whatever happened; promises only if the group is durable.
            reply.give(match &outcome {
                Err(error) if answer.is_ok() => Err(error.clone()),
                _ => answer,
            });
        }
        self.queue.bell.ring();
        outcome
    }

    fn stage_all(&mut self, requests: Vec<Request>, group: &mut Group) -> Result<(), AppendError> {
        let mut failed = None;
        let is_asked = requests.iter().any(Request::needs_store);
        let unanswered = if is_asked { self.lag.wait_for_answers().err() } else { None };
        let full = self.lag.wait_for_room().err();
        for request in requests {
            let reply = Arc::clone(&request.reply);
            let refused = if request.needs_store() { &unanswered } else { &full };
            let answer = match (&failed, refused) {
                (Some(error), _) => Err(AppendError::clone(error)),
                (None, Some(why)) => Err(why.clone().into()),
                (None, None) => self.stage(request, group),
            };
            if let Err(error @ (AppendError::Stopped(_) | AppendError::DiskFull(_))) = &answer {
                failed.get_or_insert_with(|| error.clone());
            }
            group.outcomes.push((reply, answer));
        }
        failed.map_or(Ok(()), Err)
    }

    /// Gives a batch its place in the group, or refuses it whole.
    fn stage(&mut self, request: Request, group: &mut Group) -> Result<Appended, AppendError> {
        let size = group.point.at.next;
        let mut known = Vec::with_capacity(request.drafts.len());
        let in_memory = !request.needs_store() && !self.lag.answers();
        for draft in &request.drafts {
            known.push(if in_memory { self.index.find_recent(draft)? } else { self.index.find(draft)? });
        }
        let repeated = known.iter().flatten().count();
        if repeated < known.len() {
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
        let repeated = u32::try_from(repeated).unwrap_or(u32::MAX);
        for (draft, known) in request.drafts.into_iter().zip(known) {
            let seq = match known {
                Some(seq) => seq,
                None if request.origin == Origin::OwnFinding => {
                    self.place(draft.not_before(self.last_time)?, group)
                }
                None => self.place(draft, group),
            };
            (first, last) = (first.min(seq), last.max(seq));
        }
        Ok(Appended { first: Seq(first), last: Seq(last), repeated })
    }

    /// Puts an event behind the last one of the group.
    fn place(&mut self, mut draft: Draft, group: &mut Group) -> u64 {
        let seq = group.point.at.next;
        record::place(&mut draft.payload, Seq(seq), &group.point.leaf);
        group.point.leaf = record::leaf_hash(&draft.payload);
        group.point.tree.push(group.point.leaf);
        group.point.at.next += 1;
        push_record(&mut group.frame, &draft.payload);
        self.index.insert(&draft, seq);
        self.last_time = draft.proposed.envelope.time;
        if group.observed {
            let (envelope, event) = (draft.proposed.envelope, draft.proposed.event);
            group.recorded.push(Recorded { seq: Seq(seq), envelope, event });
        }
        seq
    }

    fn make_durable(&mut self, before: Point, group: &mut Group) -> Result<(), AppendError> {
        let first = before.at.next;
        let header = CommitHeader {
            number: before.at.number,
            first,
            records: u32::try_from(group.point.at.next - first).unwrap_or(u32::MAX),
            body_bytes: u32::try_from(group.frame.len() - COMMIT_HEADER_BYTES).unwrap_or(u32::MAX),
        };
        group.frame[..COMMIT_HEADER_BYTES].copy_from_slice(&header.encode());
        self.writer.append(&group.frame, first, before.leaf).map_err(|error| file_stopped(&error))?;
        let (segment, end) = (self.writer.segment(), self.writer.end());
        let begin = Position { segment, offset: end - group.frame.len() as u64, ..before.at };
        group.point.at = Position { segment, offset: end, next: header.end(), number: header.number + 1 };
        let head = Head {
            generation: 0,
            stream: self.stream,
            size: header.end(),
            segment,
            end,
            leaf: group.point.leaf,
            commit: header.number,
        };
        self.publisher.publish(head).map_err(|error| file_stopped(&error))?;
        // A crash from here on leaves a commit that readers see and whose owner was not told: he will find it.
        *self.live.durable() = group.point.clone();
        self.lag.durable(header.end());
        for recorded in &group.recorded {
            self.observers().iter().for_each(|observer| observer.durable(recorded));
        }
        let before = Point { at: begin, ..before };
        if header.end() - self.snapshot_size >= TREE_SNAPSHOT_RECORDS {
            // A snapshot that cannot be written is no loss: the next open reads more.
            let _ = self.snapshots.write(&before, *self.live.checkpoint());
            self.snapshot_size = header.end();
        }
        self.before_last = Some(before);
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
