//! The copy engine: batches in, outcomes out, durable and in order.

use std::fmt;
use std::io;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};

use super::commit::Committer;
use super::copy::{Copier, SyncBy};
use super::effects::{Effects, NoEffects};
use super::folders::Folders;
use super::job::{Batch, Finished};
use super::limit::Limit;
use super::pool::Pool;
use super::progress::Progress;
use super::report::{Message, Permit, Replacing, Report};
use crate::platform::{self, GroupSync};

/// Batches the engine holds at once: one whose names wait for the next sync, one being synced, two being copied.
pub const IN_FLIGHT_BATCHES_MAX: usize = 4;

/// Workers where nothing is said.
pub const WORKERS_DEFAULT: usize = 4;

/// Workers at most.
pub const WORKERS_MAX: usize = 64;

/// Up to this many files, syncing each costs less than flushing what everybody wrote to the file system.
const SYNC_EACH_FILES_MAX: usize = 4;

/// What an engine needs to know.
#[derive(Clone)]
pub struct Setup {
    /// The source's content root.
    pub source: PathBuf,
    /// The destination's; created where it does not exist.
    pub destination: PathBuf,
    /// Files in work at once, 1 to [`WORKERS_MAX`].
    pub workers: usize,
    /// Bytes read a second at most, all workers together.
    pub bytes_per_second: Option<NonZeroU64>,
    /// Set: files in work are finished, all others are [`super::Outcome::Left`].
    pub stop: Arc<AtomicBool>,
    /// Counters for a display.
    pub progress: Arc<Progress>,
    /// Told of every durable effect.
    pub effects: Arc<dyn Effects>,
}

impl Setup {
    /// Between two roots, with defaults for the rest.
    #[must_use]
    pub fn new(source: impl Into<PathBuf>, destination: impl Into<PathBuf>) -> Self {
        Self {
            source: source.into(),
            destination: destination.into(),
            workers: WORKERS_DEFAULT,
            bytes_per_second: None,
            stop: Arc::default(),
            progress: Arc::default(),
            effects: Arc::new(NoEffects),
        }
    }
}

impl fmt::Debug for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Setup")
            .field("source", &self.source)
            .field("destination", &self.destination)
            .field("workers", &self.workers)
            .field("bytes_per_second", &self.bytes_per_second)
            .finish_non_exhaustive()
    }
}

