//! A file being written, past the system's cache where that is faster.

use std::fs::File;
use std::io::{self, ErrorKind, Write};

use super::folder::Folder;
#[cfg(target_os = "linux")]
use crate::platform::buffer::ALIGNMENT_BYTES;

/// From this size on a file is written past the cache, where the caller allows it. Its bytes are not read again before
/// the read-back, which wants them from the disk; and what is on the disk already need not be waited for when the
/// group is synced. Measured on ext4: the large mix took 4.5 s instead of 8.5.
#[cfg(target_os = "linux")]
const DIRECT_BYTES_MIN: u64 = 128 * 1024;

/// A new file, written once from beginning to end.
#[derive(Debug)]
pub struct Target {
    file: File,
    #[cfg(target_os = "linux")]
    direct: bool,
}

impl Target {
    /// Creates a file that will hold `bytes`. Fails with `AlreadyExists` where anything has that name, and with
    /// `StorageFull` where there is no room. `local`: the file system is a local one, where writing past the cache pays.
    #[cfg(target_os = "linux")]
    pub fn create(folder: &Folder, name: &[u8], bytes: u64, local: bool) -> io::Result<Self> {
        use nix::fcntl::{FcntlArg, OFlag, fcntl};
        let file = folder.create_file(name)?;
        let mut direct = false;
        if local && bytes >= DIRECT_BYTES_MIN {
            if let Err(error) = reserve(&file, bytes) {
                drop(file);
                folder.remove_file(name)?; // it was created just above
                return Err(error);
            }
            // A file system that does not offer it refuses, and the file is written through the cache.
            direct = fcntl(&file, FcntlArg::F_SETFL(OFlag::O_DIRECT)).is_ok();
        }
        Ok(Self { file, direct })
    }

    /// Creates a file. Fails with `AlreadyExists` where anything has that name.
    #[cfg(not(target_os = "linux"))]
    pub fn create(folder: &Folder, name: &[u8], _bytes: u64, _local: bool) -> io::Result<Self> {
        Ok(Self { file: folder.create_file(name)? })
    }

    /// Appends. Fast while pieces lie in an aligned [`crate::platform::Buffer`] and are whole blocks; the first that is
    /// not, usually the end, goes through the cache, and so does what follows.
    pub fn write(&mut self, mut piece: &[u8]) -> io::Result<()> {
        #[cfg(target_os = "linux")]
        if self.direct {
            let (whole, rest) = piece.split_at(piece.len() / ALIGNMENT_BYTES * ALIGNMENT_BYTES);
            let left = self.write_direct(whole)?;
            if left == 0 && rest.is_empty() {
                return Ok(());
            }
            self.leave_direct()?;
            piece = &piece[whole.len() - left..];
        }
        self.file.write_all(piece)
    }

    /// Writes past the cache until something speaks against it; says how many bytes are left then.
    #[cfg(target_os = "linux")]
    fn write_direct(&mut self, mut whole: &[u8]) -> io::Result<usize> {
        while !whole.is_empty() {
            match self.file.write(whole) {
                Ok(written) => whole = &whole[written..],
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // A part was written, or the disk's blocks are larger.
                Err(error) if error.kind() == ErrorKind::InvalidInput => break,
                Err(error) => return Err(error),
            }
        }
        Ok(whole.len())
    }

    #[cfg(target_os = "linux")]
    fn leave_direct(&mut self) -> io::Result<()> {
        use nix::fcntl::{FcntlArg, OFlag, fcntl};
        fcntl(&self.file, FcntlArg::F_SETFL(OFlag::empty()))?;
        self.direct = false;
        Ok(())
    }

    /// The file, for its times and its sync.
    #[must_use]
    pub fn file(&self) -> &File {
        &self.file
    }
}

/// Reserves room: fewer fragments, and a full disk is met before the work. File systems that cannot are left alone.
#[cfg(target_os = "linux")]
fn reserve(file: &File, bytes: u64) -> io::Result<()> {
    use nix::errno::Errno;
    use nix::fcntl::{FallocateFlags, fallocate};
    let Ok(length) = i64::try_from(bytes) else { return Ok(()) };
    match fallocate(file, FallocateFlags::FALLOC_FL_KEEP_SIZE, 0, length) {
        Err(error @ (Errno::ENOSPC | Errno::EDQUOT)) => Err(error.into()),
        Ok(()) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::{Buffer, Folder};

    /// Odd pieces, odd memory and odd ends must change the speed only, never the bytes.
    #[test]
    fn pieces_of_any_size_and_alignment_arrive() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::open_root(root.path()).unwrap();
        let mut buffer = Buffer::new(64 * 1024);
        for (number, byte) in buffer.room().iter_mut().enumerate() {
            *byte = u8::try_from(number % 251).unwrap();
        }
        let cases =
            [&[0..65536, 0..65536][..], &[0..65536, 0..100, 100..9000], &[1..4097, 0..65536], &[0..5, 5..5]];
        for (case, pieces) in cases.into_iter().enumerate() {
            let name = format!("case-{case}");
            let mut target = Target::create(&folder, name.as_bytes(), 1 << 20, true).unwrap();
            let mut expected = Vec::new();
            for piece in pieces {
                let piece = &buffer.room()[piece.clone()];
                target.write(piece).unwrap();
                expected.extend_from_slice(piece);
            }
            assert!(std::fs::read(root.path().join(name)).unwrap() == expected, "case {case}");
        }
    }
}
