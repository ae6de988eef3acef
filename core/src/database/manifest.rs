//! The content manifest as SUSDB has it: which update files there should be, and how they compare with what lies on disk.
//!
//! `tbFile` gives the SHA-1 (its key), the name and the size, `tbFileHash` the SHA-256, `tbFileOnServer` the state. On disk a
//! file is `WsusContent\XX\<SHA-1>.<extension of its name>` (MS-WSUSSS 2.1, 3.1.1). Both sides are walked in the order of
//! their digests, one file at a time.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::row::{Row, RowError};
use crate::coded::coded;
use crate::content::CONTENT_FOLDER;
use crate::digest::{Sha1, Sha256};
use crate::path::RelPath;

/// `ActualState` of a file that was fetched and verified: the one state whose meaning is known from use.
pub const STATE_VERIFIED: i64 = 12;

/// A file SUSDB knows of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedFile {
    /// `tbFile.FileDigest`.
    pub sha1: Sha1,
    /// `tbFileHash.AdditionalHash`, where it is one of SHA-256.
    pub sha256: Option<Sha256>,
    /// `tbFile.Size`, in bytes.
    pub bytes: u64,
    /// Where it should lie, below the content root.
    pub path: RelPath,
    /// `tbFile.IsEncrypted`: then its bytes do not have the digest of its name.
    pub is_encrypted: bool,
    /// `tbFile.IsEula`.
    pub is_eula: bool,
    /// `tbFileOnServer.ActualState`.
    pub actual_state: i64,
    /// `tbFileOnServer.DesiredState`.
    pub desired_state: i64,
}

/// A row is no file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAFile {
    /// A column is not what it should be.
    #[error(transparent)]
    Row(#[from] RowError),
    /// A digest of another length.
    #[error("FileDigest has {0} bytes, not the 20 of a SHA-1")]
    Digest(usize),
    /// A size below nothing.
    #[error("the size of {0} is negative")]
    Size(Sha1),
    /// A name whose extension no path can have.
    #[error("the name of {0} has an extension no file can have")]
    Name(Sha1),
}

impl ExpectedFile {
    /// Reads a row of [`statement::content_manifest`](super::statement::content_manifest).
    pub fn from_row(row: &Row) -> Result<Self, NotAFile> {
        let digest = row.bytes("FileDigest")?;
        let sha1 = Sha1(digest.as_slice().try_into().map_err(|_| NotAFile::Digest(digest.len()))?);
        let name = row.text("FileName")?;
        let hash = row.maybe_bytes("AdditionalHash")?;
        Ok(Self {
            sha1,
            // The algorithm's own name is not documented; 32 bytes are no other digest WSUS uses.
            sha256: hash.and_then(|bytes| bytes.try_into().ok()).map(Sha256),
            bytes: u64::try_from(row.int("Size")?).map_err(|_| NotAFile::Size(sha1))?,
            path: content_path(sha1, &name).ok_or(NotAFile::Name(sha1))?,
            is_encrypted: row.maybe_bit("IsEncrypted")?.unwrap_or(false),
            is_eula: row.maybe_bit("IsEula")?.unwrap_or(false),
            actual_state: row.int("ActualState")?,
            desired_state: row.int("DesiredState")?,
        })
    }

    /// Whether SUSDB says that the file was fetched and verified, and so has to lie on disk.
    #[must_use]
    pub const fn has_to_be_there(&self) -> bool {
        self.actual_state == STATE_VERIFIED
    }
}

/// `WsusContent/XX/<SHA-1>.<extension>`; a name without an extension gives none. Nothing where the extension is no part of
/// a path.
#[must_use]
pub fn content_path(sha1: Sha1, file_name: &str) -> Option<RelPath> {
    let dot = file_name.rfind('.').map_or("", |at| &file_name[at..]);
    let is_safe = dot.chars().skip(1).all(|c| c.is_alphanumeric() || "_-".contains(c));
    let dot = if dot.len() > 1 { dot } else { "" };
    let path = format!("{CONTENT_FOLDER}/{}/{sha1}{dot}", sha1.folder());
    if is_safe { RelPath::from_bytes(path.into_bytes()).ok() } else { None }
}

