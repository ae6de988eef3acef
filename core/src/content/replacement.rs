//! What stood at the destination and was replaced; and replacements that were begun and have no outcome.
//!
//! A replacement is begun by `content.replacement-started`, durable before the one rename that carries it out. After a
//! crash the bytes that stand there tell whether it happened: a rename leaves either what was found or the right bytes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::digest::Sha256;
use crate::event::content::{FoundFile, ReplacementStarted};
use crate::id::ActionId;
use crate::path::PathRef;
use crate::unit::Seq;

/// Replacements of files at the destination.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replacements {
    /// Begun and without an outcome.
    begun: BTreeMap<PathRef, Begun>,
    /// What was overwritten, in the order in which it was recorded.
    overwritten: Vec<Overwritten>,
}

/// A replacement without an outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Begun {
    /// The batch that began it.
    batch: Option<ActionId>,
    /// Position in that batch.
    item: u32,
    /// What stood there.
    found: FoundFile,
}

/// A file that is gone because another was put in its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overwritten {
    /// The record of the outcome.
    pub seq: Seq,
    /// Where it stood.
    pub path: PathRef,
    /// What it was.
    pub found: FoundFile,
    /// Whether this migration had put a file there before.
    pub ours: bool,
}

impl Replacements {
    /// What was overwritten, in the order in which it was recorded.
    #[must_use]
    pub fn overwritten(&self) -> &[Overwritten] {
        &self.overwritten
    }

    /// Whether the replacement of a file was begun and has no outcome.
    #[must_use]
    pub fn in_doubt(&self, path: &PathRef) -> bool {
        self.begun.contains_key(path)
    }

    /// Whether a replacement without an outcome did happen, seen that the right bytes with this digest stand there now.
    /// Where they are what was found before, it did not.
    #[must_use]
    pub fn happened(&self, path: &PathRef, now: Sha256) -> bool {
        self.begun.get(path).is_some_and(|begun| begun.found.sha256 != Some(now))
    }

    pub(crate) fn begin(&mut self, batch: Option<ActionId>, event: &ReplacementStarted) {
        self.begun.insert(event.path.clone(), Begun { batch, item: event.item, found: event.found });
    }

    /// The file has an outcome; `replaced` says whether it took the place of what was found.
    pub(crate) fn settle(&mut self, seq: Seq, path: &PathRef, replaced: bool, ours: bool) {
        if let Some(begun) = self.begun.remove(path).filter(|_| replaced) {
            self.overwritten.push(Overwritten { seq, path: path.clone(), found: begun.found, ours });
        }
    }

    /// Whether `batch` was the last that began a replacement of the file, and it has no outcome.
    #[must_use]
    pub fn begun_by(&self, batch: ActionId, path: &PathRef) -> bool {
        self.begun.get(path).is_some_and(|begun| begun.batch == Some(batch))
    }

    /// Whether any replacement that `batch` began has no outcome.
    pub(crate) fn unsettled(&self, batch: ActionId) -> bool {
        self.begun.values().any(|begun| begun.batch == Some(batch))
    }

    /// The files of `batch` that `settled` answers for are accounted for: what of them is still begun did not happen.
    pub(crate) fn dismiss(&mut self, batch: ActionId, settled: impl Fn(u32) -> bool) {
        self.begun.retain(|_, begun| begun.batch != Some(batch) || !settled(begun.item));
    }

    /// The file failed in `batch`: what that batch began had no effect. What an earlier one began stays in doubt.
    pub(crate) fn fail(&mut self, batch: Option<ActionId>, path: &PathRef) {
        if self.begun.get(path).is_some_and(|begun| begun.batch == batch) {
            self.begun.remove(path);
        }
    }
}
