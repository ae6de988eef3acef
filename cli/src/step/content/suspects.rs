//! Files a read-back found wrong and the source holds no more: nothing can mend them from there.

use wsusmigrate_core::check;
use wsusmigrate_core::event::content::{Settlement, SuspicionSettled};
use wsusmigrate_core::path::PathRef;

use crate::adapter::content::is_absent;
use crate::error::Failure;
use crate::executor::Recorder;
use crate::step::content::events;
use crate::step::context::Context;
use crate::step::listings::{Listings, look_up};

/// How many are told by name; the audit report has all of them.
const NAMED_MAX: usize = 10;

/// Records those that neither side has any more: there is nothing left to be wrong. Not where the source may be the
/// wrong one: `before` is how many files it held when it was listed before.
pub(super) fn settle_gone(
    recorder: &mut Recorder,
    context: &Context<'_>,
    listings: &Listings,
    before: Option<u64>,
) -> Result<(), Failure> {
    // What a listing could not look at may be there all the same.
    let untold = [&listings.source, &listings.destination];
    if untold.iter().any(|listing| listing.ignored.iter().any(|entry| entry.what.is_untold())) {
        return Ok(());
    }
    if check::has_shrunk(listings.source.files.len() as u64, before) {
        return Ok(());
    }
    let (journal, root) = (&context.request().journal, &context.folders().destination);
    let content = &recorder.state().content;
    let mut drafts = Vec::new();
    for reference in content.suspects() {
        let path = events::path_of(journal, reference)?;
        let there = look_up(&listings.source, &path).or_else(|| listings.at_destination(&path));
        // A listing names files: a folder or a link may stand there as well.
        let gone = there.is_none() && is_absent(root, &path);
        let Some(record) = content.in_place.get(reference).filter(|_| gone) else { continue };
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
    let content = &recorder.state().content;
    let (unreadable, wrong): (Vec<_>, Vec<_>) =
        content.orphans.iter().partition(|path| content.is_unreadable(path));
    let read = [
        "it may be right: give this account the right to read it, then `wsusmigrate run --only content.verify`",
    ];
    tell(context, "unreadable", &unreadable, &read);
    let mend = [
        "restore it at the source, or delete it at the destination, then `wsusmigrate run`;",
        "if it was put right at the destination: `wsusmigrate run --only content.verify`",
    ];
    tell(context, "wrong", &wrong, &mend);
}

fn tell(context: &Context<'_>, what: &str, orphans: &[&PathRef], ways: &[&str]) {
    let talk = context.talk();
    for path in orphans.iter().take(NAMED_MAX) {
        talk.say(&format!("{what} at the destination, and gone from the source: {path}"));
    }
    if orphans.len() > NAMED_MAX {
        talk.say(&format!("    and {} more: `wsusmigrate report audit`", orphans.len() - NAMED_MAX));
    }
    for way in ways.iter().filter(|_| !orphans.is_empty()) {
        talk.say(&format!("    {way}"));
    }
}
