//! Operations: what has an effect, or may have one, and how certain its outcome is.

use super::{Deserialize, Serialize};
use crate::coded::coded;
use crate::digest::Sha256;
use crate::text::{Name, Text, Word};

coded! {
    /// What is done. Those of the source come first, then those of the destination, in their usual order.
    Operation {
        /// The source's services are stopped and do not start by themselves, so that SUSDB rests.
        Quiesce = 1, "quiesce";
        /// DBCC CHECKDB before the backup.
        CheckSource = 2, "check-source";
        /// The source's SUSDB is backed up.
        BackUp = 3, "back-up";
        /// RESTORE VERIFYONLY of that backup, on the source.
        VerifyBackup = 4, "verify-backup";
        /// The source's services are as they were.
        Resume = 5, "resume";
        /// The verified backup is copied into the migration store.
        Deliver = 6, "deliver";
        /// The engine writes a small file where its backups go, and this program reads it there: before anything takes long.
        ProveFolder = 7, "prove-folder";

        /// The backup is copied from the migration store to where the destination's engine reads it.
        CarryBackup = 16, "carry-backup";
        /// RESTORE VERIFYONLY of the carried backup, on the destination.
        VerifyCarried = 17, "verify-carried";
        /// The destination's own SUSDB is backed up, as the way back.
        BackUpOwn = 18, "back-up-own";
        /// RESTORE VERIFYONLY of that safety backup.
        VerifyOwn = 19, "verify-own";
        /// The destination's services are stopped until postinstall.
        StopServices = 20, "stop-services";
        /// The destination's SUSDB: `SINGLE_USER WITH ROLLBACK IMMEDIATE`, then DROP.
        Drop = 21, "drop";
        /// A drop without an effect left `SINGLE_USER` behind: SUSDB is open again to those it was open to before.
        SetMultiUser = 22, "set-multi-user";
        /// What a restore that was cut off left behind is dropped.
        DiscardPartial = 23, "discard-partial";
        /// The source's backup is restored as SUSDB.
        Restore = 24, "restore";
        /// DBCC CHECKDB of the restored SUSDB.
        CheckRestored = 25, "check-restored";
        /// A database user gets its login.
        MendUser = 26, "mend-user";
        /// What would make the restored server act as production by itself is switched off.
        Sleep = 27, "sleep";
        /// `wsusutil postinstall`.
        PostInstall = 28, "postinstall";
        /// The destination's services are started.
        StartServices = 29, "start-services";
    }
}

impl Operation {
    /// Whether it destroys what cannot be had again from where it stands: never begun without an approval and a proven
    /// way back, and never repeated on a guess.
    #[must_use]
    pub const fn is_destructive(self) -> bool {
        match self {
            Self::Drop | Self::DiscardPartial | Self::Restore => true,
            Self::Quiesce
            | Self::CheckSource
            | Self::BackUp
            | Self::VerifyBackup
            | Self::Resume
            | Self::Deliver
            | Self::ProveFolder
            | Self::CarryBackup
            | Self::VerifyCarried
            | Self::BackUpOwn
            | Self::VerifyOwn
            | Self::StopServices
            | Self::SetMultiUser
            | Self::CheckRestored
            | Self::MendUser
            | Self::Sleep
            | Self::PostInstall
            | Self::StartServices => false,
        }
    }

    /// Whether it belongs to the source; the others belong to the destination.
    #[must_use]
    pub const fn is_of_source(self) -> bool {
        self.code() < Self::CarryBackup.code()
    }
}

/// Intent: an operation is about to begin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationStarted {
    /// Which.
    pub operation: Operation,
    /// What tells it from others of its kind: a user, a path; empty where there is one only.
    pub subject: Name,
    /// The T-SQL, or the command line of a child process; what it shows of a longer one is its beginning.
    pub statement: Text,
    /// SHA-256 of the whole text as evidence, where it is longer.
    pub whole: Option<Sha256>,
    /// The state found before.
    pub before: Text,
    /// The effect expected.
    pub expects: Text,
}

/// Something the server said while an operation was going on: an INFO or an ERROR token, with the server's own words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageReceived {
    /// Its place among the operation's messages, from 0.
    pub ordinal: u32,
    /// Whether the server sent it as an error, not as information.
    pub is_error: bool,
    /// The number, as in `sys.messages`. This and what follows is untold where the client library does not pass it on.
    pub number: Option<i32>,
    /// The severity: up to 10 informs, from 11 on is an error.
    pub class: Option<u8>,
    /// Where in the server it was raised.
    pub state: Option<u8>,
    /// The line of the batch.
    pub line: Option<u32>,
    /// The words.
    pub text: Text,
}

/// The child process of an operation runs. It may outlive the program: by number and start it is recognised, and not run a
/// second time beside itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChildStarted {
    /// Its number in the system.
    pub process: u32,
    /// When it started, in the system's own terms; only good for comparing on the same host.
    pub started: Word,
}

/// Outcome of an operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationFinished {
    /// Which.
    pub operation: Operation,
    /// How certain.
    pub result: OperationResult,
    /// Messages recorded of it.
    pub messages: u32,
    /// The number of the first error the server sent, or the exit code of a child process; 0 where there was none, or none was
    /// told.
    pub error: i32,
    /// How long it took, in milliseconds.
    pub elapsed_ms: u64,
    /// What it came to, or why it failed.
    pub detail: Text,
}

coded! {
    /// How certain the outcome of an operation is.
    OperationResult {
        /// It was done, and that was proved.
        Done = 1, "done";
        /// It had no effect, or one that was undone.
        Failed = 2, "failed";
        /// Nobody knows: the connection was lost, the time was up, the child was killed.
        Unknown = 3, "unknown";
    }
}

/// An operation in doubt was looked at, without touching anything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationReconciled {
    /// Which.
    pub operation: Operation,
    /// What became of it.
    pub found: Probe,
    /// What was seen.
    pub detail: Text,
}

coded! {
    /// What a look at the world says of an operation in doubt.
    Probe {
        /// It has its effect.
        Happened = 1, "happened";
        /// It has no effect.
        Not = 2, "not";
        /// It has some of its effect: what is there has to be put right first.
        Partly = 3, "partly";
        /// It is still going on.
        Running = 4, "running";
        /// What is there tells nothing: a person has to say.
        Unknown = 5, "unknown";
    }
}

/// A person said what became of an operation that no look could settle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationResolved {
    /// Which.
    pub operation: Operation,
    /// What the person says.
    pub answer: Answer,
    /// The person's words.
    pub note: Text,
    /// The account, from the process token.
    pub account: Text,
    /// Its security identifier.
    pub sid: Text,
}

coded! {
    /// What a person says of an operation in doubt.
    Answer {
        /// It happened.
        Happened = 1, "happened";
        /// It did not.
        DidNot = 2, "did-not";
    }
}
