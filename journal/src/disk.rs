//! Files and folders: private, positional, and synced where a crash must not undo them.
//!
//! Assumption about the medium (`docs/FORMAT.md`): after `sync_data` or `sync_all` returns well, the bytes survive a
//! power cut; before that any part of a write may be missing.
//!
//! Windows: files inherit the folder's access list (breaking the inheritance comes with the protection issue), and
//! a folder cannot be synced: NTFS journals the rename itself.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A file operation that failed: what was tried, where, and the system's own words as the source.
#[derive(Debug, thiserror::Error)]
#[error("cannot {doing} {}{}", path.display(), offset.map_or_else(String::new, |at| format!(", byte {at}")))]
pub struct FileError {
    /// What was tried, as a verb.
    pub doing: &'static str,
    /// On which file or folder.
    pub path: PathBuf,
    /// Where in the file, in bytes, where it is known.
    pub offset: Option<u64>,
    /// Why not.
    #[source]
    pub source: io::Error,
}

impl FileError {
    /// Whether there was no room on the disk. A sync that failed is none of these: what it left is unknown.
    #[must_use]
    pub fn lacks_room(&self) -> bool {
        lacks_room(&self.source) && !self.doing.starts_with("sync")
    }
}

/// Gives an error its place.
pub(crate) trait At<T> {
    fn at(self, doing: &'static str, path: &Path) -> Result<T, FileError>;

    /// The same of a place in the file.
    fn at_byte(self, doing: &'static str, path: &Path, offset: u64) -> Result<T, FileError>;
}

impl<T> At<T> for io::Result<T> {
    fn at(self, doing: &'static str, path: &Path) -> Result<T, FileError> {
        self.map_err(|source| FileError { doing, path: path.to_owned(), offset: None, source })
    }

    fn at_byte(self, doing: &'static str, path: &Path, offset: u64) -> Result<T, FileError> {
        self.map_err(|source| FileError { doing, path: path.to_owned(), offset: Some(offset), source })
    }
}

/// What the system calls a full disk or a used-up quota.
pub(crate) const NO_ROOM: [io::ErrorKind; 2] = [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded];

/// Whether something failed because there was no room on the disk.
pub(crate) fn lacks_room(error: &io::Error) -> bool {
    NO_ROOM.contains(&error.kind())
}

/// Whether a file operation failed because there is nothing at that place.
pub(crate) fn is_missing(error: &FileError) -> bool {
    error.source.kind() == io::ErrorKind::NotFound
}

/// Options for files that only their owner may read.
pub(crate) fn private() -> OpenOptions {
    #[cfg_attr(not(unix), allow(unused_mut))]
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Creates a folder, and those above it, that only their owner may enter, durably: what is synced in one whose name is
/// lost in a power cut is lost with it. An existing one is left as it is.
pub(crate) fn create_dir(path: &Path) -> Result<(), FileError> {
    if path.is_dir() {
        return Ok(());
    }
    let above = path.parent().filter(|above| !above.as_os_str().is_empty());
    above.map_or(Ok(()), create_dir)?;
    #[cfg_attr(not(unix), allow(unused_mut))]
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(path) {
        // Somebody else was faster.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => {}
        created => created.at("create the folder", path)?,
    }
    // A crash here leaves an empty folder that may be gone after a power cut: nothing stands in it yet.
    path.parent().map_or(Ok(()), sync_dir)
}

/// Makes created, renamed and removed names of a folder durable.
#[cfg(unix)]
pub(crate) fn sync_dir(path: &Path) -> Result<(), FileError> {
    // The folder of a bare file name.
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    File::open(path).and_then(|dir| dir.sync_all()).at("sync the folder", path)
}

/// Makes created, renamed and removed names of a folder durable: nothing to do, see above.
#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps)]
pub(crate) fn sync_dir(_: &Path) -> Result<(), FileError> {
    Ok(())
}

/// Gives a file or folder a new name, in place of a file that has it.
#[cfg(not(windows))]
pub(crate) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)
}

/// Gives a file or folder a new name, in place of a file that has it.
///
/// Windows refuses while somebody has the file that is replaced open (before Windows 10, on `ReFS`, on shares), or a
/// file in the folder: a reader beside us, a virus scanner, a store that is still closing. They are done soon, so
/// for a second it is asked again.
#[cfg(windows)]
pub(crate) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    const ACCESS_DENIED: i32 = 5;
    const SHARING_VIOLATION: i32 = 32;
    const PAUSES: u32 = 10;
    for doubled in 0..PAUSES {
        match fs::rename(from, to) {
            Err(error) if matches!(error.raw_os_error(), Some(ACCESS_DENIED | SHARING_VIOLATION)) => {
                std::thread::sleep(std::time::Duration::from_millis(1 << doubled));
            }
            answer => return answer,
        }
    }
    fs::rename(from, to)
}

