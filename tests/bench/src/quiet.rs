//! Waiting for a quiet machine, with an end to the patience.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

/// How long the processors are watched before they count as quiet.
const WATCHED: Duration = Duration::from_secs(2);

/// The share of processor time others may use on a quiet machine.
const BUSY_MAX: f64 = 0.15;

/// Waits until others leave the processors alone, at most `patience`; answers the share they used at the end.
///
/// The load average is no help here: for a minute it remembers the run before.
pub(crate) fn wait(patience: Duration) -> f64 {
    let deadline = Instant::now() + patience;
    loop {
        let busy = watch();
        if busy <= BUSY_MAX || Instant::now() >= deadline {
            return busy;
        }
    }
}

/// Lets time pass: neither other people's work nor the file system's memory tells anybody when it ends.
pub(crate) fn pause(time: Duration) {
    let until = Instant::now() + time;
    while let Some(left) = until.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
        thread::park_timeout(left);
    }
}

fn watch() -> f64 {
    let before = ticks();
    pause(WATCHED);
    let after = ticks();
    let (busy, all) = (after.0 - before.0, after.1 - before.1);
    if all > 0.0 { busy / all } else { 0.0 }
}

/// Busy and all processor time since the start of the system; zeros where the system does not tell.
fn ticks() -> (f64, f64) {
    let text = fs::read_to_string("/proc/stat").unwrap_or_default();
    let fields = text.lines().next().unwrap_or_default().split_whitespace().skip(1);
    let fields: Vec<f64> = fields.take(8).filter_map(|field| field.parse().ok()).collect();
    let all: f64 = fields.iter().sum();
    let idle: f64 = fields.iter().skip(3).take(2).sum(); // idle and waiting for the disk
    (all - idle, all)
}
