//! Planning a pass: which files of the manifest need work, and what is known about each.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use crate::content::list::{Entry, copying_order};
use crate::content::naming::promised;
use crate::event::content::Origin;
use crate::path::{PathRef, RelPath};
use crate::projection::content::FileRecord;
use crate::unit::ModifiedNanos;

/// What a listing of the destination shows under a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AtDestination {
    /// Size in bytes.
    pub bytes: u64,
    /// Modification time.
    pub modified: ModifiedNanos,
}

/// What stands at the destination before a file is worked on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// Nothing.
    Absent,
    /// A file whose bytes are to be hashed before anything else.
    Present {
        /// Whether it may be replaced where its bytes are wrong: we wrote it, or its name is a digest that the bytes
        /// do not have. Any other file belongs to somebody else and is a conflict.
        replaceable: bool,
        /// What it means when its bytes are right.
        origin: Origin,
    },
}

/// One file of the worklist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkItem {
    /// Position in the manifest.
    pub index: usize,
    /// What stands at the destination.
    pub found: Found,
    /// Whether an earlier file of the manifest has the same name in other case.
    pub collides: bool,
}

/// What a pass over the manifest will do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pass {
    /// The files that need work, in copying order.
    pub items: Vec<WorkItem>,
    /// Their sizes together, in bytes.
    pub bytes: u64,
    /// Files that are recorded and unchanged on both sides.
    pub unchanged_files: u64,
    /// Their sizes together, in bytes.
    pub unchanged_bytes: u64,
}

/// What the planning asks about each file.
pub trait Knowledge {
    /// What the journal says stands in place.
    fn recorded(&self, path: &PathRef) -> Option<FileRecord>;
    /// What the listing of the destination shows.
    fn at_destination(&self, path: &RelPath) -> Option<AtDestination>;
    /// Whether an interrupted batch found nothing there and has not recorded the file: what stands there is that batch's.
    fn perhaps_brought(&self, path: &RelPath) -> bool;
    /// Whether a replacement of the file was begun and has no outcome: what is recorded of it is not to be believed.
    fn perhaps_replaced(&self, path: &PathRef) -> bool;
}

/// Decides which files need work. O(n log n) for collisions and order, O(n) questions, asked in the manifest's order.
#[must_use]
pub fn plan_pass(manifest: &[Entry], knowledge: &impl Knowledge, recheck: bool) -> Pass {
    let collisions = collisions(manifest);
    let mut pass = Pass::default();
    for (index, entry) in manifest.iter().enumerate() {
        let Some(found) = find(entry, knowledge, recheck) else {
            pass.unchanged_files += 1;
            pass.unchanged_bytes += entry.bytes;
            continue;
        };
        pass.bytes += entry.bytes;
        pass.items.push(WorkItem { index, found, collides: collisions.binary_search(&index).is_ok() });
    }
    pass.items.sort_unstable_by(|one, other| copying_order(&manifest[one.index], &manifest[other.index]));
    pass
}

/// What stands in the file's place, or nothing where it needs no work.
fn find(entry: &Entry, knowledge: &impl Knowledge, recheck: bool) -> Option<Found> {
    let Some(there) = knowledge.at_destination(&entry.path) else { return Some(Found::Absent) };
    let path = PathRef::of(&entry.path);
    let digest_name = promised(&entry.path).is_some();
    let Some(recorded) = knowledge.recorded(&path) else {
        let brought = knowledge.perhaps_brought(&entry.path);
        let origin = if brought { Origin::AfterInterruption } else { Origin::FoundInPlace };
        return Some(Found::Present { replaceable: digest_name || brought, origin });
    };
    let source_same = (entry.bytes, entry.modified) == (recorded.bytes, recorded.modified);
    let destination_same = (there.bytes, there.modified) == (recorded.bytes, recorded.modified);
    // A name that is a digest promises its bytes: what was proved in place stays right whatever the source looks like.
    let believed = recorded.suspect.is_none() && !knowledge.perhaps_replaced(&path);
    if destination_same && (source_same || digest_name) && !recheck && believed {
        return None;
    }
    Some(Found::Present { replaceable: digest_name || destination_same, origin: Origin::Rechecked })
}

/// Positions, ascending, of files whose folded path an earlier file of the list has.
fn collisions(manifest: &[Entry]) -> Vec<usize> {
    let hash = |entry: &Entry| {
        let mut hasher = DefaultHasher::new();
        entry.path.folded().hash(&mut hasher);
        hasher.finish()
    };
    let mut hashed: Vec<_> = manifest.iter().map(hash).zip(0..).collect();
    hashed.sort_unstable();
    let mut later = Vec::new();
    for same in hashed.chunk_by(|one, other| one.0 == other.0).filter(|same| same.len() > 1) {
        let mut folded: Vec<_> =
            same.iter().map(|&(_, index)| (manifest[index].path.folded(), index)).collect();
        folded.sort_unstable();
        later.extend(folded.windows(2).filter(|pair| pair[0].0 == pair[1].0).map(|pair| pair[1].1));
    }
    later.sort_unstable();
    later
}

#[cfg(test)]
mod tests {
    //! Goal: every combination of (recorded, at the destination, source changed) leads to the work its reader would
    //! expect. Method: one file, all combinations.

    use super::*;
    use crate::digest::Sha256;
    use crate::event::content::{Mismatch, Naming};
    use crate::projection::content::How;
    use crate::unit::Seq;

    const DIGEST_NAME: &str = "WsusContent/A2/86542C97261C46D5B379A43EC895F97EAF409BA2.cab";
    const OTHER_NAME: &str = "WsusContent/readme.txt";

