//! The series: who is compared with whom, over what, with which goals.

use std::path::{Path, PathBuf};

use super::append::Append;
use super::contest::{Contender, Contest, Goal, RATE};
use super::journals::{self, GROUP_EVENTS};
use super::peer::Kind;
use super::replay::Fold;
use super::task::Task;
use super::{Bench, LAG, MEMORY, disk, open, sustain};
use crate::error::BenchError;

/// Appending against the bare file: one appender, and many.
const SINGLE_MIN: f64 = 0.85;
/// In groups of 256, with sled following.
const GROUPED_MIN: f64 = 0.5;
/// Against everybody else.
const AHEAD: f64 = 1.0;

const REPLAY_SQLITE_MIN: f64 = 1.8;
const REPLAY_SLED_MIN: f64 = 5.0;
const REPLAY_MIB_MAX: f64 = 64.0;
const HASHED_RATE_MIN: f64 = 3e6;
const VERIFY_RATE_MIN: f64 = 5e6;
/// Opening takes at most 0.05 of a full replay.
const OPEN_MIN: f64 = 1.0 / 0.05;
/// The journal's own limit of the store's lag, and what one commit may bring beyond it.
const LAG_MAX: f64 = 65_536.0 + 8_192.0 + 4_096.0;
/// Memory of the second half of a long run by the first's.
const GROWTH_MAX: f64 = 1.25;

/// Events of a run: a second or a few for the fastest.
const EVENTS_ALONE: u64 = 10_000;
const EVENTS_OF_MANY: u64 = 100_000;
const EVENTS_GROUPED: u64 = 400_000;
const APPENDERS: usize = 64;

/// All of them, in the order in which they are measured.
pub(super) fn all<'a>(bench: &'a Bench<'a>) -> Vec<Contest<'a>> {
    vec![
        append(bench, "append-1", EVENTS_ALONE, 1, 1, SINGLE_MIN),
        append(bench, "append-64", EVENTS_OF_MANY, APPENDERS, 1, SINGLE_MIN),
        append(bench, "append-256", EVENTS_GROUPED, 1, GROUP_EVENTS, GROUPED_MIN),
        replay(bench, "replay-content", Fold::Content),
        replay(bench, "replay-audit", Fold::Audit),
        hashed(bench),
        verify(bench, "verify", false),
        verify(bench, "verify-legality", true),
        opened(bench, "open-clean", "opened after a clean close", |_| Ok(())),
        opened(bench, "open-killed", "opened after kill -9", open::kill_a_writer),
        disk(bench),
        growth(bench),
        sustained(bench),
    ]
}

/// A contender by his name, ratio and task.
fn contender<'a>(
    name: &'static str,
    ratio_min: Option<f64>,
    task: impl Fn(&Path) -> Result<Task, BenchError> + 'a,
) -> Contender<'a> {
    Contender { name, ratio_min, task: Box::new(task) }
}

/// A series of ours alone.
fn alone<'a>(
    name: &'static str,
    goals: Vec<(&'static str, Goal)>,
    task: impl Fn(&Path) -> Result<Task, BenchError> + 'a,
) -> Contest<'a> {
    let contenders = vec![contender(Kind::Journal.name(), None, task)];
    Contest { name, contenders, goals, same_result: false }
}

fn append<'a>(
    bench: &'a Bench<'a>,
    name: &'static str,
    events: u64,
    appenders: usize,
    group: usize,
    bare_min: f64,
) -> Contest<'a> {
    let events = events.min(bench.args.events.saturating_sub(1));
    let of = |kind: Kind, ratio_min| {
        contender(kind.name(), ratio_min, move |dir| {
            let journal = bench.store(Kind::Journal)?;
            Ok(Task::Append(Append { kind, journal, dir: dir.to_owned(), events, appenders, group }))
        })
    };
    let ratio_min = |kind| if kind == Kind::File { bare_min } else { AHEAD };
    let peers = Kind::PEERS.into_iter().map(|kind| of(kind, Some(ratio_min(kind))));
    let contenders = [of(Kind::Journal, None)].into_iter().chain(peers).collect();
    Contest { name, contenders, goals: vec![(LAG, Goal::AtMost(LAG_MAX))], same_result: false }
}

