//! Looking through a source before anything is written: is it what its checkpoint says, and how long is everything?

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use sha2::Digest;
use wsusmigrate_core::digest::Sha256;
use wsusmigrate_core::event::run::KeyRotated;
use wsusmigrate_core::event::{Event, RunEvent};
use wsusmigrate_core::unit::Seq;

use super::Portable;
use super::contents::{Contents, LogFile};
use super::error::ExportError;
use super::framer::{Framer, Sink};
use super::tar;
use crate::checkpoint::Checkpoint;
use crate::disk::FileError;
use crate::error::{Damage, ReadError};
use crate::record::{NO_LEAF, Record, RecordView};
use crate::ring::KeyRing;
use crate::tree::Tree;

/// What a bundle of a source will hold, and the root over its first `earlier` records where that was asked for.
pub(super) fn survey(
    source: &dyn Portable,
    checkpoint: Checkpoint,
    earlier: Option<u64>,
) -> Result<(Contents, Option<Sha256>), ExportError> {
    let size = checkpoint.size;
    let mut walk = Walk::default();
    let mut files = Files::default();
    let mut framer = Framer::new(source.identity().stream);
    let mut earlier_root = None;
    source.visit(0..size, &mut |view| {
        let leaf = walk.take(view, source)?;
        if earlier == Some(walk.tree.size()) {
            earlier_root = Some(walk.tree.root());
        }
        framer.push(view, leaf, &mut files)?;
        Ok(ControlFlow::Continue(()))
    })?;
    framer.finish(&mut files)?;
    if walk.tree.size() != size || walk.tree.root() != checkpoint.root {
        return Err(ExportError::Contradiction { size });
    }
    let rotations = rotations(source, &checkpoint, &walk.rotations)?;
    let evidence = walk.named.iter().map(|(digest, seq)| Ok((*digest, length(source, *digest, *seq)?)));
    let evidence = evidence.collect::<Result<_, ExportError>>()?;
    let identity = source.identity().clone();
    Ok((Contents { identity, checkpoint, rotations, log: files.end(), evidence }, earlier_root))
}

/// The notes that confirm the rotations of the key; the checkpoint must be signed by the last of the keys. A rotation that
/// nobody confirmed changes nothing: anybody who can write into the folder can add one.
fn rotations(
    source: &dyn Portable,
    checkpoint: &Checkpoint,
    rotations: &[(Seq, KeyRotated, Sha256)],
) -> Result<Vec<Checkpoint>, ExportError> {
    let (mut ring, mut notes, mut unconfirmed) = (KeyRing::new(source.identity()), Vec::new(), Vec::new());
    for (seq, event, root) in rotations {
        let size = seq.next().0;
        let note =
            if size == checkpoint.size { Some(checkpoint.clone()) } else { source.checkpoint_at(size)? };
        match ring.rotate(*seq, event, note.as_ref()) {
            Ok(()) if note.as_ref().is_some_and(|note| note.root != *root) => {
                return Err(ExportError::Contradiction { size });
            }
            Ok(()) => notes.extend(note.filter(|note| note.size < checkpoint.size)),
            Err(why) => unconfirmed.push((*seq, event, why)),
        }
    }
    let Err(source) = ring.verify(checkpoint) else { return Ok(notes) };
    // Where one of those has signed it, what confirmed it is lost.
    let lost =
        unconfirmed.iter().find(|(_, event, _)| checkpoint.verify(ring.origin(), &event.new_key).is_ok());
    Err(match lost {
        Some((seq, _, why)) => ExportError::Rotation { seq: *seq, source: *why },
        None => ExportError::Checkpoint { size: checkpoint.size, source },
    })
}

/// The root over the first records of a source, whose chain is checked on the way.
pub(crate) fn root_at(source: &dyn Portable, size: u64) -> Result<Sha256, ReadError> {
    let mut walk = Walk::default();
    source.visit(0..size, &mut |view| walk.take(view, source).map(|_| ControlFlow::Continue(())))?;
    Ok(walk.tree.root())
}

fn length(source: &dyn Portable, digest: Sha256, seq: Seq) -> Result<u64, ExportError> {
    let open = source.evidence(digest).map_err(|source| ExportError::Evidence { digest, seq, source });
    let bytes = open?.0;
    let what = "is longer than an archive takes";
    if bytes > tar::ENTRY_BYTES_MAX { Err(ExportError::EvidenceBytes { digest, what }) } else { Ok(bytes) }
}

/// What is learned from the records.
struct Walk {
    tree: Tree,
    leaf: Sha256,
    seen: BTreeSet<Sha256>,
    /// Evidence files in the order of their first mention, and the record that mentions each.
    named: Vec<(Sha256, Seq)>,
    /// Records that name another key, each with the root right behind it.
    rotations: Vec<(Seq, KeyRotated, Sha256)>,
}

impl Default for Walk {
    fn default() -> Self {
        Self {
            tree: Tree::default(),
            leaf: NO_LEAF,
            seen: BTreeSet::new(),
            named: Vec::new(),
            rotations: Vec::new(),
        }
    }
}

impl Walk {
    fn take(&mut self, view: RecordView<'_>, source: &dyn Portable) -> Result<Sha256, ReadError> {
        let seq = view.seq();
        if view.previous() != self.leaf {
            let what = "it is not chained to the record before it".to_owned();
            return Err(Damage { seq, file: source.place().to_owned(), offset: 0, what }.into());
        }
        self.leaf = view.leaf();
        self.tree.push(self.leaf);
        let record = view.decode().map_err(|source| ReadError::Undecodable { seq, source })?;
        if let Record::Known(recorded) = record {
            if let Event::Run(RunEvent::KeyRotated(event)) = &recorded.event {
                self.rotations.push((seq, event.clone(), self.tree.root()));
            }
            for digest in recorded.event.evidence() {
                if self.seen.insert(digest) {
                    self.named.push((digest, seq));
                }
            }
        }
        Ok(self.leaf)
    }
}

/// Measures and hashes log files without keeping them.
#[derive(Default)]
struct Files {
    done: Vec<LogFile>,
    current: Option<(u64, u64, sha2::Sha256)>,
}

impl Files {
    fn end(mut self) -> Vec<LogFile> {
        self.close();
        self.done
    }

    fn close(&mut self) {
        if let Some((first, bytes, hash)) = self.current.take() {
            self.done.push(LogFile { first, bytes, sha256: Sha256(hash.finalize().into()) });
        }
    }
}

impl Sink for Files {
    fn begin(&mut self, first: u64) -> Result<(), FileError> {
        self.close();
        self.current = Some((first, 0, sha2::Sha256::new()));
        Ok(())
    }

    fn write(&mut self, piece: &[u8]) -> Result<(), FileError> {
        if let Some((_, bytes, hash)) = &mut self.current {
            *bytes += piece.len() as u64;
            hash.update(piece);
        }
        Ok(())
    }
}