    #[derive(Clone, Copy, PartialEq, Eq)]
    enum Doubt {
        Brought,
        Replacing,
    }

    struct World {
        recorded: Option<(u64, i64)>,
        there: Option<(u64, i64)>,
        in_doubt: Option<Doubt>,
        suspect: bool,
    }

    impl Knowledge for World {
        fn recorded(&self, _: &PathRef) -> Option<FileRecord> {
            self.recorded.map(|(bytes, modified)| FileRecord {
                seq: Seq(1),
                bytes,
                modified: ModifiedNanos(modified),
                sha256: Sha256([0; 32]),
                naming: Naming::Digest,
                how: How::Brought,
                replaced: false,
                suspect: self.suspect.then_some(Mismatch::Different),
            })
        }
        fn at_destination(&self, _: &RelPath) -> Option<AtDestination> {
            self.there.map(|(bytes, modified)| AtDestination { bytes, modified: ModifiedNanos(modified) })
        }
        fn perhaps_brought(&self, _: &RelPath) -> bool {
            self.in_doubt == Some(Doubt::Brought)
        }
        fn perhaps_replaced(&self, _: &PathRef) -> bool {
            self.in_doubt == Some(Doubt::Replacing)
        }
    }

    fn entry(path: &str, bytes: u64, modified: i64) -> Entry {
        Entry {
            path: RelPath::from_bytes(path.as_bytes()).unwrap(),
            bytes,
            modified: ModifiedNanos(modified),
        }
    }

    fn plan(name: &str, world: &World, recheck: bool) -> Option<Found> {
        plan_pass(&[entry(name, 10, 100)], world, recheck).items.first().map(|item| item.found)
    }

    fn present(replaceable: bool, origin: Origin) -> Found {
        Found::Present { replaceable, origin }
    }

    #[test]
    fn a_recorded_file_unchanged_on_both_sides_is_left_alone_unless_asked() {
        let world =
            World { recorded: Some((10, 100)), there: Some((10, 100)), in_doubt: None, suspect: false };
        assert_eq!(plan(DIGEST_NAME, &world, false), None);
        assert_eq!(plan(DIGEST_NAME, &world, true), Some(present(true, Origin::Rechecked)));
    }

    #[test]
    fn a_file_that_is_gone_or_never_was_is_copied() {
        for recorded in [None, Some((10, 100))] {
            let world = World { recorded, there: None, in_doubt: None, suspect: false };
            assert_eq!(plan(DIGEST_NAME, &world, false), Some(Found::Absent));
        }
    }

    #[test]
    fn somebody_elses_file_is_replaced_only_where_its_name_proves_it_wrong() {
        let world = World { recorded: None, there: Some((10, 100)), in_doubt: None, suspect: false };
        assert_eq!(plan(DIGEST_NAME, &world, false), Some(present(true, Origin::FoundInPlace)));
        assert_eq!(plan(OTHER_NAME, &world, false), Some(present(false, Origin::FoundInPlace)));
        let changed_after_us =
            World { recorded: Some((10, 100)), there: Some((11, 300)), in_doubt: None, suspect: false };
        assert_eq!(plan(OTHER_NAME, &changed_after_us, false), Some(present(false, Origin::Rechecked)));
    }

    #[test]
    fn what_we_wrote_ourselves_may_be_replaced_by_a_newer_source() {
        let world = World { recorded: Some((9, 99)), there: Some((9, 99)), in_doubt: None, suspect: false };
        assert_eq!(plan(OTHER_NAME, &world, false), Some(present(true, Origin::Rechecked)));
    }

    #[test]
    fn a_file_in_doubt_counts_as_ours() {
        let world =
            World { recorded: None, there: Some((10, 100)), in_doubt: Some(Doubt::Brought), suspect: false };
        assert_eq!(plan(OTHER_NAME, &world, false), Some(present(true, Origin::AfterInterruption)));
    }

    #[test]
    fn a_file_whose_replacement_has_no_outcome_is_looked_at_whatever_is_recorded() {
        for (recorded, origin) in [(None, Origin::FoundInPlace), (Some((10, 100)), Origin::Rechecked)] {
            let world =
                World { recorded, there: Some((10, 100)), in_doubt: Some(Doubt::Replacing), suspect: false };
            assert_eq!(plan(DIGEST_NAME, &world, false), Some(present(true, origin)));
        }
        let somebody_elses = World {
            recorded: None,
            there: Some((10, 100)),
            in_doubt: Some(Doubt::Replacing),
            suspect: false,
        };
        assert_eq!(plan(OTHER_NAME, &somebody_elses, false), Some(present(false, Origin::FoundInPlace)));
    }

    #[test]
    fn a_file_that_a_read_back_found_wrong_is_looked_at_again() {
        let world =
            World { recorded: Some((10, 100)), there: Some((10, 100)), in_doubt: None, suspect: true };
        assert_eq!(plan(OTHER_NAME, &world, false), Some(present(true, Origin::Rechecked)));
    }

    #[test]
    fn of_names_that_differ_only_in_case_the_later_ones_collide() {
        let manifest =
            [entry("WsusContent/A", 1, 1), entry("WsusContent/b", 1, 1), entry("WsusContent/a", 1, 1)];
        let world = World { recorded: None, there: None, in_doubt: None, suspect: false };
        let items = plan_pass(&manifest, &world, false).items;
        let collides: Vec<_> = items.iter().map(|item| (item.index, item.collides)).collect();
        assert_eq!(collides, [(0, false), (2, true), (1, false)]);
    }
}
