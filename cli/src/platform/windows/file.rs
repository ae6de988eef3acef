//! Folders and files on Windows: paths in long form, links refused by a look before each opening.
//!
//! Unlike on Unix the look and the opening are two steps. Who can put a junction into the content folder in between
//! can write there anyway.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::windows::fs::OpenOptionsExt;
use std::os::windows::io::AsRawHandle;
use std::path::{Path, PathBuf};
use std::time::Duration;

use windows_sys::Win32::Storage::FileSystem::{
    FILE_ATTRIBUTE_TAG_INFO, FILE_FLAG_BACKUP_SEMANTICS, FILE_FLAG_NO_BUFFERING,
    FILE_FLAG_OPEN_REPARSE_POINT, FILE_FLAG_SEQUENTIAL_SCAN, FileAttributeTagInfo,
    GetFileInformationByHandleEx, MOVEFILE_REPLACE_EXISTING, MOVEFILE_WRITE_THROUGH, MoveFileExW,
};

use super::{checked, part_to_os, wide};
use crate::platform::buffer::{ALIGNMENT_BYTES, Buffer};
use crate::platform::fact::{Bypass, Kind, Overwrite, Stat};

/// `ERROR_INVALID_PARAMETER`: what a file system answers that does not read around the cache.
const INVALID_PARAMETER: i32 = 87;
/// `ERROR_ACCESS_DENIED` and `ERROR_SHARING_VIOLATION`: what a rename answers while a virus scanner or a reader has
/// either file open. They are done soon.
const ACCESS_DENIED: i32 = 5;
const SHARING_VIOLATION: i32 = 32;
/// How often a refused rename is asked again, after pauses of 1, 2, 4 ... ms: a quarter of a second in all.
const RENAME_PAUSES: u32 = 8;
/// `IO_REPARSE_TAG_SYMLINK`.
const TAG_SYMBOLIC_LINK: u32 = 0xA000_000C;

/// A folder, by its long path.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Opens a root. A link here is followed: the operator named it.
    pub fn open_root(path: &Path) -> io::Result<Self> {
        if !fs::metadata(path)?.is_dir() {
            return Err(ErrorKind::NotADirectory.into());
        }
        Ok(Self { path: super::verbatim(path) })
    }

    /// Opens a folder in this one. A link fails with `NotADirectory`.
    pub fn open(&self, name: &[u8]) -> io::Result<Self> {
        if self.stat(name)?.kind != Kind::Folder {
            return Err(ErrorKind::NotADirectory.into());
        }
        Ok(Self { path: self.below(name)? })
    }

    /// Creates a folder in this one.
    pub fn create(&self, name: &[u8]) -> io::Result<()> {
        fs::create_dir(self.below(name)?)
    }

    /// What an entry is, without following it.
    pub fn stat(&self, name: &[u8]) -> io::Result<Stat> {
        Stat::of(&fs::symlink_metadata(self.below(name)?)?)
    }

    /// Opens a file for reading. A link fails.
    pub fn open_file(&self, name: &[u8]) -> io::Result<File> {
        self.open_with(name, FILE_FLAG_SEQUENTIAL_SCAN)
    }

    fn open_with(&self, name: &[u8], flags: u32) -> io::Result<File> {
        match self.stat(name)?.kind {
            Kind::File => OpenOptions::new().read(true).custom_flags(flags).open(self.below(name)?),
            _ => Err(io::Error::new(ErrorKind::InvalidInput, "it is not a file")),
        }
    }

    /// Creates a file for writing. Fails with `AlreadyExists` where anything has that name.
    pub fn create_file(&self, name: &[u8]) -> io::Result<File> {
        OpenOptions::new().write(true).create_new(true).open(self.below(name)?)
    }

    /// Renames an entry of this folder, atomically, and asks for it to be on the disk afterwards.
    pub fn rename(&self, from: &[u8], to: &[u8], overwrite: Overwrite) -> io::Result<()> {
        let (from, to) = (wide(self.below(from)?.as_os_str()), wide(self.below(to)?.as_os_str()));
        let replace = if overwrite == Overwrite::Replace { MOVEFILE_REPLACE_EXISTING } else { 0 };
        let ask = || {
            // SAFETY: both paths end in a NUL and live until the call returns.
            checked(unsafe { MoveFileExW(from.as_ptr(), to.as_ptr(), replace | MOVEFILE_WRITE_THROUGH) })
        };
        for doubled in 0..RENAME_PAUSES {
            match ask() {
                Err(error) if matches!(error.raw_os_error(), Some(ACCESS_DENIED | SHARING_VIOLATION)) => {
                    std::thread::sleep(Duration::from_millis(1 << doubled));
                }
                answer => return answer,
            }
        }
        ask()
    }

    /// Removes a file or a link to one.
    pub fn remove_file(&self, name: &[u8]) -> io::Result<()> {
        fs::remove_file(self.below(name)?)
    }

    /// Nothing: NTFS and `ReFS` journal their names themselves, and there is no call that waits for it short of
    /// flushing the whole volume. A rename is asked to be written through.
    #[allow(clippy::unused_self, clippy::unnecessary_wraps)]
    pub fn sync(&self) -> io::Result<()> {
        Ok(())
    }

    fn below(&self, name: &[u8]) -> io::Result<PathBuf> {
        Ok(self.path.join(part_to_os(name)?))
    }
}