/// A file that lies on disk, as it was found or read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileOnDisk {
    /// The SHA-1 its name promises.
    pub named: Sha1,
    /// Where it lies, below the content root.
    pub path: RelPath,
    /// Its size in bytes.
    pub bytes: u64,
    /// The digests of its bytes, where it was read.
    pub read: Option<ReadDigests>,
}

/// The digests of a file's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadDigests {
    /// SHA-1.
    pub sha1: Sha1,
    /// SHA-256.
    pub sha256: Sha256,
}

coded! {
    /// How a file SUSDB expects compares with the one on disk.
    FileVerdict {
        /// It has the size, and the digests where it was read.
        Right = 1, "right";
        /// SUSDB says it was fetched and verified, and it is not there.
        Missing = 2, "missing";
        /// It is not there, and SUSDB does not say that it was fetched.
        NotFetched = 3, "not-fetched";
        /// It lies on disk and SUSDB does not know it.
        Extra = 4, "extra";
        /// It does not have its size.
        WrongSize = 5, "wrong-size";
        /// Its bytes do not have the digest of its name.
        WrongSha1 = 6, "wrong-sha1";
        /// Its bytes have the digest of its name and not SUSDB's second one.
        WrongSha256 = 7, "wrong-sha256";
        /// SUSDB declares it encrypted: its bytes cannot be judged.
        Encrypted = 8, "encrypted";
        /// It lies under another name than SUSDB gives it.
        OtherName = 9, "other-name";
    }
}

impl FileVerdict {
    /// Judges a file both sides have.
    #[must_use]
    pub fn of(expected: &ExpectedFile, disk: &FileOnDisk) -> Self {
        if expected.is_encrypted {
            return Self::Encrypted;
        }
        if disk.bytes != expected.bytes {
            return Self::WrongSize;
        }
        match disk.read {
            Some(read) if read.sha1 != expected.sha1 => return Self::WrongSha1,
            Some(read) if expected.sha256.is_some_and(|sha256| sha256 != read.sha256) => {
                return Self::WrongSha256;
            }
            _ => {}
        }
        // The file systems WSUS lives on take letters of either case for the same.
        let is_same_name = disk.path.as_bytes().eq_ignore_ascii_case(expected.path.as_bytes());
        if is_same_name { Self::Right } else { Self::OtherName }
    }
}

/// One file of the walk: what SUSDB says, what lies on disk, and the verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComparedFile {
    /// What SUSDB says; nothing where it does not know the file.
    pub expected: Option<ExpectedFile>,
    /// What lies on disk; nothing where nothing does.
    pub disk: Option<FileOnDisk>,
    /// The verdict.
    pub verdict: FileVerdict,
}

/// A side of the walk does not run upwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the {side} is not in the order of its digests at {sha1}")]
pub struct OutOfOrder {
    /// `manifest of SUSDB` or `listing of the disk`.
    pub side: &'static str,
    /// The digest that is out of its place.
    pub sha1: Sha1,
}

/// Walks SUSDB's manifest and the files on disk, both sorted by digest; memory does not grow with them. A digest that SUSDB
/// has twice (one row a configuration) counts once; two files on disk of one digest are two.
pub fn walk<E, D>(expected: E, disk: D) -> Walk<E::IntoIter, D::IntoIter>
where
    E: IntoIterator<Item = ExpectedFile>,
    D: IntoIterator<Item = FileOnDisk>,
{
    Walk {
        expected: expected.into_iter().peekable(),
        disk: disk.into_iter().peekable(),
        last_expected: None,
        last_disk: None,
        has_ended: false,
    }
}

