//! Writing a bundle: two passes over the source, the first to know every length, the second to write.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::ops::ControlFlow;
use std::path::Path;

use sha2::Digest;
use wsusmigrate_core::digest::Sha256;
use wsusmigrate_core::id::StreamId;

use super::contents::{self, Contents};
use super::error::ExportError;
use super::framer::{Framer, Sink};
use super::records::Bundle;
use super::survey::survey;
use super::{Portable, tar};
use crate::checkpoint::Checkpoint;
use crate::disk::{At, FileError};
use crate::outside::{self, There};
use crate::reader::RecordSource as _;

/// How much of an evidence file is copied at a time.
const CHUNK_BYTES: usize = 256 << 10;

/// What was exported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// The stream.
    pub stream: StreamId,
    /// The checkpoint's origin.
    pub origin: String,
    /// Records.
    pub size: u64,
    /// RFC 6962 root over them.
    pub root: Sha256,
    /// SHA-256 of the public key: what whoever imports it has to be told by another way.
    pub key: Sha256,
    /// Evidence files.
    pub evidence_files: u64,
    /// Length of the bundle.
    pub bytes: u64,
    /// Records of the bundle that stood there before and is a prefix of the new one.
    pub before: Option<u64>,
}

/// Writes a bundle of the newest checkpointed prefix of a source, or of the checkpointed prefix of exactly `size`
/// records, to a file. The same prefix always makes the same bytes.
///
/// A bundle that stands there is extended: it must be sound, of the same stream and a prefix of the new one; it is
/// replaced in one step. Anything else that stands there is left as it is.
pub fn export(source: &dyn Portable, size: Option<u64>, to: &Path) -> Result<Exported, ExportError> {
    let checkpoint = match size {
        Some(size) => source.checkpoint_at(size)?,
        None => source.checkpoint()?,
    };
    let place = source.place().to_owned();
    let checkpoint = checkpoint.ok_or(ExportError::NoCheckpoint { place, size })?;
    let identity = source.identity();
    let covered = checkpoint.size;
    let there = there(to, source, &checkpoint)?;
    let (contents, earlier) = survey(source, checkpoint, there.as_ref().map(|there| there.size))?;
    if let Some(there) = &there
        && earlier != Some(there.root)
    {
        return Err(ExportError::Rewritten { size: there.size });
    }
    // Where nothing stood a moment ago, somebody else's export may stand now.
    let replaced = if there.is_some() { There::Replaced } else { There::Kept };
    write(source, &contents, to, replaced)?;
    Ok(Exported {
        stream: identity.stream,
        origin: identity.origin(),
        size: covered,
        root: contents.checkpoint.root,
        key: identity.fingerprint(),
        evidence_files: contents.evidence.len() as u64,
        bytes: std::fs::metadata(to).at("read", to)?.len(),
        before: there.map(|there| there.size),
    })
}

/// The checkpoint of the bundle that stands at the place, if there is one.
fn there(to: &Path, source: &dyn Portable, new: &Checkpoint) -> Result<Option<Checkpoint>, ExportError> {
    if to.symlink_metadata().is_err() {
        return Ok(None);
    }
    let there = Bundle::open(to).map_err(ExportError::There)?;
    if there.identity() != source.identity() {
        return Err(ExportError::OtherStream(there.identity().origin()));
    }
    let there = there.note().clone();
    let (records, size) = (there.size, new.size);
    if records > size { Err(ExportError::Shorter { there: records, size }) } else { Ok(Some(there)) }
}

fn write(source: &dyn Portable, contents: &Contents, to: &Path, there: There) -> Result<(), ExportError> {
    let mut failed = None;
    let written = outside::write(to, there, |file| {
        fill(source, contents, to, file).map_err(|error| {
            failed = Some(error);
            io::Error::other("it could not be filled")
        })
    });
    let Err(error) = written else { return Ok(()) };
    Err(failed.unwrap_or_else(|| error.into()))
}

