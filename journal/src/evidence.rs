//! Evidence: files beside the log, named by the SHA-256 of what they hold, synced before a record refers to them.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use sha2::Digest;
use wsusmigrate_core::digest::Sha256;

use crate::disk::{self, At, FileError};
use crate::plain;

/// How much is copied at a time.
const CHUNK_BYTES: usize = 256 << 10;

/// How much of what is written in small pieces is gathered.
const BUFFER_BYTES: usize = 64 << 10;

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
    let mut writer = Writer::create(journal)?;
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        match content.read(&mut chunk) {
            Ok(0) => return writer.finish(),
            Ok(count) => writer.add(&chunk[..count])?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error).at("read the evidence for", &writer.temporary),
        }
    }
}

/// An evidence file that is written piece by piece, as what it holds is made. One that is dropped before it is finished
/// leaves nothing.
pub struct Writer {
    journal: PathBuf,
    temporary: PathBuf,
    /// Nothing once it is finished.
    file: Option<BufWriter<File>>,
    hash: sha2::Sha256,
}

impl Writer {
    /// Begins a file in the journal's evidence folder.
    pub fn create(journal: &Path) -> Result<Self, FileError> {
        let folder = folder(journal);
        disk::create_dir(&folder)?;
        let temporary = temporary(&folder);
        let file = disk::private()
            .write(true)
            .create(true)
            .truncate(true)
            .open(&temporary)
            .at("create", &temporary)?;
        let file = Some(BufWriter::with_capacity(BUFFER_BYTES, file));
        Ok(Self { journal: journal.to_owned(), temporary, file, hash: sha2::Sha256::new() })
    }

    /// Adds bytes; small pieces are gathered.
    pub fn add(&mut self, bytes: &[u8]) -> Result<(), FileError> {
        self.hash.update(bytes);
        match &mut self.file {
            Some(file) => file.write_all(bytes).at("write", &self.temporary),
            None => Ok(()),
        }
    }

    /// Puts the file in its place; when this returns it is durable. One that is there already with the right bytes is
    /// kept, one with other bytes is moved to `quarantine/`.
    pub fn finish(mut self) -> Result<Sha256, FileError> {
        // A crash up to the rename leaves a `.tmp` that no record refers to.
        if let Some(file) = &mut self.file {
            file.flush().at("write", &self.temporary)?;
            file.get_ref().sync_all().at("sync", &self.temporary)?;
        }
        let digest = Sha256(std::mem::take(&mut self.hash).finalize().into());
        let (folder, path) = (folder(&self.journal), path(&self.journal, digest));
        if path.exists() {
            if verify(&self.journal, digest)? {
                // It may have been renamed by a process that was killed before it synced the folder.
                disk::sync_dir(&folder)?;
                return Ok(digest);
            }
            disk::quarantine(&path, &self.journal.join("quarantine"))?;
        }
        drop(self.file.take());
        disk::rename(&self.temporary, &path).at("put in place", &path)?;
        disk::sync_dir(&folder)?;
        Ok(digest)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // On a full disk nobody else has room for what did fit. Windows removes no file that is open.
        if let Some(file) = self.file.take() {
            drop(file.into_parts());
            let _ = fs::remove_file(&self.temporary);
        }
    }
}

/// A file for what is needed only until it is read again: beside the evidence, private, and gone when it is dropped.
pub struct Scratch {
    path: PathBuf,
    /// Nothing once it is about to be removed.
    file: Option<File>,
}

impl Scratch {
    /// An empty one, to be written and read.
    pub fn create(journal: &Path) -> Result<Self, FileError> {
        let folder = folder(journal);
        disk::create_dir(&folder)?;
        let path = temporary(&folder);
        let file = disk::private().read(true).write(true).create(true).truncate(true).open(&path);
        Ok(Self { file: Some(file.at("create", &path)?), path })
    }

    /// Where it is, for messages.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn file(&mut self) -> io::Result<&mut File> {
        self.file.as_mut().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl Write for Scratch {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file()?.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file()?.flush()
    }
}

impl Read for Scratch {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.file()?.read(buffer)
    }
}

impl Seek for Scratch {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file()?.seek(to)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Windows removes no file that is open. A crash leaves a `.tmp` that no record refers to.
        self.file = None;
        let _ = fs::remove_file(&self.path);
    }
}

fn temporary(folder: &Path) -> PathBuf {
    let number = NEXT_TEMPORARY.fetch_add(1, Ordering::Relaxed);
    folder.join(format!("{}-{number}.tmp", std::process::id()))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn left(journal: &Path) -> Vec<PathBuf> {
        let entries = fs::read_dir(folder(journal)).unwrap();
        let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths
    }

    #[test]
    fn pieces_make_the_same_file_as_the_whole() {
        let journal = tempfile::tempdir().unwrap();
        let whole: Vec<u8> = (0..300_000_u32).flat_map(u32::to_be_bytes).collect();
        let mut writer = Writer::create(journal.path()).unwrap();
        for piece in whole.chunks(1_001) {
            writer.add(piece).unwrap();
        }
        let digest = writer.finish().unwrap();
        assert!(verify(journal.path(), digest).unwrap());
        assert_eq!(write_bytes(journal.path(), &whole).unwrap(), digest);
        assert_eq!(left(journal.path()), [path(journal.path(), digest)]);
    }

    #[test]
    fn what_is_not_finished_leaves_nothing() {
        let journal = tempfile::tempdir().unwrap();
        let mut writer = Writer::create(journal.path()).unwrap();
        writer.add(&vec![0; 2 * BUFFER_BYTES]).unwrap();
        drop(writer);
        let mut scratch = Scratch::create(journal.path()).unwrap();
        scratch.write_all(b"rows").unwrap();
        scratch.rewind().unwrap();
        let mut read = String::new();
        scratch.read_to_string(&mut read).unwrap();
        assert_eq!(read, "rows");
        assert_eq!(left(journal.path()).len(), 1);
        drop(scratch);
        assert_eq!(left(journal.path()).len(), 0);
    }
}
