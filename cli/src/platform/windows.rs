//! Windows: names are WTF-8 in store and UTF-16 in the system, folders are paths in `\\?\` form.
//!
//! The only place of the program that may hold `unsafe` code: calls of the system, each with what makes it sound.
#![allow(unsafe_code)]

mod file;
mod identity;
mod process;
mod system_log;

use std::ffi::{OsStr, OsString};
use std::fs::Metadata;
use std::io;
use std::os::windows::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, PathBuf, Prefix};

use windows_sys::Win32::Storage::FileSystem::{
    GetDiskFreeSpaceExW, GetVolumeInformationW, GetVolumePathNameW,
};
use wsusmigrate_core::path::{NotRelative, RelPath};

use super::fact::{Kind, Space, UnsafeName};
use super::wtf8;

pub use file::{Folder, GroupSync, Target, Uncached, is_symbolic_link, prepare_reading};
pub use identity::{account, disable_core_dumps, host_name, os_description};
pub use process::{Tree, decode, held, private_folder, signal, started};
pub use system_log::write_system_log;

/// Whether nobody receives what is written to standard output: the program was started without one.
#[must_use]
pub fn is_output_nowhere() -> bool {
    use std::os::windows::io::AsRawHandle as _;
    io::stdout().as_raw_handle().is_null()
}

/// The longest name of one entry, in [`name_units`].
pub const NAME_UNITS_MAX: usize = 255;

/// How long a name is in the unit that limits it: UTF-16 units here.
#[must_use]
pub fn name_units(name: &[u8]) -> usize {
    wtf8::to_wide(name).map_or(name.len(), |wide| wide.len())
}

/// The system's path of a stored one, below `root`. Refuses names that mean something else here: reserved characters
/// (a colon would name a stream) and devices.
pub fn to_os(path: &RelPath, root: &Path) -> Result<PathBuf, UnsafeName> {
    let mut os = root.to_owned();
    for part in path.parts() {
        os.push(part_to_os(part)?);
    }
    Ok(os)
}

/// One part of a stored path as the system writes it.
pub(super) fn part_to_os(part: &[u8]) -> Result<OsString, UnsafeName> {
    let name = || part.escape_ascii().to_string();
    if part.iter().any(|byte| *byte < 0x20 || b"<>:\"/\\|?*".contains(byte)) {
        return Err(UnsafeName::Reserved { name: name() });
    }
    if is_device(part) {
        return Err(UnsafeName::Device { name: name() });
    }
    let wide = wtf8::to_wide(part).ok_or_else(|| UnsafeName::Encoding { name: name() })?;
    Ok(OsString::from_wide(&wide))
}

/// `CON`, `nul.txt`, `COM1 .log` and their like.
fn is_device(part: &[u8]) -> bool {
    let stem = part.split(|&byte| byte == b'.').next().unwrap_or(part).trim_ascii_end();
    let named = |names: &[&str]| names.iter().any(|name| stem.eq_ignore_ascii_case(name.as_bytes()));
    if named(&["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"]) {
        return true;
    }
    let begins = |word: &[u8]| stem.get(..3).is_some_and(|stem| stem.eq_ignore_ascii_case(word));
    (begins(b"COM") || begins(b"LPT")) && matches!(&stem[3..], [b'0'..=b'9'] | [0xC2, 0xB9 | 0xB2 | 0xB3])
}

/// The stored form of a path the system gave, relative to a root.
pub fn from_os(relative: &OsStr) -> Result<RelPath, NotRelative> {
    let slashed =
        relative.encode_wide().map(|unit| if unit == u16::from(b'\\') { u16::from(b'/') } else { unit });
    RelPath::from_bytes(wtf8::from_wide(slashed))
}

