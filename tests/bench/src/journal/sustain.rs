//! Full speed for a long time: neither the store's lag nor memory may grow with it.

use std::path::Path;
use std::time::{Duration, Instant};

use super::journals::{self, GROUP_EVENTS};
use super::peer::PeerError;
use super::task::Answer;
use super::{LAG, MEMORY, memory};

/// Events between two looks: some milliseconds.
const LOOK_EVENTS: u64 = 16 * GROUP_EVENTS as u64;

/// One stretch of the time.
#[derive(Clone, Copy, Default)]
struct Stretch {
    events: u64,
    seconds: f64,
    lag_max: u64,
    resident_mib_max: f64,
}

/// The name under which memory is required to stay as it was.
pub(super) const GROWTH: &str = "memory, second half by first half";

pub(super) fn perform(dir: &Path, seconds: u64) -> Result<Answer, PeerError> {
    let journal = journals::create(dir)?;
    let mut history = journals::history(dir)?;
    let half = Duration::from_secs(seconds) / 2;
    let mut halves = [Stretch::default(); 2];
    let begun = Instant::now();
    for stretch in &mut halves {
        let begun = Instant::now();
        while begun.elapsed() < half {
            journals::append(&journal, &mut history, LOOK_EVENTS)?;
            stretch.events += LOOK_EVENTS;
            stretch.lag_max = stretch.lag_max.max(journal.lag());
            stretch.resident_mib_max = stretch.resident_mib_max.max(memory::resident_mib());
        }
        stretch.seconds = begun.elapsed().as_secs_f64();
    }
    let taken = begun.elapsed().as_secs_f64();
    journal.close()?;
    let drained = begun.elapsed().as_secs_f64();
    let [first, second] = halves;
    let events = first.events + second.events;
    Ok(Answer::new(events, taken)
        .figure("drained into sled, events/s", events as f64 / drained)
        .figure(LAG, first.lag_max.max(second.lag_max) as f64)
        .figure(MEMORY, memory::peak_mib())
        .figure(GROWTH, second.resident_mib_max / first.resident_mib_max)
        .figure("rate, second half by first half", rate(second) / rate(first)))
}

fn rate(stretch: Stretch) -> f64 {
    stretch.events as f64 / stretch.seconds
}
