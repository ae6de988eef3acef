//! How much room the store needs on the disk, for whoever has to make it.

use std::fs;
use std::path::Path;

use super::StoreError;
use crate::place::Place;

/// What sled takes before it holds anything worth mentioning: segments of half a MiB for each of its trees.
const BASE_BYTES: u64 = 6 << 20;
/// An estimate from above: no store we saw took so many times what its log took.
const PER_LOG_BYTE: u64 = 2;

/// What a new store of a log may take.
pub(crate) fn needed(place: &Place) -> u64 {
    BASE_BYTES + PER_LOG_BYTE * bytes_in(&place.log())
}

/// Says how much room is needed, where room is what was lacking.
pub(super) fn tell_need(error: StoreError, place: &Place) -> StoreError {
    if !error.lacks_room {
        return error;
    }
    let mebibytes = needed(place).saturating_sub(bytes_in(&place.store())).div_ceil(1 << 20).max(1);
    let what = format!("it may need {mebibytes} MiB more in {}: {}", place.root().display(), error.what);
    StoreError { what, ..error }
}

/// What the files of a folder take; nothing where it cannot be listed.
fn bytes_in(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.metadata().ok())
        .filter(fs::Metadata::is_file)
        .map(|file| file.len())
        .sum()
}
