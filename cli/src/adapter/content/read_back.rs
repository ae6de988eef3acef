//! Reading the copy back from the disk: the proof of the bytes that landed, not of the bytes that were read.

use std::fmt;
use std::io::{self, ErrorKind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver};

use sha2::Digest as _;
use wsusmigrate_core::digest::Sha256;
use wsusmigrate_core::event::content::Mismatch;
use wsusmigrate_core::path::RelPath;

use super::copy::named;
use super::engine::{EngineError, IN_FLIGHT_BATCHES_MAX, WORKERS_DEFAULT, WORKERS_MAX};
use super::folders::Folders;
use super::gate::Gate;
use super::pool::{Pool, Round, Work};
use super::progress::Progress;
use crate::platform::{self, Buffer, Bypass, Kind, Uncached};

/// How much is read and hashed at once.
const BUFFER_BYTES: usize = 1024 * 1024;

/// Files up to this size are small: reading one is waiting for the disk, so that many are read at once. Larger ones
/// keep a disk busy by themselves, and would only make it jump between them.
const SMALL_BYTES_MAX: u64 = BUFFER_BYTES as u64;
/// Small files in work at once for each large one. Measured with 20,000 files of 10 KB on a cold cache: 1.0 s with
/// one, 0.75 s with two, 0.67 s with four, 0.61 s with eight.
const SMALL_FOR_LARGE: usize = 8;

/// What was recorded of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Where, below the root.
    pub path: RelPath,
    /// Its size in bytes.
    pub bytes: u64,
    /// The SHA-256 of its bytes.
    pub sha256: Sha256,
}

/// What reading back needs to know.
#[derive(Clone, Debug)]
pub struct ReadBackSetup {
    /// The destination's content root.
    pub root: PathBuf,
    /// Large files in work at once, 1 to [`WORKERS_MAX`]; of small ones, up to a megabyte, there are more.
    pub workers: usize,
    /// Set: files in work are finished, the others are left.
    pub stop: Arc<AtomicBool>,
    /// Counters for a display.
    pub progress: Arc<Progress>,
}

impl ReadBackSetup {
    /// Below a root, with defaults for the rest.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), workers: WORKERS_DEFAULT, stop: Arc::default(), progress: Arc::default() }
    }
}

/// What reading a batch back found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// The caller's number for the batch.
    pub id: u64,
    /// Files looked at.
    pub files: u32,
    /// Bytes read.
    pub bytes: u64,
    /// Files that came from the disk for certain, around the system's cache.
    pub around_cache: u32,
    /// Files not looked at because the stop flag was set. Files are begun in order, so these need not be the last.
    pub left: u32,
    /// Files that are not what was recorded, in the order of the batch.
    pub exceptions: Vec<Exception>,
}

/// A file that is not what was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exception {
    /// Its position in the batch.
    pub index: usize,
    /// What is wrong.
    pub what: Mismatch,
    /// SHA-256 of the bytes that were read, where all could be read.
    pub found: Option<Sha256>,
    /// The system's own words.
    pub detail: String,
}

/// Reads batches back, several files at a time. Like the copy engine: submit, receive, in order.
pub struct ReadBack {
    pool: Pool<Reader>,
    complete: Receiver<Arc<Round<Reader>>>,
    in_flight: usize,
}

impl fmt::Debug for ReadBack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadBack").field("in_flight", &self.in_flight).finish_non_exhaustive()
    }
}

impl ReadBack {
    /// Starts the workers.
    pub fn start(setup: ReadBackSetup) -> Result<Self, EngineError> {
        let ReadBackSetup { root, workers, stop, progress } = setup;
        if !(1..=WORKERS_MAX).contains(&workers) {
            return Err(EngineError::Workers { workers });
        }
        let folders = Folders::new(&platform::verbatim(&root))
            .map_err(|error| EngineError::Destination { path: root, source: error })?;
        let (sender, complete) = mpsc::channel();
        let reader = Reader { folders, stop, progress, large: Gate::new(workers) };
        let pool = Pool::start(&Arc::new(reader), (SMALL_FOR_LARGE * workers).min(WORKERS_MAX), sender);
        Ok(Self { pool: pool.map_err(EngineError::Threads)?, complete, in_flight: 0 })
    }

    /// Batches submitted and not received.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// Begins a batch without waiting. Hands it back where [`IN_FLIGHT_BATCHES_MAX`] are in flight: receive first.
    pub fn submit(&mut self, id: u64, batch: Vec<Recorded>) -> Result<(), Vec<Recorded>> {
        if self.in_flight >= IN_FLIGHT_BATCHES_MAX {
            return Err(batch);
        }
        self.pool.submit(id, (), batch);
        self.in_flight += 1;
        Ok(())
    }

