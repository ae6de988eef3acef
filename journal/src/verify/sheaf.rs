//! The heavy part of verifying, for a [`crate::crew::Crew`]: checksums, leaf hashes, subtree roots, decoding.
//!
//! A *sheaf* is a few commits that follow one another in one log file. Of a sound one is said what it holds; of one
//! that is not, only that, and the walk looks at it record by record.

use std::path::Path;
use std::sync::Arc;

use wsusmigrate_core::digest::Sha256;

use super::marks::Key;
use crate::log::frame::{COMMIT_HEADER_BYTES, CommitHeader, Records};
use crate::record::Record;
use crate::tree;

/// A sheaf is given away once it has so many bytes; it holds at most one commit more.
const SHEAF_BYTES_GOAL: usize = 128 << 10;

/// Commits that follow one another in one log file.
pub(super) struct Sheaf {
    /// The log file.
    pub(super) path: Arc<Path>,
    /// Their bodies, one after the other.
    pub(super) bodies: Vec<u8>,
    /// Where all its records are decoded: what their event ids are hashed with. Those that name a key always are decoded.
    key: Option<Key>,
    /// The header of each, and its offset in the log file.
    pub(super) commits: Vec<(CommitHeader, u64)>,
}

/// A sheaf and what it holds.
pub(super) struct Answer {
    pub(super) sheaf: Sheaf,
    /// `None`: something about it is not as it should be.
    pub(super) sound: Option<Sound>,
}

/// What a sound sheaf holds.
pub(super) struct Sound {
    /// The leaf hash its first record names as the one before.
    pub(super) previous: Sha256,
    /// The leaf hash of its last record.
    pub(super) leaf: Sha256,
    /// The complete subtrees its records fill: heights and roots.
    pub(super) subtrees: Vec<(u32, Sha256)>,
    /// Its records, as far as they are decoded, and their offsets in the log file.
    pub(super) records: Vec<(Record, u64)>,
    /// The hashes of their event ids, where they are all decoded.
    pub(super) ids: Vec<u64>,
}

impl Sheaf {
    pub(super) fn new(path: &Arc<Path>, key: Option<Key>) -> Self {
        Self { path: Arc::clone(path), bodies: Vec::new(), key, commits: Vec::new() }
    }

    pub(super) fn is_full(&self) -> bool {
        self.bodies.len() >= SHEAF_BYTES_GOAL
    }

    /// Takes what it holds, if anything, and leaves an empty one.
    pub(super) fn take(&mut self) -> Option<Self> {
        let empty = Self::new(&self.path, self.key.clone());
        (!self.commits.is_empty()).then(|| std::mem::replace(self, empty))
    }

    pub(super) fn add(&mut self, header: CommitHeader, offset: u64, body: &[u8]) {
        self.commits.push((header, offset));
        self.bodies.extend(body);
    }

    /// Each commit's header, offset and body.
    pub(super) fn commits(&self) -> impl Iterator<Item = (&CommitHeader, u64, &[u8])> {
        let mut rest = &self.bodies[..];
        self.commits.iter().map(move |(header, offset)| {
            let (body, after) = rest.split_at(header.body_bytes as usize);
            rest = after;
            (header, *offset, body)
        })
    }

    /// The first sequence, and the one after the last.
    pub(super) fn range(&self) -> Option<(u64, u64)> {
        Some((self.commits.first()?.0.first, self.commits.last()?.0.end()))
    }

    /// What it holds.
    pub(super) fn examine(self) -> Answer {
        let sound = self.look();
        Answer { sheaf: self, sound }
    }

    fn look(&self) -> Option<Sound> {
        let (mut previous, mut leaves) = (None, Vec::new());
        let (mut records, mut ids) = (Vec::new(), Vec::new());
        for (header, offset, body) in self.commits() {
            for slot in Records::new(header, body) {
                let payload = slot.record.ok()?;
                let named = payload.previous();
                if leaves.last().is_some_and(|leaf| *leaf != named) {
                    return None;
                }
                previous.get_or_insert(named);
                leaves.push(payload.leaf());
                if self.key.is_some() || payload.names_a_key() {
                    let record = payload.decode().ok()?;
                    ids.extend(self.key.as_ref().map(|key| key.hash(&record.envelope().id)));
                    records.push((record, offset + (COMMIT_HEADER_BYTES + slot.at) as u64));
                }
            }
        }
        let (first, leaf) = (self.range()?.0, *leaves.last()?);
        let subtrees = tree::subtrees(first, &mut leaves);
        Some(Sound { previous: previous?, leaf, subtrees, records, ids })
    }
}
