//! What is known about each file before a pass: from the journal, from the listing, from interrupted batches.

use std::collections::HashSet;
use std::path::Path;

use wsusmigrate_core::content::{AtDestination, FoundBefore, Knowledge};
use wsusmigrate_core::path::{PathRef, RelPath};
use wsusmigrate_core::projection::content::{ContentState, FileRecord};

use crate::adapter::content::Listing;
use crate::step::content::lists;
use crate::step::listings::look_up;

/// The shell's answers to the planning of a pass.
pub(super) struct Known<'a> {
    content: &'a ContentState,
    destination: &'a Listing,
    /// Files that an interrupted batch had not found, and has not recorded.
    perhaps_brought: HashSet<RelPath>,
}

impl<'a> Known<'a> {
    /// Gathers the answers; reads the lists of interrupted batches.
    pub(super) fn gather(journal: &Path, content: &'a ContentState, destination: &'a Listing) -> Self {
        let mut perhaps_brought = HashSet::new();
        for batch in &content.doubtful {
            let intent = &batch.intent;
            let range = intent.first..intent.first + u64::from(intent.files);
            let found_before = FoundBefore::from_bytes(intent.found_before.clone());
            // Without its list nobody can say which files the batch was about: they are hashed like any others.
            let Ok(entries) = lists::read(journal, intent.worklist, range) else { continue };
            for (item, entry) in (0_u32..).zip(entries) {
                if !batch.recorded.contains(&item) && !found_before.contains(item as usize) {
                    perhaps_brought.insert(entry.path);
                }
            }
        }
        Self { content, destination, perhaps_brought }
    }
}

impl Knowledge for Known<'_> {
    fn recorded(&self, path: &PathRef) -> Option<FileRecord> {
        self.content.in_place.get(path).copied()
    }

    fn at_destination(&self, path: &RelPath) -> Option<AtDestination> {
        look_up(self.destination, path)
    }

    fn perhaps_brought(&self, path: &RelPath) -> bool {
        self.perhaps_brought.contains(path)
    }

    fn perhaps_replaced(&self, path: &PathRef) -> bool {
        self.content.replacements.in_doubt(path)
    }
}
