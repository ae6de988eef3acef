//! Files that people name, outside the journal's folder: whole or not at all, and for their owner only.
//!
//! The folder is anybody's: others may write there, and have put a link under a name that can be guessed. So a file is
//! written under a name that nobody had, `wsusmigrate-<process>-<number>.tmp`, and gets its own when it is whole. A crash
//! leaves at most that temporary, which nobody reads and whoever finds it may remove.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::disk::{self, At, Durability, FileError};

/// What becomes of a file that has the name already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum There {
    /// It is kept, and the new one is not written.
    Kept,
    /// The new one takes its place, in one step. Of a link there the link is replaced, not what it names.
    Replaced,
}

/// Tells temporary files of this process apart.
static NEXT_TEMPORARY: AtomicU64 = AtomicU64::new(0);

/// How many names are tried: other hosts may write to the same share, and crashes leave some.
const NAMES_MAX: u32 = 10_000;

/// Writes a file through `fill`. When this returns well the file is whole and durable; where it fails, nothing is left of
/// it and what was there is as it was.
pub fn write(
    path: &Path,
    there: There,
    fill: impl FnOnce(&mut File) -> io::Result<()>,
) -> Result<(), FileError> {
    if there == There::Kept {
        refuse(path)?;
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let (file, temporary) = create_temporary(folder)?;
    disk::put_in_place(file, &temporary, Durability::Synced, fill, || {
        if there == There::Kept {
            // Somebody else may have been quicker: only one gets the name. A crash here leaves it without content.
            disk::private().write(true).create_new(true).open(path).at("create", path)?;
        }
        disk::rename(&temporary, path).at("put in place", path).inspect_err(|_| {
            if there == There::Kept {
                let _ = std::fs::remove_file(path);
            }
        })
    })?;
    match disk::sync_dir(folder) {
        // Shares do not all know the sync of a folder.
        Err(error)
            if !matches!(error.source.kind(), io::ErrorKind::Unsupported | io::ErrorKind::InvalidInput) =>
        {
            Err(error)
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// An error where something has that name, a link to nothing included.
pub fn refuse(path: &Path) -> Result<(), FileError> {
    match path.symlink_metadata() {
        Ok(_) => Err(io::Error::new(io::ErrorKind::AlreadyExists, "it is there already")).at("create", path),
        Err(_) => Ok(()),
    }
}

fn create_temporary(folder: &Path) -> Result<(File, PathBuf), FileError> {
    let mut created = Err(io::ErrorKind::AlreadyExists.into());
    let mut path = folder.to_owned();
    for _ in 0..NAMES_MAX {
        let number = NEXT_TEMPORARY.fetch_add(1, Ordering::Relaxed);
        path = folder.join(format!("wsusmigrate-{}-{number}.tmp", std::process::id()));
        created = disk::private().write(true).create_new(true).open(&path);
        if !matches!(&created, Err(error) if error.kind() == io::ErrorKind::AlreadyExists) {
            break;
        }
    }
    Ok((created.at("create", &path)?, path))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write as _;
    use std::sync::Barrier;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = folder.read_dir().unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<_> = entries.map(|name| name.into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn nothing_is_left_of_a_write_that_failed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        for there in [There::Kept, There::Replaced] {
            let failed = write(&path, there, |file| {
                file.write_all(b"a part")?;
                Err(io::ErrorKind::StorageFull.into())
            });
            assert!(failed.unwrap_err().lacks_room());
            assert_eq!(names(folder.path()), [""; 0]);
        }
    }

    #[test]
    fn what_is_there_is_kept_or_replaced_as_it_was_asked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        write(&path, There::Kept, |file| file.write_all(b"first")).unwrap();
        let refused = write(&path, There::Kept, |file| file.write_all(b"second")).unwrap_err();
        assert_eq!(refused.source.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"first");
        write(&path, There::Replaced, |file| file.write_all(b"third")).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"third");
        assert_eq!(names(folder.path()), ["a"]);
    }

    #[test]
    fn two_at_once_do_not_mix() {
        let folder = tempfile::tempdir().unwrap();
        let (path, both) = (folder.path().join("a"), Barrier::new(2));
        for there in [There::Kept, There::Replaced] {
            let one = |letter: u8| {
                write(&path, there, |file| {
                    // Each is in the middle of its work while the other one is.
                    both.wait();
                    file.write_all(&[letter; 4096])
                })
            };
            let written = std::thread::scope(|scope| {
                let other = scope.spawn(|| one(b'y'));
                [one(b'x').is_ok(), other.join().unwrap().is_ok()]
            });
            let well = written.iter().filter(|well| **well).count();
            assert_eq!(well, if there == There::Kept { 1 } else { 2 });
            let content = fs::read(&path).unwrap();
            assert!(content.len() == 4096 && content.iter().all(|byte| *byte == content[0]));
            assert_eq!(names(folder.path()), ["a"]);
            fs::remove_file(&path).unwrap();
        }
    }

    #[cfg(unix)]
    #[test]
    fn no_link_is_followed_and_nobody_else_may_read() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};

        let folder = tempfile::tempdir().unwrap();
        let [path, theirs] = ["a", "theirs"].map(|name| folder.path().join(name));
        fs::write(&theirs, "theirs").unwrap();
        symlink(&theirs, &path).unwrap();
        // The names that come next, taken by somebody who can guess.
        let next = NEXT_TEMPORARY.load(Ordering::Relaxed);
        for number in next..next + 50 {
            let guessed = format!("wsusmigrate-{}-{number}.tmp", std::process::id());
            symlink(&theirs, folder.path().join(guessed)).unwrap();
        }
        assert!(write(&path, There::Kept, |file| file.write_all(b"ours")).is_err());
        write(&path, There::Replaced, |file| file.write_all(b"ours")).unwrap();
        assert_eq!(fs::read(&theirs).unwrap(), b"theirs");
        let metadata = path.symlink_metadata().unwrap();
        assert!(metadata.is_file() && metadata.permissions().mode() & 0o777 == 0o600);
    }
}
