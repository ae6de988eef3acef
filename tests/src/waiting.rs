//! Waiting for something to be so, never for time to pass.

use std::thread;
use std::time::{Duration, Instant};

/// How long a condition may take on the slowest machine before the test is called stuck.
const PATIENCE: Duration = Duration::from_mins(1);
/// How long nothing is looked at between two looks.
const PAUSE: Duration = Duration::from_millis(2);

/// Looks until `look` finds something.
///
/// # Panics
/// If it does not within a minute; `what` says what was waited for.
pub fn wait_until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "waited a minute for {what}");
        thread::park_timeout(PAUSE);
    }
}
