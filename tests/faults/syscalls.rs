//! Goal: whichever system call fails, or is the last one, an append is in the journal or was not acknowledged; the
//! journal opens again and verifies; nothing panics or hangs. A sync that failed is not tried again.
//!
//! Method: strace counts the calls of one opening, two appends and one closing, of a journal that was closed and of one
//! that was killed with an append in flight; then makes each of them fail with EIO, with ENOSPC, and kills at it. strace
//! counts by thread: while the journal is opened, the calls of all threads with the same number fail together; after
//! that each thread is watched by itself.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use tempfile::TempDir;

use crate::Outcome;
use crate::campaign::{self, Dice};
use crate::counts::{count, did_not_run};
use crate::ledger::Ledger;
use crate::process::{Ended, Process};
use crate::site::{Load, Site};
use crate::trace::{Call, Tracer, Whom, threads};

const FAULT: &str = "syscalls";
const FAULT_OF_SYNC: &str = "syscalls, failed sync";

/// Processes under fault at once.
const THREADS: usize = 6;
const LOAD: Load = Load { epoch: 100, threads: 1, batch: 1, batches: 2 };

/// When a call is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Opening,
    /// Appending and closing.
    Appending,
}

/// One call of one thread.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Point {
    phase: Phase,
    /// The thread's place among those there are, the oldest first; while opening, any thread.
    thread: usize,
    call: String,
    /// Which of the thread's calls of this name, from 1.
    nth: usize,
}

