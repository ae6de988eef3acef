//! Imported streams: other journals' checkpointed prefixes, kept as the bundles they came in.
//!
//! `streams/<stream id>/<size>.tar` is a bundle; the record `run.stream-imported` in our own log says which of them
//! counts from where on. A file without such a record is what an interrupted import left; nobody reads it.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use wsusmigrate_core::id::StreamId;
use wsusmigrate_core::status::ImportedStream;

use crate::bundle::{self, Bundle, BundleError};
use crate::disk::{self, At, Durability, FileError};
use crate::error::ReadError;
use crate::place;
use crate::reader::RecordSource as _;

/// Why a bundle was not taken in. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// It is a bundle of the journal's own stream.
    #[error("it is a bundle of this journal's own stream")]
    OwnStream,
    /// The stream was imported before, signed by another key. Hint: ask at the source whose key this is.
    #[error("the stream was imported before under another key")]
    OtherKey,
    /// It holds fewer records than were imported before. Hint: fetch the newer bundle.
    #[error("it holds {size} records, {before} were imported before: an older copy")]
    Older {
        /// Records it holds.
        size: u64,
        /// Records that were imported before.
        before: u64,
    },
    /// Over the records that were imported before it has another root. Hint: keep both; the source was rewritten.
    #[error(
        "it has another root over the first {before} records, which were imported before: the log was rewritten"
    )]
    Rewritten {
        /// Records that were imported before.
        before: u64,
    },
    /// The copy in the journal's folder is not the bundle that was looked at.
    #[error("the bundle changed while it was copied")]
    Changed,
    /// The copy cannot be read back.
    #[error("the copy of the bundle is not sound")]
    Copy(#[source] BundleError),
    /// Its records could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A file operation failed.
    #[error(transparent)]
    File(#[from] FileError),
}

/// Whether a bundle may be taken into a journal: `own` is the journal's stream, `before` what was imported of the
/// bundle's stream so far. `false`: exactly this was imported before.
pub fn may_import(
    own: StreamId,
    before: Option<&ImportedStream>,
    bundle: &Bundle,
) -> Result<bool, ImportError> {
    if bundle.identity().stream == own {
        return Err(ImportError::OwnStream);
    }
    let Some(before) = before else { return Ok(true) };
    if before.key != bundle.identity().fingerprint() {
        return Err(ImportError::OtherKey);
    }
    let (size, before_size) = (bundle.size(), before.size);
    if size < before_size {
        return Err(ImportError::Older { size, before: before_size });
    }
    if bundle::root_at(bundle, before_size)? != before.root {
        return Err(ImportError::Rewritten { before: before_size });
    }
    Ok(size > before_size)
}

/// Copies a bundle into the journal's folder, durably, and reads the copy back. It counts once the journal has recorded
/// `run.stream-imported`.
pub fn store(journal: &Path, bundle: &Bundle) -> Result<(), ImportError> {
    let folder = folder(journal, bundle.identity().stream);
    disk::create_dir(&folder)?;
    disk::sync_dir(journal)?;
    disk::sync_dir(&streams(journal))?;
    let incoming = folder.join("incoming");
    // No more than was looked at, whatever has become of the file since.
    let mut from = File::open(bundle.path()).at("open", bundle.path())?.take(bundle.bytes());
    disk::write_atomic_with(&incoming, Durability::Synced, |to| io::copy(&mut from, to).map(drop))?;
    // What was looked at may have been on a share: only the copy cannot change any more.
    let copy = Bundle::open(&incoming);
    let stored = match copy {
        Ok(copy) if copy.identity() == bundle.identity() && copy.note() == bundle.note() => Ok(()),
        Ok(_) => Err(ImportError::Changed),
        Err(error) => Err(ImportError::Copy(error)),
    };
    if let Err(error) = stored {
        fs::remove_file(&incoming).at("remove", &incoming)?;
        return Err(error);
    }
    let path = file(&folder, bundle.size());
    disk::rename(&incoming, &path).at("put in place", &path)?;
    Ok(disk::sync_dir(&folder)?)
}

/// Removes the bundles of a stream that a longer one has replaced, once that one is recorded.
pub fn drop_older(journal: &Path, stream: StreamId, size: u64) -> Result<(), FileError> {
    let folder = folder(journal, stream);
    for entry in fs::read_dir(&folder).at("list", &folder)? {
        let path = entry.at("list", &folder)?.path();
        let of = path.file_name().and_then(|name| place::numbered(name, ".tar"));
        if of.is_some_and(|of| of < size) {
            fs::remove_file(&path).at("remove", &path)?;
        }
    }
    Ok(())
}

/// Where the bundle of an imported stream stands.
#[must_use]
pub fn path(journal: &Path, stream: StreamId, size: u64) -> PathBuf {
    file(&folder(journal, stream), size)
}

fn streams(journal: &Path) -> PathBuf {
    journal.join("streams")
}

fn folder(journal: &Path, stream: StreamId) -> PathBuf {
    streams(journal).join(stream.to_string())
}

fn file(folder: &Path, size: u64) -> PathBuf {
    folder.join(format!("{size:020}.tar"))
}
