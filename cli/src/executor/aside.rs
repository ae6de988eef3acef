//! Events that belong to no step: a stream that is imported, a journal that is sealed. Each in a run of its own that
//! does nothing else.

use std::path::Path;

use wsusmigrate_core::event::Event;
use wsusmigrate_core::id::{ActionId, EventId, Phase, RunId};
use wsusmigrate_core::projection::Migration;
use wsusmigrate_core::text::Text;
use wsusmigrate_core::unit::Seq;

use crate::error::Failure;
use crate::executor::open;
use crate::executor::recorder::{Draft, Recorder};
use crate::platform;
use crate::show::Talk;

/// A journal that is there, open for writing one thing.
pub struct Aside(Recorder);

impl Aside {
    /// Opens the journal, which must be there; opening is recovery, as for every run. What is found about the store is
    /// recorded before this returns: nothing may come behind a seal.
    pub fn open(folder: &Path, keys: &Path, talk: Talk) -> Result<Self, Failure> {
        let journal = open::open_journal(folder, keys, talk)?;
        let (state, size) = open::state(&journal, folder)?;
        let run = RunId::from_random(open::random()?);
        Ok(Self(Recorder::new(journal, state, size, run, talk)))
    }

    /// What the journal holds.
    #[must_use]
    pub const fn state(&self) -> &Migration {
        self.0.state()
    }

    /// Records the event and closes the journal, which signs a checkpoint over it.
    pub fn record(mut self, event: impl Into<Event>) -> Result<(), Failure> {
        self.0.observe(b"", event)?;
        self.close()
    }

    /// The same, of an event that belongs to an action whose outcome is in doubt: the answer to a question.
    pub fn record_of(
        mut self,
        action: ActionId,
        intent: Seq,
        event: impl Into<Event>,
    ) -> Result<(), Failure> {
        let id = EventId::of_action(action, Phase::Answered, 0, 0);
        self.0.record(vec![Draft::of_action(id, action, Some(intent), event)])?;
        self.close()
    }

    /// Closes the journal without a word.
    pub fn close(self) -> Result<(), Failure> {
        self.0.close().map(drop)
    }
}

/// The account of the process token and its security identifier.
#[must_use]
pub fn account() -> (Text, Text) {
    let account = platform::account();
    let name = account.as_ref().map_or("unknown", |account| account.name.as_str());
    let id = account.as_ref().map_or("unknown", |account| account.id.as_str());
    (name.into(), id.into())
}
