//! The journal, open for writing.

mod opening;
mod rotate;
mod sign;

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use wsusmigrate_core::digest::Sha256;
use wsusmigrate_core::envelope::{Envelope, Proposed};
use wsusmigrate_core::event::run::{JournalCreated, JournalRecovered};
use wsusmigrate_core::id::{EventId, MigrationId, StreamId};
use wsusmigrate_core::projection::Projection;
use wsusmigrate_core::text::Text;
use wsusmigrate_core::unit::TimeMicros;

pub(crate) use opening::Attempt;

use crate::append::{Append, Expected, Reply, Request};
use crate::batch::Batch;
use crate::checkpoint;
use crate::committer::{CLOSED, Live};
use crate::disk;
use crate::error::{AppendError, CheckpointError, CloseError, OpenError, ReadError};
use crate::group::Group;
use crate::head::{Head, Publisher};
use crate::identity::Identity;
use crate::key::{self, SigningKey};
use crate::log::cursor::segments;
use crate::log::read::LogRecords;
use crate::log::scan::Point;
use crate::log::writer::LogWriter;
use crate::observe::Observer;
use crate::open;
use crate::place::Place;
use crate::queue::Queue;
use crate::reader::Reader;
use crate::record::{NO_LEAF, RawRecord};
use crate::selection::{Direction, Query, Selection};
use crate::snapshot::{self, Label};
use crate::store::follow::Follower;
use crate::store::lag::Ending;
use crate::tree_snapshot;

/// What a new journal says about itself in its first record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Create {
    /// The migration.
    pub migration: MigrationId,
    /// Its name from the plan.
    pub name: Text,
    /// The stream: fresh random bytes.
    pub stream: StreamId,
    /// The host whose journal it is.
    pub host: Text,
    /// Version of the program.
    pub program: Text,
    /// Now.
    pub time: TimeMicros,
}

/// What opening found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// Which journal it is.
    pub identity: Identity,
    /// Records, those that opening itself appended included.
    pub size: u64,
    /// What was mended; each is a `run.journal-recovered` in the journal. What is found about the store comes later, see
    /// [`Journal::settled`].
    pub findings: Vec<JournalRecovered>,
    /// The disk is full: everything can be read, every append is refused with this. Nobody touches the store.
    pub full: Option<AppendError>,
}

/// The only writer of a journal. Many threads may append at once; what they hand over at the same time shares one
/// sync.
pub struct Journal {
    place: Place,
    keys: PathBuf,
    key: Mutex<SigningKey>,
    identity: Identity,
    queue: Arc<Queue>,
    live: Arc<Live>,
    follower: Follower,
    committer: Option<JoinHandle<()>>,
    /// Held as long as this lives; the system releases it when the process ends in any way.
    _lock: Arc<opening::FolderLock>,
}

impl std::fmt::Debug for Journal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Journal")
            .field("place", &self.place)
            .field("size", &self.size())
            .finish_non_exhaustive()
    }
}

impl Journal {
    /// Creates a journal in an empty or new folder, draws its key into `keys` and appends the first record,
    /// `run.journal-created`.
    pub fn create(dir: &Path, keys: &Path, create: Create) -> Result<Self, OpenError> {
        let place = Place::new(dir);
        key::refuse_inside(keys, dir)?;
        disk::create_dir(dir)?;
        let lock = Arc::new(opening::lock(&place)?);
        let signed = !checkpoint::list(&place.checkpoints())?.is_empty();
        if place.head().exists() || place.store().exists() || signed {
            return Err(OpenError::Exists(dir.to_owned()));
        }
        if open::was_used(&place) {
            return Err(OpenError::Exists(dir.to_owned()));
        }
        if !segments(&place.log())?.is_empty() {
            // The head is written last: a log without one, without checkpoints and without a readable first record
            // is a creation that did not come to its end. With one, it is a journal that `open` mends.
            if LogRecords::new(&place.log(), 0..1).next().is_some_and(|record| record.is_ok()) {
                return Err(OpenError::Exists(dir.to_owned()));
            }
            disk::quarantine(&place.log(), &place.quarantine())?;
        }
        for folder in [place.log(), place.checkpoints(), place.snapshots()] {
            disk::create_dir(&folder)?;
        }
        let key = SigningKey::create(keys, create.stream)?;
        let (stream, time) = (create.stream, create.time);
        let end = write_first(&place, create, key.public())?;
        // A crash here leaves a log of one record without a head, which `open` mends.
        publisher(&place, stream, &end, 0)?;
        drop(key);
        let attempt = Attempt { place: &place, keys, time, lock: &lock, full: None, store_anew: false };
        Ok(Self::open_locked(&attempt)?.0)
    }

    /// Appends what is to be said to the end, also on a full disk. None of it may have been in the journal when it was
    /// opened, see [`Batch::known_new`].
    pub fn append_last(&self, events: &[Proposed]) -> Append {
        match Batch::of(events) {
            Ok(batch) => self.append_batch(batch.last_words(), Expected::Any),
            Err(error) => self.refused(error),
        }
    }

