//! The roots of some subtrees, from the log: one walk over the records, hashed by a [`Crew`].

use std::ops::{ControlFlow, Range};

use wsusmigrate_core::digest::Sha256;

use crate::crew::Crew;
use crate::error::ReadError;
use crate::reader::RecordSource;
use crate::record::{RecordView, leaf_hash};
use crate::tree::{Tree, subtrees};

/// Records that are hashed together.
const STRETCH_RECORDS: usize = 512;
/// Fewer records than this are hashed before other threads have started.
const CREW_RECORDS_MIN: u64 = 4_096;

/// The root of each range, in the order of the ranges. They are subtrees of one tree: disjoint, and each begins at a
/// multiple of the power of two that is not below its length.
pub(super) fn gather(source: &dyn RecordSource, ranges: &[Range<u64>]) -> Result<Vec<Sha256>, ReadError> {
    let mut trees = vec![Tree::default(); ranges.len()];
    let mut order: Vec<_> = (0..ranges.len()).collect();
    order.sort_unstable_by_key(|&at| ranges[at].start);
    let records: u64 = ranges.iter().map(|range| range.end - range.start).sum();
    let mut crew =
        if records < CREW_RECORDS_MIN { Crew::alone(Stretch::hash) } else { Crew::new(Stretch::hash) };
    for at in order {
        let range = &ranges[at];
        let mut stretch = Stretch::new(at, 0);
        source.visit(range.clone(), &mut |record| {
            stretch.add(record);
            if stretch.ends.len() == STRETCH_RECORDS {
                let next = Stretch::new(at, stretch.first + STRETCH_RECORDS as u64);
                take(&mut trees, crew.give(std::mem::replace(&mut stretch, next)));
            }
            Ok(ControlFlow::Continue(()))
        })?;
        take(&mut trees, crew.give(stretch));
    }
    while let Some(hashed) = crew.take() {
        take(&mut trees, Some(hashed));
    }
    Ok(trees.iter().map(Tree::root).collect())
}

fn take(trees: &mut [Tree], hashed: Option<Hashed>) {
    let Some(Hashed { at, subtrees }) = hashed else { return };
    for (height, root) in subtrees {
        trees[at].push_subtree(height, root);
    }
}

/// Records of one range that follow one another, as they are stored.
struct Stretch {
    /// Which range.
    at: usize,
    /// How many records of the range come before.
    first: u64,
    payloads: Vec<u8>,
    ends: Vec<usize>,
}

/// The complete subtrees a stretch fills.
struct Hashed {
    at: usize,
    subtrees: Vec<(u32, Sha256)>,
}

impl Stretch {
    const fn new(at: usize, first: u64) -> Self {
        Self { at, first, payloads: Vec::new(), ends: Vec::new() }
    }

    fn add(&mut self, record: RecordView<'_>) {
        self.payloads.extend(record.bytes());
        self.ends.push(self.payloads.len());
    }

    fn hash(self) -> Hashed {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        let mut leaves: Vec<_> =
            starts.zip(&self.ends).map(|(start, &end)| leaf_hash(&self.payloads[start..end])).collect();
        Hashed { at: self.at, subtrees: subtrees(self.first, &mut leaves) }
    }
}
