//! Proofs of RFC 6962, section 2.1: that a record is in the tree, that a tree is the beginning of a larger one.
//!
//! ```text
//!  records ─► leaf hashes ─► roots of the subtrees the proof names ─► proof ─► check, without the log
//! ```
//!
//! A proof is a handful of hashes, 2 log₂ n at most, and says nothing about signatures: the roots it is checked
//! against are those of [`crate::Checkpoint`]s. The log is streamed once; what is held does not grow with it.

mod check;
mod gather;
mod path;
mod text;

use std::ops::Range;

use wsusmigrate_core::digest::Sha256;
use wsusmigrate_core::unit::Seq;

use crate::error::ReadError;
use crate::reader::RecordSource;
use gather::gather;

pub use check::NotProved;

/// That one record is among the first `size`: RFC 6962's `PATH(seq, D[size])`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inclusion {
    /// The record.
    pub seq: Seq,
    /// Records of the tree it is in.
    pub size: u64,
    /// From the sibling of the record's leaf up to the child of the root.
    pub hashes: Vec<Sha256>,
}

/// That the first `from` records are the beginning of the first `to`: RFC 6962's `PROOF(from, D[to])`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consistency {
    /// Records of the smaller tree.
    pub from: u64,
    /// Records of the larger tree.
    pub to: u64,
    /// In the order of the definition.
    pub hashes: Vec<Sha256>,
}

/// Computes the proof that a record is among the first `size`, and the record's leaf hash.
pub fn prove_inclusion(
    source: &dyn RecordSource,
    seq: Seq,
    size: u64,
) -> Result<(Inclusion, Sha256), ReadError> {
    let asked = size.max(seq.0.saturating_add(1));
    if asked > source.size().min(size) {
        return Err(ReadError::Beyond { asked, size: source.size().min(size) });
    }
    let mut ranges = path::of_inclusion(seq.0, size);
    ranges.push(seq.0..seq.0 + 1);
    let mut hashes = gather(source, &ranges)?;
    // The last was asked for, so it is there.
    let leaf = hashes.pop().unwrap_or(Sha256([0; 32]));
    Ok((Inclusion { seq, size, hashes }, leaf))
}

/// Computes the proof that the first `from` records are the beginning of the first `to`, and the root over `from`.
pub fn prove_consistency(
    source: &dyn RecordSource,
    from: u64,
    to: u64,
) -> Result<(Consistency, Sha256), ReadError> {
    if from > to || to > source.size() {
        return Err(ReadError::Beyond { asked: from.max(to), size: source.size().min(to) });
    }
    let ranges = path::of_consistency(from, to);
    // Those that lie in the smaller tree are its right edge, except where the proof leaves its root out.
    let inside = |range: &Range<u64>| range.end <= from;
    let left_out = !ranges.iter().any(inside);
    let mut asked = ranges.clone();
    asked.extend(left_out.then_some(0..from));
    let mut hashes = gather(source, &asked)?;
    let mut edge: Vec<_> = asked.iter().zip(&hashes).filter(|(range, _)| inside(range)).collect();
    edge.sort_by_key(|(range, _)| range.start);
    let root =
        edge.iter().rev().map(|(_, hash)| **hash).reduce(|right, left| crate::tree::node(&left, &right));
    let root = root.unwrap_or_else(|| crate::tree::Tree::default().root());
    hashes.truncate(ranges.len());
    Ok((Consistency { from, to, hashes }, root))
}
