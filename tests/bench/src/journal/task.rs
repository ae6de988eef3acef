//! What is timed runs in a process of its own: fresh memory, fresh caches of its own, and a peak that is its alone.
//!
//! The harness hands a [`Task`] over as JSON in the first argument and reads an [`Answer`] from the standard output.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};

use super::peer::{Kind, PeerError};
use super::{append, disk, fill, grow, journals, open, replay, sustain, verify};
use crate::contender::{WORDS_MAX, words};
use crate::error::BenchError;
use crate::role;

/// One piece of work.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Task {
    /// Writes the journal everything else is measured with.
    Generate { place: PathBuf, events: u64 },
    /// Copies a journal's records into a peer's store.
    Fill { kind: Kind, journal: PathBuf, dir: PathBuf },
    /// Appends a journal's first events to a new store.
    Append(append::Append),
    /// Appends at full speed for so long.
    Sustain { dir: PathBuf, seconds: u64 },
    /// Folds everything stored.
    Replay { kind: Kind, dir: PathBuf, fold: replay::Fold },
    /// Verifies a journal; also the order of its events, where asked.
    Verify { journal: PathBuf, legality: bool },
    /// Opens a journal for writing.
    Open { place: PathBuf },
    /// Opens a journal and appends to it until somebody kills the process.
    AppendOn { place: PathBuf },
    /// Looks at what a journal takes on the disk.
    Disk { journal: PathBuf },
    /// Appends and opens at these sizes.
    Grow { dir: PathBuf, sizes: Vec<u64> },
}

/// What came of it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Answer {
    /// Events that were worked on.
    pub(super) events: u64,
    /// How long it took; 0 where that is not what is measured.
    pub(super) seconds: f64,
    /// What else was measured, by name and unit.
    pub(super) figures: Vec<(String, f64)>,
    /// What the contenders of a pair must agree on.
    pub(super) result: String,
}

impl Answer {
    pub(super) fn new(events: u64, seconds: f64) -> Self {
        Self { events, seconds, ..Self::default() }
    }

    pub(super) fn figure(mut self, name: impl Into<String>, value: f64) -> Self {
        self.figures.push((name.into(), value));
        self
    }

    /// Events in a second.
    pub(super) fn rate(&self) -> Option<f64> {
        (self.seconds > 0.0).then(|| self.events as f64 / self.seconds)
    }
}

impl Task {
    fn perform(self) -> Result<Answer, PeerError> {
        match self {
            Self::Generate { place, events } => journals::generate(&place, events),
            Self::Fill { kind, journal, dir } => fill::fill(kind, &journal, &dir),
            Self::Append(append) => append.perform(),
            Self::Sustain { dir, seconds } => sustain::perform(&dir, seconds),
            Self::Replay { kind, dir, fold } => replay::perform(kind, &dir, fold),
            Self::Verify { journal, legality } => verify::perform(&journal, legality),
            Self::Open { place } => open::perform(&place),
            Self::AppendOn { place } => open::append_on(&place),
            Self::Disk { journal } => disk::perform(&journal),
            Self::Grow { dir, sizes } => grow::perform(&dir, &sizes),
        }
    }

    /// The process that performs it.
    pub(super) fn command(&self) -> Result<Command, BenchError> {
        let mut command = role::task()?;
        command.arg(serde_json::to_string(self)?).stdin(Stdio::null());
        Ok(command)
    }

    /// Has it performed.
    pub(super) fn ask(&self) -> Result<Answer, BenchError> {
        let mut command = self.command()?;
        let output =
            command.output().map_err(|source| BenchError::Start { command: words(&command), source })?;
        if output.status.success() {
            return Ok(serde_json::from_slice(&output.stdout)?);
        }
        let told = String::from_utf8_lossy(&output.stderr);
        let from = told.floor_char_boundary(told.len().saturating_sub(WORDS_MAX));
        let told = told[from..].to_owned();
        Err(BenchError::Failed { command: words(&command), status: output.status, words: told })
    }
}

/// Performs the task of the first argument.
pub(crate) fn main() -> Result<(), BenchError> {
    let task: Task = serde_json::from_str(&std::env::args().nth(1).unwrap_or_default())?;
    let answer = task.perform().map_err(|source| BenchError::Task { source })?;
    println!("{}", serde_json::to_string(&answer)?);
    Ok(())
}
