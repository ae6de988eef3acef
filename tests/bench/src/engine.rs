//! The copy engine by itself: the same listing, order and batches as the content step, and no journal.

use std::path::PathBuf;

use wsusmigrate::adapter::content::{
    self as files, Engine, EngineError, IN_FLIGHT_BATCHES_MAX, Outcome, Report, Setup, Side, scan,
};
use wsusmigrate_core::content::{BATCH_FILES_MAX, Batch, Entry, copying_order, cut, expectation};

use crate::error::BenchError;

/// Copies the content root of the first argument to the second.
pub(crate) fn main() -> Result<(), BenchError> {
    let mut folders = std::env::args_os().skip(1).map(PathBuf::from);
    let (source, destination) = (folders.next().unwrap_or_default(), folders.next().unwrap_or_default());
    let mut manifest = scan(&source, Side::Source)?.files;
    scan(&destination, Side::Destination)?;
    manifest.sort_unstable_by(copying_order);
    let mut batches = cut(&manifest, BATCH_FILES_MAX);
    let mut engine = Engine::start(Setup::new(source, destination))?;
    let mut copied = 0;
    loop {
        while engine.in_flight() < IN_FLIGHT_BATCHES_MAX {
            let Some(batch) = batches.next() else { break };
            engine.submit(work(&batch, &manifest)).map_err(|_| EngineError::Broken)?;
        }
        let finished = match engine.receive()? {
            Some(Report::Replacing(batch)) => {
                batch.permit();
                continue;
            }
            Some(Report::Finished(finished)) => finished,
            None => break,
        };
        copied += finished.done.iter().filter(|done| matches!(done.outcome, Outcome::Copied { .. })).count();
    }
    if copied == manifest.len() {
        return Ok(());
    }
    let complaint = format!("{copied} of {} files were copied", manifest.len());
    Err(BenchError::Wrong { contender: "engine".to_owned(), complaint })
}

fn work(batch: &Batch, manifest: &[Entry]) -> files::Batch {
    let jobs = (0_u32..).zip(&manifest[batch.range.clone()]).map(|(item, entry)| files::Job {
        item,
        path: entry.path.clone(),
        from: None,
        bytes: entry.bytes,
        modified: entry.modified,
        expected: expectation(&entry.path, false),
        destination: files::Found::Absent,
    });
    files::Batch { id: batch.range.start as u64, jobs: jobs.collect() }
}
