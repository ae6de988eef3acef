//! What the client library tells of the server's words, where everything is encrypted: it traces every INFO and ERROR
//! token as it reads it, and returns only the first error of a batch.
//!
//! It tells an error's number and text and an information's text. Class, state and line of the first error come with
//! the error it returns; of the others nobody tells them.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::mpsc::UnboundedSender;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use wsusmigrate_core::database::message::ServerMessage;

/// Where the library traces tokens. Its version is pinned: a test sees that it still does.
const TARGET: &str = "tiberius::tds::stream::token";

/// How the library's words on the login and on changes of the environment begin: they share level and target with what the server says.
const NOT_SAID: [&str; 11] = [
    "Microsoft SQL Server version ",
    "Database change from '",
    "Packet size change from '",
    "SQL collation change",
    "Begin transaction",
    "Commit transaction",
    "Rollback transaction",
    "Defect transaction",
    "Server requested routing to a new address: ",
    "Fallback mirror server: `",
    "Ignored env change: `",
];

/// Hears the library on the thread it is set for.
pub(super) struct Capture {
    heard: UnboundedSender<ServerMessage>,
    spans: AtomicU64,
}

impl Capture {
    pub(super) const fn new(heard: UnboundedSender<ServerMessage>) -> Self {
        Self { heard, spans: AtomicU64::new(0) }
    }
}

impl Subscriber for Capture {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && metadata.target() == TARGET && *metadata.level() <= Level::DEBUG
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::DEBUG)
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(self.spans.fetch_add(1, Ordering::Relaxed) + 1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut told = Told::default();
        event.record(&mut told);
        let is_error = *event.metadata().level() == Level::ERROR;
        if !is_error && NOT_SAID.iter().any(|beginning| told.text.starts_with(beginning)) {
            return;
        }
        let Told { number, text } = told;
        let message = ServerMessage { is_error, number, class: None, state: None, line: None, text };
        // Nobody listens any more: the statement was given up.
        let _ = self.heard.send(message);
    }
}

/// The fields of an event.
#[derive(Default)]
struct Told {
    number: Option<i32>,
    text: String,
}

impl Visit for Told {
    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "code" {
            self.number = i32::try_from(value).ok();
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.text = format!("{value:?}");
        }
    }
}
