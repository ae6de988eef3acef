//! Event ids that stand in a log more than once: a copy that somebody put in, or a fault of the program.
//!
//! Ids are *marked* while the log is verified, as many at a time as [`Marks`] has room for; the others in rounds of their own,
//! from the first unmarked record on. A record is looked for in the marks of every round that began before it, so no two
//! are missed. What was met is a *candidate*, and a last look at the log, only then, says by the ids themselves whether it
//! stands there twice.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use wsusmigrate_core::id::EventId;

use super::findings::FINDINGS_MAX;
use super::marks::{IDS_MAX, Key, MARK_BITS, Marks, Met};
use crate::head::Head;
use crate::log::frame::RECORD_HEADER_BYTES;
use crate::place::Place;
use crate::record::IDENTIFIED_BYTES;

/// The most candidates that are looked at.
const CANDIDATES_MAX: usize = 1 << 16;

/// How much memory verifying may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// Ids that are marked at a time.
    pub(super) ids: usize,
    /// Bits of a mark.
    pub(super) mark_bits: u32,
    /// Candidates.
    pub(super) candidates: usize,
    /// Findings of a kind.
    pub(super) findings: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { ids: IDS_MAX, mark_bits: MARK_BITS, candidates: CANDIDATES_MAX, findings: FINDINGS_MAX }
    }
}

/// Where a record stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spot {
    pub(super) seq: u64,
    pub(super) file: PathBuf,
    pub(super) offset: u64,
}

/// The event ids of a log, as far as they were looked at.
pub(super) struct Ids {
    key: Key,
    marks: Marks,
    /// The first record whose id found no room: the next round begins there.
    unmarked: Option<u64>,
    /// Ids that may stand there twice, and where they were first seen when that was looked for.
    candidates: BTreeMap<EventId, Option<Spot>>,
    candidates_max: usize,
    /// The first record whose id may be a duplicate and was too many.
    too_many: Option<u64>,
}

impl Ids {
    /// For a log of at most so many records.
    pub(super) fn new(records_max: u64, bounds: Bounds) -> Self {
        let room = usize::try_from(records_max).unwrap_or(usize::MAX).clamp(1, bounds.ids);
        Self {
            key: Key::draw(),
            marks: Marks::new(room, bounds.mark_bits),
            unmarked: None,
            candidates: BTreeMap::new(),
            candidates_max: bounds.candidates,
            too_many: None,
        }
    }

    pub(super) fn key(&self) -> &Key {
        &self.key
    }

    /// Takes in the ids of records that follow one another, by their hashes.
    pub(super) fn take_all(&mut self, first: u64, hashes: &[u64], id: impl Fn(usize) -> EventId) {
        self.marks.fetch(hashes);
        for ((seq, hash), at) in (first..).zip(hashes).zip(0..) {
            self.take(seq, *hash, || id(at));
        }
    }

    /// Takes in the id of a record by its hash. In a round, records are taken in the order of the log.
    pub(super) fn take(&mut self, seq: u64, hash: u64, id: impl FnOnce() -> EventId) {
        match self.marks.meet(hash) {
            Met::New => {}
            Met::NoRoom => {
                self.unmarked.get_or_insert(seq);
            }
            Met::Candidate => self.candidate(seq, id()),
        }
    }

    fn candidate(&mut self, seq: u64, id: EventId) {
        if self.candidates.len() < self.candidates_max {
            self.candidates.entry(id).or_default();
        } else if !self.candidates.contains_key(&id) {
            self.too_many.get_or_insert(seq);
        }
    }

    /// Begins another round, if there has to be one: from which record on.
    pub(super) fn next_round(&mut self) -> Option<u64> {
        let first = self.unmarked.take()?;
        self.marks.clear();
        Some(first)
    }

    /// Whether the log has to be looked at once more.
    pub(super) fn has_candidates(&self) -> bool {
        !self.candidates.is_empty()
    }

    /// Where the event of a record stood before, if it did. Asked in the order of the log.
    pub(super) fn stood_before(&mut self, id: EventId, spot: &dyn Fn() -> Spot) -> Option<&Spot> {
        match self.candidates.get_mut(&id)? {
            Some(first) => Some(first),
            none => {
                *none = Some(spot());
                None
            }
        }
    }

