//! What is known about each file before a pass: from the journal, from the listing, from interrupted batches.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;
use std::path::Path;

use wsusmigrate_core::content::{AtDestination, Entry, FoundBefore, Knowledge};
use wsusmigrate_core::event::content::BatchStarted;
use wsusmigrate_core::id::ActionId;
use wsusmigrate_core::path::{PathRef, RelPath};
use wsusmigrate_core::projection::content::{ContentState, FileRecord, OpenBatch};

use crate::step::content::lists;
use crate::step::listings::Listings;

/// The shell's answers to the planning of a pass.
pub(super) struct Known<'a> {
    content: &'a ContentState,
    listings: &'a Listings,
    /// Files that an interrupted batch had not found, and has not recorded.
    perhaps_brought: HashSet<RelPath>,
}

impl<'a> Known<'a> {
    /// Gathers the answers; reads the lists of interrupted batches, each once however many batches it had.
    pub(super) fn gather(journal: &Path, content: &'a ContentState, listings: &'a Listings) -> Self {
        let mut perhaps_brought = HashSet::new();
        for (action, entries) in doubtful_files(journal, content) {
            perhaps_brought.extend(brought_by(&content.doubtful[&action], entries));
        }
        Self { content, listings, perhaps_brought }
    }
}

/// The files of interrupted batches. A batch whose list cannot be read is not among them: nobody can say which files it
/// was about, and those the source holds are hashed like any others.
pub(super) fn doubtful_files(journal: &Path, content: &ContentState) -> BTreeMap<ActionId, Vec<Entry>> {
    let mut by_list = BTreeMap::<_, Vec<_>>::new();
    for (action, batch) in &content.doubtful {
        by_list.entry(batch.intent.worklist).or_default().push((*action, range(&batch.intent)));
    }
    let mut files = BTreeMap::new();
    for (list, batches) in by_list {
        let (actions, ranges): (Vec<_>, Vec<_>) = batches.into_iter().unzip();
        let read = lists::read_ranges(journal, list, &ranges).unwrap_or_default();
        files.extend(actions.into_iter().zip(read));
    }
    files
}

/// Where the files of a batch stand in its list.
fn range(intent: &BatchStarted) -> Range<u64> {
    intent.first..intent.first + u64::from(intent.files)
}

/// The files an interrupted batch had not found, and has no outcome of.
fn brought_by(batch: &OpenBatch, entries: Vec<Entry>) -> impl Iterator<Item = RelPath> {
    let found_before = FoundBefore::from_bytes(batch.intent.found_before.clone());
    let open = (0_u32..)
        .zip(entries)
        .filter(move |(item, _)| !batch.recorded.contains(item) && !found_before.contains(*item as usize));
    open.map(|(_, entry)| entry.path)
}

impl Knowledge for Known<'_> {
    fn recorded(&self, path: &PathRef) -> Option<FileRecord> {
        self.content.in_place.get(path).copied()
    }

    fn at_destination(&self, path: &RelPath) -> Option<AtDestination> {
        self.listings.at_destination(path)
    }

    fn perhaps_brought(&self, path: &RelPath) -> bool {
        self.perhaps_brought.contains(path)
    }

    fn perhaps_replaced(&self, path: &PathRef) -> bool {
        self.content.replacements.in_doubt(path)
    }
}
