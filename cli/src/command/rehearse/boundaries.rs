//! Counting durable boundaries, and ending the process at one of them.

use std::sync::atomic::{AtomicU64, Ordering};

use wsusmigrate_core::event::database::Operation;
use wsusmigrate_core::path::RelPath;
use wsusmigrate_core::unit::Seq;
use wsusmigrate_journal::Observer;

use crate::adapter::content::Effects;
use crate::executor::Boundaries;

/// Counts records that became durable and effects on the disk. Which of the two comes N-th may differ from run to
/// run where they happen at once; how many there are does not.
pub(super) struct Counting {
    count: AtomicU64,
    crash_at: Option<u64>,
}

impl Counting {
    pub(super) const fn new(crash_at: Option<u64>) -> Self {
        Self { count: AtomicU64::new(0), crash_at }
    }

    pub(super) fn count(&self) -> u64 {
        self.count.load(Ordering::SeqCst)
    }

    fn passed(&self) {
        let count = self.count.fetch_add(1, Ordering::SeqCst) + 1;
        if Some(count) == self.crash_at {
            // Nothing is unwound, flushed or closed: what kill -9 leaves.
            std::process::abort();
        }
    }
}

impl Observer for Counting {
    fn durable(&self, _: Seq) {
        self.passed();
    }
}

impl Effects for Counting {
    fn staged(&self, _: &RelPath) {
        self.passed();
    }
    fn synced(&self, _: usize) {
        self.passed();
    }
    fn renamed(&self, _: &RelPath) {
        self.passed();
    }
    fn settled(&self, _: usize) {
        self.passed();
    }
    fn removed(&self, _: &RelPath) {
        self.passed();
    }
    fn held(&self, _: Operation) {
        self.passed();
    }
    fn acted(&self, _: Operation) {
        self.passed();
    }
}

impl Boundaries for Counting {}