    /// Waits until the store has everything that was there at opening. What was found about it, once that is recorded as
    /// `run.journal-recovered`; `None` where it needed nothing. Nobody has to wait for this: appends that need the
    /// store wait for it themselves.
    pub fn settled(&self) -> Result<Option<JournalRecovered>, AppendError> {
        let Some((finding, reply)) = self.follower.lag.wait_settled()? else { return Ok(None) };
        Append { reply }.wait()?;
        Ok(Some(finding))
    }

    /// Waits like [`Journal::settled`], and tells how many records the store has as it grows.
    pub fn settled_telling(
        &self,
        tell: &mut dyn FnMut(u64),
    ) -> Result<Option<JournalRecovered>, AppendError> {
        let mut applied = 0;
        while let Some(more) = self.follower.lag.wait_for_more(applied)? {
            applied = more;
            tell(applied);
        }
        tell(self.size() - self.lag());
        self.settled()
    }

    /// Hands a batch to the committer. A batch is appended whole or not at all.
    ///
    /// Blocks only while the queue is full; the answer is waited for with [`Append::wait`] or by awaiting it. An
    /// event whose id is in the journal already is not written again (see [`crate::Appended`]), or refused where it
    /// says something else; its time does not count as content. A batch whose events are all there already succeeds
    /// whatever is expected.
    pub fn append(&self, events: Vec<Proposed>, expected: Expected) -> Append {
        self.append_all([(events, expected)]).pop().unwrap_or_else(|| self.refused(AppendError::EmptyBatch))
    }

    /// Hands batches to the committer together, in order, so that they share a sync where they fit into a group. Each
    /// is appended or refused by itself; the answers come in the same order.
    pub fn append_all(&self, batches: impl IntoIterator<Item = (Vec<Proposed>, Expected)>) -> Vec<Append> {
        let mut requests = Vec::new();
        let appends = batches.into_iter().map(|(events, expected)| match Batch::of(&events) {
            Ok(batch) => {
                let request = Request::new(batch, expected, &self.queue.bell);
                let reply = Arc::clone(&request.reply);
                requests.push(request);
                Append { reply }
            }
            Err(error) => self.refused(error),
        });
        let appends = appends.collect();
        self.queue.push(requests);
        appends
    }

    /// Hands over a batch that was encoded before. See [`Journal::append`].
    pub fn append_batch(&self, batch: Batch, expected: Expected) -> Append {
        let request = Request::new(batch, expected, &self.queue.bell);
        let append = Append { reply: Arc::clone(&request.reply) };
        self.queue.push(vec![request]);
        append
    }

    /// Hands over batches that were encoded before, together. See [`Journal::append_all`].
    pub fn append_batches(&self, batches: impl IntoIterator<Item = (Batch, Expected)>) -> Vec<Append> {
        let requests =
            batches.into_iter().map(|(batch, expected)| Request::new(batch, expected, &self.queue.bell));
        let requests: Vec<_> = requests.collect();
        let appends = requests.iter().map(|request| Append { reply: Arc::clone(&request.reply) }).collect();
        self.queue.push(requests);
        appends
    }

    /// The answer to a batch that cannot be appended.
    fn refused(&self, error: AppendError) -> Append {
        let append = Append { reply: Arc::new(Reply::new(&self.queue.bell)) };
        append.reply.give(Err(error));
        append
    }

