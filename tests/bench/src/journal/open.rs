//! Opening for writing, and a writer to be killed.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::time::Instant;

use super::journals::{self, GROUP_EVENTS};
use super::peer::PeerError;
use super::task::{Answer, Task};
use crate::contender::words;
use crate::error::BenchError;

/// Events a writer appends before it says that it may be killed.
const BEFORE_THE_KILL: u64 = 20_000;
/// What it says.
const GO: &str = "go";

/// Opens, which is what is timed, waits for the store and closes.
pub(super) fn perform(place: &Path) -> Result<Answer, PeerError> {
    let begun = Instant::now();
    let journal = journals::open(place)?;
    let seconds = begun.elapsed().as_secs_f64();
    while journal.lag() > 0 {
        std::thread::yield_now();
    }
    let caught_up = begun.elapsed().as_secs_f64();
    let size = journal.size();
    journal.close()?;
    Ok(Answer::new(size, seconds)
        .figure("until the writer is ready, ms", seconds * 1e3)
        .figure("until sled has caught up, ms", caught_up * 1e3))
}

/// Appends until the end of the process.
pub(super) fn append_on(place: &Path) -> Result<Answer, PeerError> {
    let journal = journals::open(place)?;
    // What an earlier writer appended is passed over; those killed before it left the journal's own records, too.
    let size = journal.size();
    let mut history = journals::history(place)?;
    history.nth(usize::try_from(size)?);
    journals::append(&journal, &mut history, BEFORE_THE_KILL)?;
    println!("{GO}");
    loop {
        journals::append(&journal, &mut history, GROUP_EVENTS as u64)?;
    }
}

/// Has a writer append, and kills it.
pub(super) fn kill_a_writer(place: &Path) -> Result<(), BenchError> {
    let mut command = Task::AppendOn { place: place.to_owned() }.command()?;
    let started = command.stdout(Stdio::piped()).spawn();
    let mut writer = started.map_err(|source| BenchError::Start { command: words(&command), source })?;
    let mut line = String::new();
    let read = writer.stdout.take().map(|told| BufReader::new(told).read_line(&mut line)).transpose();
    let killed = read.and_then(|_| writer.kill()).and_then(|()| writer.wait());
    killed.map_err(|source| BenchError::Start { command: words(&command), source })?;
    if line.trim() == GO {
        return Ok(());
    }
    let complaint = "the writer ended before it was killed".to_owned();
    Err(BenchError::Wrong { contender: "journal".to_owned(), complaint })
}

/// Copies a place, so that the journal everything is measured with stays as it is.
pub(super) fn copy(from: &Path, to: &Path) -> Result<(), BenchError> {
    fs::create_dir_all(to).map_err(BenchError::file("create", to))?;
    for entry in fs::read_dir(from).map_err(BenchError::file("list", from))? {
        let path = entry.map_err(BenchError::file("list", from))?.path();
        let target = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            copy(&path, &target)?;
        } else {
            fs::copy(&path, &target).map_err(BenchError::file("copy", &path))?;
        }
    }
    Ok(())
}
