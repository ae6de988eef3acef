//! Reading what the disk holds, not what the system remembers; and a hint about what is read next.

use std::fs::File;
use std::io::{self, Read};

use super::folder::Folder;
use crate::platform::buffer::{ALIGNMENT_BYTES, Buffer};
use crate::platform::fact::{Bypass, Stat};

/// A file read from the disk where possible. See [`Bypass`] for what is certain.
#[derive(Debug)]
pub struct Uncached {
    file: File,
    bypass: Bypass,
    /// A direct read that was not a whole number of blocks met the end; asking again would be misaligned.
    at_end: bool,
}

impl Uncached {
    /// Opens a file of a folder. Links are not followed.
    pub fn open(folder: &Folder, name: &[u8]) -> io::Result<Self> {
        if let Some(file) = folder.open_direct(name)? {
            return Ok(Self { file, bypass: Bypass::Certain, at_end: false });
        }
        let file = folder.open_file(name)?;
        forget(&file);
        Ok(Self { file, bypass: Bypass::Asked, at_end: false })
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
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
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

/// Tells the system that a file is read once, from beginning to end.
pub fn prepare_reading(file: &File, fresh: bool) {
    if fresh {
        forget(file);
    }
    #[cfg(target_os = "linux")]
    advise(file, nix::fcntl::PosixFadviseAdvice::POSIX_FADV_SEQUENTIAL);
}

fn forget(file: &File) {
    #[cfg(target_os = "linux")]
    advise(file, nix::fcntl::PosixFadviseAdvice::POSIX_FADV_DONTNEED);
    #[cfg(not(target_os = "linux"))]
    let _ = file;
}

/// A hint: a file system that does not take it behaves as without it.
#[cfg(target_os = "linux")]
fn advise(file: &File, advice: nix::fcntl::PosixFadviseAdvice) {
    let _ = nix::fcntl::posix_fadvise(file, 0, 0, advice);
}
