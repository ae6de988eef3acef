//! Room kept for the end: a file that is given up when the disk is full, so that the journal can still be opened, told
//! about and closed.
//!
//! What it has to hold: a new head (8 KiB, twice while it is replaced), the next piece of the log or a new log file
//! with its first piece (256 KiB each), the closing checkpoint and its two notes beside the key (a block each), and a
//! snapshot of the tree's edge. The store is not among it: on a full disk nobody touches it.

use std::io::Write as _;

use crate::disk::{self, Durability, FileError};
use crate::log::filler::PIECE_BYTES_MIN;
use crate::place::Place;

/// Its size: twice what it has to hold.
pub const RESERVE_BYTES: u64 = 1 << 20;

const _: () = assert!(RESERVE_BYTES >= 3 * PIECE_BYTES_MIN);

/// Makes it where it is missing or short. Says whether it did.
pub(crate) fn make(place: &Place) -> Result<bool, FileError> {
    let path = place.reserve();
    if path.metadata().is_ok_and(|there| there.len() == RESERVE_BYTES) {
        return Ok(false);
    }
    // A crash in here leaves a part under a temporary name, which the next opening replaces.
    disk::write_atomic_with(&path, Durability::Synced, |file| file.write_all(&noise())).map(|()| true)
}

/// Gives its room to whoever needs it now.
pub(crate) fn give_up(place: &Place) -> Result<(), FileError> {
    for file in [place.reserve_half_made(), place.reserve()] {
        match disk::remove(&file) {
            Err(error) if !disk::is_missing(&error) => return Err(error),
            // A crash here leaves a journal without a reserve, which the next opening makes again.
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}

/// Bytes that no file system stores in less room than they take, as some do with zeros.
fn noise() -> Vec<u8> {
    let words = (1..=RESERVE_BYTES / 8).map(|number| {
        let word = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word ^ (word >> 27)
    });
    words.flat_map(u64::to_be_bytes).collect()
}