/// Whether the bytes must have reached the medium before the new name is seen.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Durability {
    /// They must.
    Synced,
    /// They need not: the content carries its own checksum and can be made again.
    Disposable,
}

/// Writes a file of the journal's or the keys' folder under a temporary name and renames it: a crash leaves the old
/// content, or the new, or a leftover `.tmp` that nobody reads and the next write of that name replaces. Whoever writes
/// there holds the journal's lock. For all other places there is [`crate::outside`].
pub(crate) fn write_atomic(path: &Path, durability: Durability, bytes: &[u8]) -> Result<(), FileError> {
    write_atomic_with(path, durability, |file| file.write_all(bytes))
}

/// As [`write_atomic`], for content that is streamed.
pub(crate) fn write_atomic_with(
    path: &Path,
    durability: Durability,
    fill: impl FnOnce(&mut File) -> io::Result<()>,
) -> Result<(), FileError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".tmp");
    let temporary = PathBuf::from(name);
    let file = create_anew(&temporary).at("create", &temporary)?;
    put_in_place(file, &temporary, durability, fill, || rename(&temporary, path).at("put in place", path))?;
    match path.parent() {
        Some(folder) if durability == Durability::Synced => sync_dir(folder),
        _ => Ok(()),
    }
}

/// Creates a private file. What has its name is removed, never written to: it may be a link, or readable for others.
fn create_anew(path: &Path) -> io::Result<File> {
    let create = || private().write(true).create_new(true).open(path);
    match create() {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            fs::remove_file(path)?;
            create()
        }
        created => created,
    }
}

/// Fills a temporary file and puts it in place. Where that fails, nothing is left of it: on a full disk others need the
/// room.
pub(crate) fn put_in_place(
    mut file: File,
    temporary: &Path,
    durability: Durability,
    fill: impl FnOnce(&mut File) -> io::Result<()>,
    put: impl FnOnce() -> Result<(), FileError>,
) -> Result<(), FileError> {
    let filled = fill(&mut file).at("write", temporary).and_then(|()| match durability {
        Durability::Synced => file.sync_all().at("sync", temporary),
        Durability::Disposable => Ok(()),
    });
    // Windows renames and removes no file that is open.
    drop(file);
    let done = filled.and_then(|()| put());
    if done.is_err() {
        let _ = fs::remove_file(temporary);
    }
    done
}

/// Removes a file for good: its name does not come back after a crash.
pub(crate) fn remove(path: &Path) -> Result<(), FileError> {
    fs::remove_file(path).at("remove", path)?;
    path.parent().map_or(Ok(()), sync_dir)
}

/// Moves something that is not trusted any more into `quarantine`, under a name that is still free.
pub(crate) fn quarantine(what: &Path, quarantine: &Path) -> Result<PathBuf, FileError> {
    const NAMES_MAX: u32 = 1_000_000;
    create_dir(quarantine)?;
    let name = what.file_name().unwrap_or_default().to_string_lossy().into_owned();
    for number in 1..NAMES_MAX {
        let target = quarantine.join(format!("{name}-{number}"));
        if target.symlink_metadata().is_err() {
            rename(what, &target).at("move to quarantine", what)?;
            sync_dir(quarantine)?;
            return Ok(target);
        }
    }
    Err(io::Error::other("no free name in the quarantine folder")).at("move to quarantine", what)
}

/// Reads at a position without moving any other; 0 at the end of the file.
pub(crate) fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    loop {
        #[cfg(unix)]
        let read = std::os::unix::fs::FileExt::read_at(file, buffer, offset);
        #[cfg(windows)]
        let read = std::os::windows::fs::FileExt::seek_read(file, buffer, offset);
        match read {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

/// Writes everything at a position.
pub(crate) fn write_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    let (mut rest, mut offset) = (bytes, offset);
    while !rest.is_empty() {
        #[cfg(unix)]
        let written = std::os::unix::fs::FileExt::write_at(file, rest, offset);
        #[cfg(windows)]
        let written = std::os::windows::fs::FileExt::seek_write(file, rest, offset);
        match written {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => {
                rest = &rest[count..];
                offset += count as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
