//! One line a person reads for each event, by noun.

mod content;
mod inventory;
mod preflight;
mod run;

use wsusmigrate_core::event::Event;

/// What happened, in one line without time or number.
#[must_use]
pub fn line(event: &Event) -> String {
    match event {
        Event::Run(event) => run::line(event),
        Event::Inventory(event) => inventory::line(event),
        Event::Preflight(event) => preflight::line(event),
        Event::Content(event) => content::line(event),
    }
}