    /// The first record whose id may be a duplicate and was not looked at: there were too many.
    pub(super) fn too_many(&self) -> Option<u64> {
        self.too_many
    }
}

/// The most records a log can have: what the head says, but no more than its files have room for.
pub(super) fn records_max(log: &Path, segments: &[u64], head: Option<&Head>) -> u64 {
    const RECORD_BYTES_MIN: u64 = (RECORD_HEADER_BYTES + IDENTIFIED_BYTES) as u64;
    let length = |&segment: &u64| fs::metadata(Place::segment(log, segment)).map_or(0, |it| it.len());
    let bytes = segments.iter().map(length).fold(0, u64::saturating_add);
    head.map_or(u64::MAX, |head| head.size).min(bytes / RECORD_BYTES_MIN)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn id(number: u8) -> EventId {
        EventId::from_bytes([number; 16])
    }

    /// Which records duplicate which, as the walk asks for it.
    fn duplicates(log: &[u8], bounds: Bounds) -> (Vec<(usize, u64)>, Ids) {
        let mut ids = Ids::new(log.len() as u64, bounds);
        let mut round = Some(0);
        while let Some(first) = round {
            for (seq, &number) in (0..).zip(log).skip_while(|(seq, _)| *seq < first) {
                let hash = ids.key().hash(&id(number));
                ids.take(seq, hash, || id(number));
            }
            round = ids.next_round();
        }
        let mut found = Vec::new();
        for (seq, &number) in log.iter().enumerate() {
            let spot = || Spot { seq: seq as u64, file: PathBuf::new(), offset: 0 };
            found.extend(ids.stood_before(id(number), &spot).map(|first| (seq, first.seq)));
        }
        (found, ids)
    }

    /// By the definition.
    fn expected(log: &[u8]) -> Vec<(usize, u64)> {
        let first = |number| log.iter().position(|it| it == number).unwrap();
        let firsts = log.iter().map(|number| first(number) as u64).enumerate();
        firsts.filter(|(seq, first)| *seq as u64 != *first).collect()
    }

    proptest! {
        /// Marks of one bit are all the same; a table for one id needs a round for each.
        #[test]
        fn every_duplicate_is_found_and_nobody_is_accused(
            log in prop::collection::vec(any::<u8>(), 0..200),
            ids in 1_usize..200,
            mark_bits in prop_oneof![Just(1), 1..9_u32, Just(32)],
        ) {
            let bounds = Bounds { ids, mark_bits, ..Bounds::default() };
            prop_assert_eq!(duplicates(&log, bounds).0, expected(&log));
        }
    }

    #[test]
    fn candidates_beyond_the_most_are_said_to_be_left_out() {
        let log = [1, 2, 3, 4, 1, 1, 2, 3, 4];
        let bounds = |candidates| Bounds { candidates, ..Bounds::default() };
        let (found, ids) = duplicates(&log, bounds(2));
        assert_eq!((found, ids.too_many()), (vec![(4, 0), (5, 0), (6, 1)], Some(7)));
        let (found, ids) = duplicates(&log, bounds(4));
        assert_eq!((found, ids.too_many()), (expected(&log), None));
    }

    #[test]
    fn without_a_duplicate_there_is_nothing_to_look_for() {
        let log: Vec<u8> = (0..=255).collect();
        assert!(!duplicates(&log, Bounds::default()).1.has_candidates());
    }

    #[test]
    fn the_table_is_in_proportion_to_the_log_and_bounded() {
        let folder = tempfile::TempDir::new().unwrap();
        for (segment, bytes) in [(0, 6_800), (100, 680)] {
            fs::write(Place::segment(folder.path(), segment), vec![0; bytes]).unwrap();
        }
        assert_eq!(records_max(folder.path(), &[0, 100, 7], None), 110);
        let table = |records| Ids::new(records, Bounds::default()).marks.bytes();
        assert!((4_000..8_000).contains(&table(1_000)) && table(0) > 0);
        assert!((64 << 20..65 << 20).contains(&table(u64::MAX)));
    }
}
