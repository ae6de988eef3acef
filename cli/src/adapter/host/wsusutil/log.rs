//! The log of a post-installation: `WSUS_PostInstall_<time>.log`, in older builds `tmp<digits>.tmp`, in the temporary
//! folder of whoever called.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use sha2::{Digest, Sha256 as Hasher};
use wsusmigrate_core::digest::Sha256;

use crate::adapter::host::text::decode;
use crate::platform::CodePage;

/// How much of a log is kept, from its end: there it says how it went.
const KEPT_BYTES_MAX: u64 = 4 << 20;
/// A file system's clock may be behind the system's by a tick.
const CLOCK_TICK: Duration = Duration::from_millis(50);
/// What tells a log from other temporary files of the older name.
const MARK: &str = "postinstall";

/// A log, as evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogFile {
    /// Where it is.
    pub path: PathBuf,
    /// Its end, up to 4 MiB; a byte-order mark in front is kept.
    pub kept: Vec<u8>,
    /// Its size.
    pub total_bytes: u64,
    /// Of all of it.
    pub sha256: Sha256,
    /// When it was last written.
    pub modified: SystemTime,
    /// Whether that was after the call was decided on.
    pub is_newer: bool,
}

impl LogFile {
    /// What was kept, as text.
    #[must_use]
    pub fn text(&self) -> String {
        decode(&self.kept, CodePage::Ansi)
    }

    /// The log that an output names, if it is there.
    pub(super) fn named_in(output: &str, since: SystemTime) -> Option<Self> {
        output.lines().filter_map(named).find_map(|path| Self::read(path, since).ok())
    }

    /// The newest log of a folder that was written since a moment.
    pub(super) fn newest(folder: &Path, since: SystemTime) -> Option<Self> {
        let mut candidates: Vec<(SystemTime, PathBuf)> = fs::read_dir(folder)
            .ok()?
            .filter_map(Result::ok)
            .filter(|entry| entry.file_name().to_str().is_some_and(is_log_name))
            .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
            .filter(|(modified, _)| is_newer(*modified, since))
            .collect();
        candidates.sort();
        let logs = candidates.into_iter().rev().filter_map(|(_, path)| Self::read(&path, since).ok());
        logs.into_iter().find(|log| log.text().to_lowercase().contains(MARK))
    }

    fn read(path: impl AsRef<Path>, since: SystemTime) -> io::Result<Self> {
        let path = path.as_ref();
        let mut file = File::open(path)?;
        let metadata = file.metadata()?;
        let (modified, total_bytes) = (metadata.modified()?, metadata.len());
        let (path, sha256) = (path.to_owned(), digest(&mut file)?);
        let kept = end_of(&mut file, total_bytes)?;
        Ok(Self { path, kept, total_bytes, sha256, modified, is_newer: is_newer(modified, since) })
    }
}

fn is_newer(modified: SystemTime, since: SystemTime) -> bool {
    since.checked_sub(CLOCK_TICK).is_none_or(|since| modified >= since)
}

fn digest(file: &mut File) -> io::Result<Sha256> {
    let (mut hasher, mut piece) = (Hasher::new(), vec![0; 64 << 10]);
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(Sha256(hasher.finalize().into())),
            length => hasher.update(&piece[..length]),
        }
    }
}

/// The last bytes, behind the byte-order mark where there is one; on an even offset, so that UTF-16 stays whole.
fn end_of(file: &mut File, total_bytes: u64) -> io::Result<Vec<u8>> {
    let mut kept = Vec::new();
    file.rewind()?;
    if total_bytes > KEPT_BYTES_MAX {
        let mut mark = [0; 2];
        file.read_exact(&mut mark)?;
        if matches!(mark, [0xFF, 0xFE] | [0xFE, 0xFF]) {
            kept.extend(mark);
        }
        file.seek(SeekFrom::Start((total_bytes - KEPT_BYTES_MAX).next_multiple_of(2)))?;
    }
    file.take(KEPT_BYTES_MAX).read_to_end(&mut kept)?;
    Ok(kept)
}

fn is_log_name(name: &str) -> bool {
    let name = name.to_lowercase();
    match name.rsplit_once('.') {
        Some((stem, "log")) => stem.starts_with("wsus_postinstall_"),
        Some((stem, "tmp")) => stem.starts_with("tmp"),
        Some(_) | None => false,
    }
}

/// The path of a log in a line, whatever the words around it: from a drive, a share or a root to the line's end.
fn named(line: &str) -> Option<&str> {
    let drive =
        line.find(":\\").filter(|&at| at > 0).map(|at| at - 1).filter(|&at| line.is_char_boundary(at));
    let path = line[drive.or_else(|| line.find("\\\\")).or_else(|| line.find('/'))?..].trim();
    is_log_name(path.rsplit(['\\', '/']).next()?).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_found_in_a_line_of_any_language() {
        for (line, path) in [
            (
                r"Log file is located at C:\Users\a b\AppData\Local\Temp\WSUS_PostInstall_20260702T082349.log",
                Some(r"C:\Users\a b\AppData\Local\Temp\WSUS_PostInstall_20260702T082349.log"),
            ),
            (
                r"Protokolldatei: C:\Users\ADMINI~1\Temp\2\tmp9E3A.tmp ",
                Some(r"C:\Users\ADMINI~1\Temp\2\tmp9E3A.tmp"),
            ),
            (r"\\files\temp\wsus_postinstall_1.LOG", Some(r"\\files\temp\wsus_postinstall_1.LOG")),
            ("at /var/t/WSUS_PostInstall_1.log", Some("/var/t/WSUS_PostInstall_1.log")),
            (r"Log file is located at C:\Windows\win.ini", None),
            ("Post install is starting", None),
        ] {
            assert_eq!(named(line), path);
        }
    }

    #[test]
    fn the_newest_log_since_then_and_no_other_program_s() {
        let folder = tempfile::tempdir().unwrap();
        let since = SystemTime::now();
        let write = |name: &str, text: &str, seconds: i64| {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            let by = Duration::from_secs(seconds.unsigned_abs());
            let modified = if seconds < 0 { since - by } else { since + by };
            File::options().write(true).open(&path).unwrap().set_modified(modified).unwrap();
            path
        };
        write("WSUS_PostInstall_1.log", "Postinstall started", -1);
        assert_eq!(LogFile::newest(folder.path(), since), None);
        let log = write("tmp1A.tmp", "2013-07-23 11:03:18  Postinstall started", 1);
        write("tmp2B.tmp", "a picture", 2);
        write("notes.log", "Postinstall started", 3);
        let found = LogFile::newest(folder.path(), since).unwrap();
        assert_eq!((&found.path, found.is_newer, found.total_bytes), (&log, true, 40));
    }

    #[test]
    fn of_a_long_log_the_end_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("WSUS_PostInstall_1.log");
        let text = "Postinstall é\r\n".repeat(200_000) + "the end";
        let bytes: Vec<u8> =
            [0xFEFF].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        fs::write(&path, &bytes).unwrap();
        let log = LogFile::read(&path, SystemTime::UNIX_EPOCH).unwrap();
        assert_eq!(log.total_bytes, bytes.len() as u64);
        assert!(log.kept.len() as u64 <= KEPT_BYTES_MAX + 2);
        assert!(
            text.ends_with(log.text().trim_start_matches('\u{FEFF}')) && log.text().ends_with("é\r\nthe end")
        );
        assert_eq!(log.sha256, Sha256(Hasher::digest(&bytes).into()));
    }
}
