//! Goal: whatever goes wrong with an engine or a tool while SUSDB is replaced, the program says so in words an operator can
//! act on, ends with the right exit code, leaves the world as it says, and a run behind the mended fault comes to the end an
//! undisturbed migration has.
//!
//! Method: a table of planted faults, each in a world of its own with two simulated servers. The world is looked at behind the
//! program's back: at the engine's console, in the host's own state, in the instance's diary.

mod drop;
mod engine;
mod parity;
mod postinstall;
mod restore;
mod source;
mod trial;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::faults::trial::Trial;

/// Trials at once: each has servers and programs of its own.
const THREADS: usize = 3;

/// Carries a table of trials out; every one that went otherwise than it says is named.
fn all(trials: &[Trial]) {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut wrong = Vec::new();
        while let Some(trial) = trials.get(next.fetch_add(1, Ordering::SeqCst)) {
            let found = trial.carry_out();
            wrong.extend(found.into_iter().map(|why| format!("{}: {why}", trial.name)));
        }
        wrong
    };
    let wrong: Vec<String> = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("a thread of the test")).collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
