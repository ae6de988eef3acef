//! Imported streams: other journals' checkpointed prefixes, kept as the bundles they came in.
//!
//! `streams/<stream id>/<size>.tar` is a bundle; the record `run.stream-imported` in our own log says which of them
//! counts from where on. A file without such a record is what an interrupted import left; nobody reads it.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use wsusmigrate_core::id::StreamId;
use wsusmigrate_core::status::ImportedStream;

use crate::bundle::{self, Bundle, BundleError};
use crate::disk::{self, At, Durability, FileError};
use crate::error::ReadError;
use crate::place::{self, Place};
use crate::plain;
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

/// Why the copy of an imported stream is not used.
#[derive(Debug, thiserror::Error)]
pub enum StoredError {
    /// It is not there. Hint: import the bundle again.
    #[error("the imported stream's copy {} is missing", .0.display())]
    Missing(PathBuf),
    /// It is no sound bundle. Hint: import the bundle again.
    #[error("the imported stream's copy is not accepted")]
    NotAccepted(#[from] BundleError),
    /// It is a sound bundle of other records, or of another stream or key, than those that were imported. Hint: import
    /// the right bundle again, and look into who put this one there.
    #[error("{} is not the bundle that was imported", .0.display())]
    OtherBundle(PathBuf),
}

/// What was found of the copy of a bundle that was imported before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoredCopy {
    /// It is as it was imported.
    Sound,
    /// It was missing, and is there again.
    Missing,
    /// It was damaged, or another bundle. It is in quarantine, and the right one is there again.
    Wrong {
        /// Where it was moved to.
        quarantined: PathBuf,
    },
}

/// Opens the copy of an imported stream. A bundle proves itself whoever made it: only the record of the import says which
/// one was taken in, so stream, key, size and root are those recorded.
pub fn open(journal: &Path, stream: StreamId, imported: &ImportedStream) -> Result<Bundle, StoredError> {
    let path = path(journal, stream, imported.size);
    let bundle = match Bundle::open(&path) {
        Err(BundleError::File(error)) if disk::is_missing(&error) => return Err(StoredError::Missing(path)),
        opened => opened?,
    };
    let (identity, note) = (bundle.identity(), bundle.note());
    let is_it = identity.stream == stream
        && identity.fingerprint() == imported.key
        && (note.size, note.root) == (imported.size, imported.root);
    if is_it { Ok(bundle) } else { Err(StoredError::OtherBundle(path)) }
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
    let (folder, incoming) = copy(journal, bundle)?;
    put_in_place(&folder, &incoming, bundle)
}

/// Puts the copy of a bundle back that was imported before, where it is not there or not what was imported. What stands in
/// its place is kept in quarantine.
pub fn put_back(
    journal: &Path,
    bundle: &Bundle,
    imported: &ImportedStream,
) -> Result<StoredCopy, ImportError> {
    let stream = bundle.identity().stream;
    let is_missing = match open(journal, stream, imported) {
        Ok(_) => return Ok(StoredCopy::Sound),
        Err(StoredError::Missing(_)) => true,
        Err(StoredError::NotAccepted(_) | StoredError::OtherBundle(_)) => false,
    };
    let (folder, incoming) = copy(journal, bundle)?;
    let found = if is_missing {
        StoredCopy::Missing
    } else {
        let quarantine = Place::new(journal).quarantine();
        let quarantined = disk::quarantine(&path(journal, stream, imported.size), &quarantine)?;
        StoredCopy::Wrong { quarantined }
    };
    // A crash here leaves none; the next import puts it back.
    put_in_place(&folder, &incoming, bundle)?;
    Ok(found)
}

/// Copies a bundle beside its place, durably, and reads the copy back: the stream's folder, and the copy.
fn copy(journal: &Path, bundle: &Bundle) -> Result<(PathBuf, PathBuf), ImportError> {
    let folder = folder(journal, bundle.identity().stream);
    disk::create_dir(&folder)?;
    let incoming = folder.join("incoming");
    // No more than was looked at, whatever has become of the file since.
    let mut from = plain::open(bundle.path())?.take(bundle.bytes());
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
    Ok((folder, incoming))
}

fn put_in_place(folder: &Path, incoming: &Path, bundle: &Bundle) -> Result<(), ImportError> {
    let path = file(folder, bundle.size());
    disk::rename(incoming, &path).at("put in place", &path)?;
    Ok(disk::sync_dir(folder)?)
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
