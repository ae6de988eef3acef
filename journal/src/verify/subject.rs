//! The subject of a verification, looked at in an order that a writer beside us cannot turn into damage.
//!
//! What was said of the journal is read before what says how far it is, and that before the log: each only grows.

use std::path::{Path, PathBuf};

use super::Outside;
use super::outside::{self, Kept};
use crate::checkpoint;
use crate::disk::FileError;
use crate::error::ReadError;
use crate::head::{self, Slots};
use crate::log::cursor::segments;
use crate::open;
use crate::place::Place;

/// What stands in the folder, and beside the key.
pub(super) struct Subject {
    pub(super) kept: Vec<Kept>,
    /// Checkpoint files by the size of their names.
    pub(super) notes: Vec<(u64, PathBuf)>,
    pub(super) slots: Slots,
    /// Log files by their first sequence.
    pub(super) segments: Vec<u64>,
    /// What stands where something of this should, and cannot be read.
    pub(super) unreadable: Vec<FileError>,
}

/// Looks.
pub(super) fn look(dir: &Path, place: &Place, outside: Outside<'_>) -> Result<Subject, ReadError> {
    let kept = match (outside.keys, open::stream(place)) {
        (Some(keys), Some(stream)) => outside::kept(keys, stream),
        _ => Vec::new(),
    };
    let mut unreadable = Vec::new();
    let mut failed = |error| unreadable.push(error);
    let notes = checkpoint::list(&place.checkpoints()).unwrap_or_else(|error| {
        failed(error);
        Vec::new()
    });
    let mut slots = head::read(&place.head());
    if matches!(&slots, Ok(slots) if slots.newest.is_none()) {
        if open::is_being_created(place) {
            return Err(ReadError::Unborn(dir.to_owned()));
        }
        // The creation may have come to its end meanwhile.
        slots = head::read(&place.head());
    }
    let slots = slots.unwrap_or_else(|error| {
        failed(error);
        Slots { newest: None, damaged: 0 }
    });
    let segments = segments(&place.log()).unwrap_or_else(|error| {
        failed(error);
        Vec::new()
    });
    if segments.is_empty() && slots.newest.is_none() && unreadable.is_empty() && !place.head().exists() {
        return Err(ReadError::NotFound(dir.to_owned()));
    }
    Ok(Subject { kept, notes, slots, segments, unreadable })
}
