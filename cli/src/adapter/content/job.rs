//! What is asked of the copy engine, and what it answers.

use wsusmigrate_core::content::Expectation;
use wsusmigrate_core::digest::Sha1;
use wsusmigrate_core::event::content::{FailureReason, FoundFile};
use wsusmigrate_core::path::RelPath;
use wsusmigrate_core::unit::ModifiedNanos;

use super::hash::Digests;

/// One file to bring over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// The caller's number for it, handed back in [`Done::item`].
    pub item: u32,
    /// Where it lies, below both roots.
    pub path: RelPath,
    /// Where it lies below the source's root, where it has another name there.
    pub from: Option<RelPath>,
    /// Its size when it was listed.
    pub bytes: u64,
    /// Its modification time when it was listed.
    pub modified: ModifiedNanos,
    /// What its digest must be.
    pub expected: Expectation,
    /// What was seen at the destination.
    pub destination: Found,
}

impl Job {
    /// Where it lies below the source's root.
    #[must_use]
    pub fn at_source(&self) -> &RelPath {
        self.from.as_ref().unwrap_or(&self.path)
    }
}

/// What was seen at the destination when it was listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// Nothing. A file that has appeared since is not replaced.
    Absent,
    /// A file: it is hashed first, and kept where it is right.
    Present {
        /// What to do where it is not.
        otherwise: Mismatched,
    },
}

/// What to do with a destination file that does not hold the right bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mismatched {
    /// Replace it, once the right bytes are complete and durable beside it and the owner of the engine permits it.
    Replace,
    /// Leave it and fail with `Conflict`.
    Refuse,
}

/// Files that become durable together. At most a few thousand files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// The caller's number for it, handed back in [`Finished::id`].
    pub id: u64,
    /// Its files. Paths must differ, on Windows also when case is ignored.
    pub jobs: Vec<Job>,
}

/// A batch whose every file has an outcome, durable at the destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// [`Batch::id`].
    pub id: u64,
    /// One for each job, in the order of the jobs.
    pub done: Vec<Done>,
}

/// How one file ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// [`Job::item`].
    pub item: u32,
    /// [`Job::path`].
    pub path: RelPath,
    /// How it ended.
    pub outcome: Outcome,
}

/// How a file can end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Copied, synced and renamed to its name.
    Copied {
        /// What was put in place.
        facts: Facts,
        /// How often it was begun: 2 where the first reading did not match, or the file had changed since it was
        /// listed or while it was read.
        attempts: u8,
        /// Whether a file with other bytes was replaced.
        replaced: bool,
    },
    /// Found in place with the right bytes.
    Verified {
        /// What was found, the time being the destination file's own.
        facts: Facts,
    },
    /// Not brought over.
    Failed {
        /// Why.
        reason: FailureReason,
        /// SHA-1 of the bytes that were read, where they are the reason.
        found: Option<Sha1>,
        /// The system's own words.
        detail: String,
    },
    /// Not begun: the stop flag was set.
    Left,
}

/// A file at the destination that is about to be replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replacement {
    /// [`Job::item`].
    pub item: u32,
    /// [`Job::path`].
    pub path: RelPath,
    /// What stands there.
    pub found: FoundFile,
}

/// A file at the destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Size in bytes.
    pub bytes: u64,
    /// Its digests.
    pub digests: Digests,
    /// Its modification time.
    pub modified: ModifiedNanos,
}

impl From<Facts> for FoundFile {
    fn from(facts: Facts) -> Self {
        let Facts { bytes, digests, modified } = facts;
        Self { bytes, sha1: Some(digests.sha1), sha256: Some(digests.sha256), modified }
    }
}