fn replay<'a>(bench: &'a Bench<'a>, name: &'static str, fold: Fold) -> Contest<'a> {
    let of = |kind: Kind, ratio_min| {
        contender(kind.name(), ratio_min, move |_| Ok(Task::Replay { kind, dir: bench.store(kind)?, fold }))
    };
    let contenders = vec![
        of(Kind::Journal, None),
        of(Kind::Sqlite, Some(REPLAY_SQLITE_MIN)),
        of(Kind::Sled, Some(REPLAY_SLED_MIN)),
        of(Kind::File, None),
        of(Kind::Redb, None),
        of(Kind::Fjall, None),
    ];
    Contest { name, contenders, goals: vec![(MEMORY, Goal::AtMost(REPLAY_MIB_MAX))], same_result: true }
}

fn hashed<'a>(bench: &'a Bench<'a>) -> Contest<'a> {
    let goals = vec![(RATE, Goal::AtLeast(HASHED_RATE_MIN)), (MEMORY, Goal::AtMost(REPLAY_MIB_MAX))];
    let fold = Fold::AuditHashed;
    alone("replay-hashed", goals, move |_| {
        Ok(Task::Replay { kind: Kind::Journal, dir: bench.store(Kind::Journal)?, fold })
    })
}

/// The goal is that of framing, hashes, chain and tree; that the events may follow each other comes on top.
fn verify<'a>(bench: &'a Bench<'a>, name: &'static str, legality: bool) -> Contest<'a> {
    let goals = if legality { Vec::new() } else { vec![(RATE, Goal::AtLeast(VERIFY_RATE_MIN))] };
    alone(name, goals, move |_| Ok(Task::Verify { journal: bench.store(Kind::Journal)?, legality }))
}

/// Opening against folding everything anew: the content step's state, and the least there is to fold.
fn opened<'a>(
    bench: &'a Bench<'a>,
    name: &'static str,
    who: &'static str,
    before: impl Fn(&Path) -> Result<(), BenchError> + 'a,
) -> Contest<'a> {
    // A copy, which a killed writer may go on with: each pair finds it as the one before has left it.
    let place = move || -> Result<PathBuf, BenchError> {
        let place = bench.runs.join(name);
        if !place.exists() {
            open::copy(&bench.place()?, &place)?;
        }
        Ok(place)
    };
    let fold = |name, fold| {
        contender(name, Some(OPEN_MIN), move |_| {
            Ok(Task::Replay { kind: Kind::Journal, dir: journals::dir(&place()?), fold })
        })
    };
    let contenders = vec![
        contender(who, None, move |_| {
            let place = place()?;
            before(&place)?;
            Ok(Task::Open { place })
        }),
        fold("replayed, counts only", Fold::Audit),
        fold("replayed, content", Fold::Content),
    ];
    Contest { name, contenders, goals: Vec::new(), same_result: false }
}

fn disk<'a>(bench: &'a Bench<'a>) -> Contest<'a> {
    alone("disk", disk::goals(), move |_| Ok(Task::Disk { journal: bench.store(Kind::Journal)? }))
}

fn growth<'a>(bench: &'a Bench<'a>) -> Contest<'a> {
    let sizes = [10_000, 100_000, 1_000_000, 10_000_000];
    let sizes: Vec<_> = sizes.into_iter().filter(|size| *size <= bench.args.events).collect();
    alone("growth", Vec::new(), move |dir| Ok(Task::Grow { dir: dir.to_owned(), sizes: sizes.clone() }))
}

fn sustained<'a>(bench: &'a Bench<'a>) -> Contest<'a> {
    let goals = vec![(LAG, Goal::AtMost(LAG_MAX)), (sustain::GROWTH, Goal::AtMost(GROWTH_MAX))];
    let seconds = bench.args.seconds;
    alone("sustained", goals, move |dir| Ok(Task::Sustain { dir: dir.to_owned(), seconds }))
}
