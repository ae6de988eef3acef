//! From the adapter's outcomes to events.

use std::io::Read as _;
use std::path::Path;

use wsusmigrate_core::content::naming;
use wsusmigrate_core::digest::Sha256;
use wsusmigrate_core::event::Event;
use wsusmigrate_core::event::content::{FileCopied, FileFacts, FileFailed, FileVerified, Origin};
use wsusmigrate_core::path::{PATH_INLINE_BYTES_MAX, PathRef, RelPath};
use wsusmigrate_core::projection::content::ContentState;
use wsusmigrate_journal::evidence;

use crate::adapter::content::{Done, Facts, Outcome};
use crate::error::Failure;
use crate::executor::file_failure;
use crate::exit::Exit;

/// How a record refers to a path; a long one is written to the evidence folder first.
pub(super) fn path_ref(journal: &Path, path: &RelPath) -> Result<PathRef, Failure> {
    if path.as_bytes().len() > PATH_INLINE_BYTES_MAX {
        evidence::write_bytes(journal, path.as_bytes()).map_err(|error| file_failure(&error))?;
    }
    Ok(PathRef::of(path))
}

/// The path a record refers to; a long one is read from the evidence folder.
pub(super) fn path_of(journal: &Path, path: &PathRef) -> Result<RelPath, Failure> {
    match path {
        PathRef::Inline(path) => Ok(path.clone()),
        PathRef::Evidence(long) => long_path(journal, long.sha256),
    }
}

fn long_path(journal: &Path, digest: Sha256) -> Result<RelPath, Failure> {
    /// No file system has longer paths; what claims to be one is damage.
    const LONG_PATH_BYTES_MAX: u64 = 1 << 20;
    let damaged = |why: &dyn std::error::Error| {
        Failure::new(
            Exit::JournalDamaged,
            format!("the path {digest} in the journal's evidence folder is damaged"),
        )
        .because(why)
        .hint("Restore evidence/ from a copy of the journal's folder.")
    };
    let file = evidence::open(journal, digest).map_err(|error| file_failure(&error))?;
    let mut bytes = Vec::new();
    file.take(LONG_PATH_BYTES_MAX).read_to_end(&mut bytes).map_err(|error| damaged(&error))?;
    RelPath::from_bytes(bytes).map_err(|error| damaged(&error))
}

/// The event of a file's outcome; nothing for a file that was left. `looks` is what the file was taken for before its
/// bytes were known.
pub(super) fn outcome(
    path: PathRef,
    done: &Done,
    listed_bytes: u64,
    looks: Origin,
    state: &ContentState,
) -> Option<Event> {
    let item = done.item;
    Some(match &done.outcome {
        Outcome::Copied { facts: found, attempts, replaced } => {
            let file = facts(&done.path, found);
            FileCopied { item, path, file, attempts: *attempts, replaced: *replaced }.into()
        }
        Outcome::Verified { facts: found } => {
            let origin = state.verified_origin(&path, found.digests.sha256, looks);
            FileVerified { item, path, file: facts(&done.path, found), origin }.into()
        }
        Outcome::Failed { reason, found, detail } => {
            let detail = detail.as_str().into();
            FileFailed { item, path, bytes: listed_bytes, reason: *reason, found: *found, detail }.into()
        }
        Outcome::Left => return None,
    })
}

/// What is recorded of a file at the destination.
pub(super) fn facts(path: &RelPath, found: &Facts) -> FileFacts {
    FileFacts {
        bytes: found.bytes,
        sha1: found.digests.sha1,
        sha256: found.digests.sha256,
        modified: found.modified,
        naming: naming(path),
    }
}