#[derive(Clone, Copy, Debug)]
enum Fault {
    Error(&'static str),
    Kill,
}

/// `close` is only killed at: it gives the file back whatever it answers, and std takes an error for a defect of the
/// program (it panics where the listing of a folder ends).
const NEVER_FAILS: &str = "close";

const FAULTS: [Fault; 3] = [Fault::Error("EIO"), Fault::Error("ENOSPC"), Fault::Kill];

pub(crate) fn each_fails_and_each_is_the_last() -> Outcome {
    if let Err(why) = Tracer::is_possible() {
        return did_not_run(FAULT, &why);
    }
    let mut dice = Dice::of(FAULT);
    let mut wrong = Vec::new();
    let (mut calls, mut reached, mut acknowledged) = (BTreeSet::new(), 0, 0);
    for (name, base) in [("closed", closed()), ("killed", killed())] {
        let base = Site::at(base.path());
        let mut points = points(&base)?;
        let there_are = points.len();
        calls.extend(points.iter().map(|point| point.call.clone()));
        if !campaign::is_full() {
            points = (0..4)
                .map(|_| points[usize::try_from(dice.below(there_are as u64)).expect("an index")].clone())
                .collect();
        }
        let held = on_threads(&base, &points);
        let hit = held.iter().flatten().filter(|held| held.was_reached).count() as u64;
        acknowledged += held.iter().flatten().map(|held| held.acknowledged).sum::<u64>();
        wrong.extend(held.into_iter().filter_map(Result::err).map(|why| format!("{name}, {why}")));
        reached += hit;
        let what = format!("a {name} journal: calls there are, tried with each fault, faults that hit");
        count(FAULT, what, format!("{there_are}, {}, {hit}", points.len()));
    }
    count(FAULT, "different calls", calls.len());
    count(FAULT, "appends acknowledged in spite of the fault, all there", acknowledged);
    if reached == 0 {
        wrong.push("no fault hit anything".to_owned());
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
}

/// A journal that was closed, in a folder of its own.
fn closed() -> TempDir {
    let folder = TempDir::new().expect("a temporary folder");
    let site = Site::create(folder.path());
    let ended = site.writer(Load { epoch: 0, threads: 1, batch: 4, batches: 10 }).end();
    assert_eq!(ended.code, Some(0), "{}", ended.text());
    folder
}

/// One that was killed, with half a commit behind its end.
fn killed() -> TempDir {
    let folder = closed();
    let site = Site::at(folder.path());
    let mut writer = site.writer(Load { epoch: 1, threads: 1, batch: 4, batches: u64::MAX });
    (0..20).all(|_| writer.heard("ack "));
    writer.kill();
    let log = site.journal().join("log").join(format!("{:020}.log", 0));
    let mut bytes = fs::read(&log).expect("the log");
    let end = bytes.iter().rposition(|&byte| byte != 0).expect("records") + 1;
    bytes[end..end + 40].copy_from_slice(&[b"WMCF".as_slice(), &[0x5A; 36]].concat());
    fs::write(&log, bytes).expect("the log");
    folder
}

/// Every call there is to fail.
fn points(base: &Site) -> Result<Vec<Point>, String> {
    let mut found = BTreeSet::new();
    for phase in [Phase::Opening, Phase::Appending] {
        let folder = TempDir::new().expect("a temporary folder");
        let run = Run::of(&base.copy(folder.path()), phase, None, None)?;
        if run.ended.code != Some(0) {
            return Err(format!("without any fault: {}", run.ended.text()));
        }
        let mut counts = BTreeMap::<(u32, &str), usize>::new();
        for call in &run.calls {
            if phase == Phase::Opening && call.is_talk() && call.line.contains("\"open ") {
                break;
            }
            let nth = counts.entry((call.thread, &call.name)).or_default();
            *nth += 1;
            let thread = match phase {
                Phase::Opening => Some(0),
                Phase::Appending => run.threads.iter().position(|thread| *thread == call.thread),
            };
            if let Some(thread) = thread.filter(|_| !call.is_talk()) {
                found.insert(Point { phase, thread, call: call.name.clone(), nth: *nth });
            }
        }
    }
    Ok(found.into_iter().collect())
}

/// A traced process that has ended.
struct Run {
    calls: Vec<Call>,
    /// The threads it had once it was open.
    threads: Vec<u32>,
    ended: Ended,
}

impl Run {
    /// Opens, appends, closes. Watched in a phase, all threads or one of them.
    fn of(site: &Site, phase: Phase, only: Option<usize>, inject: Option<&str>) -> Result<Self, String> {
        let out = site.root().join("trace");
        let mut words = site.words(LOAD);
        words.push("step-by-step".to_owned());
        let mut writer = Process::start(words);
        writer.heard("opening");
        let mut tracer = None;
        if phase == Phase::Opening {
            tracer = Some(Tracer::attach(&Whom::All(writer.id()), inject, &out)?);
        }
        writer.say("open");
        let mut there = Vec::new();
        if writer.heard("open ") {
            there = threads(writer.id());
            if phase == Phase::Appending {
                let whom = match only {
                    Some(only) => &there[only.min(there.len() - 1)..][..1],
                    None => &there,
                };
                tracer = Some(Tracer::attach(&Whom::Threads(whom), inject, &out)?);
            }
            writer.say("append");
        }
        let ended = writer.end();
        let calls = tracer.map(|tracer| tracer.end().0).unwrap_or_default();
        Ok(Self { calls, threads: there, ended })
    }
}

/// Holds every fault at every point against the journal, several at once: most of the time is spent on waiting.
fn on_threads(base: &Site, points: &[Point]) -> Vec<Result<Held, String>> {
    let tries = points.iter().flat_map(|point| FAULTS.map(|fault| (point, fault)));
    let tries = tries.filter(|(point, fault)| point.call != NEVER_FAILS || matches!(fault, Fault::Kill));
    let tries: Vec<_> = tries.collect();
    let next = AtomicUsize::new(0);
    let work = || {
        let mut held = Vec::new();
        while let Some((point, fault)) = tries.get(next.fetch_add(1, Ordering::Relaxed)) {
            held.push(
                hold_against(base, point, *fault).map_err(|why| format!("{point:?}, {fault:?}: {why}")),
            );
        }
        held
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("a thread of the test")).collect()
    })
}

struct Held {
    was_reached: bool,
    acknowledged: u64,
}

/// One fault at one call: what was told, and what is there afterwards.
fn hold_against(base: &Site, point: &Point, fault: Fault) -> Result<Held, String> {
    let folder = TempDir::new().expect("a temporary folder");
    let site = base.copy(folder.path());
    let what = match fault {
        Fault::Error(error) => format!("error={error}"),
        Fault::Kill => "signal=KILL".to_owned(),
    };
    let inject = format!("{}:{what}:when={}", point.call, point.nth);
    let run = Run::of(&site, point.phase, Some(point.thread), Some(&inject))?;
    let was_killed = matches!(fault, Fault::Kill) && run.ended.code.is_none();
    let was_reached = was_killed || run.calls.iter().any(Call::was_injected);
    told_the_truth(&run.ended, was_killed)?;
    let mut ledger = Ledger::default();
    ledger.take(&run.ended.told);
    let acknowledged = ledger.acknowledged();
    ledger.take(&site.reopen(LOAD.epoch + 1)?.told);
    ledger.judge(&site.journal())?;
    Ok(Held { was_reached, acknowledged })
}

