//! Step 3.1, `content`: reconcile what is in doubt, pass over the manifest, read the copy back.

mod batches;
mod events;
mod knowledge;
mod lists;
mod pass;
mod read_back;
mod reconcile;
mod strays;
mod suspects;

use wsusmigrate_core::decide::{ContentNext, decide_content};
use wsusmigrate_core::event::content::LeftoverRemoved;
use wsusmigrate_core::event::run::Verdict;

use crate::adapter::content::{Listing, remove_leftovers};
use crate::error::Failure;
use crate::executor::{Recorder, note_stop};
use crate::exit::Exit;
use crate::step::context::Context;
use crate::step::listings::Listings;

/// Carries the step out, beginning with whatever core says comes next.
pub(super) fn perform(recorder: &mut Recorder, context: &Context<'_>) -> Result<Verdict, Failure> {
    let mut listings = None;
    loop {
        note_stop(recorder, &context.request().stop)?;
        match decide_content(recorder.state(), context.asked()) {
            Some(ContentNext::Reconcile(action)) => {
                let listings = listed(&mut listings, context)?;
                reconcile::perform(action, recorder, context, listings)?;
            }
            Some(ContentNext::Pass) => {
                let listings = listed(&mut listings, context)?;
                remove(&listings.destination, recorder, context)?;
                pass::perform(recorder, context, listings)?;
            }
            Some(ContentNext::ReadBack) => read_back::perform(recorder, context)?,
            Some(ContentNext::Finish(verdict)) => {
                suspects::tell_orphans(recorder, context);
                strays::tell_in_doubt(recorder, context);
                return Ok(verdict);
            }
            None => {
                return Err(Failure::new(
                    Exit::Failed,
                    "no run is going on; this is a defect of the program",
                ));
            }
        }
    }
}

/// The listings, taken once a step.
fn listed<'l>(listings: &'l mut Option<Listings>, context: &Context<'_>) -> Result<&'l Listings, Failure> {
    if listings.is_none() {
        let taken = match context.take_listings() {
            Some(taken) => taken,
            None => Listings::take(context.folders()).map_err(|error| {
                Failure::new(Exit::Failed, "the content folders cannot be listed")
                    .because(&error)
                    .hint("`wsusmigrate check` says more.")
            })?,
        };
        *listings = Some(taken);
    }
    listings.as_ref().ok_or_else(|| Failure::new(Exit::Failed, "no listing; this is a defect of the program"))
}

/// Removes leftovers. A crash between the removal and its record loses the record of a file that was never whole.
fn remove(listing: &Listing, recorder: &mut Recorder, context: &Context<'_>) -> Result<(), Failure> {
    if listing.leftovers.is_empty() {
        return Ok(());
    }
    let root = &context.folders().destination;
    let removed = remove_leftovers(root, &listing.leftovers, context.request().boundaries.as_ref()).map_err(
        |error| {
            Failure::new(Exit::Failed, "temporary files of an interrupted copy cannot be removed")
                .because(&error)
        },
    )?;
    for (kept, error) in &removed.kept {
        context.talk().say(&format!("warn: leftover {} stays: {error}", kept.path));
    }
    let drafts = removed.removed.iter().map(|leftover| {
        let path = events::path_ref(&context.request().journal, &leftover.path)?;
        let event = LeftoverRemoved { path, bytes: leftover.bytes };
        Ok(recorder.observation(leftover.path.as_bytes(), event))
    });
    let drafts: Vec<_> = drafts.collect::<Result<_, Failure>>()?;
    recorder.record(drafts)?;
    Ok(())
}
