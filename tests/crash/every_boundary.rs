//! Goal: a crash at any durable boundary (a record durable, a file staged, a group synced, a rename, a folder settled)
//! changes nothing about the end.
//!
//! Method: `rehearse --crash-at N` for N = 1, 2, ... until a run ends before N; each is held against an uninterrupted
//! rehearsal. Where several workers pass boundaries at once, which of them is the N-th differs from run to run.

use std::collections::BTreeSet;
use std::num::NonZero;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use wsusmigrate_tests::History;

use crate::ledger::{Rehearsal, temporaries};
use crate::support::full_campaign;

/// What must have been recorded after one crash or another: else crashes no longer hit the windows they are meant for.
const TRACES: [&str; 5] = [
    "run.interruption-found",
    "run.journal-recovered",
    "content.batch-reconciled",
    "content.leftover-removed",
    "content.file-verified",
];

/// Rehearsals at once: a rehearsal is three processes with threads of their own.
fn threads() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get).clamp(1, 8)
}

#[test]
fn tiny_at_every_boundary() {
    let uninterrupted = Rehearsal::of("tiny", None);
    let next = AtomicU64::new(1);
    let crashed = AtomicU64::new(0);
    let seen = Mutex::new(BTreeSet::new());
    let work = || {
        let mut wrong = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::SeqCst);
            let rehearsal = Rehearsal::of("tiny", Some(at));
            if let Err(why) = judge(&rehearsal, &uninterrupted) {
                wrong.push(format!("--crash-at {at}: {why}"));
            }
            if !rehearsal.crashed {
                return wrong;
            }
            crashed.fetch_add(1, Ordering::SeqCst);
            seen.lock()
                .expect("the set")
                .extend(rehearsal.history.events().iter().map(|event| event.kind().name()));
        }
    };
    let wrong = on_threads(work);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let (crashed, there_are) = (crashed.into_inner(), uninterrupted.boundaries);
    assert_eq!(crashed, there_are, "every boundary there is was crashed at");
    let unseen: Vec<_> =
        TRACES.into_iter().filter(|name| !seen.lock().expect("the set").contains(name)).collect();
    assert!(unseen.is_empty(), "no crash led to {unseen:?}");
    assert_eq!(there_are, countable(&uninterrupted.history), "is somebody still counting them all?");
}

/// The boundaries a history speaks of: each record after the journal's first, each copied file once staged and once
/// renamed, each batch once synced and once settled.
fn countable(history: &History) -> u64 {
    let effects = 2 * history.count("content.file-copied") + 2 * history.count("content.batch-started");
    (history.events().len() - 1 + effects) as u64
}

#[test]
fn small_office_at_boundaries_spread_over_the_run() {
    let samples = if full_campaign() { 30 } else { 3 };
    let uninterrupted = Rehearsal::of("small-office", None);
    let next = AtomicU64::new(0);
    let work = || {
        let mut wrong = Vec::new();
        loop {
            let sample = next.fetch_add(1, Ordering::SeqCst);
            if sample >= samples {
                return wrong;
            }
            // In the middle of each of as many equal parts.
            let at = (2 * sample + 1) * uninterrupted.boundaries / (2 * samples);
            let rehearsal = Rehearsal::of("small-office", Some(at));
            assert!(rehearsal.crashed, "boundary {at} of {}", uninterrupted.boundaries);
            if let Err(why) = judge(&rehearsal, &uninterrupted) {
                wrong.push(format!("--crash-at {at}: {why}"));
            }
        }
    };
    let wrong = on_threads(work);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn judge(rehearsal: &Rehearsal, uninterrupted: &Rehearsal) -> Result<(), String> {
    rehearsal.equals(uninterrupted)?;
    let left = temporaries(&rehearsal.destination());
    if left.is_empty() { Ok(()) } else { Err(format!("temporary files stay: {left:?}")) }
}

fn on_threads(work: impl Fn() -> Vec<String> + Sync) -> Vec<String> {
    thread::scope(|scope| {
        let threads: Vec<_> = (0..threads()).map(|_| scope.spawn(&work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("a thread of the test")).collect()
    })
}