/// It ended as it should: all acknowledged and closed, or it said what it could not do.
fn told_the_truth(ended: &Ended, was_killed: bool) -> Result<(), String> {
    let ours = |line: &&String| line.contains("panicked at") && !line.contains("sled");
    if let Some(panic) = ended.told.iter().find(ours) {
        return Err(format!("a panic: {panic}"));
    }
    let acknowledged = ended.told.iter().filter(|line| line.starts_with("ack ")).count() as u64;
    let well = match ended.code {
        _ if ended.hung => false,
        None => was_killed,
        Some(0) => acknowledged == LOAD.batches && ended.told("closed"),
        Some(1) => ended.told("failed "),
        Some(4) => ended.told("refused "),
        Some(_) => false,
    };
    if well { Ok(()) } else { Err(ended.text()) }
}

pub(crate) fn a_failed_sync_is_final() -> Outcome {
    if let Err(why) = Tracer::is_possible() {
        return did_not_run(FAULT_OF_SYNC, &why);
    }
    let base = closed();
    let base = Site::at(base.path());
    let mut failed = 0;
    for nth in 1..=campaign::size(20, 3) {
        let folder = TempDir::new().expect("a temporary folder");
        let site = base.copy(folder.path());
        let mut words = site.words(Load { batches: nth + 5, ..LOAD });
        words.push("step-by-step".to_owned());
        let mut writer = Process::start(words);
        writer.heard("opening");
        writer.say("open");
        writer.heard("open ");
        let inject = format!("fdatasync,fsync:error=EIO:when={nth}");
        let out = site.root().join("trace");
        let tracer = Tracer::attach(&Whom::All(writer.id()), Some(&inject), &out)?;
        writer.say("append");
        let ended = writer.end();
        let (calls, _) = tracer.end();
        stopped_there(&calls, &ended, nth, &site.journal().join("log"))
            .map_err(|why| format!("sync {nth}: {why}"))?;
        let mut ledger = Ledger::default();
        ledger.take(&ended.told);
        ledger.take(&site.reopen(LOAD.epoch + 1)?.told);
        ledger.judge(&site.journal())?;
        failed += 1;
    }
    count(
        FAULT_OF_SYNC,
        "openings of a disk whose syncs all fail from one on",
        syncs_fail_for_good(&killed())?,
    );
    count(FAULT_OF_SYNC, "syncs of the log that failed, none tried again, nothing written behind", failed);
    Ok(())
}

/// Opens while every sync from one on fails: refused in so many words, also where sled panics as it is closed.
fn syncs_fail_for_good(base: &TempDir) -> Result<u64, String> {
    let base = Site::at(base.path());
    let openings = campaign::size(20, 3);
    for nth in 1..=openings {
        let folder = TempDir::new().expect("a temporary folder");
        let site = base.copy(folder.path());
        let inject = format!("fdatasync,fsync,sync_file_range:error=EIO:when={nth}+");
        let run = Run::of(&site, Phase::Opening, None, Some(&inject))?;
        told_the_truth(&run.ended, false).map_err(|why| format!("syncs from {nth} on: {why}"))?;
        if run.ended.code == Some(0) {
            return Ok(nth - 1);
        }
        site.reopen(LOAD.epoch + 1)?;
    }
    Ok(openings)
}

/// After the failed sync nothing is done to the log, and nothing more acknowledged.
fn stopped_there(calls: &[Call], ended: &Ended, nth: u64, log: &Path) -> Result<(), String> {
    let log = log.display().to_string();
    let of_log = |call: &&Call| call.line.contains(&log);
    let failed = calls.iter().position(|call| call.was_injected() && of_log(&call));
    let Some(failed) = failed else { return Err(format!("no sync of the log failed: {}", ended.text())) };
    let changes = ["write", "pwrite64", "fsync", "fdatasync", "ftruncate", "fallocate", "sync_file_range"];
    let after = calls[failed + 1..].iter().filter(of_log).find(|call| changes.contains(&&*call.name));
    if let Some(call) = after {
        return Err(format!("after the failed sync: {}", call.line));
    }
    let told: Vec<&str> = ended.told.iter().filter_map(|line| line.split(' ').next()).collect();
    let acknowledged = told.iter().filter(|word| **word == "ack").count() as u64;
    let refused = told.iter().filter(|word| **word == "refused").count();
    let order =
        told.iter().rposition(|word| *word == "ack") < told.iter().position(|word| *word == "refused");
    if acknowledged == nth - 1 && refused == 2 && order && ended.code == Some(4) {
        Ok(())
    } else {
        Err(ended.text())
    }
}
