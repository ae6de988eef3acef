//! A batch in doubt: its intent is durable, its outcome is not. Look at the destination and record what is there.

use std::collections::HashSet;

use wsusmigrate_core::event::content::BatchReconciled;
use wsusmigrate_core::id::{ActionId, EventId, Phase};

use crate::adapter::content::{settle, temporary_path};
use crate::error::Failure;
use crate::executor::{Draft, Recorder};
use crate::step::content::{batches, lists};
use crate::step::context::Context;
use crate::step::listings::Listings;

/// Records what became of the batch's files. Files that stand there without a record are hashed by the next pass
/// before anything is said of them.
pub(super) fn perform(
    action: ActionId,
    recorder: &mut Recorder,
    context: &Context<'_>,
    listings: &Listings,
) -> Result<(), Failure> {
    let Some(batch) = recorder.state().content.open.get(&action).cloned() else { return Ok(()) };
    let intent = &batch.intent;
    let range = intent.first..intent.first + u64::from(intent.files);
    let entries = lists::read(&context.request().journal, intent.worklist, range).unwrap_or_else(|failure| {
        let talk = context.talk();
        talk.say(&format!("warn: {failure}"));
        talk.say("    files of the interrupted batch are verified as if they had been there before");
        Vec::new()
    });
    let mut found = BatchReconciled { recorded: 0, happened: 0, not: 0, leftovers: 0 };
    let mut there = Vec::new();
    let leftovers: HashSet<_> = listings.destination.leftovers.iter().map(|it| it.path.as_bytes()).collect();
    for (item, entry) in (0_u32..).zip(&entries) {
        found.leftovers += u32::from(leftovers.contains(&temporary_path(&entry.path)[..]));
        if batch.recorded.contains(&item) {
            found.recorded += 1;
        } else if listings.at_destination(&entry.path).is_some() {
            found.happened += 1;
            there.push(&entry.path);
        } else {
            found.not += 1;
        }
    }
    // After a kill a name may exist in the system's memory alone: what is said of the file must be as durable as it is.
    if !there.is_empty() {
        settle(&context.folders().destination, &there).map_err(|error| batches::engine_failure(&error))?;
    }
    let intent_seq = recorder.state().run.status.content.batches.get(&action).map(|batch| batch.intent);
    let id = EventId::of_action(action, Phase::Reconciled, 0, 0);
    recorder.record(vec![Draft::of_action(id, action, intent_seq, found)])?;
    Ok(())
}
