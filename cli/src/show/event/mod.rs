//! One line a person reads for each event, by noun.

mod content;
mod database;
mod inventory;
mod preflight;
mod run;

use wsusmigrate_core::event::Event;

use crate::show::plain;

/// What happened, in one line without time or number, whatever stands in the event's texts.
#[must_use]
pub fn line(event: &Event) -> String {
    let line = match event {
        Event::Run(event) => run::line(event),
        Event::Inventory(event) => inventory::line(event),
        Event::Preflight(event) => preflight::line(event),
        Event::Content(event) => content::line(event),
        Event::Database(event) => database::line(event),
    };
    plain(&line).into_owned()
}

#[cfg(test)]
mod tests {
    use wsusmigrate_core::event::run::JournalSealed;

    use super::line;

    #[test]
    fn an_event_is_one_line_whatever_people_wrote() {
        let reason = "done\n     99 2026-11-22T00:00:00Z run finished: complete".into();
        let told = line(&JournalSealed { reason, account: "a\rb".into(), sid: "\x1b[2J".into() }.into());
        assert_eq!(
            told,
            "journal sealed by a\\x0Db (\\x1B[2J): done\\x0A     99 2026-11-22T00:00:00Z run finished: complete"
        );
    }
}
