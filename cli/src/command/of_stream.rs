//! Whose records a command reads: the journal's own, or another host's stream that was imported into it.

use wsusmigrate_core::id::StreamId;
use wsusmigrate_core::projection::Migration;
use wsusmigrate_core::status::ImportedStream;
use wsusmigrate_journal::bundle::{Bundle, BundleError, Portable};
use wsusmigrate_journal::streams::{self, StoredError};
use wsusmigrate_journal::{Upto, replay};

use crate::command::state;
use crate::error::Failure;
use crate::exit::Exit;
use crate::place::Global;

/// Whose records.
#[derive(clap::Args, Clone, Debug)]
pub(super) struct OfStream {
    /// Another host's stream that was imported, instead of the journal's own
    #[arg(long, value_name = "ID")]
    stream: Option<String>,
}

impl OfStream {
    /// Whether an imported stream is meant.
    pub(super) const fn is_imported(&self) -> bool {
        self.stream.is_some()
    }

    /// Where the records come from.
    pub(super) fn source(&self, global: &Global) -> Result<Box<dyn Portable>, Failure> {
        Ok(match self.imported(global)? {
            Some(bundle) => Box::new(bundle),
            None => Box::new(state::reader(global)?),
        })
    }

    /// The imported stream, where one is meant.
    pub(super) fn imported(&self, global: &Global) -> Result<Option<Bundle>, Failure> {
        let Some(wanted) = &self.stream else { return Ok(None) };
        let (stream, imported) = known(&state::state(global, Upto::Now)?, Upto::Now, wanted)?;
        Ok(Some(bundle(global, stream, &imported)?))
    }

    /// The state at a moment of the journal. An imported stream counts as far as it had been imported by then, whatever
    /// its own times say, and has a state of its own.
    pub(super) fn state(&self, global: &Global, upto: Upto) -> Result<Migration, Failure> {
        let then = state::state(global, upto)?;
        let Some(wanted) = &self.stream else { return Ok(then) };
        let (stream, imported) = known(&then, upto, wanted)?;
        // Only the newest bundle of a stream is kept; it begins with all the earlier ones.
        let now = state::state(global, Upto::Now)?;
        let newest = now.run.status.streams.get(stream).copied().unwrap_or(imported);
        debug_assert!(imported.size <= newest.size);
        let bundle = bundle(global, stream, &newest)?;
        let replayed = replay(&bundle, None, Upto::Size(imported.size));
        Ok(replayed.map_err(|error| state::read_failure(&error))?.state)
    }
}

fn known(state: &Migration, upto: Upto, wanted: &str) -> Result<(StreamId, ImportedStream), Failure> {
    let mut streams = state.run.status.streams.iter();
    let known = streams.find(|(stream, _)| stream.to_string().eq_ignore_ascii_case(wanted));
    known.map(|(stream, imported)| (stream, *imported)).ok_or_else(|| {
        let then = if upto == Upto::Now { "" } else { " by then" };
        Failure::new(Exit::Usage, format!("no stream {wanted} was imported{then}"))
            .hint("`wsusmigrate status` names those that were.")
    })
}

/// The bundle that was imported, and no other that lies in its place.
fn bundle(global: &Global, stream: StreamId, imported: &ImportedStream) -> Result<Bundle, Failure> {
    streams::open(&global.journal_folder()?, stream, imported).map_err(|error| unusable(stream, &error))
}

fn unusable(stream: StreamId, error: &StoredError) -> Failure {
    const AGAIN: &str = "Fetch the bundle again from its source and import it: `wsusmigrate journal import BUNDLE` puts \
                         the copy back.";
    let (exit, hint) = match error {
        StoredError::Missing(_)
        | StoredError::NotAccepted(BundleError::Damaged(_) | BundleError::NotABundle { .. }) => {
            (Exit::JournalDamaged, AGAIN)
        }
        StoredError::OtherBundle(_) => (
            Exit::JournalDamaged,
            "Somebody has put it there: keep a copy. Fetch the bundle again from its source and import it: `wsusmigrate \
             journal import BUNDLE` puts the right one back.",
        ),
        StoredError::NotAccepted(BundleError::NewerFormat { .. }) => {
            (Exit::Usage, "Use the newer program that wrote it.")
        }
        StoredError::NotAccepted(BundleError::File(_)) => {
            (Exit::Failed, "Check the path and the rights of the account.")
        }
    };
    Failure::new(exit, format!("the imported stream {stream} cannot be used")).because(error).hint(hint)
}
