//! A bandwidth limit that all workers share.

use std::num::NonZeroU64;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Work done in bursts of at most this long keeps the rate even.
const PIECE: Duration = Duration::from_millis(125);

/// Bytes a second, over all workers, or no limit.
///
/// Each piece of work is given the moment at which the pieces before it are paid for, and waits until then.
#[derive(Debug)]
pub(super) struct Limit {
    bytes_per_second: Option<NonZeroU64>,
    free_from: Mutex<Instant>,
}

impl Limit {
    /// A limit; `None` never waits.
    pub(super) fn new(bytes_per_second: Option<NonZeroU64>) -> Self {
        Self { bytes_per_second, free_from: Mutex::new(Instant::now()) }
    }

    /// How many bytes to handle at once, at most `bytes_max`: small pieces under a small limit.
    pub(super) fn piece_bytes(&self, bytes_max: usize) -> usize {
        let Some(rate) = self.bytes_per_second else { return bytes_max };
        let piece = u128::from(rate.get()) * PIECE.as_millis() / 1000;
        // Whole blocks, for the sake of direct writes.
        (usize::try_from(piece).unwrap_or(usize::MAX) / 4096 * 4096).clamp(bytes_max.min(4096), bytes_max)
    }

    /// Waits until `bytes` more may be handled.
    pub(super) fn take(&self, bytes: usize) {
        let Some(rate) = self.bytes_per_second else { return };
        let nanos = bytes as u128 * 1_000_000_000 / u128::from(rate.get());
        let cost = Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX));
        let now = Instant::now();
        let start = {
            let mut free_from = self.free_from.lock().unwrap_or_else(PoisonError::into_inner);
            let start = (*free_from).max(now);
            *free_from = start.checked_add(cost).unwrap_or(start);
            start
        };
        thread::sleep(start.saturating_duration_since(now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_workers_together_stay_below_the_rate() {
        let limit = Limit::new(NonZeroU64::new(1_000_000));
        let begun = Instant::now();
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..5).for_each(|_| limit.take(10_000)));
            }
        });
        // 200,000 bytes at a million a second; the last piece is not waited for.
        assert!(begun.elapsed() >= Duration::from_millis(180));
        assert_eq!(limit.piece_bytes(1 << 20), 122_880);
        assert_eq!(Limit::new(None).piece_bytes(1 << 20), 1 << 20);
        assert_eq!(Limit::new(NonZeroU64::new(1)).piece_bytes(1 << 20), 4096);
    }
}