/// Why the engine cannot start, or go on.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The number of workers is out of range.
    #[error("{workers} workers: 1 to {WORKERS_MAX} are possible")]
    Workers {
        /// What was asked for.
        workers: usize,
    },
    /// The source root cannot be opened.
    #[error("the source folder {path} cannot be opened")]
    Source {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The destination root cannot be created or opened.
    #[error("the destination folder {path} cannot be created or opened")]
    Destination {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The system gives no more threads.
    #[error("a worker thread cannot be started")]
    Threads(#[source] io::Error),
    /// Files were renamed to their names, and those names may be lost by a power cut. What became of the batch is for
    /// the next look to say.
    #[error("{files} files were put in place below {destination} and could not be made durable")]
    Undurable {
        /// How many.
        files: usize,
        /// The destination's root.
        destination: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The thread that makes batches durable is gone: it was not permitted to replace anything, or has a defect.
    #[error("the thread that completes batches ended too early")]
    Broken,
}

/// A running engine. Dropping it waits for the files in work; what was not reported may stand at the destination
/// under its temporary or its final name.
pub struct Engine {
    // Dropped first: closes the channel that ends the committer.
    pool: Option<Pool<Copier>>,
    committer: Option<JoinHandle<()>>,
    messages: Receiver<Message>,
    /// A message that came while something else was asked for.
    held: Option<Message>,
    /// Closed to refuse: the committer may be waiting for one.
    permits: Option<Sender<Permit>>,
    destination: PathBuf,
    in_flight: usize,
    under_way: Arc<AtomicUsize>,
    group: bool,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("in_flight", &self.in_flight).finish_non_exhaustive()
    }
}

impl Engine {
    /// Starts the workers.
    pub fn start(setup: Setup) -> Result<Self, EngineError> {
        let Setup { source, destination, workers, bytes_per_second, stop, progress, effects } = setup;
        if !(1..=WORKERS_MAX).contains(&workers) {
            return Err(EngineError::Workers { workers });
        }
        let source_folders = Folders::new(&platform::verbatim(&source))
            .map_err(|error| EngineError::Source { path: source, source: error })?;
        let (destination_folders, group) = open_destination(&platform::verbatim(&destination))
            .map_err(|error| EngineError::Destination { path: destination.clone(), source: error })?;
        let copier = Arc::new(Copier {
            source: source_folders,
            destination: destination_folders,
            local: group.is_some(),
            limit: Limit::new(bytes_per_second),
            stop,
            progress,
            effects,
        });
        let (complete, staged) = mpsc::channel();
        let (report, messages) = mpsc::channel();
        let (grant, permits) = mpsc::channel();
        let has_group = group.is_some();
        let under_way = Arc::<AtomicUsize>::default();
        let committer = Committer {
            copier: Arc::clone(&copier),
            group,
            staged,
            report,
            permits,
            unsettled: Vec::new(),
            under_way: Arc::clone(&under_way),
        };
        let pool = Pool::start(&copier, workers, complete).map_err(EngineError::Threads)?;
        let committer = thread::Builder::new().name("content-commit".to_owned()).spawn(|| committer.run());
        let committer = committer.map_err(EngineError::Threads)?;
        Ok(Self {
            pool: Some(pool),
            committer: Some(committer),
            messages,
            held: None,
            permits: Some(grant),
            destination,
            in_flight: 0,
            under_way,
            group: has_group,
        })
    }

    /// Batches submitted and not received.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// Begins a batch without waiting. Hands it back where [`IN_FLIGHT_BATCHES_MAX`] are in flight: receive first.
    pub fn submit(&mut self, batch: Batch) -> Result<(), Batch> {
        let Some(pool) = self.pool.as_ref().filter(|_| self.in_flight < IN_FLIGHT_BATCHES_MAX) else {
            return Err(batch);
        };
        let small = batch.jobs.len() <= SYNC_EACH_FILES_MAX;
        let sync = if self.group && !small { SyncBy::Group } else { SyncBy::File };
        self.under_way.fetch_add(1, Ordering::AcqRel);
        pool.submit(batch.id, sync, batch.jobs);
        self.in_flight += 1;
        Ok(())
    }

    /// Waits for the oldest batch: that it is through, or that it asks to replace files; `None` where none is in flight.
    /// After an error nothing more is completed, and what was not reported may stand at the destination or not.
    pub fn receive(&mut self) -> Result<Option<Report<'_>>, EngineError> {
        if self.in_flight == 0 {
            return Ok(None);
        }
        let message = match self.held.take() {
            Some(message) => message,
            None => self.messages.recv().map_err(|_| EngineError::Broken)?,
        };
        match message {
            Message::Finished(finished) => {
                self.in_flight -= 1;
                Ok(Some(Report::Finished(finished)))
            }
            Message::Replacing { id, files } => {
                let permits = &mut self.permits;
                Ok(Some(Report::Replacing(Replacing { id, files, permits, permitted: false })))
            }
            Message::Undurable { files, error: source } => {
                Err(EngineError::Undurable { files, destination: self.destination.clone(), source })
            }
        }
    }

    /// The oldest batch, where it is through already. Whatever else there is to tell is for [`Engine::receive`].
    pub fn receive_finished(&mut self) -> Option<Finished> {
        match self.held.take().or_else(|| self.messages.try_recv().ok())? {
            Message::Finished(finished) => {
                self.in_flight -= 1;
                Some(finished)
            }
            other => {
                self.held = Some(other);
                None
            }
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // Nothing is replaced any more; who waits for a permit must not be waited for.
        drop(self.permits.take());
        drop(self.pool.take());
        if let Some(committer) = self.committer.take() {
            let _ = committer.join(); // its panic has been reported by the panic hook
        }
    }
}

fn open_destination(root: &Path) -> io::Result<(Folders, Option<GroupSync>)> {
    std::fs::create_dir_all(root)?;
    Ok((Folders::new(root)?, GroupSync::open(root)?))
}
