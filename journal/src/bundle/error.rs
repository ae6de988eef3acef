//! What can go wrong with a bundle.

use std::path::PathBuf;

use wsusmigrate_core::digest::Sha256;
use wsusmigrate_core::unit::Seq;

use crate::checkpoint::NotANote;
use crate::disk::FileError;
use crate::error::ReadError;
use crate::ring::NotConfirmed;

/// The first place in a bundle that is not what it must be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{entry} in the bundle is damaged: {}{what} ({}, byte {offset})", of(*seq), file.display())]
pub struct BundleDamage {
    /// The bundle.
    pub file: PathBuf,
    /// The entry of the archive, as far as it is known.
    pub entry: String,
    /// Where in the bundle, in bytes.
    pub offset: u64,
    /// The record concerned, where it is one.
    pub seq: Option<Seq>,
    /// What is wrong there.
    pub what: String,
}

fn of(seq: Option<Seq>) -> String {
    seq.map(|seq| format!("record {seq}: ")).unwrap_or_default()
}

/// Why a bundle was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// Something in it is not what it must be: it was changed or cut. Hint: fetch it again.
    #[error(transparent)]
    Damaged(#[from] BundleDamage),
    /// It is something else. Hint: name the bundle.
    #[error("{} is not a bundle: {what}", file.display())]
    NotABundle {
        /// The file or folder.
        file: PathBuf,
        /// What it is instead, as far as one can tell.
        what: &'static str,
    },
    /// A newer program wrote it. Hint: use that program.
    #[error("{} has log format version {version}, which is newer than this program", file.display())]
    NewerFormat {
        /// The bundle.
        file: PathBuf,
        /// Its version.
        version: u16,
    },
    /// A file operation failed.
    #[error(transparent)]
    File(#[from] FileError),
}

/// Why a bundle was not written. What was there before is as it was.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// No checkpoint covers exactly these records. Hint: one is signed whenever the journal is closed.
    #[error("no checkpoint over {} in {}", size.map_or("any records".to_owned(), |size| format!("{size} records")), place.display())]
    NoCheckpoint {
        /// The source.
        place: PathBuf,
        /// Records that were asked for.
        size: Option<u64>,
    },
    /// The checkpoint is not signed by the journal's key.
    #[error("the checkpoint over {size} records is not valid")]
    Checkpoint {
        /// Records it covers.
        size: u64,
        /// Why.
        #[source]
        source: NotANote,
    },
    /// The checkpoint is signed by a key that a record names, and the one behind that record, with the signatures of both keys,
    /// is lost: whose key it is cannot be proved. Hint: opening the journal for writing puts it back.
    #[error("the checkpoint is signed by the key that record {seq} names, which does not count")]
    Rotation {
        /// The record.
        seq: Seq,
        /// Why.
        #[source]
        source: NotConfirmed,
    },
    /// The checkpoint has another root over the same records: the history was rewritten.
    #[error("the checkpoint over {size} records contradicts the log: another root over the same records")]
    Contradiction {
        /// Records it covers.
        size: u64,
    },
    /// A file that a record names is missing or cannot be read. Hint: put it back from a copy.
    #[error("the evidence file {digest} that record {seq} names cannot be read")]
    Evidence {
        /// The file.
        digest: Sha256,
        /// The first record that names it.
        seq: Seq,
        /// Why.
        #[source]
        source: FileError,
    },
    /// A file that a record names holds other bytes, or more than an archive takes.
    #[error("the evidence file {digest} {what}")]
    EvidenceBytes {
        /// The file.
        digest: Sha256,
        /// What is wrong with it.
        what: &'static str,
    },
    /// What stands at that place is no sound bundle. Hint: move it away.
    #[error("what is there cannot be extended")]
    There(#[source] BundleError),
    /// The bundle at that place is of another stream. Hint: another file name.
    #[error("the bundle there is of {0}")]
    OtherStream(String),
    /// The bundle at that place holds more records. Hint: another file name.
    #[error("the bundle there holds {there} records, {size} would replace them")]
    Shorter {
        /// Records there.
        there: u64,
        /// Records to be exported.
        size: u64,
    },
    /// The bundle at that place has another history: the log was rewritten since. Hint: keep both, and look into it.
    #[error("the bundle there has another root over the first {size} records: the log was rewritten")]
    Rewritten {
        /// Records of the bundle there.
        size: u64,
    },
    /// The records could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The bundle could not be written.
    #[error(transparent)]
    File(#[from] FileError),
}
