//! What the source's journal says, where it was imported: its worksheet, its backup, its sums.

use std::path::Path;

use wsusmigrate_core::event::run::Role;
use wsusmigrate_core::projection::Migration;
use wsusmigrate_journal::{Upto, replay, streams};

use crate::error::Failure;
use crate::exit::Exit;

/// The state of the imported stream whose host declared itself the source; nothing where none was imported.
pub fn source_state(journal: &Path, state: &Migration) -> Result<Option<Migration>, Failure> {
    let unusable = |error: &dyn std::error::Error| {
        Failure::new(Exit::JournalDamaged, "the source's imported records cannot be used")
            .because(error)
            .hint("Import the bundle again: `wsusmigrate journal import BUNDLE`.")
    };
    for (stream, imported) in state.run.status.streams.iter() {
        let bundle = streams::open(journal, stream, imported).map_err(|error| unusable(&error))?;
        let replayed = replay::<Migration>(&bundle, None, Upto::Size(imported.size));
        let theirs = replayed.map_err(|error| unusable(&error))?.state;
        if theirs.run.status.role == Some(Role::Source) {
            return Ok(Some(theirs));
        }
    }
    Ok(None)
}
