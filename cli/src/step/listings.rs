//! The two content roots and what was listed there.

use std::collections::{HashMap, HashSet};
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::thread;

use wsusmigrate_core::content::{AtDestination, CONTENT_FOLDER, Entry};
use wsusmigrate_core::path::RelPath;
use wsusmigrate_core::text::Text;

use crate::adapter::content::{Listing, ScanError, Side, scan};
use crate::config::Loaded;
use crate::platform;

/// The content roots of source and destination.
#[derive(Clone, Debug)]
pub struct Folders {
    /// The folder that holds `WsusContent` on the source.
    pub source: PathBuf,
    /// The same on the destination.
    pub destination: PathBuf,
}

impl Folders {
    /// The roots a plan names, absolute, in the form that takes long paths.
    #[must_use]
    pub fn of(loaded: &Loaded) -> Self {
        let root = |path: &str| {
            let path = loaded.resolve(path);
            platform::verbatim(&std::path::absolute(&path).unwrap_or(path))
        };
        let content = &loaded.plan.content;
        Self { source: root(&content.source), destination: root(&content.destination) }
    }

    /// The source as people read it.
    #[must_use]
    pub fn source_shown(&self) -> Text {
        self.source.display().to_string().into()
    }

    /// The destination as people read it.
    #[must_use]
    pub fn destination_shown(&self) -> Text {
        self.destination.display().to_string().into()
    }
}

/// What both roots hold.
#[derive(Debug)]
pub struct Listings {
    /// The source's.
    pub source: Listing,
    /// The destination's, which [`Listings::at_destination`] asks.
    pub destination: Listing,
    /// Positions in the destination's files by folded path, where its names do not differ in letter case alone.
    folded: Option<HashMap<Vec<u8>, usize>>,
    /// Links and special files at the destination, by path, folded where the files are.
    obstacles: HashSet<Vec<u8>>,
}

impl Listings {
    /// Lists both roots, at the same time: they usually lie on different machines.
    pub fn take(folders: &Folders) -> Result<Self, ScanError> {
        let case = LetterCase::of(&folders.destination);
        let (source, destination) = thread::scope(|scope| {
            let source = scope.spawn(|| scan(&folders.source, Side::Source));
            let destination = scan(&folders.destination, Side::Destination);
            (source.join().unwrap_or_else(|panic| resume_unwind(panic)), destination)
        });
        Ok(Self::new(source?, destination?, case))
    }

    /// Of two listings, and how the destination takes letter case.
    pub(super) fn new(source: Listing, destination: Listing, case: LetterCase) -> Self {
        let folded = (case == LetterCase::Ignored).then(|| {
            let files = destination.files.iter().enumerate();
            files.map(|(at, entry)| (entry.path.folded(), at)).collect()
        });
        let obstacles = destination.ignored.iter().filter(|entry| entry.what.is_obstacle());
        let obstacles = obstacles.map(|entry| match case {
            LetterCase::Ignored => entry.path.folded(),
            LetterCase::Kept => entry.path.as_bytes().to_vec(),
        });
        let obstacles = obstacles.collect();
        Self { source, destination, folded, obstacles }
    }

    /// Whether a link or a special file stands at the destination in the place of a path or of a folder above it: nothing
    /// is put there.
    #[must_use]
    pub fn is_obstructed(&self, path: &RelPath) -> bool {
        if self.obstacles.is_empty() {
            return false;
        }
        let path = if self.folded.is_some() { path.folded() } else { path.as_bytes().to_vec() };
        let ends = path.iter().enumerate().filter(|&(_, &byte)| byte == b'/').map(|(at, _)| at);
        ends.chain([path.len()]).any(|end| self.obstacles.contains(&path[..end]))
    }

    /// What stands at the destination under a path, by the destination's own rule of which names are one.
    #[must_use]
    pub fn at_destination(&self, path: &RelPath) -> Option<AtDestination> {
        let other_case = || {
            let at = *self.folded.as_ref()?.get(&path.folded())?;
            self.destination.files.get(at).map(found)
        };
        look_up(&self.destination, path).or_else(other_case)
    }
}

/// How a folder takes names that differ only in letter case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LetterCase {
    /// They are two names; also where it could not be asked, so that nothing is taken for what it is not.
    Kept,
    /// They are one name.
    Ignored,
}

impl LetterCase {
    /// Asked where the files are, as folders of one file system may differ; where nothing is yet, at the root.
    pub(super) fn of(destination: &Path) -> Self {
        let content = destination.join(CONTENT_FOLDER);
        let real = content.symlink_metadata().is_ok_and(|metadata| metadata.is_dir());
        match platform::ignores_case(if real { &content } else { destination }) {
            Ok(true) => Self::Ignored,
            Ok(false) | Err(_) => Self::Kept,
        }
    }
}

