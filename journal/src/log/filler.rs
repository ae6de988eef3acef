//! Fills the next piece of a segment with zeros ahead of the writer, so that its fdatasync seldom has metadata to
//! write.
//!
//! Invariant: the writer writes only below `filled_bytes`, the filler only at and above it.

use std::fs::File;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use crate::disk::{self, At, FileError};

/// A segment's first piece.
pub(crate) const PIECE_BYTES_MIN: u64 = 256 << 10;
/// Pieces double up to this, where there is room.
const PIECE_BYTES_MAX: u64 = 4 << 20;

struct State {
    /// Tells segments apart: what was filled for an earlier one does not count.
    generation: u64,
    file: Arc<File>,
    path: PathBuf,
    filled_bytes: u64,
    wanted_bytes: u64,
    limit_bytes: u64,
    /// Pieces double up to this.
    piece_bytes_max: u64,
    failed: Option<FileError>,
    stop: bool,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The filler's thread, and where it stands.
pub(crate) struct Filler {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Filler {
    pub(crate) fn start(file: Arc<File>, path: PathBuf, filled_bytes: u64, limit_bytes: u64) -> Self {
        let state = State {
            generation: 0,
            file,
            path,
            filled_bytes,
            wanted_bytes: 0,
            limit_bytes,
            piece_bytes_max: PIECE_BYTES_MAX,
            failed: None,
            stop: false,
        };
        let shared = Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() });
        let theirs = Arc::clone(&shared);
        Self { shared, thread: Some(std::thread::spawn(move || fill(&theirs))) }
    }

    /// Turns to a new segment.
    pub(crate) fn follow(&self, file: Arc<File>, path: PathBuf, filled_bytes: u64) {
        let mut state = self.shared.lock();
        state.generation += 1;
        (state.file, state.path) = (file, path);
        (state.filled_bytes, state.wanted_bytes) = (filled_bytes, 0);
    }

    /// Takes no more room at once than it must: the disk is full.
    pub(crate) fn be_frugal(&self) {
        self.shared.lock().piece_bytes_max = PIECE_BYTES_MIN;
    }

    /// Waits until the segment is filled up to `end`, and asks for more where it is getting short.
    pub(crate) fn ensure(&self, end: u64) -> Result<(), FileError> {
        let mut state = self.shared.lock();
        let ahead = state.filled_bytes.clamp(PIECE_BYTES_MIN, state.piece_bytes_max) / 2;
        let wanted = (end + ahead).min(state.limit_bytes).max(end);
        if wanted > state.filled_bytes && wanted > state.wanted_bytes {
            state.wanted_bytes = wanted;
            self.shared.changed.notify_all();
        }
        while state.filled_bytes < end {
            if let Some(error) = state.failed.take() {
                return Err(error);
            }
            state = self.shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        Ok(())
    }
}

impl Drop for Filler {
    fn drop(&mut self) {
        self.shared.lock().stop = true;
        self.shared.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            // A panic there would have been reported where it was met: as a piece that never came.
            let _ = thread.join();
        }
    }
}

fn fill(shared: &Shared) {
    let zeros = vec![0; 1 << 20];
    let mut state = shared.lock();
    while !state.stop {
        if state.filled_bytes >= state.wanted_bytes || state.failed.is_some() {
            state = shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            continue;
        }
        let piece = state.filled_bytes.clamp(PIECE_BYTES_MIN, state.piece_bytes_max);
        let from = state.filled_bytes;
        let to = (from + piece).min(state.limit_bytes).max(state.wanted_bytes);
        let (generation, file, path) = (state.generation, Arc::clone(&state.file), state.path.clone());
        drop(state);
        // A crash in here leaves a file with more or fewer zeros behind its end, which is no difference.
        let outcome = write_zeros(&file, &zeros, from, to).at("fill", &path);
        // So that the commit's own fdatasync finds extents and size already written.
        let outcome = outcome.and_then(|()| file.sync_data().at("sync", &path));
        state = shared.lock();
        match outcome {
            _ if state.generation != generation => {}
            Ok(()) => state.filled_bytes = to,
            Err(error) => state.failed = Some(error),
        }
        shared.changed.notify_all();
    }
}

fn write_zeros(file: &File, zeros: &[u8], from: u64, to: u64) -> std::io::Result<()> {
    let mut at = from;
    while at < to {
        let length = usize::try_from(to - at).unwrap_or(usize::MAX).min(zeros.len());
        disk::write_at(file, &zeros[..length], at)?;
        at += length as u64;
    }
    Ok(())
}
