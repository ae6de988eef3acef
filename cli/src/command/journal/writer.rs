//! The journal open for writing, for commands that are no run.

use wsusmigrate_journal::{CheckpointError, Journal};

use crate::error::Failure;
use crate::executor;
use crate::exit::Exit;
use crate::place::Global;
use crate::show::Talk;

/// Opens the journal, which must be there; opening mends it.
pub(super) fn open(global: &Global) -> Result<Journal, Failure> {
    executor::open_journal(&global.journal_folder()?, &global.keys_folder(), Talk { json: global.json })
}

/// Closes it; everything is durable and under a checkpoint.
pub(super) fn close(journal: Journal) -> Result<(), Failure> {
    journal.close().map_err(|error| {
        Failure::new(Exit::JournalUnwritable, "the journal could not be closed cleanly")
            .because(&error)
            .hint("Nothing recorded is lost; the next command that writes opens it.")
    })
}

/// A checkpoint that could not be made.
pub(super) fn checkpoint_failure(error: &CheckpointError) -> Failure {
    let (exit, hint) = match error {
        CheckpointError::SecondRoot { .. } | CheckpointError::Backwards { .. } => (
            Exit::JournalDamaged,
            "Another copy of this journal was written with the same key. Find out which is the right one, and keep both.",
        ),
        CheckpointError::Intent { .. } => (
            Exit::JournalDamaged,
            "Restore the file from a copy of the key folder; without it two roots could be signed for one size.",
        ),
        CheckpointError::Key(_) => (Exit::Usage, "Look at the key folder and the rights of the account."),
        CheckpointError::Append(error) => return executor::append_failure(error),
        CheckpointError::Read(_) => (Exit::JournalDamaged, "`wsusmigrate journal verify` says more."),
        CheckpointError::State { .. } | CheckpointError::File(_) => {
            (Exit::JournalUnwritable, "Check the disk and the folders of the journal and its keys.")
        }
    };
    Failure::new(exit, "no checkpoint could be signed").because(error).hint(hint)
}
