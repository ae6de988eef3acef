//! Reading what somebody else may have put there: regular files only, and never more than was asked for.
//!
//! A folder, a pipe or a device in a file's place must not stop or hold up who reads.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::path::Path;

use crate::disk::{At, FileError};

/// Opens a regular file; whatever else stands there is an error, and is not waited for.
pub(crate) fn open(path: &Path) -> Result<File, FileError> {
    // Before it is opened: some devices do something at that.
    refuse_other(&fs::metadata(path).at("open", path)?, path)?;
    open_whatever_it_is(path)
}

/// Looks again at what was opened: it may have come into the file's place since.
fn open_whatever_it_is(path: &Path) -> Result<File, FileError> {
    let mut options = OpenOptions::new();
    options.read(true);
    // A pipe would hold us up until somebody writes into it. It does nothing to regular files.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, nix::fcntl::OFlag::O_NONBLOCK.bits());
    let file = options.open(path).at("open", path)?;
    refuse_other(&file.metadata().at("open", path)?, path)?;
    Ok(file)
}

fn refuse_other(found: &Metadata, path: &Path) -> Result<(), FileError> {
    if found.is_file() {
        return Ok(());
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file")).at("open", path)
}

/// The first bytes of a regular file, at most so many; one more than is wanted tells one that is too long.
pub(crate) fn read(path: &Path, bytes_max: u64) -> Result<Vec<u8>, FileError> {
    let mut bytes = Vec::new();
    open(path)?.take(bytes_max).read_to_end(&mut bytes).at("read", path)?;
    Ok(bytes)
}

/// Whether something stands there that is no regular file.
pub(crate) fn is_other(error: &FileError) -> bool {
    error.source.kind() == io::ErrorKind::InvalidInput
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests may unwrap")]

    use std::sync::mpsc::channel;
    use std::time::Duration;

    use super::*;

    /// A pipe that takes the file's place between the two looks.
    #[test]
    fn a_pipe_is_opened_by_nobody_and_waited_for_by_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
        let (sender, opened) = channel();
        std::thread::spawn(move || sender.send(open_whatever_it_is(&pipe).map(drop)));
        let opened = opened.recv_timeout(Duration::from_mins(1)).expect("nobody waits for a pipe");
        assert!(is_other(&opened.unwrap_err()));
    }
}