    /// Waits for the oldest batch; `None` where none is in flight.
    pub fn receive(&mut self) -> Result<Option<Checked>, EngineError> {
        if self.in_flight == 0 {
            return Ok(None);
        }
        let round = self.complete.recv().map_err(|_| EngineError::Broken)?;
        self.in_flight -= 1;
        let mut checked = Checked { id: round.id, ..Checked::default() };
        for (index, (_, answer)) in round.answers().enumerate() {
            let Some(Answer { bytes, bypass, fault }) = answer else {
                checked.left += 1;
                continue;
            };
            checked.files += 1;
            checked.bytes += bytes;
            checked.around_cache += u32::from(*bypass == Some(Bypass::Certain));
            if let Some(Fault { what, found, detail }) = fault.clone() {
                checked.exceptions.push(Exception { index, what, found, detail });
            }
        }
        Ok(Some(checked))
    }
}

struct Reader {
    folders: Folders,
    stop: Arc<AtomicBool>,
    progress: Arc<Progress>,
    large: Gate,
}

/// One file, read. `bypass` is `None` where it could not be opened.
struct Answer {
    bytes: u64,
    bypass: Option<Bypass>,
    fault: Option<Fault>,
}

#[derive(Clone)]
struct Fault {
    what: Mismatch,
    found: Option<Sha256>,
    detail: String,
}

impl Work for Reader {
    type Job = Recorded;
    type Note = ();
    /// `None`: not begun.
    type Answer = Option<Answer>;
    type Scratch = Buffer;

    fn scratch(&self) -> Buffer {
        Buffer::new(BUFFER_BYTES)
    }

    fn perform(&self, buffer: &mut Buffer, job: &Recorded, (): &()) -> Option<Answer> {
        if self.stop.load(Ordering::Relaxed) {
            return None;
        }
        let mut answer = Answer { bytes: 0, bypass: None, fault: None };
        match self.read(buffer, job, &mut answer) {
            Ok(found) if found == job.sha256 => {}
            Ok(found) => {
                let detail = if answer.bytes == job.bytes {
                    "as long as recorded, with another SHA-256".to_owned()
                } else {
                    format!("{} bytes long, recorded with {}", answer.bytes, job.bytes)
                };
                answer.fault = Some(Fault { what: Mismatch::Different, found: Some(found), detail });
            }
            Err(error) => {
                answer.fault = Some(self.unread(job, &error));
            }
        }
        self.progress.file();
        if answer.fault.is_some() {
            self.progress.failure();
        }
        Some(answer)
    }

    fn broken(&self, _job: &Recorded) -> Option<Answer> {
        let detail = "a defect of this program stopped the reading".to_owned();
        let fault = Fault { what: Mismatch::Unreadable, found: None, detail };
        Some(Answer { bytes: 0, bypass: None, fault: Some(fault) })
    }
}

impl Reader {
    /// Why a file could not be read: it is not there, something else is, or it may not be read.
    fn unread(&self, job: &Recorded, error: &io::Error) -> Fault {
        let folder = self.folders.existing(job.path.folder());
        let stands = folder.and_then(|folder| folder.stat(job.path.file_name()));
        let (what, detail) = match (error.kind(), stands) {
            (ErrorKind::NotFound, _) => (Mismatch::Missing, error.to_string()),
            (_, Ok(stat)) if stat.kind != Kind::File => {
                (Mismatch::Obstructed, format!("{} stands in its place", named(stat.kind)))
            }
            (ErrorKind::NotADirectory, Err(_)) => {
                (Mismatch::Obstructed, "what stands in its folder's place is no folder".to_owned())
            }
            (_, Ok(_) | Err(_)) => (Mismatch::Unreadable, error.to_string()),
        };
        Fault { what, found: None, detail }
    }

    fn read(&self, buffer: &mut Buffer, job: &Recorded, answer: &mut Answer) -> io::Result<Sha256> {
        let folder = self.folders.existing(job.path.folder())?;
        let mut file = Uncached::open(&folder, job.path.file_name())?;
        let stat = file.stat()?;
        if stat.kind != Kind::File {
            return Err(ErrorKind::InvalidData.into());
        }
        answer.bypass = Some(file.bypass());
        let _passage = (stat.bytes > SMALL_BYTES_MAX).then(|| self.large.pass());
        let mut hasher = sha2::Sha256::new();
        loop {
            // One byte more than there should be: a file that has grown is met, not cut.
            let piece = file.read(buffer, stat.bytes.saturating_sub(answer.bytes) + 1)?;
            if piece.is_empty() {
                return Ok(Sha256(hasher.finalize().into()));
            }
            hasher.update(piece);
            answer.bytes += piece.len() as u64;
            self.progress.read(piece.len());
        }
    }
}
