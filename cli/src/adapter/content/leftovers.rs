//! Temporary files of an interrupted copy: found by the scan of the destination, removed here.

use std::io;
use std::path::Path;

use wsusmigrate_core::path::RelPath;

use super::effects::Effects;
use super::folders::Folders;
use super::temporary::is_temporary;
use crate::platform::{self, Kind};

/// A temporary file of an interrupted copy.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Leftover {
    /// Where, below the destination's root.
    pub path: RelPath,
    /// Its size in bytes.
    pub bytes: u64,
}

/// What became of leftovers.
#[derive(Debug, Default)]
pub struct RemovedLeftovers {
    /// Removed, with the size they had.
    pub removed: Vec<Leftover>,
    /// Not removed, and why.
    pub kept: Vec<(Leftover, io::Error)>,
}

/// Removes leftovers named by a scan of the destination. Each is looked at once more: only a regular file whose name
/// ends as ours do is removed. One that is gone is neither removed nor kept.
///
/// Nothing is synced: a removal that a power cut undoes is found and done again.
pub fn remove_leftovers(
    root: &Path,
    leftovers: &[Leftover],
    effects: &dyn Effects,
) -> io::Result<RemovedLeftovers> {
    let mut result = RemovedLeftovers::default();
    if leftovers.is_empty() {
        return Ok(result);
    }
    let folders = Folders::new(&platform::verbatim(root))?;
    for leftover in leftovers {
        match remove(&folders, &leftover.path) {
            Ok(bytes) => {
                effects.removed(&leftover.path);
                result.removed.push(Leftover { path: leftover.path.clone(), bytes });
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => result.kept.push((leftover.clone(), error)),
        }
    }
    Ok(result)
}

fn remove(folders: &Folders, path: &RelPath) -> io::Result<u64> {
    let name = path.file_name();
    let folder = folders.existing(path.folder())?;
    let stat = folder.stat(name)?;
    if stat.kind != Kind::File || !is_temporary(name) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a temporary file of this program"));
    }
    folder.remove_file(name)?;
    Ok(stat.bytes)
}
