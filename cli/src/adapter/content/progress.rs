//! Counters that a display polls while workers work.

use std::sync::atomic::{AtomicU64, Ordering};

/// What has been done so far. Counts run ahead of what is durable by the batches in flight.
#[derive(Debug, Default)]
pub struct Progress {
    files: AtomicU64,
    failures: AtomicU64,
    read_bytes: AtomicU64,
    copied_bytes: AtomicU64,
}

/// The counters at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Files that are through, whatever their outcome.
    pub files: u64,
    /// Of these, the ones that failed.
    pub failures: u64,
    /// Bytes read and hashed, at either end.
    pub read_bytes: u64,
    /// Bytes written to the destination.
    pub copied_bytes: u64,
}

impl Progress {
    /// The counters now.
    #[must_use]
    pub fn counts(&self) -> Counts {
        Counts {
            files: self.files.load(Ordering::Relaxed),
            failures: self.failures.load(Ordering::Relaxed),
            read_bytes: self.read_bytes.load(Ordering::Relaxed),
            copied_bytes: self.copied_bytes.load(Ordering::Relaxed),
        }
    }

    pub(super) fn file(&self) {
        self.files.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn failure(&self) {
        self.failures.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn read(&self, bytes: usize) {
        self.read_bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(super) fn copied(&self, bytes: usize) {
        self.copied_bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }
}
