//! What the source's journal says, where it was imported: its worksheet, its backup, its sums.

use std::path::Path;

use wsusmigrate_core::event::run::Role;
use wsusmigrate_core::projection::Migration;
use wsusmigrate_journal::{Upto, replay, streams};

use crate::error::Failure;
use crate::exit::Exit;

/// The state of the imported stream whose host declared itself the source; nothing where none was imported.
pub fn source_state(journal: &Path, state: &Migration) -> Result<Option<Migration>, Failure> {
    source_state_at(journal, state, state)
}

/// The same, as far as it had been imported `then`. Only the newest bundle of a stream is kept, which `now` knows; it begins
/// with all the earlier ones.
pub fn source_state_at(
    journal: &Path,
    then: &Migration,
    now: &Migration,
) -> Result<Option<Migration>, Failure> {
    let unusable = |error: &dyn std::error::Error| {
        Failure::new(Exit::JournalDamaged, "the source's imported records cannot be used")
            .because(error)
            .hint("Import the bundle again: `wsusmigrate journal import BUNDLE`.")
    };
    for (stream, imported) in then.run.status.streams.iter() {
        let newest = now.run.status.streams.get(stream).unwrap_or(imported);
        let bundle = streams::open(journal, stream, newest).map_err(|error| unusable(&error))?;
        let replayed = replay::<Migration>(&bundle, None, Upto::Size(imported.size));
        let theirs = replayed.map_err(|error| unusable(&error))?.state;
        if theirs.run.status.role == Some(Role::Source) {
            return Ok(Some(theirs));
        }
    }
    Ok(None)
}
