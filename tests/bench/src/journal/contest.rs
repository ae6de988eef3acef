//! A series: its contenders in turn, pair after pair, each in a folder and a process of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;

use super::task::{Answer, Task};
use crate::error::BenchError;
use crate::quiet;
use crate::stats::Spread;

/// What a figure of ours has to be.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Goal {
    AtLeast(f64),
    AtMost(f64),
}

impl Goal {
    pub(super) fn is_met(self, value: f64) -> bool {
        match self {
            Self::AtLeast(least) => value >= least,
            Self::AtMost(most) => value <= most,
        }
    }
}

/// Makes a contender's task, and whatever it needs.
type MakeTask<'a> = Box<dyn Fn(&Path) -> Result<Task, BenchError> + 'a>;

/// Somebody who does the work of a series.
pub(super) struct Contender<'a> {
    pub(super) name: &'static str,
    /// How many times his rate ours must be.
    pub(super) ratio_min: Option<f64>,
    /// What he does in a new folder. Made just before the clock starts, so that it may make things ready.
    pub(super) task: MakeTask<'a>,
}

/// What is to be measured. Ours comes first.
pub(super) struct Contest<'a> {
    pub(super) name: &'static str,
    pub(super) contenders: Vec<Contender<'a>>,
    /// Goals of our figures, by name; the rate's is "events/s".
    pub(super) goals: Vec<(&'static str, Goal)>,
    /// Whether all must come to the same result.
    pub(super) same_result: bool,
}

/// The name of the rate among the goals.
pub(super) const RATE: &str = "events/s";

/// What was measured.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Measured {
    pub(super) series: &'static str,
    /// Events of a run of ours.
    pub(super) events: u64,
    /// Ours first.
    pub(super) contenders: Vec<Runs>,
}

/// The runs of one contender.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Runs {
    pub(super) name: &'static str,
    /// Events per second, where that is measured.
    pub(super) rates: Vec<f64>,
    pub(super) rate: Option<Spread>,
    pub(super) rate_goal: Option<Goal>,
    /// Our rate by this one, pair by pair; nothing for ours.
    pub(super) ratios: Vec<f64>,
    pub(super) ratio: Option<Spread>,
    /// The ratio that is the goal.
    pub(super) ratio_min: Option<f64>,
    /// What else was measured.
    pub(super) figures: Vec<Figure>,
    /// The share of processor time others used just before each run.
    pub(super) others: Vec<f64>,
}

/// One more thing that was measured in each run.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Figure {
    pub(super) name: String,
    pub(super) values: Vec<f64>,
    pub(super) spread: Option<Spread>,
    pub(super) goal: Option<Goal>,
}

impl Contest<'_> {
    /// Measures `pairs` pairs in new folders below `runs`.
    pub(super) fn measure(
        &self,
        runs: &Path,
        pairs: usize,
        patience: Duration,
    ) -> Result<Measured, BenchError> {
        let mut answers = vec![Vec::new(); self.contenders.len()];
        let mut others = vec![Vec::new(); self.contenders.len()];
        for pair in 0..pairs {
            for (at, contender) in self.contenders.iter().enumerate() {
                let dir = fresh(runs, &format!("{}-{pair}-{at}", self.name))?;
                let task = (contender.task)(&dir)?;
                // Nobody pays for what an earlier run has left to be written.
                nix::unistd::sync();
                others[at].push(quiet::wait(patience));
                let answer = task.ask()?;
                let rate = answer.rate().map(|rate| format!(", {rate:.0} events/s")).unwrap_or_default();
                eprintln!("{}, pair {}: {}{rate}", self.name, pair + 1, contender.name);
                answers[at].push(answer);
            }
            self.compare(answers.iter().filter_map(|runs| runs.last()))?;
        }
        let ours: Vec<_> = answers[0].iter().filter_map(Answer::rate).collect();
        let contenders = self.contenders.iter().zip(&answers).zip(others).enumerate();
        let contenders = contenders.map(|(at, ((contender, answers), others))| {
            let rates: Vec<_> = answers.iter().filter_map(Answer::rate).collect();
            let ratios: Vec<_> =
                if at == 0 { Vec::new() } else { ours.iter().zip(&rates).map(|(o, t)| o / t).collect() };
            let goals = if at == 0 { &self.goals[..] } else { &[] };
            Runs {
                name: contender.name,
                rate: Spread::of(&rates),
                rates,
                rate_goal: goal(goals, RATE),
                ratio: Spread::of(&ratios),
                ratios,
                ratio_min: contender.ratio_min,
                figures: figures(answers, goals),
                others,
            }
        });
        let events = answers[0].first().map_or(0, |answer| answer.events);
        Ok(Measured { series: self.name, events, contenders: contenders.collect() })
    }

    fn compare<'a>(&self, mut answers: impl Iterator<Item = &'a Answer>) -> Result<(), BenchError> {
        let Some(ours) = answers.next().filter(|_| self.same_result) else { return Ok(()) };
        match answers.find(|answer| answer.result != ours.result) {
            None => Ok(()),
            Some(other) => {
                let complaint = format!("{} here, {} with another contender", ours.result, other.result);
                Err(BenchError::Wrong { contender: self.name.to_owned(), complaint })
            }
        }
    }
}

fn goal(goals: &[(&'static str, Goal)], name: &str) -> Option<Goal> {
    goals.iter().find(|(of, _)| *of == name).map(|(_, goal)| *goal)
}

/// The figures of all runs, in the order in which the first run told them.
fn figures(answers: &[Answer], goals: &[(&'static str, Goal)]) -> Vec<Figure> {
    let Some(first) = answers.first() else { return Vec::new() };
    let of_name = |(name, _): &(String, f64)| {
        let all = answers.iter().flat_map(|answer| &answer.figures);
        let values: Vec<_> = all.filter(|(of, _)| of == name).map(|(_, value)| *value).collect();
        Figure { name: name.clone(), spread: Spread::of(&values), values, goal: goal(goals, name) }
    };
    first.figures.iter().map(of_name).collect()
}

fn fresh(runs: &Path, name: &str) -> Result<PathBuf, BenchError> {
    let dir = runs.join(name);
    fs::create_dir_all(&dir).map_err(BenchError::file("create", &dir))?;
    Ok(dir)
}
