//! What a journal says after the fact.

use std::collections::BTreeMap;
use std::path::Path;

use wsusmigrate_core::event::content::{FileCopied, FileVerified};
use wsusmigrate_core::event::{ContentEvent, Event};
use wsusmigrate_core::path::PathRef;
use wsusmigrate_core::projection::Migration;
use wsusmigrate_core::status::Status;
use wsusmigrate_journal::{Reader, Record, RecordSource as _, verify_snapshots, verify_with};

/// The events of a journal, in order.
#[derive(Debug)]
pub struct History {
    events: Vec<Event>,
}

impl History {
    /// Reads the journal as it stands, without its lock; nothing where there is none yet.
    ///
    /// # Panics
    /// If a record cannot be read or is of a newer program.
    #[must_use]
    pub fn look(journal: &Path) -> Option<Self> {
        let reader = Reader::open(journal).ok()?;
        let events = reader.records(0..reader.size()).map(|raw| {
            let raw = raw.unwrap_or_else(|error| panic!("{error}"));
            match raw.decode() {
                Ok(Record::Known(recorded)) => recorded.event,
                other => panic!("record {} is {other:?}", raw.seq()),
            }
        });
        Some(Self { events: events.collect() })
    }

    /// Verifies the journal (every byte, every hash, every checkpoint, the legality of the history, the kept states) and
    /// reads it.
    ///
    /// # Panics
    /// If anything is wrong with it.
    #[must_use]
    pub fn verified(journal: &Path) -> Self {
        let mut status = Status::default();
        let mut legal = |recorded: &_| status.advance(recorded).map_err(|illegal| illegal.to_string());
        let verification = verify_with(journal, &mut legal).unwrap_or_else(|error| panic!("{error}"));
        assert!(verification.is_sound(), "{:#?}", verification.findings);
        let snapshots = verify_snapshots::<Migration>(journal).unwrap_or_else(|error| panic!("{error}"));
        assert!(snapshots.is_empty(), "{snapshots:#?}");
        Self::look(journal).expect("a journal that verifies")
    }

    /// The events.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// How many events have this dotted name.
    #[must_use]
    pub fn count(&self, name: &str) -> usize {
        self.events.iter().filter(|event| event.kind().name() == name).count()
    }

    /// How often each path was recorded as copied.
    #[must_use]
    pub fn copies(&self) -> BTreeMap<&PathRef, usize> {
        let mut copies = BTreeMap::new();
        for event in &self.events {
            if let Event::Content(ContentEvent::FileCopied(FileCopied { path, .. })) = event {
                *copies.entry(path).or_default() += 1;
            }
        }
        copies
    }

    /// The paths recorded as copied more than once: none, as long as the source stays as it is.
    #[must_use]
    pub fn copied_twice(&self) -> Vec<String> {
        let copies = self.copies().into_iter().filter(|(_, times)| *times > 1);
        copies.map(|(path, times)| format!("{path}: {times} times")).collect()
    }

    /// The paths with a good outcome, copied or verified.
    #[must_use]
    pub fn in_place(&self) -> std::collections::BTreeSet<&PathRef> {
        let path = |event| match event {
            &Event::Content(
                ContentEvent::FileCopied(FileCopied { ref path, .. })
                | ContentEvent::FileVerified(FileVerified { ref path, .. }),
            ) => Some(path),
            _ => None,
        };
        self.events.iter().filter_map(path).collect()
    }
}
