//! What is known about each file before a pass: from the journal, from the listing, from interrupted batches.

use std::collections::HashMap;
use std::path::Path;

use wsusmigrate_core::content::{AtDestination, Doubt, FoundBefore, Knowledge};
use wsusmigrate_core::path::{PathRef, RelPath};
use wsusmigrate_core::projection::content::{ContentState, FileRecord};

use crate::adapter::content::Listing;
use crate::step::content::lists;
use crate::step::listings::look_up;

/// The shell's answers to the planning of a pass.
pub(super) struct Known<'a> {
    content: &'a ContentState,
    destination: &'a Listing,
    in_doubt: HashMap<RelPath, Doubt>,
}

impl<'a> Known<'a> {
    /// Gathers the answers; reads the lists of interrupted batches.
    pub(super) fn gather(journal: &Path, content: &'a ContentState, destination: &'a Listing) -> Self {
        let mut in_doubt = HashMap::new();
        for batch in &content.doubtful {
            let intent = &batch.intent;
            let range = intent.first..intent.first + u64::from(intent.files);
            let found_before = FoundBefore::from_bytes(intent.found_before.clone());
            // Without its list nobody can say which files the batch was about: they are hashed like any others.
            let Ok(entries) = lists::read(journal, intent.worklist, range) else { continue };
            for (item, entry) in (0_u32..).zip(entries) {
                if !batch.recorded.contains(&item) {
                    let there = found_before.contains(item as usize);
                    in_doubt.insert(entry.path, if there { Doubt::PerhapsReplaced } else { Doubt::Brought });
                }
            }
        }
        Self { content, destination, in_doubt }
    }
}

impl Knowledge for Known<'_> {
    fn recorded(&self, path: &PathRef) -> Option<FileRecord> {
        self.content.in_place.get(path).copied()
    }

    fn at_destination(&self, path: &RelPath) -> Option<AtDestination> {
        look_up(self.destination, path)
    }

    fn in_doubt(&self, path: &RelPath) -> Option<Doubt> {
        self.in_doubt.get(path).copied()
    }
}
