//! The archive as it is read: from the beginning to the end, nothing skipped, no length believed before it is bounded.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use sha2::Digest;
use wsusmigrate_core::digest::Sha256;
use wsusmigrate_core::unit::Seq;

use super::error::{BundleDamage, BundleError};
use super::{contents, tar};
use crate::disk::At;
use crate::plain;

const BUFFER_BYTES: usize = 256 << 10;

pub(super) struct Tape {
    path: PathBuf,
    file: BufReader<File>,
    length: u64,
    /// Offset of the next byte.
    at: u64,
    /// Name of the entry it is in, or that must come next.
    entry: String,
    /// Offset behind the entry's bytes.
    end: u64,
    /// Of the entry's bytes so far.
    hash: sha2::Sha256,
}

impl Tape {
    pub(super) fn open(path: &Path) -> Result<Self, BundleError> {
        let other = |what| Err(BundleError::NotABundle { file: path.to_owned(), what });
        let file = match plain::open(path) {
            // A folder, a pipe or a device has no end that could be checked.
            Err(error) if plain::is_other(&error) => return other("it is not a file"),
            opened => opened?,
        };
        let metadata = file.metadata().at("read", path)?;
        let mut tape = Self {
            path: path.to_owned(),
            file: BufReader::with_capacity(BUFFER_BYTES, file),
            length: metadata.len(),
            at: 0,
            entry: "the file".to_owned(),
            end: 0,
            hash: sha2::Sha256::new(),
        };
        let beginning = tape.file.fill_buf().at("read", path)?;
        if tar::may_begin(beginning, contents::MANIFEST) {
            Ok(tape)
        } else {
            other("it does not begin as one")
        }
    }

    /// Begins the entry that must come next: its name, and the most bytes it may have. Its length.
    pub(super) fn begin(&mut self, name: &str, bytes_max: u64) -> Result<u64, BundleError> {
        let (found, bytes) = self.begin_any(name, bytes_max)?;
        if found == name { Ok(bytes) } else { Err(self.damage_here("another entry stands in its place")) }
    }

    /// Begins the next entry, whatever its name. `expected` is what it is called where it cannot be read.
    pub(super) fn begin_any(&mut self, expected: &str, bytes_max: u64) -> Result<(String, u64), BundleError> {
        expected.clone_into(&mut self.entry);
        let at = self.at;
        let mut block = [0; tar::BLOCK_BYTES];
        self.end = self.length;
        self.read(&mut block, None)?;
        self.at = at;
        let Some((name, bytes)) = tar::parse(&block) else {
            return Err(self.damage_here("its header is not one of a bundle"));
        };
        if bytes > bytes_max || bytes > self.length - at - block.len() as u64 {
            return Err(self.damage_here("its length is impossible"));
        }
        self.at = at + block.len() as u64;
        self.end = self.at + bytes;
        self.hash = sha2::Sha256::new();
        Ok((name, bytes))
    }

    /// Whether the entry that comes next has this name. Nothing is taken off the tape.
    pub(super) fn is_next(&mut self, name: &str) -> Result<bool, BundleError> {
        let mut block = [0; tar::BLOCK_BYTES];
        if self.length - self.at < block.len() as u64 {
            return Ok(false);
        }
        match self.file.read_exact(&mut block) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Err(self.damage_here("it is cut short"));
            }
            Err(error) => return Err(error).at("read", &self.path).map_err(BundleError::from),
        }
        self.file.seek(SeekFrom::Start(self.at)).at("read", &self.path)?;
        Ok(tar::parse(&block).is_some_and(|(found, _)| found == name))
    }

    /// Fills a buffer from the entry. What is missing concerns `seq`, where it does a record.
    pub(super) fn read(&mut self, buffer: &mut [u8], seq: Option<Seq>) -> Result<(), BundleError> {
        if self.left() < buffer.len() as u64 {
            return Err(self.damage(seq, "it is cut short"));
        }
        match self.file.read_exact(buffer) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Err(self.damage(seq, "it is cut short"));
            }
            Err(error) => return Err(error).at("read", &self.path).map_err(BundleError::from),
        }
        self.at += buffer.len() as u64;
        self.hash.update(&*buffer);
        Ok(())
    }

    /// Reads everything that is left of an entry, whose length was bounded when it was begun.
    pub(super) fn rest(&mut self) -> Result<Vec<u8>, BundleError> {
        let mut bytes = vec![0; usize::try_from(self.left()).unwrap_or(usize::MAX)];
        self.read(&mut bytes, None)?;
        Ok(bytes)
    }

    /// Passes over what is left of an entry.
    pub(super) fn pass(&mut self) -> Result<(), BundleError> {
        let mut chunk = [0; 16 << 10];
        while self.left() > 0 {
            let count = usize::try_from(self.left()).unwrap_or(usize::MAX).min(chunk.len());
            self.read(&mut chunk[..count], None)?;
        }
        Ok(())
    }

    /// Ends an entry of which everything was read: SHA-256 of its bytes.
    pub(super) fn close(&mut self, bytes: u64) -> Result<Sha256, BundleError> {
        let digest = Sha256(std::mem::take(&mut self.hash).finalize().into());
        self.end = self.length;
        self.zeros(tar::padding(bytes))?;
        Ok(digest)
    }

    /// The end of the archive, and of the file.
    pub(super) fn finish(&mut self) -> Result<(), BundleError> {
        "the end".clone_into(&mut self.entry);
        self.end = self.length;
        self.zeros(tar::END_BYTES)?;
        if self.at == self.length { Ok(()) } else { Err(self.damage_here("bytes are left over")) }
    }

    fn zeros(&mut self, count: usize) -> Result<(), BundleError> {
        let mut zeros = [0; tar::END_BYTES];
        let at = self.at;
        self.read(&mut zeros[..count], None)?;
        match zeros[..count].iter().position(|byte| *byte != 0) {
            None => Ok(()),
            Some(first) => {
                self.at = at + first as u64;
                Err(self.damage_here("there are bytes where zeros must be"))
            }
        }
    }

    /// Bytes of the entry that were not read yet.
    pub(super) fn left(&self) -> u64 {
        self.end.saturating_sub(self.at)
    }

    /// Offset of the next byte.
    pub(super) fn at(&self) -> u64 {
        self.at
    }

    /// Name of the entry.
    pub(super) fn entry(&self) -> &str {
        &self.entry
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Damage at the next byte of the entry.
    pub(super) fn damage_here(&self, what: &str) -> BundleError {
        self.damage(None, what)
    }

    /// Damage at the next byte of the entry, of a record where it is one.
    pub(super) fn damage(&self, seq: Option<Seq>, what: &str) -> BundleError {
        self.damage_at(&self.entry, self.at, seq, what)
    }

    /// Damage anywhere.
    pub(super) fn damage_at(&self, entry: &str, offset: u64, seq: Option<Seq>, what: &str) -> BundleError {
        let (file, entry, what) = (self.path.clone(), entry.to_owned(), what.to_owned());
        BundleDamage { file, entry, offset, seq, what }.into()
    }
}
