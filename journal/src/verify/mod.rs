//! Checking everything there is to check, without the lock and without changing anything.
//!
//! Framing, checksums, sequence, chain, decodability, clock order, legality of the history (the caller's), the head,
//! and every checkpoint against the tree. Names the first bad record, and goes on to report the rest.

mod beyond;
mod duplicates;
mod elsewhere;
mod findings;
mod ids;
mod judge;
mod marks;
mod notes;
mod outside;
mod sheaf;
mod snapshots;
mod streams;
mod subject;
mod verification;
mod walk;

use std::path::Path;

use wsusmigrate_core::envelope::Recorded;

use crate::error::ReadError;
use crate::record::RecordView;
use ids::{Bounds, Spot};

pub use elsewhere::Elsewhere;
pub use outside::Outside;
pub use snapshots::verify_snapshots;
pub use verification::{Finding, LeftOut, Severity, Verification};

/// Verifies a journal.
pub fn verify(dir: &Path) -> Result<Verification, ReadError> {
    verify_with(dir, &mut |_| Ok(()))
}

/// Verifies a journal; `legal` says of each event whether it may follow the ones before it.
pub fn verify_with(
    dir: &Path,
    legal: &mut dyn FnMut(&Recorded) -> Result<(), String>,
) -> Result<Verification, ReadError> {
    verify_against(dir, legal, Outside::default())
}

/// Verifies the bytes of a journal alone: framing, checksums, sequence, chain, tree, head and checkpoints. What the
/// records say is not looked at, except which key signs, nor the evidence they name.
pub fn verify_bytes(dir: &Path) -> Result<Verification, ReadError> {
    walk::walk(dir, Depth::Bytes, Outside::default(), Bounds::default())
}

/// Verifies a journal as [`verify_with`] does, and whether it goes on from what is said of it outside its folder: beside
/// its key, and in a checkpoint kept elsewhere. Signed by the journal's key, for this journal, with the root the log has
/// at that size; what it says otherwise is damage, for one of the two is not what it was.
pub fn verify_against(
    dir: &Path,
    legal: &mut dyn FnMut(&Recorded) -> Result<(), String>,
    outside: Outside<'_>,
) -> Result<Verification, ReadError> {
    walk::walk(dir, Depth::Records(legal), outside, Bounds::default())
}

/// How closely is looked.
enum Depth<'a> {
    /// At the bytes.
    Bytes,
    /// At what the records say as well, and whether it may follow what was said before.
    Records(&'a mut dyn FnMut(&Recorded) -> Result<(), String>),
    /// At each record that has kept its bytes, and where it stands, and at nothing else.
    Ids(&'a mut dyn FnMut(RecordView<'_>, &dyn Fn() -> Spot)),
}
