//! Plain answers of the system, the same on all of them.

use std::fs::{FileTimes, Metadata};
use std::io;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use wsusmigrate_core::unit::ModifiedNanos;

/// What a directory entry is. Links are not followed to find out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link.
    SymbolicLink,
    /// A junction, mount point or another reparse point that stands for a different place (Windows).
    ReparsePoint,
    /// A socket, pipe or device.
    Special,
}

/// What the system says about an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stat {
    /// What it is.
    pub kind: Kind,
    /// Its size in bytes.
    pub bytes: u64,
    /// When its bytes were last written.
    pub modified: ModifiedNanos,
}

impl Stat {
    /// Reads the three facts out of what the system returned for an open file or an entry.
    pub fn of(metadata: &Metadata) -> io::Result<Self> {
        Ok(Self { kind: super::kind_of(metadata), bytes: metadata.len(), modified: modified_of(metadata)? })
    }
}

/// Whether a rename may take the place of an existing file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overwrite {
    /// It replaces a file of that name.
    Replace,
    /// It fails with `AlreadyExists` where anything has that name.
    Refuse,
}

/// Whether bytes came from the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bypass {
    /// Read around the system's cache.
    Certain,
    /// The cache was asked to forget the file first; it may still have answered.
    Asked,
}

/// The room on a file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    /// Its size in bytes.
    pub total_bytes: u64,
    /// What this account may still use, in bytes.
    pub available_bytes: u64,
}

/// Whom the process acts as, from its token, never from the environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// `DOMAIN\name` on Windows, the user's name elsewhere.
    pub name: String,
    /// The security identifier on Windows, `uid:N` elsewhere.
    pub id: String,
}

/// Why a stored name cannot be a name on this system.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnsafeName {
    /// A character that this system gives a meaning.
    #[error("the name {name} has a character that is reserved on this system")]
    Reserved {
        /// The part of the path, as people read it.
        name: String,
    },
    /// A name that stands for a device.
    #[error("the name {name} stands for a device on this system")]
    Device {
        /// The part of the path, as people read it.
        name: String,
    },
    /// Bytes that are not WTF-8.
    #[error("the name {name} cannot be written in this system's encoding")]
    Encoding {
        /// The part of the path, as people read it.
        name: String,
    },
}

impl From<UnsafeName> for io::Error {
    fn from(error: UnsafeName) -> Self {
        Self::new(io::ErrorKind::InvalidInput, error)
    }
}

/// The modification time out of a file's metadata. Times outside 1678 to 2262 become the nearest of these.
pub fn modified_of(metadata: &Metadata) -> io::Result<ModifiedNanos> {
    let modified = metadata.modified()?;
    let nanos = match modified.duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_nanos()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_nanos()).map_or(i64::MIN, |nanos| -nanos),
    };
    Ok(ModifiedNanos(nanos))
}

/// What to hand to `File::set_times` so that a copy has the given modification time.
pub fn times_of(modified: ModifiedNanos) -> FileTimes {
    let distance = Duration::from_nanos(modified.0.unsigned_abs());
    let time =
        if modified.0 < 0 { UNIX_EPOCH.checked_sub(distance) } else { UNIX_EPOCH.checked_add(distance) };
    FileTimes::new().set_modified(time.unwrap_or(SystemTime::UNIX_EPOCH))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_round_trip_through_a_real_file_also_before_1970() {
        let file = tempfile::tempfile().unwrap();
        for nanos in [0, 1_700_000_000_123_456_700, -86_400_000_000_000] {
            file.set_times(times_of(ModifiedNanos(nanos))).unwrap();
            assert_eq!(modified_of(&file.metadata().unwrap()).unwrap(), ModifiedNanos(nanos));
        }
    }
}
