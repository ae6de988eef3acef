//! What a journal takes on the disk, each structure apart.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use wsusmigrate_journal::{Reader, RecordSource as _};

use super::contest::Goal;
use super::peer::PeerError;
use super::task::Answer;

/// Unit of `st_blocks`.
const BLOCK_BYTES: u64 = 512;
/// Place in the stream and hash of the record before: in every payload, ahead of the encoded event.
const BEGINNING_BYTES: usize = 44;

const LOG: &str = "log by encoded records";
const ALL: &str = "everything by encoded records";

/// Goals of the figures.
pub(super) fn goals() -> Vec<(&'static str, Goal)> {
    vec![(LOG, Goal::AtMost(1.25)), (ALL, Goal::AtMost(3.0))]
}

/// Reads every record's length and every file's blocks.
pub(super) fn perform(journal: &Path) -> Result<Answer, PeerError> {
    let reader = Reader::open(journal)?;
    let (mut payloads, mut events) = (0, 0);
    for raw in reader.records(0..reader.size()) {
        let bytes = raw?.payload().len();
        payloads += bytes as u64;
        events += (bytes - BEGINNING_BYTES) as u64;
    }
    let (mut all, mut log, mut parts) = (0, 0, Vec::new());
    for entry in fs::read_dir(journal)? {
        let entry = entry?;
        let bytes = taken(&entry.path())?;
        let name = entry.file_name().to_string_lossy().into_owned();
        all += bytes;
        if name == "log" {
            log = bytes;
        }
        parts.push((format!("{name}, bytes an event"), bytes as f64 / reader.size() as f64));
    }
    parts.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
    let mut answer = Answer::new(reader.size(), 0.0)
        .figure(LOG, log as f64 / payloads as f64)
        .figure(ALL, all as f64 / payloads as f64)
        .figure("log by encoded events, without place and chain", log as f64 / events as f64)
        .figure("everything by encoded events, without place and chain", all as f64 / events as f64)
        .figure("encoded record, bytes", payloads as f64 / reader.size() as f64);
    answer.figures.extend(parts);
    Ok(answer)
}

/// Bytes a file, or everything in a folder, takes.
fn taken(path: &Path) -> std::io::Result<u64> {
    let metadata = fs::symlink_metadata(path)?;
    let own = metadata.blocks() * BLOCK_BYTES;
    if !metadata.is_dir() {
        return Ok(own);
    }
    fs::read_dir(path)?.try_fold(own, |sum, entry| Ok(sum + taken(&entry?.path())?))
}
