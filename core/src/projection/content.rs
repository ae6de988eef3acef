//! Where the update files stand: what is in place, what failed, what is in doubt.
//!
//! Memory grows with the files: about 250 bytes each, so 250 MB for a million.

mod doubt;
mod read_back;
mod totals;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use read_back::ReadBackRecord;
pub use totals::Totals;

use crate::content::Replacements;
use crate::digest::Sha256;
use crate::envelope::Recorded;
use crate::event::content::{
    BatchStarted, ContentEvent, FailureReason, FileFacts, IgnoredEntry, ManifestRecorded, Mismatch, Naming,
    Origin, PassFinished, PassStarted,
};
use crate::event::run::Scope;
use crate::event::{Event, RunEvent};
use crate::id::ActionId;
use crate::path::PathRef;
use crate::projection::Projection;
use crate::text::Text;
use crate::unit::{ModifiedNanos, Seq, TimeMicros};

/// The state of step 3.1.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContentState {
    /// What the source held when it was last listed.
    pub manifest: Option<ManifestRecorded>,
    /// Files at the destination with a recorded digest, those a read-back found wrong included.
    pub in_place: BTreeMap<PathRef, FileRecord>,
    /// Sums over `in_place`.
    pub totals: Totals,
    /// Files a read-back found wrong that the source did not hold when it was last gone through.
    pub orphans: BTreeSet<PathRef>,
    /// Files that were in place, were found wrong, and are gone from both sides.
    pub withdrawn: BTreeMap<PathRef, FileRecord>,
    /// Files whose last outcome is a failure.
    pub failed: BTreeMap<PathRef, FailureRecord>,
    /// Entries of the source that are not copied, as last listed.
    pub ignored: BTreeMap<PathRef, (IgnoredEntry, Text)>,
    /// The pass that is going on or was the last.
    pub pass: Option<PassRecord>,
    /// Batches whose outcome is not recorded.
    pub open: BTreeMap<ActionId, OpenBatch>,
    /// Batches of interrupted runs that were looked at: files of theirs that stand in place without a record were
    /// put there by us. Forgotten when a pass has gone through everything and every file of theirs is accounted for.
    pub doubtful: BTreeMap<ActionId, OpenBatch>,
    /// Replacements: what was overwritten, and what is in doubt.
    pub replacements: Replacements,
    /// The read-back that is going on or was the last.
    pub read_back: Option<ReadBackRecord>,
    /// Files whose outcome was recorded before this have been read back.
    pub read_back_upto: Seq,
}

/// A file in place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRecord {
    /// The record of its last outcome.
    pub seq: Seq,
    /// Size in bytes.
    pub bytes: u64,
    /// Modification time.
    pub modified: ModifiedNanos,
    /// SHA-256 of its bytes.
    pub sha256: Sha256,
    /// What its name says.
    pub naming: Naming,
    /// Who brought it.
    pub how: How,
    /// Whether a file with other bytes was replaced by it.
    pub replaced: bool,
    /// What has been found wrong with it since; then it is not counted in the totals.
    pub suspect: Option<Mismatch>,
}

/// Who brought a file to the destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum How {
    /// This migration did.
    Brought,
    /// It was there before.
    FoundInPlace,
}

/// A file that could not be brought over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailureRecord {
    /// The record of it.
    pub seq: Seq,
    /// Why.
    pub reason: FailureReason,
    /// The system's own words.
    pub detail: Text,
}

impl FailureRecord {
    /// Whether something stands at the destination that is not ours to move: no later run changes that.
    #[must_use]
    pub const fn is_in_the_way(&self) -> bool {
        matches!(self.reason, FailureReason::Conflict | FailureReason::Obstructed)
    }
}

/// A pass.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassRecord {
    /// When it began.
    pub started: TimeMicros,
    /// Its first record.
    pub seq: Seq,
    /// What it set out to do.
    pub plan: PassStarted,
    /// Files with an outcome so far.
    pub done_files: u64,
    /// Their sizes together, in bytes.
    pub done_bytes: u64,
    /// Of them, failures.
    pub failed_files: u64,
    /// How it ended.
    pub finished: Option<(TimeMicros, PassFinished)>,
    /// Whether it belongs to a run that ended without saying so.
    pub interrupted: bool,
}

/// A batch whose outcome is not recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenBatch {
    /// The record of its intent.
    pub seq: Seq,
    /// Its intent.
    pub intent: BatchStarted,
    /// Positions of the files whose outcome is recorded.
    pub recorded: Vec<u32>,
    /// Files that no pass comes by and that could not be looked at, when it was last examined.
    pub in_doubt: Option<u32>,
}