/// Makes everything below a root durable at once: not on Windows, where that needs a handle to the volume and flushes
/// what everybody wrote. Files are flushed one by one, by the workers, in parallel.
#[derive(Debug)]
pub struct GroupSync {}

impl GroupSync {
    /// Never available.
    #[allow(clippy::unnecessary_wraps)]
    pub fn open(_root: &Path) -> io::Result<Option<Self>> {
        Ok(None)
    }

    /// Never called, because there is none.
    #[allow(clippy::unused_self)]
    pub fn sync(&self) -> io::Result<()> {
        Err(ErrorKind::Unsupported.into())
    }
}

/// A new file, written once from beginning to end.
#[derive(Debug)]
pub struct Target {
    file: File,
}

impl Target {
    /// Creates a file. Fails with `AlreadyExists` where anything has that name.
    pub fn create(folder: &Folder, name: &[u8], _bytes: u64, _local: bool) -> io::Result<Self> {
        Ok(Self { file: folder.create_file(name)? })
    }

    /// Appends.
    pub fn write(&mut self, piece: &[u8]) -> io::Result<()> {
        self.file.write_all(piece)
    }

    /// The file, for its times and its sync.
    #[must_use]
    pub fn file(&self) -> &File {
        &self.file
    }
}

/// A file read from the disk where possible. See [`Bypass`] for what is certain.
#[derive(Debug)]
pub struct Uncached {
    file: File,
    bypass: Bypass,
    /// A direct read that was not a whole number of blocks met the end; asking again would be misaligned.
    at_end: bool,
}

impl Uncached {
    /// Opens a file of a folder. Links are not followed. Shares may refuse to bypass the cache, and a server's own
    /// cache is never bypassed.
    pub fn open(folder: &Folder, name: &[u8]) -> io::Result<Self> {
        let (file, bypass) = match folder.open_with(name, FILE_FLAG_NO_BUFFERING | FILE_FLAG_SEQUENTIAL_SCAN)
        {
            Ok(file) => (file, Bypass::Certain),
            Err(error) if error.raw_os_error() == Some(INVALID_PARAMETER) => {
                (folder.open_file(name)?, Bypass::Asked)
            }
            Err(error) => return Err(error),
        };
        Ok(Self { file, bypass, at_end: false })
    }

    /// Reads on, about as much as is wanted; empty at the end of the file. A direct read that wants much more than the
    /// file holds is slow: the system clears all that it has no bytes for.
    pub fn read<'buffer>(&mut self, buffer: &'buffer mut Buffer, wanted: u64) -> io::Result<&'buffer [u8]> {
        if self.at_end {
            return Ok(&[]);
        }
        let room = buffer.room_for(wanted);
        let read = loop {
            match self.file.read(room) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                answer => break answer?,
            }
        };
        self.at_end = self.bypass == Bypass::Certain && !read.is_multiple_of(ALIGNMENT_BYTES);
        Ok(&room[..read])
    }

    /// What the open file is.
    pub fn stat(&self) -> io::Result<Stat> {
        Stat::of(&self.file.metadata()?)
    }

    /// Whether its bytes come from the disk.
    #[must_use]
    pub fn bypass(&self) -> Bypass {
        self.bypass
    }
}

/// Nothing to say: files are opened for sequential reading.
pub fn prepare_reading(_file: &File, _fresh: bool) {}

/// Whether a link is a symbolic one, by its tag. A link that cannot be asked counts as another reparse point.
#[must_use]
pub fn is_symbolic_link(path: &Path, kind: Kind) -> bool {
    kind == Kind::SymbolicLink || tag(path).is_ok_and(|tag| tag == TAG_SYMBOLIC_LINK)
}

fn tag(path: &Path) -> io::Result<u32> {
    let flags = FILE_FLAG_OPEN_REPARSE_POINT | FILE_FLAG_BACKUP_SEMANTICS;
    let link = OpenOptions::new().access_mode(0).custom_flags(flags).open(path)?;
    let mut info = FILE_ATTRIBUTE_TAG_INFO::default();
    let size = u32::try_from(size_of::<FILE_ATTRIBUTE_TAG_INFO>()).unwrap_or(0);
    // SAFETY: the handle is open, the pointer is to a live structure of the stated size and of the class asked for.
    checked(unsafe {
        GetFileInformationByHandleEx(link.as_raw_handle(), FileAttributeTagInfo, (&raw mut info).cast(), size)
    })?;
    Ok(info.ReparseTag)
}
