//! Zeros ahead of the yardstick's writer, from a thread of their own: the same pieces as `journal/src/log/filler.rs`,
//! so that the two differ in what they write and not in how the file is made ready.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

/// A file's first piece.
pub(super) const PIECE_BYTES_MIN: u64 = 256 << 10;
/// Pieces double up to this.
const PIECE_BYTES_MAX: u64 = 4 << 20;

struct State {
    /// Tells files apart.
    generation: u64,
    file: Arc<File>,
    filled_bytes: u64,
    wanted_bytes: u64,
    limit_bytes: u64,
    failed: Option<io::Error>,
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

pub(super) struct Filler {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Filler {
    /// For a file whose first piece is there.
    pub(super) fn start(file: Arc<File>, limit_bytes: u64) -> Self {
        let state = State {
            generation: 0,
            file,
            filled_bytes: PIECE_BYTES_MIN,
            wanted_bytes: 0,
            limit_bytes,
            failed: None,
            stop: false,
        };
        let shared = Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() });
        let theirs = Arc::clone(&shared);
        Self { shared, thread: Some(std::thread::spawn(move || fill(&theirs))) }
    }

    /// Turns to the next file.
    pub(super) fn follow(&self, file: Arc<File>) {
        let mut state = self.shared.lock();
        state.generation += 1;
        (state.file, state.filled_bytes, state.wanted_bytes) = (file, PIECE_BYTES_MIN, 0);
    }

    /// Waits until the file is filled up to `end`, and asks for more where it is getting short.
    pub(super) fn ensure(&self, end: u64) -> io::Result<()> {
        let mut state = self.shared.lock();
        let ahead = state.filled_bytes.clamp(PIECE_BYTES_MIN, PIECE_BYTES_MAX) / 2;
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
            // What failed there was met by the writer as a piece that never came.
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
        let (from, generation) = (state.filled_bytes, state.generation);
        let piece = from.clamp(PIECE_BYTES_MIN, PIECE_BYTES_MAX);
        let to = (from + piece).min(state.limit_bytes).max(state.wanted_bytes);
        let file = Arc::clone(&state.file);
        drop(state);
        let outcome = write_zeros(&file, &zeros, from, to);
        state = shared.lock();
        match outcome {
            _ if state.generation != generation => {}
            Ok(()) => state.filled_bytes = to,
            Err(error) => state.failed = Some(error),
        }
        shared.changed.notify_all();
    }
}

fn write_zeros(file: &File, zeros: &[u8], from: u64, to: u64) -> io::Result<()> {
    let mut at = from;
    while at < to {
        let length = usize::try_from(to - at).unwrap_or(usize::MAX).min(zeros.len());
        file.write_all_at(&zeros[..length], at)?;
        at += length as u64;
    }
    file.sync_data()
}
