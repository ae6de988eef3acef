//! Goal: a crash at any durable boundary (a record durable, a file staged, a group synced, a rename, a folder settled)
//! changes nothing about the end.
//!
//! Method: `rehearse --crash-at N` for N = 1, 2, ... until a run ends before N; each is held against an uninterrupted
//! rehearsal. Where several workers pass boundaries at once, which of them is the N-th differs from run to run.

use std::collections::BTreeSet;
use std::num::NonZero;
use std::ops::RangeInclusive;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use wsusmigrate_core::event::content::Origin;
use wsusmigrate_core::event::{ContentEvent, Event};
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
    // `tiny-replaced` takes every boundary of the content step, `susdb` those of the database step.
    if full_campaign() { enumerate("tiny", &TRACES) } else { spread("tiny", 12) }
}

#[test]
fn replacements_at_every_boundary() {
    enumerate("tiny-replaced", &[&TRACES[..], &REPLACED].concat());
}

/// A rehearsal that nothing interrupts, and that counts every boundary its history speaks of.
fn uninterrupted(scenario: &str) -> Rehearsal {
    let uninterrupted = Rehearsal::of(scenario, &[]);
    let there_are = countable(&uninterrupted.history);
    assert_eq!(uninterrupted.boundaries, there_are, "is somebody still counting them all?");
    uninterrupted
}

/// Crashes once at each boundary there is.
fn enumerate(scenario: &str, traces: &[&str]) {
    let uninterrupted = uninterrupted(scenario);
    let wanted = if full_campaign() { 1..=uninterrupted.boundaries } else { of_content(&uninterrupted) };
    let next = AtomicU64::new(*wanted.start());
    let crashed = AtomicU64::new(0);
    let seen = Mutex::new(BTreeSet::new());
    let work = || {
        let mut wrong = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::SeqCst);
            if !wanted.contains(&at) {
                return wrong;
            }
            let rehearsal = Rehearsal::of(scenario, &[at]);
            if let Err(why) = judge(&rehearsal, &uninterrupted) {
                wrong.push(format!("--crash-at {at}: {why}"));
            }
            crashed.fetch_add(u64::from(rehearsal.crashed), Ordering::SeqCst);
            seen.lock().expect("the set").extend(marks(&rehearsal.history));
        }
    };
    let wrong = on_threads(work);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(
        crashed.into_inner(),
        wanted.end() - wanted.start() + 1,
        "every boundary that is wanted was crashed at"
    );
    let unseen: Vec<_> =
        traces.iter().filter(|name| !seen.lock().expect("the set").contains(*name)).collect();
    assert!(unseen.is_empty(), "no crash led to {unseen:?}");
    let beyond = Rehearsal::of(scenario, &[uninterrupted.boundaries + 1]);
    assert!(!beyond.crashed, "there is a boundary that nobody crashed at");
}

/// The boundaries from the content step on: what comes before it are records alone. The scenario has no database.
fn of_content(uninterrupted: &Rehearsal) -> RangeInclusive<u64> {
    let first = position(&uninterrupted.history, "content.manifest-recorded")
        - position(&uninterrupted.history, "run.started");
    first..=uninterrupted.boundaries
}

/// Where the first event of a name stands.
fn position(history: &History, name: &str) -> u64 {
    history.events().iter().position(|event| event.kind().name() == name).expect("the event") as u64
}

/// What tells that a crash hit a window of a replacement: what became of an intent without an outcome.
const REPLACED: [&str; 2] = [HAPPENED, NOT_HAPPENED];
const HAPPENED: &str = "replaced, and verified after the crash";
const NOT_HAPPENED: &str = "to be replaced, and replaced after the crash";

/// The names of a history's events, and what became of its replacements.
fn marks(history: &History) -> BTreeSet<&'static str> {
    let mut marks: BTreeSet<_> = history.events().iter().map(|event| event.kind().name()).collect();
    let mut begun = BTreeSet::new();
    for event in history.events() {
        match event {
            Event::Content(ContentEvent::ReplacementStarted(event)) if !begun.insert(&event.path) => {
                marks.insert(NOT_HAPPENED);
            }
            Event::Content(ContentEvent::FileVerified(event))
                if event.origin == Origin::AfterInterruption && begun.contains(&event.path) =>
            {
                marks.insert(HAPPENED);
            }
            _ => {}
        }
    }
    marks
}

/// The boundaries a history speaks of: each record from the run's first on, each copied file once staged and once
/// renamed, each leftover once removed, each batch that copied something once synced and once settled, each operation on
/// SUSDB once at its end, each child process of one once it stands ready.
fn countable(history: &History) -> u64 {
    let copying =
        |event: &&Event| matches!(event, Event::Content(ContentEvent::BatchFinished(it)) if it.copied > 0);
    let batches = history.events().iter().filter(copying).count();
    let files = 2 * history.count("content.file-copied") + history.count("content.leftover-removed");
    let before = history.events().iter().take_while(|event| event.kind().name() != "run.started").count();
    let operations = history.count("database.operation-finished") + history.count("database.child-started");
    (history.events().len() - before + files + 2 * batches + operations) as u64
}

#[test]
fn a_resumed_run_that_crashes_again() {
    crashes_again("tiny-replaced");
    crashes_again("tiny");
}

/// Crashes of a run and of the run that resumes it.
fn crashes_again(scenario: &str) {
    let (first, second) = if full_campaign() { (24, 12) } else { (3, 2) };
    let uninterrupted = uninterrupted(scenario);
    let there_are = uninterrupted.boundaries;
    // In the middle of each of as many equal parts, of the run and of the one that resumes it.
    let middle = |part: u64, parts: u64| (2 * part + 1) * there_are / (2 * parts);
    let next = AtomicU64::new(0);
    let work = || {
        let mut wrong = Vec::new();
        loop {
            let sample = next.fetch_add(1, Ordering::SeqCst);
            if sample >= first * second {
                return wrong;
            }
            let at = [middle(sample / second, first), middle(sample % second, second)];
            if let Err(why) = judge(&Rehearsal::of(scenario, &at), &uninterrupted) {
                wrong.push(format!("--crash-at {} --crash-at {}: {why}", at[0], at[1]));
            }
        }
    };
    let wrong = on_threads(work);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn small_office_at_boundaries_spread_over_the_run() {
    spread("small-office", if full_campaign() { 30 } else { 3 });
}

/// Crashes in the middle of each of as many equal parts of the run.
fn spread(scenario: &str, samples: u64) {
    let uninterrupted = uninterrupted(scenario);
    let next = AtomicU64::new(0);
    let work = || {
        let mut wrong = Vec::new();
        loop {
            let sample = next.fetch_add(1, Ordering::SeqCst);
            if sample >= samples {
                return wrong;
            }
            let at = (2 * sample + 1) * uninterrupted.boundaries / (2 * samples);
            let rehearsal = Rehearsal::of(scenario, &[at]);
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

/// Runs the same work on several threads; what each found wrong.
pub(crate) fn on_threads(work: impl Fn() -> Vec<String> + Sync) -> Vec<String> {
    thread::scope(|scope| {
        let threads: Vec<_> = (0..threads()).map(|_| scope.spawn(&work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("a thread of the test")).collect()
    })
}
