//! Evidence: files beside the log, named by the SHA-256 of what they hold, synced before a record refers to them.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use sha2::Digest;
use wsusmigrate_core::digest::Sha256;

use crate::disk::{self, At, FileError};
use crate::plain;

/// How much is copied at a time.
const CHUNK_BYTES: usize = 256 << 10;

/// Tells temporary files of this process apart.
static NEXT_TEMPORARY: AtomicU64 = AtomicU64::new(0);

/// Where the file of a digest stands.
#[must_use]
pub fn path(journal: &Path, digest: Sha256) -> PathBuf {
    folder(journal).join(digest.to_string().to_ascii_lowercase())
}

fn folder(journal: &Path) -> PathBuf {
    journal.join("evidence")
}

/// Stores everything `content` gives. When this returns the file is durable; one that is there already with the
/// right bytes is kept, one with other bytes is moved to `quarantine/`.
pub fn write(journal: &Path, mut content: impl Read) -> Result<Sha256, FileError> {
    let folder = folder(journal);
    disk::create_dir(&folder)?;
    let number = NEXT_TEMPORARY.fetch_add(1, Ordering::Relaxed);
    let temporary = folder.join(format!("{}-{number}.tmp", std::process::id()));
    let mut file =
        disk::private().write(true).create(true).truncate(true).open(&temporary).at("create", &temporary)?;
    let (mut hash, mut chunk) = (sha2::Sha256::new(), vec![0; CHUNK_BYTES]);
    loop {
        match content.read(&mut chunk) {
            Ok(0) => break,
            Ok(count) => {
                hash.update(&chunk[..count]);
                let written = file.write_all(&chunk[..count]).at("write", &temporary);
                if written.is_err() {
                    // On a full disk nobody else has room for what did fit.
                    let _ = fs::remove_file(&temporary);
                }
                written?;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error).at("read the evidence for", &temporary),
        }
    }
    // A crash up to the rename leaves a `.tmp` that no record refers to.
    file.sync_all().at("sync", &temporary)?;
    drop(file);
    let digest = Sha256(hash.finalize().into());
    let path = path(journal, digest);
    if path.exists() {
        if verify(journal, digest)? {
            fs::remove_file(&temporary).at("remove", &temporary)?;
            // It may have been renamed by a process that was killed before it synced the folder.
            disk::sync_dir(&folder)?;
            return Ok(digest);
        }
        disk::quarantine(&path, &journal.join("quarantine"))?;
    }
    disk::rename(&temporary, &path).at("put in place", &path)?;
    disk::sync_dir(&folder)?;
    Ok(digest)
}

/// Stores bytes, as [`write()`] does.
pub fn write_bytes(journal: &Path, bytes: &[u8]) -> Result<Sha256, FileError> {
    write(journal, bytes)
}

/// Whether the file of a digest holds what its name says.
pub fn verify(journal: &Path, digest: Sha256) -> Result<bool, FileError> {
    let path = path(journal, digest);
    let mut evidence = open(journal, digest)?;
    match io::copy(&mut evidence, &mut io::sink()).at("read", &path) {
        Ok(_) => Ok(true),
        Err(error) if error.source.kind() == io::ErrorKind::InvalidData => Ok(false),
        Err(error) => Err(error),
    }
}

/// Opens the file of a digest. Its bytes are hashed while they are read.
pub fn open(journal: &Path, digest: Sha256) -> Result<Evidence, FileError> {
    let path = path(journal, digest);
    let file = plain::open(&path)?;
    Ok(Evidence { file, expected: digest, hash: Some(sha2::Sha256::new()) })
}

/// An evidence file being read. The read that meets the end fails with `InvalidData` where the bytes are not those
/// of the digest: a reader that goes to the end has verified them.
pub struct Evidence {
    file: File,
    expected: Sha256,
    hash: Option<sha2::Sha256>,
}

impl Read for Evidence {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        if let Some(hash) = &mut self.hash {
            hash.update(&buffer[..count]);
        }
        if count == 0 && !buffer.is_empty() {
            let digest = self.hash.take().map(|hash| <[u8; 32]>::from(hash.finalize()));
            if digest.is_some_and(|digest| digest != self.expected.0) {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "the bytes are not those of the digest",
                ));
            }
        }
        Ok(count)
    }
}
