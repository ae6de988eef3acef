//! Reading what somebody else may have put there: regular files only, and never more than was asked for.
//!
//! A folder, a pipe or a device in a file's place must not stop or hold up who reads.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use crate::disk::{At, FileError};

/// Opens a regular file; whatever else stands there is an error, and is not waited for.
pub(crate) fn open(path: &Path) -> Result<File, FileError> {
    let kind = fs::metadata(path).at("open", path)?;
    if !kind.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file")).at("open", path);
    }
    File::open(path).at("open", path)
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
