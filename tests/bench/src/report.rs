//! The figures as a table for people and as JSON for machines.

use std::fmt::Write as _;

use serde::Serialize;

use crate::machine::Machine;
use crate::series::{Measured, Runs};
use crate::stats::Spread;

/// Everything that was measured in one run of the harness.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) machine: Machine,
    pub(crate) quick: bool,
    /// Runs of each contender.
    pub(crate) pairs: usize,
    pub(crate) measured: Vec<Measured>,
}

const HEAD: &str = "\
| series | cache | contender | seconds: min | median | max | ratio: min | median | max | goal | |\n\
|---|---|---|---:|---:|---:|---:|---:|---:|---|---|\n";

impl Report {
    /// The table, in Markdown.
    pub(crate) fn table(&self) -> String {
        let (machine, cold_by, pairs) = (self.machine.told(), self.machine.cold_by, self.pairs);
        let mut out = format!("{pairs} pairs; {machine}\ncold by {cold_by}\n\n{HEAD}");
        for measured in &self.measured {
            for runs in &measured.contenders {
                row(&mut out, measured, runs);
            }
        }
        if self.quick {
            out.push_str(
                "\nThese are the figures of small trees: they show that the harness works, nothing else.\n",
            );
        }
        out
    }
}

fn row(out: &mut String, measured: &Measured, runs: &Runs) {
    let (goal, verdict) = match (runs.ratio_min, runs.ratio) {
        (Some(goal), Some(ratio)) => {
            (format!("at least {goal:.2}"), verdict(ratio.min >= goal, ratio.median >= goal))
        }
        _ => match (measured.seconds_max, runs.spread) {
            (Some(goal), Some(spread)) => {
                (format!("under {goal:.0} s"), verdict(spread.max < goal, spread.median < goal))
            }
            _ => (String::new(), ""),
        },
    };
    let (series, cache, name) = (measured.series, measured.cache.word(), runs.name);
    let (seconds, ratio) = (three(runs.spread), three(runs.ratio));
    let row = writeln!(out, "| {series} | {cache} | {name} | {seconds} | {ratio} | {goal} | {verdict} |");
    row.unwrap_or_default(); // a string takes everything
}

pub(crate) fn three(spread: Option<Spread>) -> String {
    spread.map_or_else(
        || " | | ".to_owned(),
        |Spread { min, median, max }| format!("{min:.2} | {median:.2} | {max:.2}"),
    )
}

/// A goal that only the median meets is not proved by a handful of runs, and the table says so.
pub(crate) const fn verdict(by_all: bool, by_median: bool) -> &'static str {
    match (by_all, by_median) {
        (true, _) => "met",
        (false, true) => "by the median only",
        (false, false) => "**missed**",
    }
}
