//! What is timed: commands in a folder of their own.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::error::BenchError;

/// How much of a failing command's standard error is shown.
pub(crate) const WORDS_MAX: usize = 2000;

/// Somebody who does the work of a series.
pub(crate) trait Contender {
    /// Its name in the table: what is typed, in short.
    fn name(&self) -> &'static str;

    /// Bytes a run leaves in its folder.
    fn bytes(&self) -> u64 {
        0
    }

    /// What is there before the clock starts.
    fn prepare(&self, _dir: &Path) -> Result<(), BenchError> {
        Ok(())
    }

    /// What is timed, one after the other.
    fn commands(&self, dir: &Path) -> Result<Vec<Command>, BenchError>;

    /// Whether the work was done, after the clock stopped. `told` is what the last command wrote to its standard
    /// error.
    fn check(&self, _dir: &Path, _told: &str) -> Result<(), BenchError> {
        Ok(())
    }

    /// For `check`.
    fn wrong(&self, complaint: String) -> BenchError {
        BenchError::Wrong { contender: self.name().to_owned(), complaint }
    }
}

/// Times one run in a folder that holds nothing else of this run.
pub(crate) fn time(contender: &dyn Contender, dir: &Path) -> Result<f64, BenchError> {
    let commands = contender.commands(dir)?;
    let mut told = String::new();
    let begun = Instant::now();
    for command in commands {
        told = run(command, dir)?;
    }
    let seconds = begun.elapsed().as_secs_f64();
    contender.check(dir, &told)?;
    Ok(seconds)
}

/// Runs a command to its good end; answers what it wrote to its standard error.
pub(crate) fn run(mut command: Command, dir: &Path) -> Result<String, BenchError> {
    let path = dir.join("stderr.txt");
    let file = File::create(&path).map_err(BenchError::file("create", &path))?;
    let words = words(&command);
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(file).status();
    let status = status.map_err(|source| BenchError::Start { command: words.clone(), source })?;
    let told = fs::read_to_string(&path).map_err(BenchError::file("read", &path))?;
    if status.success() {
        return Ok(told);
    }
    let from = told.floor_char_boundary(told.len().saturating_sub(WORDS_MAX));
    Err(BenchError::Failed { command: words, status, words: told[from..].to_owned() })
}

/// A command for people.
pub(crate) fn words(command: &Command) -> String {
    format!("{command:?}")
}

/// Files below a folder and their sizes together.
pub(crate) fn counted(folder: &Path) -> Result<(usize, u64), BenchError> {
    let (mut files, mut bytes) = (0, 0);
    for entry in fs::read_dir(folder).map_err(BenchError::file("list", folder))? {
        let entry = entry.map_err(BenchError::file("list", folder))?;
        let metadata = entry.metadata().map_err(BenchError::file("look at", &entry.path()))?;
        if metadata.is_dir() {
            let below = counted(&entry.path())?;
            (files, bytes) = (files + below.0, bytes + below.1);
        } else {
            (files, bytes) = (files + 1, bytes + metadata.len());
        }
    }
    Ok((files, bytes))
}
