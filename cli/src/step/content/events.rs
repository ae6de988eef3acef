//! From the adapter's outcomes to events.

use std::path::Path;

use wsusmigrate_core::content::naming;
use wsusmigrate_core::event::Event;
use wsusmigrate_core::event::content::{FileCopied, FileFacts, FileFailed, FileVerified, Origin};
use wsusmigrate_core::path::{PATH_INLINE_BYTES_MAX, PathRef, RelPath};
use wsusmigrate_core::projection::content::ContentState;
use wsusmigrate_journal::evidence;

use crate::adapter::content::{Done, Facts, Outcome};
use crate::error::Failure;
use crate::executor::file_failure;

/// How a record refers to a path; a long one is written to the evidence folder first.
pub(super) fn path_ref(journal: &Path, path: &RelPath) -> Result<PathRef, Failure> {
    if path.as_bytes().len() > PATH_INLINE_BYTES_MAX {
        evidence::write_bytes(journal, path.as_bytes()).map_err(|error| file_failure(&error))?;
    }
    Ok(PathRef::of(path))
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

fn facts(path: &RelPath, found: &Facts) -> FileFacts {
    FileFacts {
        bytes: found.bytes,
        sha1: found.digests.sha1,
        sha256: found.digests.sha256,
        modified: found.modified,
        naming: naming(path),
    }
}
