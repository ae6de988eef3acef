//! What a file that was compared comes to.

use wsusmigrate_core::database::manifest::{ComparedFile, ExpectedFile, FileOnDisk, FileVerdict};
use wsusmigrate_core::digest::Sha256;
use wsusmigrate_core::event::content::{CatalogueCompared, CatalogueDifference};
use wsusmigrate_core::path::{PathRef, RelPath};
use wsusmigrate_core::projection::content::ContentState;

/// A file that is not as expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Judged {
    /// Where it lies, or should.
    pub(super) path: RelPath,
    /// How it is not.
    pub(super) how: CatalogueDifference,
    /// What is expected and what is there.
    pub(super) detail: String,
}

/// No files at all.
pub(super) const fn nothing() -> CatalogueCompared {
    CatalogueCompared {
        differences: Sha256([0; 32]),
        expected: 0,
        expected_bytes: 0,
        matched: 0,
        missing: 0,
        extra: 0,
        damaged: 0,
        encrypted: 0,
    }
}

/// Judges and counts. Files of one digest come one behind the other and are judged together: at most one of them is the file
/// SUSDB expects.
pub(super) struct Judge<'s> {
    content: &'s ContentState,
    /// The files of the digest that is going on.
    same: Vec<ComparedFile>,
    counts: CatalogueCompared,
    by_size: u64,
}

impl<'s> Judge<'s> {
    /// Nothing judged yet. `content` says which files a read-back found wrong.
    pub(super) const fn new(content: &'s ContentState) -> Self {
        Self { content, same: Vec::new(), counts: nothing(), by_size: 0 }
    }

    /// Takes the next file of the walk; gives what is not as expected of the digest before it.
    pub(super) fn take(&mut self, file: ComparedFile) -> Vec<Judged> {
        let goes_on = self.same.last().is_some_and(|last| digest(last) == digest(&file));
        let judged = if goes_on { Vec::new() } else { self.finish() };
        self.same.push(file);
        judged
    }

    /// Gives what is not as expected of the last digest.
    pub(super) fn finish(&mut self) -> Vec<Judged> {
        let same = std::mem::take(&mut self.same);
        let expected = same.first().and_then(|file| file.expected.clone());
        let Some(expected) = expected else {
            return same.into_iter().filter_map(|file| file.disk).map(|disk| self.extra(disk)).collect();
        };
        let mut disk: Vec<_> = same.into_iter().filter_map(|file| file.disk).collect();
        if disk.is_empty() {
            return self.absent(&expected, None).into_iter().collect();
        }
        let is_it = |disk: &FileOnDisk| disk.path.as_bytes().eq_ignore_ascii_case(expected.path.as_bytes());
        let it = disk.remove(disk.iter().position(is_it).unwrap_or(0));
        let mut judged: Vec<_> = self.present(&expected, &it).into_iter().collect();
        judged.extend(disk.into_iter().map(|disk| self.extra(disk)));
        judged
    }

    /// What it comes to so far.
    pub(super) const fn counts(&self) -> &CatalogueCompared {
        &self.counts
    }

    /// Files that are as expected by their size alone.
    pub(super) const fn by_size(&self) -> u64 {
        self.by_size
    }

    /// A file that is not there. One SUSDB does not say was fetched is not expected either.
    fn absent(&mut self, expected: &ExpectedFile, other_name: Option<&RelPath>) -> Option<Judged> {
        if other_name.is_none() && !expected.has_to_be_there() {
            return None;
        }
        self.expect(expected);
        self.counts.missing += 1;
        let lies = other_name.map_or_else(String::new, |path| format!("; it lies there as {path}"));
        let detail = format!("SUSDB expects {} bytes{lies}", expected.bytes);
        Some(Judged { path: expected.path.clone(), how: CatalogueDifference::Missing, detail })
    }

    fn present(&mut self, expected: &ExpectedFile, disk: &FileOnDisk) -> Option<Judged> {
        let verdict = FileVerdict::of(expected, disk);
        let (how, detail) = match verdict {
            FileVerdict::OtherName => return self.absent(expected, Some(&disk.path)),
            FileVerdict::Right => {
                let Some(detail) = self.suspicion(disk) else {
                    self.expect(expected);
                    self.counts.matched += 1;
                    self.by_size += u64::from(disk.read.is_none());
                    return None;
                };
                (CatalogueDifference::Digest, detail)
            }
            FileVerdict::WrongSize => {
                let detail = format!("SUSDB expects {} bytes, {} are there", expected.bytes, disk.bytes);
                (CatalogueDifference::Size, detail)
            }
            FileVerdict::WrongSha1 | FileVerdict::WrongSha256 => {
                (CatalogueDifference::Digest, digests(expected, disk))
            }
            FileVerdict::Encrypted => {
                let detail = format!("SUSDB tells {} bytes, {} are there", expected.bytes, disk.bytes);
                (CatalogueDifference::Encrypted, detail)
            }
            // Said of a file that only one side has.
            FileVerdict::Missing | FileVerdict::NotFetched | FileVerdict::Extra => return None,
        };
        self.expect(expected);
        match how {
            CatalogueDifference::Encrypted => self.counts.encrypted += 1,
            CatalogueDifference::Size | CatalogueDifference::Digest => self.counts.damaged += 1,
            CatalogueDifference::Missing => self.counts.missing += 1,
            CatalogueDifference::Extra => self.counts.extra += 1,
        }
        Some(Judged { path: disk.path.clone(), how, detail })
    }

    fn extra(&mut self, disk: FileOnDisk) -> Judged {
        self.counts.extra += 1;
        let detail = format!("{} bytes that SUSDB does not know", disk.bytes);
        Judged { path: disk.path, how: CatalogueDifference::Extra, detail }
    }

    /// What has been found wrong with a file since it was put in place.
    fn suspicion(&self, disk: &FileOnDisk) -> Option<String> {
        let record = self.content.in_place.get(&PathRef::of(&disk.path))?;
        Some(format!("found wrong since it was put in place: {}", record.suspect?.word()))
    }

    fn expect(&mut self, expected: &ExpectedFile) {
        self.counts.expected += 1;
        self.counts.expected_bytes += expected.bytes;
    }
}

fn digest(file: &ComparedFile) -> Option<wsusmigrate_core::digest::Sha1> {
    let disk = file.disk.as_ref().map(|disk| disk.named);
    file.expected.as_ref().map(|expected| expected.sha1).or(disk)
}

fn digests(expected: &ExpectedFile, disk: &FileOnDisk) -> String {
    let told = |sha256: Option<Sha256>| sha256.map_or_else(|| "none".to_owned(), |sha256| sha256.to_string());
    let there = told(disk.read.map(|read| read.sha256));
    format!("SUSDB expects SHA-256 {}, {there} was read", told(expected.sha256))
}

#[cfg(test)]
mod tests;