    /// Durable records.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.live.size()
    }

    /// Durable records the store does not have yet, all of them until it is open. What has to be remembered because of it
    /// is bounded: appends wait where it falls too far behind.
    #[must_use]
    pub fn lag(&self) -> u64 {
        self.follower.lag.records()
    }

    /// Its folder, and that of its keys.
    #[must_use]
    pub fn places(&self) -> (PathBuf, PathBuf) {
        (self.place.root().to_owned(), self.keys.clone())
    }

    /// Which journal it is.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The RFC 6962 root over everything durable, and its size.
    #[must_use]
    pub fn root(&self) -> (u64, Sha256) {
        let durable = self.live.durable();
        (durable.tree.size(), durable.tree.root())
    }

    /// A reader of what is durable now.
    pub fn reader(&self) -> Result<Reader, ReadError> {
        Reader::open(self.place.root())
    }

    /// The records of a range that a query asks for, oldest or newest first. What lies beyond [`Journal::size`] is an error,
    /// not an end.
    ///
    /// The same answer as [`Reader::select`], sooner where one subject or one action is asked for: the store's indexes find
    /// the records it has, the log gives the others, and all where the store is not open or fails. Nobody waits for it. A
    /// record whose envelope cannot be decoded has no entry; `verify` speaks of it.
    pub fn select(
        &self,
        range: Range<u64>,
        direction: Direction,
        query: Query,
    ) -> impl Iterator<Item = Result<RawRecord, ReadError>> {
        // Borrowed for as long as it is looked through: a store that is still open when the journal is not could not be
        // opened again.
        self.selection(range, direction, query)
    }

    fn selection(&self, range: Range<u64>, direction: Direction, query: Query) -> Selection {
        let (asked, size) = (range.end, self.size());
        if asked > size {
            return Selection::failed(ReadError::Beyond { asked, size });
        }
        let log = self.place.log();
        match self.follower.lag.held() {
            Some(held) => Selection::with_store(held, &log, range, direction, query),
            None => Selection::new(&log, range, direction, query),
        }
    }

    /// Keeps the state of a projection over the first `size` records, so that replaying may start from it.
    pub fn save_snapshot<P: Projection>(&self, state: &P, size: u64) -> Result<(), CheckpointError> {
        let point = self.point_at(size)?;
        let label = Label { stream: self.identity.stream, size, leaf: point.0, root: point.1 };
        Ok(snapshot::write(&self.place.snapshots(), P::NAME, P::VERSION, &label, state)?)
    }

    /// Leaf hash of the last record of a size, and the root there.
    fn point_at(&self, size: u64) -> Result<(Sha256, Sha256), ReadError> {
        let durable = self.live.durable();
        if size > durable.at.next {
            return Err(ReadError::Beyond { asked: size, size: durable.at.next });
        }
        if size == durable.at.next {
            return Ok((durable.leaf, durable.tree.root()));
        }
        let (snapshots, log) = (self.place.snapshots(), self.place.log());
        let start = tree_snapshot::starts(&snapshots, &log, self.identity.stream, size).next();
        let (mut leaf, mut tree) = start
            .map_or((NO_LEAF, crate::tree::Tree::default()), |start| (start.point.leaf, start.point.tree));
        let mut records = LogRecords::new(&log, tree.size()..size);
        while let Some(payload) = records.next_payload() {
            leaf = payload?.leaf();
            tree.push(leaf);
        }
        Ok((leaf, tree.root()))
    }

    /// Has somebody told of every record from now on.
    pub fn observe(&self, observer: Arc<dyn Observer>) {
        self.live.observers.write().unwrap_or_else(PoisonError::into_inner).push(observer);
    }

    /// Ends cleanly: commits what waits, drains the store, signs a checkpoint.
    pub fn close(mut self) -> Result<(), CloseError> {
        // What is found about the store is recorded before nothing can be any more. Its failure is told below.
        let _ = self.settled();
        self.end_committer()?;
        let drained = self.follower.end(Ending::Drained).map_err(|error| {
            if error.lacks_room {
                CloseError::Stopped(error.into())
            } else {
                CloseError::Store(error.to_string())
            }
        });
        // The store is a copy: whatever it failed of, what is durable can be signed. A rotation of the key that an earlier
        // writer signed and did not bring to its end may wait although everything is signed.
        if self.is_signed() {
            self.finish_rotation()?;
        } else {
            self.checkpoint()?;
        }
        drained
    }

    fn end_committer(&mut self) -> Result<(), AppendError> {
        let Some(committer) = self.committer.take() else { return Ok(()) };
        self.queue.close();
        let joined = committer.join();
        match self.queue.stopped() {
            Some(AppendError::Stopped(why)) if why == CLOSED => Ok(()),
            Some(error) => Err(error),
            None if joined.is_ok() => Ok(()),
            None => Err(AppendError::Stopped("the committer panicked".to_owned())),
        }
    }
}

impl Drop for Journal {
    /// Everything handed over is committed; the store and the checkpoint are left to the next open.
    fn drop(&mut self) {
        let _ = self.end_committer();
        let _ = self.follower.end(Ending::AtOnce);
    }
}

/// Writes the first record.
fn write_first(place: &Place, create: Create, public_key: [u8; 32]) -> Result<Point, OpenError> {
    let id = EventId::of_observation(create.migration, "run.journal-created", create.stream.as_bytes());
    let envelope = Envelope { id, time: create.time, action: None, causation: None };
    let event = JournalCreated {
        migration: create.migration,
        name: create.name,
        stream: create.stream,
        host: create.host,
        program: create.program,
        public_key,
    };
    let batch = Batch::new([(&envelope, &event.into())])?;
    let mut point = Point::start();
    let mut group = Group::new(Vec::new(), point.clone());
    for (_, frame) in batch.frames() {
        group.place(frame);
    }
    let mut writer = LogWriter::create(&place.log(), create.stream, 0, NO_LEAF)?;
    (point.at, point.leaf) = (group.write(&mut writer)?, group.leaf());
    group.leaves.iter().for_each(|leaf| point.tree.push(*leaf));
    Ok(point)
}

/// Publishes the end the log was found to have.
fn publisher(place: &Place, stream: StreamId, end: &Point, generation: u64) -> Result<Publisher, OpenError> {
    let head = Head {
        generation,
        stream,
        size: end.at.next,
        segment: end.at.segment,
        end: end.at.offset,
        leaf: end.leaf,
        commit: end.at.number - 1,
    };
    Ok(Publisher::start(place.head(), head)?)
}
