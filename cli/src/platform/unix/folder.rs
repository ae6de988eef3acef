//! An open folder: names are resolved below its descriptor, so that nothing renamed or linked above it can lead a
//! write astray.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

use nix::fcntl::{AtFlags, OFlag, open, openat, renameat};
use nix::sys::stat::{Mode, SFlag, fstatat, mkdirat};
use nix::unistd::{UnlinkatFlags, unlinkat};
use wsusmigrate_core::unit::ModifiedNanos;

use crate::platform::fact::{Kind, Overwrite, Stat};

/// A folder, held open.
#[derive(Debug)]
pub struct Folder {
    handle: OwnedFd,
}

const FOLDER: OFlag = OFlag::O_RDONLY.union(OFlag::O_DIRECTORY).union(OFlag::O_CLOEXEC);
// O_NONBLOCK: a pipe put where a file was listed must not hang a worker. It does nothing to regular files.
const READ: OFlag = OFlag::O_RDONLY.union(OFlag::O_NOFOLLOW).union(OFlag::O_NONBLOCK).union(OFlag::O_CLOEXEC);

impl Folder {
    /// Opens a root. A link here is followed: the operator named it.
    pub fn open_root(path: &Path) -> io::Result<Self> {
        Ok(Self { handle: open(path, FOLDER, Mode::empty())? })
    }

    /// Opens a folder in this one. A link fails with `NotADirectory`.
    pub fn open(&self, name: &[u8]) -> io::Result<Self> {
        Ok(Self { handle: openat(&self.handle, name, FOLDER | OFlag::O_NOFOLLOW, Mode::empty())? })
    }

    /// Creates a folder in this one.
    pub fn create(&self, name: &[u8]) -> io::Result<()> {
        Ok(mkdirat(&self.handle, name, Mode::from_bits_truncate(0o777))?)
    }

    /// What an entry is, without following it.
    pub fn stat(&self, name: &[u8]) -> io::Result<Stat> {
        let answer = fstatat(&self.handle, name, AtFlags::AT_SYMLINK_NOFOLLOW)?;
        let kind = match SFlag::from_bits_truncate(answer.st_mode) & SFlag::S_IFMT {
            SFlag::S_IFREG => Kind::File,
            SFlag::S_IFDIR => Kind::Folder,
            SFlag::S_IFLNK => Kind::SymbolicLink,
            _ => Kind::Special,
        };
        let nanos = answer.st_mtime.saturating_mul(1_000_000_000).saturating_add(answer.st_mtime_nsec);
        Ok(Stat { kind, bytes: answer.st_size.unsigned_abs(), modified: ModifiedNanos(nanos) })
    }

    /// Opens a file for reading. A link fails.
    pub fn open_file(&self, name: &[u8]) -> io::Result<File> {
        Ok(openat(&self.handle, name, READ, Mode::empty())?.into())
    }

    /// Opens a file for reading around the cache; `None` where the file system does not offer that.
    #[cfg(target_os = "linux")]
    pub fn open_direct(&self, name: &[u8]) -> io::Result<Option<File>> {
        match openat(&self.handle, name, READ | OFlag::O_DIRECT, Mode::empty()) {
            Ok(handle) => Ok(Some(handle.into())),
            Err(nix::errno::Errno::EINVAL) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Opens a file for reading around the cache; `None` where the file system does not offer that.
    #[cfg(not(target_os = "linux"))]
    pub fn open_direct(&self, _name: &[u8]) -> io::Result<Option<File>> {
        Ok(None)
    }

    /// Creates a file for writing. Fails with `AlreadyExists` where anything has that name, a dangling link included.
    pub fn create_file(&self, name: &[u8]) -> io::Result<File> {
        let flags = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_CLOEXEC;
        Ok(openat(&self.handle, name, flags, Mode::from_bits_truncate(0o666))?.into())
    }

    /// Renames an entry of this folder, atomically.
    pub fn rename(&self, from: &[u8], to: &[u8], overwrite: Overwrite) -> io::Result<()> {
        match overwrite {
            Overwrite::Replace => Ok(renameat(&self.handle, from, &self.handle, to)?),
            Overwrite::Refuse => self.rename_new(from, to),
        }
    }

    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    fn rename_new(&self, from: &[u8], to: &[u8]) -> io::Result<()> {
        use nix::errno::Errno;
        use nix::fcntl::{RenameFlags, renameat2};
        match renameat2(&self.handle, from, &self.handle, to, RenameFlags::RENAME_NOREPLACE) {
            // Not every file system knows the flag (NFS, some FUSE).
            Err(Errno::EINVAL | Errno::ENOSYS) => self.rename_looked_up(from, to),
            answer => Ok(answer?),
        }
    }

    #[cfg(not(all(target_os = "linux", target_env = "gnu")))]
    fn rename_new(&self, from: &[u8], to: &[u8]) -> io::Result<()> {
        self.rename_looked_up(from, to)
    }

    /// The second best: a file that appears between the look and the rename is replaced.
    fn rename_looked_up(&self, from: &[u8], to: &[u8]) -> io::Result<()> {
        match self.stat(to) {
            Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Ok(renameat(&self.handle, from, &self.handle, to)?)
            }
            Err(error) => Err(error),
        }
    }

    /// Removes a file or a link.
    pub fn remove_file(&self, name: &[u8]) -> io::Result<()> {
        Ok(unlinkat(&self.handle, name, UnlinkatFlags::NoRemoveDir)?)
    }

    /// Makes the names in this folder durable.
    pub fn sync(&self) -> io::Result<()> {
        Ok(nix::unistd::fsync(&self.handle)?)
    }

    /// The descriptor, for calls on the file system it lies on.
    pub(super) fn handle(&self) -> &OwnedFd {
        &self.handle
    }
}
