//! Errors of the journal, as a person reads them: with the exit code and the next thing to type.

use wsusmigrate_journal::{AppendError, FileError, OpenError};

use crate::error::Failure;
use crate::exit::Exit;

/// A journal that cannot be opened for writing.
pub(super) fn open_failure(error: &OpenError) -> Failure {
    let (exit, hint) = match error {
        OpenError::NotFound { .. } => {
            (Exit::Usage, "Begin with `wsusmigrate run`, or name the journal with --journal DIR.")
        }
        OpenError::Exists { .. } => (Exit::Usage, "Name another folder with --journal DIR."),
        OpenError::Locked { .. } => (
            Exit::Usage,
            "Another wsusmigrate works with this journal. Wait for it; `wsusmigrate status` works meanwhile.",
        ),
        OpenError::Damaged { .. } => (
            Exit::JournalDamaged,
            "`wsusmigrate journal verify` says what is damaged. Restore the folder from a copy, or keep it as evidence \
             and begin a new journal with --journal DIR: files in place are verified, not copied again.",
        ),
        OpenError::Unreadable(_) => (
            Exit::JournalDamaged,
            "Nothing was changed. Look at the disk, then run it again; `wsusmigrate journal verify` names all that cannot be \
             read. Where it stays so, move the folder log/ elsewhere and keep it: `wsusmigrate run` rebuilds it from sled/ \
             where that holds everything there is known to be.",
        ),
        OpenError::BothLost { .. } => (
            Exit::JournalDamaged,
            "Restore log/ or sled/ from a copy of the folder, or keep what is left as evidence and begin a new journal \
             with --journal DIR: files in place are verified, not copied again.",
        ),
        OpenError::OlderCopy { .. } | OpenError::Contradiction { .. } => (
            Exit::JournalDamaged,
            "An older or another copy of the journal was put back. Restore the newest one.",
        ),
        OpenError::Unconfirmed { .. } => (
            Exit::JournalDamaged,
            "Put that file back from a copy of the journal, or out of a bundle, which holds it under the same name: what \
             the key has signed since cannot be verified without it.",
        ),
        OpenError::Checkpoint { .. } => (
            Exit::JournalDamaged,
            "What was signed, or about to be, is not what stands there. `wsusmigrate journal verify` says what it is; \
             restore the file from a copy.",
        ),
        OpenError::Key(_) => (
            Exit::Usage,
            "Restore the key from a copy, or name its folder with --keys DIR (or WSUSMIGRATE_KEYS). A file that ends in \
             .next is left of a rotation that was cut short: one that is no key can be moved away.",
        ),
        OpenError::RetiredKey { .. } => (
            Exit::Usage,
            "This is an older copy of the key. Put the one that replaced it back into the folder of the keys; it was drawn \
             there by `wsusmigrate journal rotate-key`.",
        ),
        OpenError::Sealed { .. } => (
            Exit::Usage,
            "Nothing can be added to it any more; reading works. Begin another journal with --journal DIR.",
        ),
        OpenError::NewerFormat { .. } => (Exit::Usage, "Use the newer program that wrote it."),
        OpenError::Append(error) => return append_failure(error),
        _ => (
            Exit::JournalUnwritable,
            "Check the disk, the folder and the rights of the account, then run it again.",
        ),
    };
    Failure::new(exit, "cannot open the journal for writing").because(error).hint(hint)
}

/// An event that could not be recorded: the program stops.
#[must_use]
pub fn append_failure(error: &AppendError) -> Failure {
    if let AppendError::LogUnreadable(_) = error {
        return Failure::new(Exit::JournalDamaged, "the journal is damaged; everything stops here")
            .because(error)
            .hint(
                "The same command again looks at the whole log and mends it where the store has what it lacks; \
                 `wsusmigrate journal verify` says what is damaged.",
            );
    }
    if let AppendError::TwiceInBatch { .. } | AppendError::Contradiction { .. } = error {
        return Failure::new(
            Exit::Failed,
            "an event was given an id that was given before; this is a defect of the program",
        )
        .because(error)
        .hint(
            "Nothing is wrong with the journal or the disk; please report it with `wsusmigrate journal log`.",
        );
    }
    Failure::new(Exit::JournalUnwritable, "the journal could not be written; everything stops here")
        .because(error)
        .full_disk(matches!(error, AppendError::DiskFull(_)))
        .hint("Free space or mend the disk, then `wsusmigrate run`: it looks at what was in flight and goes on.")
}

/// An evidence file that could not be written or read.
#[must_use]
pub fn file_failure(error: &FileError) -> Failure {
    Failure::new(Exit::JournalUnwritable, "an evidence file of the journal could not be used")
        .because(error)
        .full_disk(error.lacks_room())
        .hint("Check the disk and the journal's folder, then `wsusmigrate run`.")
}

#[cfg(test)]
mod tests {
    //! Goal: nobody is sent to mend a disk for what the program did wrong.

    use wsusmigrate_core::id::EventId;
    use wsusmigrate_core::unit::Seq;

    use super::*;

    #[test]
    fn an_id_given_twice_is_no_full_disk() {
        let (id, name) = (EventId::from_bytes([1; 16]), "database.state-recorded");
        for error in
            [AppendError::TwiceInBatch { id, name }, AppendError::Contradiction { id, name, seq: Seq(7) }]
        {
            let failure = append_failure(&error);
            assert_eq!(failure.exit(), Exit::Failed);
            assert!(failure.to_string().contains("defect of the program"), "{failure}");
        }
        let full = append_failure(&AppendError::DiskFull("no space".to_owned()));
        assert_eq!(full.exit(), Exit::JournalUnwritable);
    }
}