/// What a listing shows under exactly this path. The listing is sorted by path: O(log n).
#[must_use]
pub(super) fn look_up(listing: &Listing, path: &RelPath) -> Option<AtDestination> {
    let at = listing.files.binary_search_by(|entry| entry.path.as_bytes().cmp(path.as_bytes())).ok()?;
    listing.files.get(at).map(found)
}

fn found(entry: &Entry) -> AtDestination {
    AtDestination { bytes: entry.bytes, modified: entry.modified }
}

#[cfg(test)]
mod tests {
    //! Goal: what stands at the destination in other letter case is found where that is one name, and only there.

    use wsusmigrate_core::content::{Found, Knowledge, plan_pass};
    use wsusmigrate_core::event::content::{IgnoredEntry, Origin};
    use wsusmigrate_core::path::PathRef;
    use wsusmigrate_core::projection::content::FileRecord;
    use wsusmigrate_core::unit::ModifiedNanos;

    use super::*;
    use crate::adapter::content::Ignored;

    const WANTED: &str = "WsusContent/9D/A9993E364706816ABA3E25717850C26C9CD0D89D.cab";
    const THERE: &str = "wsuscontent/9d/a9993e364706816aba3e25717850c26c9cd0d89d.CAB";

    fn entry(path: &str) -> Entry {
        let path = RelPath::from_bytes(path.as_bytes()).unwrap();
        Entry { path, bytes: 3, modified: ModifiedNanos(1) }
    }

    struct Known(Listings);

    impl Knowledge for Known {
        fn recorded(&self, _: &PathRef) -> Option<FileRecord> {
            None
        }
        fn at_destination(&self, path: &RelPath) -> Option<AtDestination> {
            self.0.at_destination(path)
        }
        fn perhaps_brought(&self, _: &RelPath) -> bool {
            false
        }
        fn perhaps_replaced(&self, _: &wsusmigrate_core::path::PathRef) -> bool {
            false
        }
    }

    fn planned(there: &str, case: LetterCase) -> Found {
        let destination = Listing { files: vec![entry(there)], ..Listing::default() };
        let known = Known(Listings::new(Listing::default(), destination, case));
        plan_pass(&[entry(WANTED)], &known, false).items[0].found
    }

    #[test]
    fn given_a_file_in_other_case_when_a_pass_is_planned_then_the_destination_s_rule_decides() {
        let present = Found::Present { replaceable: true, origin: Origin::FoundInPlace };
        assert_eq!(planned(THERE, LetterCase::Ignored), present);
        assert_eq!(planned(THERE, LetterCase::Kept), Found::Absent);
        assert_eq!(planned(WANTED, LetterCase::Kept), present);
        assert_eq!(planned("WsusContent/9D/other.cab", LetterCase::Ignored), Found::Absent);
    }

    #[test]
    fn where_it_cannot_be_asked_names_are_taken_as_they_are() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(LetterCase::of(&root.path().join("nowhere")), LetterCase::Kept);
        let asked = LetterCase::of(root.path());
        assert_eq!(asked, if cfg!(target_os = "linux") { LetterCase::Kept } else { asked });
        assert!(root.path().read_dir().unwrap().next().is_none(), "nothing is left behind");
    }

    fn obstructed(there: &str, what: IgnoredEntry, case: LetterCase) -> bool {
        let path = RelPath::from_bytes(there.as_bytes()).unwrap();
        let ignored = vec![Ignored { path, what, detail: String::new() }];
        let destination = Listing { ignored, ..Listing::default() };
        Listings::new(Listing::default(), destination, case).is_obstructed(&entry(WANTED).path)
    }

    #[test]
    fn a_link_in_the_way_of_a_file_obstructs_it_by_the_destination_s_rule() {
        use IgnoredEntry::{SymbolicLink, Temporary};
        use LetterCase::{Ignored, Kept};
        for above in [WANTED, "WsusContent/9D", "WsusContent"] {
            assert!(obstructed(above, SymbolicLink, Kept), "{above}");
        }
        for beside in ["WsusContent/9", "WsusContent/9D/other.cab", THERE] {
            assert!(!obstructed(beside, SymbolicLink, Kept), "{beside}");
        }
        assert!(
            obstructed(THERE, SymbolicLink, Ignored) && obstructed("wsuscontent/9d", SymbolicLink, Ignored)
        );
        assert!(!obstructed(WANTED, Temporary, Kept), "ours, and removed before");
    }
}