/// A path without length limit: `\\?\C:\...` or `\\?\UNC\server\share\...`. What cannot be made absolute stays as it is.
#[must_use]
pub fn verbatim(path: &Path) -> PathBuf {
    let Ok(absolute) = std::path::absolute(path) else { return path.to_owned() };
    let mut components = absolute.components();
    let Some(Component::Prefix(prefix)) = components.next() else { return absolute };
    let mut long = OsString::from(r"\\?\");
    match prefix.kind() {
        Prefix::Disk(_) => long.push(prefix.as_os_str()),
        Prefix::UNC(server, share) => {
            long.push(r"UNC\");
            long.push(server);
            long.push(r"\");
            long.push(share);
        }
        Prefix::Verbatim(_) | Prefix::VerbatimUNC(..) | Prefix::VerbatimDisk(_) | Prefix::DeviceNS(_) => {
            return absolute;
        }
    }
    long.push(r"\");
    let mut long = PathBuf::from(long);
    long.extend(components.filter(|component| *component != Component::RootDir));
    long
}

/// What an entry is, from metadata that did not follow links. A file that a filter driver stores elsewhere
/// (deduplicated, offline) is a file: only what stands for another name is a link.
#[must_use]
pub fn kind_of(metadata: &Metadata) -> Kind {
    let kind = metadata.file_type();
    if kind.is_symlink() {
        Kind::ReparsePoint
    } else if kind.is_dir() {
        Kind::Folder
    } else {
        Kind::File
    }
}

/// Where the system keeps what it knows of an entry: the same for all, a listing holds the answers itself.
#[must_use]
pub fn lies_at(_entry: &std::fs::DirEntry) -> u64 {
    0
}

/// The room on the volume that holds `path`, which must exist.
pub fn free_space(path: &Path) -> io::Result<Space> {
    let path = wide(verbatim(path).as_os_str());
    let (mut available_bytes, mut total_bytes) = (0, 0);
    // SAFETY: the path ends in a NUL; the two pointers are to live integers, the third may be null.
    let answer = unsafe {
        GetDiskFreeSpaceExW(
            path.as_ptr(),
            &raw mut available_bytes,
            &raw mut total_bytes,
            std::ptr::null_mut(),
        )
    };
    checked(answer)?;
    Ok(Space { total_bytes, available_bytes })
}

/// The name of the file system that holds `path`, such as NTFS.
pub fn file_system_name(path: &Path) -> io::Result<String> {
    let volume = wide(&volume_of(path)?);
    let mut name = [0_u16; 64];
    // SAFETY: the path ends in a NUL; the name's length is that of its buffer; the other outputs may be null.
    let answer = unsafe {
        GetVolumeInformationW(
            volume.as_ptr(),
            std::ptr::null_mut(),
            0,
            std::ptr::null_mut(),
            std::ptr::null_mut(),
            std::ptr::null_mut(),
            name.as_mut_ptr(),
            64,
        )
    };
    checked(answer)?;
    Ok(until_nul(&name).to_string_lossy().into_owned())
}

/// Whether two existing paths lie on one volume.
pub fn same_file_system(first: &Path, second: &Path) -> io::Result<bool> {
    Ok(volume_of(&first.canonicalize()?)?.eq_ignore_ascii_case(volume_of(&second.canonicalize()?)?))
}

fn volume_of(path: &Path) -> io::Result<OsString> {
    let path = wide(verbatim(path).as_os_str());
    let mut volume = vec![0_u16; path.len() + 8];
    let length = u32::try_from(volume.len()).unwrap_or(u32::MAX);
    // SAFETY: the path ends in a NUL; the length is that of the buffer.
    checked(unsafe { GetVolumePathNameW(path.as_ptr(), volume.as_mut_ptr(), length) })?;
    Ok(until_nul(&volume))
}

/// UTF-16 with a NUL at the end, as the system wants it.
fn wide(text: &OsStr) -> Vec<u16> {
    text.encode_wide().chain([0]).collect()
}

fn until_nul(units: &[u16]) -> OsString {
    let end = units.iter().position(|&unit| unit == 0).unwrap_or(units.len());
    OsString::from_wide(&units[..end])
}

/// A call that answers zero where it failed.
fn checked(answer: i32) -> io::Result<()> {
    if answer == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Takes a folder for this process alone; nothing where another process has it. Released when the answer is dropped,
/// and by the system when the process ends in any way. A folder itself cannot be locked here: a file in it that
/// nobody else may open stands for it, and goes with its last handle.
pub fn claim_folder(folder: &Path) -> io::Result<Option<std::fs::File>> {
    use std::os::windows::fs::OpenOptionsExt;
    const FILE_FLAG_DELETE_ON_CLOSE: u32 = 0x0400_0000;
    const GENERIC_WRITE_AND_DELETE: u32 = 0x4001_0000;
    const ERROR_SHARING_VIOLATION: i32 = 32;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    options.access_mode(GENERIC_WRITE_AND_DELETE).share_mode(0).custom_flags(FILE_FLAG_DELETE_ON_CLOSE);
    match options.open(folder.join("wsusmigrate.lock")) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.raw_os_error() == Some(ERROR_SHARING_VIOLATION) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::Overwrite;

    #[test]
    fn long_forms_of_drives_and_shares() {
        assert_eq!(verbatim(Path::new(r"C:\WSUS\a")), Path::new(r"\\?\C:\WSUS\a"));
        assert_eq!(verbatim(Path::new(r"\\server\share\a b")), Path::new(r"\\?\UNC\server\share\a b"));
        assert_eq!(verbatim(Path::new(r"\\?\C:\WSUS")), Path::new(r"\\?\C:\WSUS"));
        assert_eq!(verbatim(Path::new("c:/WSUS/b/../a")), Path::new(r"\\?\c:\WSUS\a"));
        assert_eq!(verbatim(Path::new(r"\\localhost\C$\a")), Path::new(r"\\?\UNC\localhost\C$\a"));
        assert_eq!(verbatim(Path::new("//server/share/a")), Path::new(r"\\?\UNC\server\share\a"));
        assert_eq!(verbatim(Path::new(r"\\?\UNC\server\share\a")), Path::new(r"\\?\UNC\server\share\a"));
    }

    #[test]
    fn names_that_mean_something_else_are_refused() {
        for name in ["a:b", "a|b", "NUL", "con.txt", "COM1", "lpt9.log", "a\\b", "COM\u{B9}"] {
            assert!(part_to_os(name.as_bytes()).is_err(), "{name}");
        }
        for name in ["console", "COM", "COM12", "a b ", "86542C97.cab"] {
            assert!(part_to_os(name.as_bytes()).is_ok(), "{name}");
        }
    }

    #[test]
    fn a_rename_waits_for_who_has_the_file_open_for_a_moment() {
        use std::{fs, thread, time::Duration};
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::open_root(root.path()).unwrap();
        fs::write(root.path().join("a.cab"), "old").unwrap();
        fs::write(root.path().join("a.tmp"), "new").unwrap();
        let open = fs::File::open(root.path().join("a.cab")).unwrap();
        let scanner = thread::spawn(move || {
            thread::sleep(Duration::from_millis(30));
            drop(open);
        });
        folder.rename(b"a.tmp", b"a.cab", Overwrite::Replace).unwrap();
        scanner.join().unwrap();
        assert_eq!(fs::read(root.path().join("a.cab")).unwrap(), b"new");
    }

    #[test]
    fn the_system_answers() {
        let root = tempfile::tempdir().unwrap();
        let space = free_space(root.path()).unwrap();
        assert!(space.available_bytes > 0 && space.available_bytes <= space.total_bytes);
        assert!(same_file_system(root.path(), root.path()).unwrap());
        assert!(!file_system_name(root.path()).unwrap().is_empty());
        assert!(!host_name().unwrap().is_empty());
        assert!(account().unwrap().id.starts_with("S-1-"));
        assert!(os_description().starts_with("Windows"));
    }
}