impl ContentState {
    /// Whatever keeps the copy from being whole: failed files, files a read-back found wrong, files in
    /// doubt that could not be looked at, folders of the source that could not be listed.
    #[must_use]
    pub fn failures(&self) -> usize {
        let suspects = self.suspects().filter(|path| !self.failed.contains_key(path)).count();
        self.failed.len() + suspects + self.unlisted() + self.in_doubt()
    }

    /// Position from which an interrupted read-back of `list` goes on; 0 where it begins anew. One that is asked for
    /// by name always does: what was read before may be damaged, or put right, by now.
    #[must_use]
    pub fn read_back_from(&self, list: Sha256, scope: Scope) -> u64 {
        if scope == Scope::ContentVerify {
            return 0;
        }
        let unfinished = |read: &&ReadBackRecord| !read.is_whole();
        // A file recorded since may be one that was read: another copy of it has the same line in the list.
        let unchanged = |read: &&ReadBackRecord| self.in_place.values().all(|record| record.seq < read.seq);
        let same = self.read_back.as_ref().filter(|read| read.list == list);
        same.filter(unfinished).filter(unchanged).map_or(0, |read| read.read_files)
    }

    /// Files that a read-back found wrong and that no pass has mended since.
    pub fn suspects(&self) -> impl Iterator<Item = &PathRef> {
        self.in_place.iter().filter(|(_, record)| record.suspect.is_some()).map(|(path, _)| path)
    }

    /// Whether a file found wrong could not be read: its bytes may be right.
    #[must_use]
    pub fn is_unreadable(&self, path: &PathRef) -> bool {
        self.in_place.get(path).is_some_and(|record| record.suspect == Some(Mismatch::Unreadable))
    }

    /// Whether a file failed because of what stands in its place: the way out is in the hands of whoever put it there.
    #[must_use]
    pub fn is_blocked(&self) -> bool {
        self.failed.values().any(FailureRecord::is_in_the_way)
    }

    /// Folders and files of the source about which the system tells nothing: they are missing at the destination.
    #[must_use]
    pub fn unlisted(&self) -> usize {
        self.ignored.values().filter(|(what, _)| what.is_untold()).count()
    }

    /// Who put a file in place that was found right, with this digest: `looks` is what it was taken for before its bytes
    /// were known.
    #[must_use]
    pub fn verified_origin(&self, path: &PathRef, sha256: Sha256, looks: Origin) -> Origin {
        if self.replacements.happened(path, sha256) { Origin::AfterInterruption } else { looks }
    }

    /// Files in place that no read-back has covered.
    pub fn not_read_back(&self) -> impl Iterator<Item = (&PathRef, &FileRecord)> {
        self.in_place
            .iter()
            .filter(|(_, record)| record.suspect.is_none() && record.seq >= self.read_back_upto)
    }

    /// A pass went through everything: what it did not look at has left the source.
    fn passed(&mut self, pass: Seq) {
        // A file that has left the source has not failed.
        self.failed.retain(|_, failure| failure.seq > pass);
        self.forget_accounted();
        if self.unlisted() > 0 {
            return;
        }
        let unseen = self.suspects().filter(|path| !self.failed.contains_key(path));
        self.orphans = unseen.cloned().collect();
    }

    fn place(&mut self, seq: Seq, path: &PathRef, file: &FileFacts, how: How, replaced: bool) {
        self.failed.remove(path);
        self.orphans.remove(path);
        self.withdrawn.remove(path);
        let record = FileRecord {
            seq,
            bytes: file.bytes,
            modified: file.modified,
            sha256: file.sha256,
            naming: file.naming,
            how,
            replaced,
            suspect: None,
        };
        self.totals.add(&record);
        if let Some(before) =
            self.in_place.insert(path.clone(), record).filter(|before| before.suspect.is_none())
        {
            self.totals.remove(&before);
        }
    }

    /// The file was brought, over another one or not. Says whether something of somebody else's is gone.
    fn settle(&mut self, seq: Seq, path: &PathRef, over_another: bool) -> bool {
        let ours = self.in_place.get(path).filter(|before| before.how == How::Brought);
        // Over a copy of our own nothing of anybody's is lost, and what was lost before stays lost.
        let replaced = ours.map_or(over_another, |before| before.replaced);
        self.replacements.settle(seq, path, over_another, ours.is_some());
        replaced
    }

    fn outcome(&mut self, action: Option<ActionId>, item: u32, bytes: u64, failed: bool) {
        if let Some(batch) = action.and_then(|action| self.open.get_mut(&action)) {
            batch.recorded.push(item);
        }
        if let Some(pass) = &mut self.pass {
            pass.done_files += 1;
            pass.done_bytes += bytes;
            pass.failed_files += u64::from(failed);
        }
    }
}

