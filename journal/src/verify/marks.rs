//! Which event ids may stand in a log already, in bounded memory.
//!
//! ```text
//!  hash of an event id, under a key that is drawn anew each time
//!  | place, 32 bits | mark, 32 bits |
//!          │                └─ is put into the first free place
//!          └─ of the table, from here on
//! ```
//!
//! Equal ids have equal hashes: an id that was marked is always met again. Different ids meet where marks are equal and
//! places near: in a full table once in about 2^30 ids, and nobody who does not know the key can choose such ids. So what is
//! met is a candidate, and no more than that.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::hint::black_box;

use wsusmigrate_core::id::EventId;

/// Places for five ids: more than that, and the way to a free one gets long.
const PLACES_FOR_FIVE: usize = 8;
/// The most ids that are marked at a time: their table takes 64 MiB.
pub(super) const IDS_MAX: usize = (1 << 24) / PLACES_FOR_FIVE * 5;
/// Bits of a mark.
pub(super) const MARK_BITS: u32 = u32::BITS;

/// What makes hashes of event ids.
#[derive(Clone)]
pub(super) struct Key(RandomState);

impl Key {
    pub(super) fn draw() -> Self {
        Self(RandomState::new())
    }

    pub(super) fn hash(&self, id: &EventId) -> u64 {
        self.0.hash_one(u128::from_ne_bytes(*id.as_bytes()))
    }
}

/// The table.
pub(super) struct Marks {
    /// Zero where none is.
    places: Vec<u32>,
    /// Ids there is room for.
    room: usize,
    /// Ids that have not been marked yet, of these.
    left: usize,
    /// The bits of a hash that make the mark.
    mask: u32,
}

/// What became of an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Met {
    /// It was not there, and is marked now.
    New,
    /// It may have been there.
    Candidate,
    /// It was not there, and there is no room to mark it.
    NoRoom,
}

impl Marks {
    /// A table for so many ids, with marks of so many bits.
    pub(super) fn new(room: usize, bits: u32) -> Self {
        let places = vec![0; (room * PLACES_FOR_FIVE).div_ceil(5) + 1];
        Self { places, room, left: room, mask: u32::MAX >> (u32::BITS - bits) }
    }

    /// Forgets every id.
    pub(super) fn clear(&mut self) {
        self.places.fill(0);
        self.left = self.room;
    }

    /// What it takes of memory.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        size_of_val(&self.places[..])
    }

    /// Has the places of ids that are about to be looked for brought near, all at a time: in a large table each is far
    /// away, and looking for one after the other would wait for each.
    pub(super) fn fetch(&self, hashes: &[u64]) {
        black_box(hashes.iter().fold(0, |all, hash| all ^ self.places[self.place(*hash)]));
    }

    /// Looks for an id by its hash, and marks it where there is room.
    pub(super) fn meet(&mut self, hash: u64) -> Met {
        let (mark, mut at) = (self.mark(hash), self.place(hash));
        loop {
            match &mut self.places[at] {
                0 if self.left == 0 => return Met::NoRoom,
                free @ 0 => {
                    *free = mark;
                    self.left -= 1;
                    return Met::New;
                }
                there if *there == mark => return Met::Candidate,
                _ => at += 1,
            }
            if at == self.places.len() {
                at = 0;
            }
        }
    }

    #[allow(clippy::cast_possible_truncation, reason = "the lower half of the hash is meant")]
    fn mark(&self, hash: u64) -> u32 {
        (hash as u32 & self.mask).max(1)
    }

    /// The place its upper half stands for.
    #[allow(clippy::cast_possible_truncation, reason = "it is below the number of places")]
    fn place(&self, hash: u64) -> usize {
        (((hash >> 32) * self.places.len() as u64) >> 32) as usize
    }
}
