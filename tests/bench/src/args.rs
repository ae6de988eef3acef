//! The command line.

use std::path::PathBuf;

use clap::Parser;

/// Measure wsusmigrate and its peers in the same run
#[derive(Parser, Debug)]
#[command(name = "bench", version)]
pub(crate) enum CommandLine {
    /// The content step: copy, journal, read-back, resume
    Content(Content),
    /// The journal: append, replay, verify, open, disk, growth
    Journal(Journal),
}

/// What to measure, and where.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct Content {
    /// Small trees, two pairs: to see that the harness works, not to learn a figure
    #[arg(long)]
    pub(crate) quick: bool,
    /// Where trees and copies are made; about 60 GB for the full set. Trees are kept for the next time
    #[arg(long, value_name = "DIR", default_value_os_t = std::env::temp_dir().join("wsusmigrate-bench"))]
    pub(crate) dir: PathBuf,
    /// Runs of each contender of a series
    #[arg(long, value_name = "N")]
    pub(crate) pairs: Option<usize>,
    /// Only series whose name contains one of these
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(crate) only: Vec<String>,
    /// Also write everything that was measured to this file
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Measure this executable, not the one built with the harness
    #[arg(long, value_name = "FILE")]
    pub(crate) program: Option<PathBuf>,
    /// Wait at most so long before each run for others to leave the processors alone
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub(crate) patience: u64,
}

/// What to measure of the journal, and where.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct Journal {
    /// Where stores are made: a few GB for a million events, 60 GB for ten
    #[arg(long, value_name = "DIR", default_value_os_t = std::env::temp_dir().join("wsusmigrate-bench"))]
    pub(crate) dir: PathBuf,
    /// Runs of each contender of a series
    #[arg(long, value_name = "N", default_value_t = 5)]
    pairs: usize,
    /// Records of the journal that is replayed, verified and opened
    #[arg(long, value_name = "N", default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1_000..=10_000_000))]
    pub(crate) events: u64,
    /// How long the sustained series goes on
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(2..))]
    pub(crate) seconds: u64,
    /// Only series whose name contains one of these
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    only: Vec<String>,
    /// Leave the journal that is read and the peers' copies of it, and use those that are there: for measuring piece by
    /// piece. They are of the build that made them
    #[arg(long)]
    pub(crate) keep: bool,
    /// Also write everything that was measured to this file
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Wait at most so long before each run for others to leave the processors alone
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub(crate) patience: u64,
}

impl Journal {
    /// Runs of each contender.
    pub(crate) fn pairs(&self) -> usize {
        self.pairs.max(1)
    }

    /// Whether a series is wanted.
    pub(crate) fn wants(&self, series: &str) -> bool {
        is_wanted(&self.only, series)
    }
}

fn is_wanted(only: &[String], series: &str) -> bool {
    only.is_empty() || only.iter().any(|part| series.contains(part.as_str()))
}

impl Content {
    /// Runs of each contender.
    pub(crate) fn pairs(&self) -> usize {
        self.pairs.unwrap_or(if self.quick { 2 } else { 5 }).max(1)
    }

    /// Whether a series is wanted.
    pub(crate) fn wants(&self, series: &str) -> bool {
        is_wanted(&self.only, series)
    }
}