fn fill(source: &dyn Portable, contents: &Contents, to: &Path, file: &mut File) -> Result<(), ExportError> {
    let size = contents.checkpoint.size;
    let mut archive = Archive { out: BufWriter::new(file), to, contents, left: 0, padding: 0 };
    archive.whole(contents::MANIFEST, contents.manifest().as_bytes())?;
    archive.whole(contents::KEY, contents.key().as_bytes())?;
    archive.whole(&contents::checkpoint_name(size), contents.checkpoint.text.as_bytes())?;
    let mut framer = Framer::new(contents.identity.stream);
    source.visit(0..size, &mut |view| {
        framer.push(view, view.leaf(), &mut archive)?;
        Ok(ControlFlow::Continue(()))
    })?;
    framer.finish(&mut archive)?;
    for note in &contents.rotations {
        archive.whole(&contents::checkpoint_name(note.size), note.text.as_bytes())?;
    }
    for (digest, bytes) in &contents.evidence {
        archive.evidence(source, *digest, *bytes)?;
    }
    archive.end()?;
    Ok(())
}

/// An archive being written.
struct Archive<'a> {
    out: BufWriter<&'a mut File>,
    to: &'a Path,
    contents: &'a Contents,
    /// Bytes the entry still lacks.
    left: u64,
    /// Zeros behind it.
    padding: usize,
}

impl Archive<'_> {
    fn entry(&mut self, name: &str, bytes: u64) -> Result<(), FileError> {
        self.close()?;
        self.put(&tar::header(name, bytes))?;
        (self.left, self.padding) = (bytes, tar::padding(bytes));
        Ok(())
    }

    /// Ends an entry. One that has another length than was foreseen means that the source changed under our hands.
    fn close(&mut self) -> Result<(), FileError> {
        if self.left > 0 {
            return Err(io::Error::other("the source changed while it was read")).at("write", self.to);
        }
        let padding = std::mem::take(&mut self.padding);
        self.put(&[0; tar::BLOCK_BYTES][..padding])
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), FileError> {
        self.out.write_all(bytes).at("write", self.to)
    }

    fn whole(&mut self, name: &str, bytes: &[u8]) -> Result<(), FileError> {
        self.entry(name, bytes.len() as u64)?;
        Sink::write(self, bytes)
    }

    fn evidence(&mut self, source: &dyn Portable, digest: Sha256, bytes: u64) -> Result<(), ExportError> {
        self.entry(&contents::evidence_name(digest), bytes)?;
        let (_, mut content) = source.evidence(digest)?;
        let (mut hash, mut chunk) = (sha2::Sha256::new(), vec![0; CHUNK_BYTES]);
        loop {
            match content.read(&mut chunk) {
                Ok(0) => break,
                Ok(count) => {
                    hash.update(&chunk[..count]);
                    Sink::write(self, &chunk[..count])?;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error).at("read the evidence for", self.to)?,
            }
        }
        let what = "does not hold what its name says";
        let right = Sha256(hash.finalize().into()) == digest;
        if right { Ok(()) } else { Err(ExportError::EvidenceBytes { digest, what }) }
    }

    fn end(&mut self) -> Result<(), FileError> {
        self.close()?;
        self.put(&[0; tar::END_BYTES])?;
        self.out.flush().at("write", self.to)
    }
}

impl Sink for Archive<'_> {
    fn begin(&mut self, first: u64) -> Result<(), FileError> {
        let foreseen = self.contents.log.iter().find(|file| file.first == first);
        self.entry(&contents::log_name(first), foreseen.map_or(0, |file| file.bytes))
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), FileError> {
        let Some(left) = self.left.checked_sub(bytes.len() as u64) else {
            return Err(io::Error::other("the source changed while it was read")).at("write", self.to);
        };
        self.left = left;
        self.put(bytes)
    }
}
