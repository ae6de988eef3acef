//! Checking a proof, by RFC 9162, sections 2.1.3.2 and 2.1.4.2: by hand, one needs SHA-256 and these few lines.

use wsusmigrate_core::digest::Sha256;

use super::{Consistency, Inclusion};
use crate::tree::{Tree, node};

/// The hashes do not lead from the one to the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the hashes of the proof do not lead to the root")]
pub struct NotProved;

impl Inclusion {
    /// Whether the record with this leaf hash is in the tree with this root, at the place the proof names.
    pub fn verify(&self, leaf: Sha256, root: Sha256) -> Result<(), NotProved> {
        if self.root(leaf) == Some(root) { Ok(()) } else { Err(NotProved) }
    }

    /// The root of the tree that holds the leaf at its place; `None` where the proof is not one of its size.
    #[must_use]
    pub fn root(&self, leaf: Sha256) -> Option<Sha256> {
        let mut last = self.size.checked_sub(1).filter(|last| self.seq.0 <= *last)?;
        let (mut at, mut hash) = (self.seq.0, leaf);
        for sibling in &self.hashes {
            if last == 0 {
                return None;
            }
            if at & 1 == 1 || at == last {
                hash = node(sibling, &hash);
                climb_left(&mut at, &mut last);
            } else {
                hash = node(&hash, sibling);
            }
            (at, last) = (at >> 1, last >> 1);
        }
        (last == 0).then_some(hash)
    }
}

impl Consistency {
    /// Whether the tree with the root `older` is the beginning of the one with the root `newer`.
    pub fn verify(&self, older: Sha256, newer: Sha256) -> Result<(), NotProved> {
        let proved = match (self.from, self.to) {
            // Nothing is the beginning of everything, and has only one root.
            (0, to) => {
                self.hashes.is_empty() && older == Tree::default().root() && (to > 0 || newer == older)
            }
            (from, to) if from == to => self.hashes.is_empty() && older == newer,
            (from, to) if from < to => self.roots(older) == Some((older, newer)),
            _ => false,
        };
        if proved { Ok(()) } else { Err(NotProved) }
    }

    /// The two roots the hashes lead to. `older` is taken up where the proof leaves it out.
    fn roots(&self, older: Sha256) -> Option<(Sha256, Sha256)> {
        let (mut at, mut last) = (self.from.checked_sub(1)?, self.to.checked_sub(1)?);
        let left_out = self.from.is_power_of_two().then_some(older);
        let mut hashes = left_out.into_iter().chain(self.hashes.iter().copied());
        let common = at.trailing_ones();
        (at, last) = (at >> common, last >> common);
        let first = hashes.next()?;
        let (mut from, mut to) = (first, first);
        for hash in hashes {
            if last == 0 {
                return None;
            }
            if at & 1 == 1 || at == last {
                from = node(&hash, &from);
                to = node(&hash, &to);
                climb_left(&mut at, &mut last);
            } else {
                to = node(&to, &hash);
            }
            (at, last) = (at >> 1, last >> 1);
        }
        (last == 0).then_some((from, to))
    }
}

/// A node without a sibling to its right keeps its hash until it is a right child.
fn climb_left(at: &mut u64, last: &mut u64) {
    if *at & 1 == 0 {
        let levels = at.trailing_zeros().min(u64::BITS - 1);
        *at >>= levels;
        *last >>= levels;
    }
}
