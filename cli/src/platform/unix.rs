//! Unix: names are raw bytes, folders are descriptors, every call is safe code from `nix` or std.

mod folder;
mod process;
mod sync;
mod system_log;
mod target;
mod uncached;

use std::ffi::OsStr;
use std::fs::{File, Metadata};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use nix::sys::resource::{Resource, setrlimit};
use nix::unistd::{User, getuid};
use wsusmigrate_core::path::{NotRelative, RelPath};

use super::fact::{Account, Kind, Space, UnsafeName};

pub use folder::Folder;
pub use process::{Tree, decode, held, private_folder, signal, started};
pub use sync::GroupSync;
pub use system_log::write_system_log;
pub use target::Target;
pub use uncached::{Uncached, prepare_reading};

/// Whether nobody receives what is written to standard output: it leads to `/dev/null`, or was closed when the program
/// began, in whose place Rust opens that.
#[must_use]
pub fn is_output_nowhere() -> bool {
    let out = io::stdout().as_fd().try_clone_to_owned().and_then(|out| File::from(out).metadata());
    let (Ok(out), Ok(null)) = (out, std::fs::metadata("/dev/null")) else { return true };
    out.file_type().is_char_device() && out.rdev() == null.rdev()
}

/// The longest name of one entry, in [`name_units`].
pub const NAME_UNITS_MAX: usize = 255;

/// How long a name is in the unit that limits it: bytes here.
#[must_use]
pub fn name_units(name: &[u8]) -> usize {
    name.len()
}

/// The system's path of a stored one, below `root`.
pub fn to_os(path: &RelPath, root: &Path) -> Result<PathBuf, UnsafeName> {
    Ok(root.join(OsStr::from_bytes(path.as_bytes())))
}

/// The stored form of a path the system gave, relative to a root.
pub fn from_os(relative: &OsStr) -> Result<RelPath, NotRelative> {
    RelPath::from_bytes(relative.as_bytes())
}

/// A path without length limit. Nothing to do here; on Windows the `\\?\` form.
#[must_use]
pub fn verbatim(path: &Path) -> PathBuf {
    path.to_owned()
}

/// What an entry is, from metadata that did not follow links.
#[must_use]
pub fn kind_of(metadata: &Metadata) -> Kind {
    let kind = metadata.file_type();
    if kind.is_file() {
        Kind::File
    } else if kind.is_dir() {
        Kind::Folder
    } else if kind.is_symlink() {
        Kind::SymbolicLink
    } else {
        debug_assert!(kind.is_fifo() || kind.is_socket() || kind.is_block_device() || kind.is_char_device());
        Kind::Special
    }
}

/// Where the system keeps what it knows of an entry, so that entries are looked at in the order they lie on the disk:
/// the inode's number.
#[must_use]
pub fn lies_at(entry: &std::fs::DirEntry) -> u64 {
    std::os::unix::fs::DirEntryExt::ino(entry)
}

/// Whether a link is a symbolic one: always, here.
#[must_use]
pub fn is_symbolic_link(_path: &Path, kind: Kind) -> bool {
    kind == Kind::SymbolicLink
}

/// The room on the file system that holds `path`, which must exist.
pub fn free_space(path: &Path) -> io::Result<Space> {
    let answer = nix::sys::statvfs::statvfs(path)?;
    // The widths of these fields differ between systems.
    #[allow(clippy::useless_conversion, clippy::unnecessary_fallible_conversions)]
    let (unit, all, available) =
        (u64::from(answer.fragment_size()), u64::from(answer.blocks()), u64::from(answer.blocks_available()));
    Ok(Space { total_bytes: all.saturating_mul(unit), available_bytes: available.saturating_mul(unit) })
}

/// The type of the file system that holds `path`: its name where it is a usual one, else its number.
#[cfg(target_os = "linux")]
pub fn file_system_name(path: &Path) -> io::Result<String> {
    let kind = nix::sys::statfs::statfs(path)?.filesystem_type();
    Ok(sync::known_name(kind).map_or_else(|| format!("type {:#X}", kind.0), str::to_owned))
}

/// The type of the file system that holds `path`.
#[cfg(not(target_os = "linux"))]
pub fn file_system_name(path: &Path) -> io::Result<String> {
    path.metadata().map(|_| "unknown".to_owned())
}

/// Whether two existing paths lie on one file system.
pub fn same_file_system(first: &Path, second: &Path) -> io::Result<bool> {
    Ok(first.metadata()?.dev() == second.metadata()?.dev())
}

/// Makes sure that a crash writes no image of the memory, which may hold secrets, to a disk.
pub fn disable_core_dumps() -> io::Result<()> {
    Ok(setrlimit(Resource::RLIMIT_CORE, 0, 0)?)
}

/// This machine's name.
pub fn host_name() -> io::Result<String> {
    Ok(nix::unistd::gethostname()?.to_string_lossy().into_owned())
}

/// Whom this process acts as: the real user.
pub fn account() -> io::Result<Account> {
    let uid = getuid();
    let id = format!("uid:{uid}");
    let name = User::from_uid(uid)?.map_or_else(|| id.clone(), |user| user.name);
    Ok(Account { name, id })
}

/// The operating system in one line: distribution and kernel.
#[must_use]
pub fn os_description() -> String {
    let kernel = nix::sys::utsname::uname().map_or_else(
        |_| std::env::consts::OS.to_owned(),
        |name| format!("{} {}", name.sysname().to_string_lossy(), name.release().to_string_lossy()),
    );
    let release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    let pretty = release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="));
    match pretty {
        Some(pretty) => format!("{} ({kernel})", pretty.trim_matches('"')),
        None => kernel,
    }
}

/// Takes a folder for this process alone; nothing where another process has it. Released when the answer is dropped,
/// and by the system when the process ends in any way. Leaves no file behind.
pub fn claim_folder(folder: &Path) -> io::Result<Option<std::fs::File>> {
    let folder = std::fs::File::open(folder)?;
    match folder.try_lock() {
        Ok(()) => Ok(Some(folder)),
        Err(std::fs::TryLockError::WouldBlock) => Ok(None),
        Err(std::fs::TryLockError::Error(error)) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_not_unicode_round_trip() {
        let stored = from_os(OsStr::from_bytes(b"WsusContent/AB/\xFF name ")).unwrap();
        assert_eq!(stored.as_bytes(), b"WsusContent/AB/\xFF name ");
        let path = to_os(&stored, Path::new("/srv/WSUS")).unwrap();
        assert_eq!(path.as_os_str().as_bytes(), b"/srv/WSUS/WsusContent/AB/\xFF name ");
    }

    #[test]
    fn the_system_answers() {
        let root = tempfile::tempdir().unwrap();
        let space = free_space(root.path()).unwrap();
        assert!(space.available_bytes > 0 && space.available_bytes <= space.total_bytes);
        assert!(!file_system_name(root.path()).unwrap().is_empty());
        assert!(same_file_system(root.path(), root.path()).unwrap());
        assert!(!host_name().unwrap().is_empty());
        assert!(account().unwrap().id.starts_with("uid:"));
        assert!(!os_description().is_empty());
        disable_core_dumps().unwrap();
        assert_eq!(nix::sys::resource::getrlimit(Resource::RLIMIT_CORE).unwrap(), (0, 0));
    }
}
