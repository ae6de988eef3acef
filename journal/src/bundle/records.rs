//! A bundle that was found sound, as a source of records.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};

use wsusmigrate_core::digest::Sha256;
use wsusmigrate_core::envelope::Recorded;
use wsusmigrate_core::unit::Seq;

use super::error::BundleError;
use super::{Portable, open};
use crate::checkpoint::Checkpoint;
use crate::disk::{At, FileError};
use crate::error::{Damage, ReadError};
use crate::identity::Identity;
use crate::log::frame::{COMMIT_HEADER_BYTES, CommitHeader, Records, SEGMENT_HEADER_BYTES};
use crate::plain;
use crate::reader::RecordSource;
use crate::record::RawRecord;

/// A bundle of which every byte was checked when it was opened.
#[derive(Debug)]
pub struct Bundle {
    pub(super) path: PathBuf,
    pub(super) identity: Identity,
    pub(super) checkpoint: Checkpoint,
    /// The checkpoints that confirm another key.
    pub(super) rotations: Vec<Checkpoint>,
    /// Length of the file.
    pub(super) bytes: u64,
    /// First sequence of each log file, and where in the bundle its bytes are.
    pub(super) log: Vec<(u64, Range<u64>)>,
    /// Where in the bundle the bytes of each evidence file are.
    pub(super) evidence: BTreeMap<Sha256, Range<u64>>,
}

impl Bundle {
    /// Opens a bundle and checks everything in it: framing, checksums, chain, tree, signature, evidence.
    ///
    /// The key that signed travels in the bundle and proves nothing by itself: somebody has to compare
    /// [`Identity::fingerprint`] with what the source's host says.
    pub fn open(path: &Path) -> Result<Self, BundleError> {
        Self::open_with(path, &mut |_| Ok(()))
    }

    /// As [`Bundle::open`]; `legal` says of each event whether it may follow the ones before it.
    pub fn open_with(
        path: &Path,
        legal: &mut dyn FnMut(&Recorded) -> Result<(), String>,
    ) -> Result<Self, BundleError> {
        open::open(path, legal)
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its length.
    pub(crate) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Its checkpoint.
    #[must_use]
    pub const fn note(&self) -> &Checkpoint {
        &self.checkpoint
    }
}

impl RecordSource for Bundle {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn size(&self) -> u64 {
        self.checkpoint.size
    }

    fn records(&self, range: Range<u64>) -> Box<dyn Iterator<Item = Result<RawRecord, ReadError>> + '_> {
        let (asked, size) = (range.end, self.size());
        if asked > size {
            return Box::new(std::iter::once(Err(ReadError::Beyond { asked, size })));
        }
        Box::new(Walk { bundle: self, file: None, commits: 0..0, page: Vec::new().into_iter(), range })
    }

    fn checkpoint(&self) -> Result<Option<Checkpoint>, ReadError> {
        Ok(Some(self.checkpoint.clone()))
    }
}

impl Portable for Bundle {
    fn place(&self) -> &Path {
        &self.path
    }

    fn checkpoint_at(&self, size: u64) -> Result<Option<Checkpoint>, ReadError> {
        let mut notes = self.rotations.iter().chain([&self.checkpoint]);
        Ok(notes.find(|note| note.size == size).cloned())
    }

    fn evidence(&self, digest: Sha256) -> Result<(u64, Box<dyn Read + '_>), FileError> {
        let bytes = self.evidence.get(&digest).cloned().ok_or(io::ErrorKind::NotFound);
        let bytes = bytes.map_err(io::Error::from).at("find the evidence in", &self.path)?;
        let mut file = plain::open(&self.path)?;
        file.seek(SeekFrom::Start(bytes.start)).at("read", &self.path)?;
        let length = bytes.end - bytes.start;
        Ok((length, Box::new(file.take(length))))
    }
}

/// The records of a range, a commit at a time.
struct Walk<'a> {
    bundle: &'a Bundle,
    file: Option<File>,
    /// Where the commits are that were not looked at, of the current log file.
    commits: Range<u64>,
    page: std::vec::IntoIter<RawRecord>,
    /// What was not given out yet.
    range: Range<u64>,
}

impl Walk<'_> {
    /// Reads on to the next commit that holds what is wanted.
    fn read_on(&mut self) -> Result<(), ReadError> {
        let path = &self.bundle.path;
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(plain::open(path)?),
        };
        if self.commits.is_empty() {
            let log = &self.bundle.log;
            let index = log.partition_point(|(first, _)| *first <= self.range.start).saturating_sub(1);
            let Some((_, bytes)) = log.get(index) else { return Ok(()) };
            self.commits = bytes.start + SEGMENT_HEADER_BYTES as u64..bytes.end;
        }
        let at = self.commits.start;
        // It was sound when it was opened: whatever is wrong now happened since.
        let changed = || {
            let (seq, file) = (Seq(self.range.start), path.clone());
            Damage { seq, file, offset: at, what: "the bundle was changed while it was read".to_owned() }
        };
        let mut header = [0; COMMIT_HEADER_BYTES];
        file.seek(SeekFrom::Start(at)).and_then(|_| file.read_exact(&mut header)).at("read", path)?;
        let header = CommitHeader::parse(&header).ok_or_else(changed)?;
        self.commits.start += header.frame_bytes();
        if header.end() <= self.range.start {
            return Ok(());
        }
        let mut body = vec![0; header.body_bytes as usize];
        file.read_exact(&mut body).at("read", path)?;
        let mut page = Vec::with_capacity(header.records.min(super::framer::COMMIT_RECORDS) as usize);
        for slot in Records::new(&header, &body) {
            let view = slot.record.map_err(|_| changed())?;
            if self.range.contains(&view.seq().0) {
                page.push(view.to_raw());
            }
        }
        if page.first().is_none_or(|first| first.seq().0 != self.range.start) {
            return Err(changed().into());
        }
        self.page = page.into_iter();
        Ok(())
    }
}

impl Iterator for Walk<'_> {
    type Item = Result<RawRecord, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.range.is_empty() {
            if let Some(record) = self.page.next() {
                self.range.start += 1;
                return Some(Ok(record));
            }
            if let Err(error) = self.read_on() {
                self.range.end = self.range.start;
                return Some(Err(error));
            }
        }
        None
    }
}
