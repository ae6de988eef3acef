//! Files that an interrupted batch may have put in place and that the source holds no more: no pass comes by them.
//!
//! Each is looked at where it stands. What a copy of ours would have left there is recorded as that, so that the way
//! back and the reports know of it; what cannot be looked at stays in doubt, and is told.

use wsusmigrate_core::content::{AtDestination, Entry, FoundBefore, promised};
use wsusmigrate_core::event::content::{BatchExamined, StrayRecorded};
use wsusmigrate_core::id::{ActionId, EventId, Phase};
use wsusmigrate_core::path::{PathRef, RelPath};
use wsusmigrate_core::projection::content::OpenBatch;

use crate::adapter::content::{Facts, standing};
use crate::error::Failure;
use crate::executor::{Draft, Recorder};
use crate::step::content::{events, knowledge};
use crate::step::context::Context;
use crate::step::listings::{Listings, look_up};

/// Examines every interrupted batch of which something may be unaccounted for, and records what it left.
pub(super) fn settle(
    recorder: &mut Recorder,
    context: &Context<'_>,
    listings: &Listings,
) -> Result<(), Failure> {
    let content = &recorder.state().content;
    let batches: Vec<_> = content.doubtful.keys().copied().collect();
    let mut files = knowledge::doubtful_files(&context.request().journal, content);
    for action in batches {
        // Of what the batch before left, the state speaks already: two batches may be about the same file.
        let Some(batch) = recorder.state().content.doubtful.get(&action) else { continue };
        let drafts = match files.remove(&action) {
            Some(entries) => Look { recorder, context, listings, action, batch }.examine(&entries)?,
            None => unlisted(recorder, context, action, batch),
        };
        recorder.record(drafts)?;
    }
    Ok(())
}

/// Says how many files stay in doubt, and the way out.
pub(super) fn tell_in_doubt(recorder: &Recorder, context: &Context<'_>) {
    let files = recorder.state().content.in_doubt();
    if files > 0 {
        let talk = context.talk();
        talk.say(&format!("in doubt: {files} files that an interrupted batch may have put in place,"));
        talk.say("    and that the source holds no more; mend what is named above, then `wsusmigrate run`");
    }
}

/// A batch whose list is not to be had: nobody can say which files it was about.
fn unlisted(recorder: &Recorder, context: &Context<'_>, action: ActionId, batch: &OpenBatch) -> Vec<Draft> {
    let list = batch.intent.worklist;
    context.talk().say(&format!("warn: the list {list} of an interrupted batch cannot be read"));
    let settled: Vec<_> = (0..batch.intent.files).map(|item| batch.recorded.contains(&item)).collect();
    let in_doubt = settled.iter().filter(|settled| !**settled).count();
    vec![examined(recorder, action, batch, settled, in_doubt)]
}

fn examined(
    recorder: &Recorder,
    action: ActionId,
    batch: &OpenBatch,
    settled: Vec<bool>,
    in_doubt: usize,
) -> Draft {
    let settled = FoundBefore::of(settled.into_iter()).into_bytes();
    let event = BatchExamined { settled, in_doubt: u32::try_from(in_doubt).unwrap_or(u32::MAX) };
    // Each run looks anew.
    let key = [*recorder.run().as_bytes(), *action.as_bytes()].concat();
    let id = EventId::of_observation(recorder.migration(), "content.batch-examined", &key);
    Draft::of_action(id, action, Some(batch.seq), event)
}

/// What is known of a file after a look.
enum Answer {
    /// Nothing of the batch's stands there, or what does is recorded.
    Settled,
    /// It is what the batch left.
    Left { file: Facts, replaced: bool },
    /// The source holds it: the pass hashes it.
    Waits,
    /// It could not be looked at, and no pass comes by it.
    InDoubt,
}

/// A look at one batch.
struct Look<'l> {
    recorder: &'l Recorder,
    context: &'l Context<'l>,
    listings: &'l Listings,
    action: ActionId,
    batch: &'l OpenBatch,
}

impl Look<'_> {
    fn examine(&self, entries: &[Entry]) -> Result<Vec<Draft>, Failure> {
        let mut drafts = Vec::new();
        let mut settled = Vec::with_capacity(entries.len());
        let mut in_doubt = 0;
        for (item, entry) in (0_u32..).zip(entries) {
            let answer = self.answer(item, entry);
            settled.push(matches!(answer, Answer::Settled | Answer::Left { .. }));
            in_doubt += usize::from(matches!(answer, Answer::InDoubt));
            if let Answer::Left { file, replaced } = answer {
                let path = events::path_ref(&self.context.request().journal, &entry.path)?;
                let file = events::facts(&entry.path, &file);
                let id = EventId::of_action(self.action, Phase::Item, 0, u64::from(item));
                let event = StrayRecorded { item, path, file, replaced };
                drafts.push(Draft::of_action(id, self.action, Some(self.batch.seq), event));
            }
        }
        drafts.push(examined(self.recorder, self.action, self.batch, settled, in_doubt));
        Ok(drafts)
    }

    fn answer(&self, item: u32, entry: &Entry) -> Answer {
        let content = &self.recorder.state().content;
        let path = PathRef::of(&entry.path);
        if !content.perhaps_left_by(self.action, item, &path) {
            return Answer::Settled;
        }
        let there = self.listings.at_destination(&entry.path);
        let nothing = there.is_none() && !self.is_untold(&entry.path);
        if look_up(&self.listings.source, &entry.path).is_some() {
            let begun = content.replacements.begun_by(self.action, &path);
            return if nothing && !begun { Answer::Settled } else { Answer::Waits };
        }
        match there {
            None if nothing => Answer::Settled,
            Some(there) if there != left_by_a_copy(entry) => Answer::Settled,
            // Asked to stop: the next run looks.
            Some(_) if self.context.request().stop.is_requested() => Answer::InDoubt,
            None | Some(_) => self.hash(entry, &path),
        }
    }

    /// Whether the listing of the destination could not say what stands there.
    fn is_untold(&self, path: &RelPath) -> bool {
        let covers = |above: &RelPath| {
            let rest = path.as_bytes().strip_prefix(above.as_bytes());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
        };
        let ignored = &self.listings.destination.ignored;
        ignored.iter().any(|entry| entry.what.is_untold() && covers(&entry.path))
    }

    fn hash(&self, entry: &Entry, path: &PathRef) -> Answer {
        let file = match standing(&self.context.folders().destination, &entry.path) {
            Ok(Some(file)) => file,
            Ok(None) => return Answer::Settled,
            Err(error) => {
                self.context.talk().say(&format!("warn: in doubt, cannot be read: {path}: {error}"));
                return Answer::InDoubt;
            }
        };
        let replacements = &self.recorder.state().content.replacements;
        let replaced = replacements.happened(path, file.digests.sha256);
        let there = AtDestination { bytes: file.bytes, modified: file.modified };
        let others = there != left_by_a_copy(entry)
            || promised(&entry.path).is_some_and(|sha1| sha1 != file.digests.sha1)
            || (replacements.begun_by(self.action, path) && !replaced);
        if others { Answer::Settled } else { Answer::Left { file, replaced } }
    }
}

/// A copy keeps the size and the time the file had when it was listed.
fn left_by_a_copy(entry: &Entry) -> AtDestination {
    AtDestination { bytes: entry.bytes, modified: entry.modified }
}