/// The walk of [`walk`]. It ends after the first error.
pub struct Walk<E: Iterator<Item = ExpectedFile>, D: Iterator<Item = FileOnDisk>> {
    expected: std::iter::Peekable<E>,
    disk: std::iter::Peekable<D>,
    /// The last file SUSDB named, which a second file on disk may still belong to.
    last_expected: Option<ExpectedFile>,
    last_disk: Option<Sha1>,
    has_ended: bool,
}

impl<E: Iterator<Item = ExpectedFile>, D: Iterator<Item = FileOnDisk>> Walk<E, D> {
    fn take_expected(&mut self) -> Result<Option<ExpectedFile>, OutOfOrder> {
        let taken = self.expected.next();
        if let Some(file) = &taken {
            while let Some(twin) = self.expected.next_if(|next| next.sha1 <= file.sha1) {
                if twin.sha1 < file.sha1 {
                    return Err(OutOfOrder { side: "manifest of SUSDB", sha1: twin.sha1 });
                }
            }
            self.last_expected.clone_from(&taken);
        }
        Ok(taken)
    }

    fn take_disk(&mut self) -> Result<Option<FileOnDisk>, OutOfOrder> {
        let taken = self.disk.next();
        if let Some(file) = &taken {
            if self.last_disk.is_some_and(|last| file.named < last) {
                return Err(OutOfOrder { side: "listing of the disk", sha1: file.named });
            }
            self.last_disk = Some(file.named);
        }
        Ok(taken)
    }

    fn step(&mut self) -> Result<Option<ComparedFile>, OutOfOrder> {
        let order = match (self.expected.peek(), self.disk.peek()) {
            (None, None) => return Ok(None),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(expected), Some(disk)) => expected.sha1.cmp(&disk.named),
        };
        let (expected, disk) = match order {
            Ordering::Less => (self.take_expected()?, None),
            Ordering::Equal => (self.take_expected()?, self.take_disk()?),
            Ordering::Greater => {
                let disk = self.take_disk()?;
                let same = |last: &&ExpectedFile| disk.as_ref().is_some_and(|disk| disk.named == last.sha1);
                (self.last_expected.as_ref().filter(same).cloned(), disk)
            }
        };
        let verdict = match (&expected, &disk) {
            (Some(expected), Some(disk)) => FileVerdict::of(expected, disk),
            (Some(expected), None) if expected.has_to_be_there() => FileVerdict::Missing,
            (Some(_), None) => FileVerdict::NotFetched,
            (None, _) => FileVerdict::Extra,
        };
        Ok(Some(ComparedFile { expected, disk, verdict }))
    }
}

impl<E: Iterator<Item = ExpectedFile>, D: Iterator<Item = FileOnDisk>> Iterator for Walk<E, D> {
    type Item = Result<ComparedFile, OutOfOrder>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.has_ended {
            return None;
        }
        let step = self.step();
        self.has_ended = !matches!(step, Ok(Some(_)));
        step.transpose()
    }
}

/// How many files are in which pair of states (`ActualState`, `DesiredState`), as the server counted them. Only
/// [`STATE_VERIFIED`] is interpreted anywhere.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileStates(BTreeMap<i64, BTreeMap<i64, u64>>);

impl FileStates {
    /// Reads the rows of [`statement::file_states`](super::statement::file_states).
    pub fn from_rows<'a>(rows: impl IntoIterator<Item = &'a Row>) -> Result<Self, RowError> {
        let mut states = Self::default();
        for row in rows {
            let files = u64::try_from(row.int("file_count")?).unwrap_or(0);
            let of_actual = states.0.entry(row.int("ActualState")?).or_default();
            *of_actual.entry(row.int("DesiredState")?).or_default() += files;
        }
        Ok(states)
    }

    /// Every pair and its files: actual state, desired state, files.
    pub fn iter(&self) -> impl Iterator<Item = (i64, i64, u64)> {
        self.0.iter().flat_map(|(actual, of)| of.iter().map(|(desired, files)| (*actual, *desired, *files)))
    }
}

#[cfg(test)]
mod tests;
