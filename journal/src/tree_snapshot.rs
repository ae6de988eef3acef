//! The Merkle tree's right edge as a snapshot, with the place in the log it belongs to: where opening starts.
//!
//! It is taken *before* a commit that is durable. That commit's first record carries the leaf hash the snapshot
//! ends with, so the log itself proves or refutes it.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use wsusmigrate_core::digest::Sha256;
use wsusmigrate_core::id::StreamId;

use crate::disk::FileError;
use crate::log::cursor::{Position, segments};
use crate::log::scan::Point;
use crate::snapshot::{self, Label};
use crate::tree::Tree;

const NAME: &str = "tree";
const VERSION: u16 = 1;

#[derive(Serialize, Deserialize)]
struct State {
    segment: u64,
    offset: u64,
    number: u64,
    /// First sequences of all segments up to this one: a log file that is missing shows.
    segments: Vec<u64>,
    edge: Vec<Sha256>,
    /// The newest checkpoint: its root cannot be computed from a later edge.
    checkpoint: Option<(u64, Sha256)>,
}

/// A point to start from.
pub(crate) struct Start {
    pub(crate) point: Point,
    pub(crate) checkpoint: Option<(u64, Sha256)>,
}

pub(crate) struct TreeSnapshots {
    pub(crate) folder: PathBuf,
    pub(crate) log: PathBuf,
    pub(crate) stream: StreamId,
}

impl TreeSnapshots {
    pub(crate) fn write(&self, point: &Point, checkpoint: Option<(u64, Sha256)>) -> Result<(), FileError> {
        if point.at.next == 0 {
            return Ok(());
        }
        let label =
            Label { stream: self.stream, size: point.at.next, leaf: point.leaf, root: point.tree.root() };
        let mut segments = segments(&self.log)?;
        segments.retain(|&first| first <= point.at.segment);
        let Position { segment, offset, number, .. } = point.at;
        let state = State { segment, offset, number, segments, edge: point.tree.edge().to_vec(), checkpoint };
        snapshot::write(&self.folder, NAME, VERSION, &label, &state)
    }
}

/// The points the snapshots offer, newest first. Whether the log agrees, the scan from there shows.
pub(crate) fn starts(
    folder: &Path,
    log: &Path,
    stream: StreamId,
    size_max: u64,
) -> impl Iterator<Item = Start> {
    let there = segments(log).unwrap_or_default();
    snapshot::candidates::<State>(folder, NAME, VERSION, stream, size_max).filter_map(
        move |(label, state)| {
            let tree = Tree::from_edge(label.size, state.edge)?;
            let at = Position {
                segment: state.segment,
                offset: state.offset,
                next: label.size,
                number: state.number,
            };
            let sound = tree.root() == label.root && there.starts_with(&state.segments);
            sound.then_some(Start {
                point: Point { at, leaf: label.leaf, tree },
                checkpoint: state.checkpoint,
            })
        },
    )
}
