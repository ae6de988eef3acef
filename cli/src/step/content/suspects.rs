//! Files a read-back found wrong and the source holds no more: nothing can mend them from there.

use wsusmigrate_core::event::content::{Settlement, SuspicionSettled};

use crate::error::Failure;
use crate::executor::Recorder;
use crate::step::content::events;
use crate::step::context::Context;
use crate::step::listings::{Listings, look_up};

/// How many are told by name; the audit report has all of them.
const NAMED_MAX: usize = 10;

/// Records those that neither side has any more: there is nothing left to be wrong.
pub(super) fn settle_gone(
    recorder: &mut Recorder,
    context: &Context<'_>,
    listings: &Listings,
) -> Result<(), Failure> {
    // What a listing could not look at may be there all the same.
    let untold = [&listings.source, &listings.destination];
    if untold.iter().any(|listing| listing.ignored.iter().any(|entry| entry.what.is_untold())) {
        return Ok(());
    }
    let journal = &context.request().journal;
    let content = &recorder.state().content;
    let mut drafts = Vec::new();
    for reference in content.suspects() {
        let path = events::path_of(journal, reference)?;
        let there = look_up(&listings.source, &path).or_else(|| listings.at_destination(&path));
        let Some(record) = content.in_place.get(reference).filter(|_| there.is_none()) else { continue };
        let (path, how) = (reference.clone(), Settlement::GoneFromBoth);
        context.talk().say(&format!("gone from both sides: {path}, which a read-back had found wrong"));
        let key = path.to_string();
        let event = SuspicionSettled { path, how, sha256: record.sha256 };
        drafts.push(recorder.observation(key.as_bytes(), event));
    }
    recorder.record(drafts)?;
    Ok(())
}

/// Says of those that are left what they are, and the ways out.
pub(super) fn tell_orphans(recorder: &Recorder, context: &Context<'_>) {
    let (talk, orphans) = (context.talk(), &recorder.state().content.orphans);
    for path in orphans.iter().take(NAMED_MAX) {
        talk.say(&format!("wrong at the destination, and gone from the source: {path}"));
    }
    if orphans.len() > NAMED_MAX {
        talk.say(&format!("    and {} more: `wsusmigrate report audit`", orphans.len() - NAMED_MAX));
    }
    if !orphans.is_empty() {
        talk.say("    restore it at the source, or delete it at the destination, then `wsusmigrate run`;");
        talk.say("    if it was put right at the destination: `wsusmigrate run --only content.verify`");
    }
}
