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
    pub(crate) measured: Vec<Measured>,
}

const HEAD: &str = "\
| series | cache | contender | seconds: min | median | max | ratio: min | median | max | goal | |\n\
|---|---|---|---:|---:|---:|---:|---:|---:|---|---|\n";

impl Report {
    /// The table, in Markdown.
    pub(crate) fn table(&self) -> String {
        let Machine { date, cores, cpu, memory_gib, file_system, kernel, cold_by, versions } = &self.machine;
        let versions = versions.join("; ");
        let mut out = format!(
            "{date}; {cores} cores, {cpu}, {memory_gib} GiB; {file_system}; Linux {kernel}\n\
             {versions}\ncold by {cold_by}\n\n{HEAD}"
        );
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
    let three = |spread: Option<Spread>| match spread {
        Some(Spread { min, median, max }) => format!("{min:.2} | {median:.2} | {max:.2}"),
        None => " | | ".to_owned(),
    };
    let (goal, met) = match (runs.ratio_min, runs.ratio) {
        (Some(goal), Some(ratio)) => (format!("at least {goal:.2}"), Some(ratio.median >= goal)),
        _ => match (measured.seconds_max, runs.spread) {
            (Some(goal), Some(spread)) => (format!("under {goal:.0} s"), Some(spread.median < goal)),
            _ => (String::new(), None),
        },
    };
    let met = met.map_or("", |met| if met { "met" } else { "**missed**" });
    let (series, cache, name) = (measured.series, measured.cache.word(), runs.name);
    let (seconds, ratio) = (three(runs.spread), three(runs.ratio));
    let row = writeln!(out, "| {series} | {cache} | {name} | {seconds} | {ratio} | {goal} | {met} |");
    row.unwrap_or_default(); // a string takes everything
}
