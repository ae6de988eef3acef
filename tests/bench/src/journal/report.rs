//! The figures as tables for people and as JSON for machines.

use std::fmt::Write as _;

use serde::Serialize;

use super::contest::{Figure, Goal, Measured, Runs};
use crate::machine::Machine;
use crate::report::{three, verdict};
use crate::stats::Spread;

/// Everything that was measured in one run of the harness.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) machine: Machine,
    /// Runs of each contender.
    pub(super) pairs: usize,
    /// Records of the journal that is read, verified and opened.
    pub(super) events: u64,
    pub(super) measured: Vec<Measured>,
}

const RATES: &str = "\
| series | contender | events/s: min | median | max | ratio: min | median | max | goal | |\n\
|---|---|---:|---:|---:|---:|---:|---:|---|---|\n";
const FIGURES: &str = "\
| series | contender | figure | min | median | max | goal | |\n\
|---|---|---|---:|---:|---:|---|---|\n";

impl Report {
    /// The tables, in Markdown.
    pub(super) fn table(&self) -> String {
        let mut out = format!("{} pairs; {}\n\n{RATES}", self.pairs, self.machine.told());
        for (measured, runs) in self.all() {
            rate(&mut out, measured.series, runs);
        }
        out.push('\n');
        out.push_str(FIGURES);
        for (measured, runs) in self.all() {
            for it in &runs.figures {
                figure(&mut out, measured.series, runs.name, it);
            }
        }
        out
    }

    fn all(&self) -> impl Iterator<Item = (&Measured, &Runs)> {
        self.measured.iter().flat_map(|measured| measured.contenders.iter().map(move |runs| (measured, runs)))
    }
}

fn rate(out: &mut String, series: &str, runs: &Runs) {
    let Some(Spread { min, median, max }) = runs.rate else { return };
    let rate = format!("{min:.0} | {median:.0} | {max:.0}");
    let (goal, verdict) = match (runs.ratio_min.map(Goal::AtLeast), runs.rate_goal) {
        (Some(goal), _) => judged(goal, runs.ratio),
        (None, Some(goal)) => judged(goal, runs.rate),
        (None, None) => (String::new(), ""),
    };
    let (name, ratio) = (runs.name, three(runs.ratio));
    let row = writeln!(out, "| {series} | {name} | {rate} | {ratio} | {goal} | {verdict} |");
    row.unwrap_or_default(); // a string takes everything
}

fn figure(out: &mut String, series: &str, contender: &str, figure: &Figure) {
    let (goal, verdict) = figure.goal.map_or((String::new(), ""), |goal| judged(goal, figure.spread));
    let (name, values) = (&figure.name, three(figure.spread));
    let row = writeln!(out, "| {series} | {contender} | {name} | {values} | {goal} | {verdict} |");
    row.unwrap_or_default(); // a string takes everything
}

fn judged(goal: Goal, spread: Option<Spread>) -> (String, &'static str) {
    let words = match goal {
        Goal::AtLeast(least) => format!("at least {least}"),
        Goal::AtMost(most) => format!("at most {most}"),
    };
    let Some(Spread { min, median, max }) = spread else { return (words, "") };
    (words, verdict(goal.is_met(min) && goal.is_met(max), goal.is_met(median)))
}