impl Projection for ContentState {
    const NAME: &'static str = "content";
    const VERSION: u16 = 3;

    fn apply(&mut self, recorded: &Recorded) {
        match &recorded.event {
            Event::Content(event) => self.apply_content(recorded, event),
            Event::Run(RunEvent::InterruptionFound(_) | RunEvent::Failed(_)) => {
                if let Some(pass) = self.pass.as_mut().filter(|pass| pass.finished.is_none()) {
                    pass.interrupted = true;
                }
            }
            Event::Run(_) | Event::Inventory(_) | Event::Preflight(_) | Event::Database(_) => {}
        }
    }
}

impl ContentState {
    fn apply_content(&mut self, recorded: &Recorded, event: &ContentEvent) {
        let (time, action) = (recorded.envelope.time, recorded.envelope.action);
        match event {
            ContentEvent::ManifestRecorded(manifest) => {
                self.manifest = Some(manifest.clone());
                self.ignored.clear();
            }
            ContentEvent::EntryIgnored(entry) => {
                self.ignored.insert(entry.path.clone(), (entry.what, entry.detail.clone()));
            }
            ContentEvent::PassStarted(plan) => {
                self.pass = Some(PassRecord {
                    started: time,
                    seq: recorded.seq,
                    plan: plan.clone(),
                    done_files: 0,
                    done_bytes: 0,
                    failed_files: 0,
                    finished: None,
                    interrupted: false,
                });
            }
            ContentEvent::BatchStarted(intent) => {
                let (seq, intent) = (recorded.seq, intent.clone());
                let batch = OpenBatch { seq, intent, recorded: Vec::new(), in_doubt: None };
                self.open.extend(action.map(|action| (action, batch)));
            }
            ContentEvent::ReplacementStarted(intent) => self.replacements.begin(action, intent),
            ContentEvent::FileCopied(file) => {
                self.outcome(action, file.item, file.file.bytes, false);
                let replaced = self.settle(recorded.seq, &file.path, file.replaced);
                self.place(recorded.seq, &file.path, &file.file, How::Brought, replaced);
            }
            ContentEvent::FileVerified(file) => {
                self.outcome(action, file.item, file.file.bytes, false);
                let (how, replaced) = match file.origin {
                    Origin::AfterInterruption => {
                        let happened = self.replacements.happened(&file.path, file.file.sha256);
                        (How::Brought, self.settle(recorded.seq, &file.path, happened))
                    }
                    Origin::FoundInPlace | Origin::Rechecked => {
                        self.replacements.settle(recorded.seq, &file.path, false, false);
                        let before = self.in_place.get(&file.path);
                        before.map_or((How::FoundInPlace, false), |before| (before.how, before.replaced))
                    }
                };
                self.place(recorded.seq, &file.path, &file.file, how, replaced);
            }
            ContentEvent::FileFailed(file) => {
                self.outcome(action, file.item, file.bytes, true);
                self.replacements.fail(action, &file.path);
                let detail = file.detail.clone();
                let failure = FailureRecord { seq: recorded.seq, reason: file.reason, detail };
                self.failed.insert(file.path.clone(), failure);
                // Here the destination was looked at, and is not what was recorded.
                match file.reason {
                    FailureReason::Conflict => self.suspect(&file.path, Mismatch::Different),
                    FailureReason::Obstructed => self.suspect(&file.path, Mismatch::Obstructed),
                    _ => {}
                }
            }
            // What SUSDB expects is the database's business.
            ContentEvent::CatalogueDiffered(_)
            | ContentEvent::StatesCounted(_)
            | ContentEvent::CatalogueCompared(_) => {}
            ContentEvent::BatchFinished(_) => {
                self.open.retain(|open, _| Some(*open) != action);
            }
            ContentEvent::BatchReconciled(_) => {
                self.doubtful.extend(action.and_then(|action| self.open.remove_entry(&action)));
            }
            ContentEvent::StrayRecorded(stray) => self.record_stray(recorded.seq, stray),
            ContentEvent::BatchExamined(examined) => self.examined(action, examined),
            ContentEvent::LeftoverRemoved(_) => {}
            ContentEvent::PassFinished(end) => {
                if let Some(pass) = &mut self.pass {
                    pass.finished = Some((time, end.clone()));
                    let seq = pass.seq;
                    if end.left == 0 {
                        self.passed(seq);
                    }
                }
            }
            ContentEvent::SuspicionSettled(settled) => self.settle_suspicion(settled),
            ContentEvent::ReadBackStarted(_)
            | ContentEvent::ReadBackRecorded(_)
            | ContentEvent::ReadBackMismatched(_)
            | ContentEvent::ReadBackFinished(_) => self.apply_read_back(recorded.seq, time, event),
        }
    }
}
