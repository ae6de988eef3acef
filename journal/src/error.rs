//! What can go wrong, one enumeration an operation. The cause stands in `source()` and is not repeated in the text.

use std::path::PathBuf;

use wsusmigrate_core::id::EventId;
use wsusmigrate_core::unit::Seq;

pub use crate::checkpoint::NotANote;
pub use crate::codec::NotDecodable;
pub use crate::disk::FileError;
pub use crate::key::KeyError;
pub use crate::wire::DecodeError;

/// A place in the log that is not what was acknowledged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("record {seq} is damaged: {what} ({}, byte {offset})", file.display())]
pub struct Damage {
    /// The first record that cannot be trusted.
    pub seq: Seq,
    /// The log file.
    pub file: PathBuf,
    /// Where in the file.
    pub offset: u64,
    /// What is wrong there.
    pub what: String,
}

/// Why a journal could not be created or opened for writing. Nothing was changed unless a variant says so.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is no journal in the folder. Hint: `init`, or another folder.
    #[error("there is no journal in {}", .0.display())]
    NotFound(PathBuf),
    /// `create` was asked for, and there is one already. Hint: open it.
    #[error("there is a journal already in {}", .0.display())]
    Exists(PathBuf),
    /// Another process writes. Readers work beside it. Hint: wait for it, or look which process it is.
    #[error("another process is writing to the journal in {}", .0.display())]
    Locked(PathBuf),
    /// Acknowledged records are damaged or missing, and the store cannot give them. Hint: `journal verify` for all
    /// there is to know, then put a copy back.
    #[error("the journal is damaged")]
    Damaged(#[source] Damage),
    /// A part of a log file cannot be read: the system says so. It is not replaced, for it may be readable again, and may
    /// hold what nothing else knows of. Hint: mend the disk; where that cannot be done, move `log/` elsewhere: it is then
    /// rebuilt from a store that holds everything.
    #[error("the log cannot be read")]
    Unreadable(#[source] FileError),
    /// Log and store are both gone or unreadable, and the head or a checkpoint says the journal held records. Hint:
    /// put the folder `log/` or `sled/` back from a copy; what is left is untouched.
    #[error("the log and the store in {} are both lost; the journal held at least {size} records", dir.display())]
    BothLost {
        /// The journal.
        dir: PathBuf,
        /// Records it is known to have held.
        size: u64,
    },
    /// A checkpoint, kept outside or inside, covers more records than the log has: an older copy was put back, or
    /// the end was cut off. Hint: look for the newer copy; if there is none, `journal verify --against`.
    #[error("{} was signed over {claimed} records, the log has {size}: an older copy was put back", file.display())]
    OlderCopy {
        /// The checkpoint.
        file: PathBuf,
        /// Records it covers.
        claimed: u64,
        /// Records there are.
        size: u64,
    },
    /// A checkpoint has another root over the same records: the history was rewritten, or the checkpoint belongs to
    /// another journal.
    #[error("{} contradicts the log: another root over the first {size} records", file.display())]
    Contradiction {
        /// The checkpoint.
        file: PathBuf,
        /// Records it covers.
        size: u64,
    },
    /// A checkpoint file cannot be read or its signature is wrong. Hint: put the right one back, or remove it
    /// deliberately.
    #[error("the checkpoint {} is not valid", file.display())]
    Checkpoint {
        /// The checkpoint.
        file: PathBuf,
        /// Why.
        #[source]
        source: NotANote,
    },
    /// The checkpoint that confirms a rotation of the key is lost: nothing that was signed since can be verified without it,
    /// and nobody can sign it again. Hint: put it back from a copy of the journal, or out of a bundle.
    #[error(
        "the rotation to another key at record {seq} is not confirmed any more: {} is not there with the signatures of \
         both keys, nor is its copy beside the key", file.display()
    )]
    Unconfirmed {
        /// The checkpoint.
        file: PathBuf,
        /// The record that names the other key.
        seq: Seq,
    },
    /// The signing key is missing, unreadable or not this journal's. Hint: put it back into the key folder.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The key in place is one that another has replaced, and both have signed that: nobody could verify what it signs
    /// now. Hint: put the new key back.
    #[error("{} was replaced by another key at record {seq}: nothing it signs now could be verified", file.display())]
    RetiredKey {
        /// The key.
        file: PathBuf,
        /// The record that names the other key.
        seq: Seq,
    },
    /// A newer program wrote this. Hint: use that program; reading may work.
    #[error("{} has format version {version}, which is newer than this program", file.display())]
    NewerFormat {
        /// The log file.
        file: PathBuf,
        /// Its version.
        version: u16,
    },
    /// The journal is ended for good; nothing was appended. Reading works. Hint: begin another one.
    #[error("the journal in {} is sealed by {account}: {reason:?}", dir.display())]
    Sealed {
        /// The journal.
        dir: PathBuf,
        /// The account that sealed it.
        account: String,
        /// Why, in its words.
        reason: String,
    },
    /// The journal is ended for good, and the checkpoint over its end, which an interruption left out, could not be
    /// signed. Hint: opening it again does that.
    #[error("the journal is sealed, and its last checkpoint could not be signed")]
    SealUnfinished(#[source] Box<CloseError>),
    /// The first record is not what begins a journal.
    #[error("the first record is not run.journal-created")]
    NoIdentity,
    /// A file operation failed.
    #[error(transparent)]
    File(#[from] FileError),
    /// What opening had to record could not be appended.
    #[error(transparent)]
    Append(#[from] AppendError),
}

impl OpenError {
    /// Whether there was no room on the disk.
    pub(crate) fn lacks_room(&self) -> bool {
        match self {
            Self::File(error) | Self::Key(KeyError::File(error)) => error.lacks_room(),
            Self::Append(error) => matches!(error, AppendError::DiskFull(_)),
            Self::SealUnfinished(error) => error.lacks_room(),
            _ => false,
        }
    }
}

/// Why records could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// There is no journal in the folder.
    #[error("there is no journal in {}", .0.display())]
    NotFound(PathBuf),
    /// The creation of a journal was begun in the folder and did not come to its end: nothing was ever recorded there.
    /// Hint: the next run begins it anew.
    #[error("the creation of the journal in {} did not come to its end; nothing was recorded", .0.display())]
    Unborn(PathBuf),
    /// Both slots of the head are unreadable: how far the log may be trusted is unknown. Hint: opening for writing
    /// rebuilds it; `verify` works without.
    #[error("the durable head {} is unreadable", .0.display())]
    NoHead(PathBuf),
    /// An acknowledged record is damaged.
    #[error(transparent)]
    Damaged(#[from] Damage),
    /// A newer program wrote this.
    #[error("{} has format version {version}, which is newer than this program", file.display())]
    NewerFormat {
        /// The log file.
        file: PathBuf,
        /// Its version.
        version: u16,
    },
    /// The first record is not what begins a journal.
    #[error("the first record is not run.journal-created")]
    NoIdentity,
    /// A record's bytes are whole but cannot be decoded.
    #[error("record {seq} cannot be decoded")]
    Undecodable {
        /// Which.
        seq: Seq,
        /// Why.
        #[source]
        source: DecodeError,
    },
    /// More was asked for than there is.
    #[error("record {asked} does not exist, the journal has {size}")]
    Beyond {
        /// Records asked for.
        asked: u64,
        /// Records there are.
        size: u64,
    },
    /// While it was read, the journal was replaced by another one or by an older copy of itself.
    #[error("the journal in {} was replaced while it was read", .0.display())]
    Replaced(PathBuf),
    /// A checkpoint file is not one.
    #[error("the checkpoint {} is not valid", file.display())]
    Checkpoint {
        /// The checkpoint.
        file: PathBuf,
        /// Why.
        #[source]
        source: NotANote,
    },
    /// A file operation failed.
    #[error(transparent)]
    File(#[from] FileError),
}

/// Why events were not appended. Cloned to everyone who waits.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// The journal is not at the expected size. Nothing was appended; read on and decide again.
    #[error("the journal has {size} records, {expected} were expected")]
    Conflict {
        /// What was expected.
        expected: u64,
        /// What there is.
        size: u64,
    },
    /// An event with this id is in the journal, with other content. Nothing of the batch was appended.
    #[error("event {id} ({name}) is record {seq} already, with other content")]
    Contradiction {
        /// The id.
        id: EventId,
        /// The name of the event that was refused.
        name: &'static str,
        /// The record that has the id.
        seq: Seq,
    },
    /// Two events of the batch have the same id.
    #[error("event {id} ({name}) stands twice in the batch")]
    TwiceInBatch {
        /// The id.
        id: EventId,
        /// The name of the second.
        name: &'static str,
    },
    /// An event is too long for a record. Nothing of the batch was appended.
    #[error("{name} would take {bytes} bytes, a record has at most {}", crate::RECORD_BYTES_MAX)]
    TooLong {
        /// The event's name.
        name: &'static str,
        /// The length of its record.
        bytes: usize,
    },
    /// A batch has a stated maximum.
    #[error("a batch of {events} events and {bytes} bytes is above the maximum")]
    BatchTooLarge {
        /// Events in it.
        events: usize,
        /// Bytes in it.
        bytes: usize,
    },
    /// A batch of nothing has no position.
    #[error("the batch is empty")]
    EmptyBatch,
    /// One action has more items than the index holds (see `crate::ACTION_ITEMS_MAX`).
    #[error("an action has more than {} items", crate::ACTION_ITEMS_MAX)]
    ActionTooLarge,
    /// Whether these events are in the journal already cannot be told before the store is open and has caught up, and it
    /// was not heard of for a while. Nothing was appended. Hint: try again; batches that are known to be new are
    /// taken meanwhile.
    #[error("the store is not ready, and was not heard of for {} seconds", waited.as_secs())]
    StoreNotReady {
        /// How long it was waited for without a sign of it.
        waited: std::time::Duration,
    },
    /// The log cannot be read back where the store is held against it: a part of it is damaged, or cannot be read. The
    /// program must stop (exit code 5). Hint: open the journal again, which looks at the whole log and mends it where the
    /// store has what it lacks.
    #[error("{0}")]
    LogUnreadable(String),
    /// The disk is full, or was when the journal was opened, and the journal takes nothing more; whether this batch is in it,
    /// opening again tells. The program must stop (exit code 4). Hint: free space; see `crate::RESERVE_BYTES`.
    #[error("the disk is full: {0}")]
    DiskFull(String),
    /// The journal could not be written and takes nothing more; whether this batch is in it, opening again tells.
    /// The program must stop (exit code 4).
    #[error("the journal could not be written: {0}")]
    Stopped(String),
}

/// Why closing did not end as it should. Everything acknowledged is durable all the same.
#[derive(Debug, thiserror::Error)]
pub enum CloseError {
    /// The journal had stopped before.
    #[error(transparent)]
    Stopped(#[from] AppendError),
    /// The store could not be drained; the next open catches it up.
    #[error("the store failed: {0}")]
    Store(String),
    /// The checkpoint could not be made.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// A file operation failed.
    #[error(transparent)]
    File(#[from] FileError),
}

impl CloseError {
    /// Whether there was no room on the disk.
    #[must_use]
    pub fn lacks_room(&self) -> bool {
        match self {
            Self::Stopped(error) => matches!(error, AppendError::DiskFull(_)),
            Self::Checkpoint(CheckpointError::File(error)) | Self::File(error) => error.lacks_room(),
            Self::Checkpoint(_) | Self::Store(_) => false,
        }
    }
}

/// Why a checkpoint or snapshot was not written, or a key not rotated.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// Another root was signed, or about to be, for the same size. Two would be a lie to one of those who see them.
    #[error("{} has another root over the same {size} records", file.display())]
    SecondRoot {
        /// What says so.
        file: PathBuf,
        /// Records.
        size: u64,
    },
    /// A larger size was signed, or about to be: this is an older copy of the journal.
    #[error("{} speaks of {before} records already, this would be a checkpoint of {size}", file.display())]
    Backwards {
        /// What says so.
        file: PathBuf,
        /// Records of the checkpoint that is refused.
        size: u64,
        /// Records of the one before.
        before: u64,
    },
    /// What was last about to be signed cannot be read.
    #[error("{} does not say what was about to be signed", file.display())]
    Intent {
        /// The file.
        file: PathBuf,
        /// Why.
        #[source]
        source: NotANote,
    },
    /// The key could not be read, drawn or stored.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The rotation could not be recorded.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// The log could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A state could not be encoded.
    #[error("the state of {name} cannot be stored: {why}")]
    State {
        /// The projection.
        name: &'static str,
        /// Why.
        why: String,
    },
    /// A file operation failed.
    #[error(transparent)]
    File(#[from] FileError),
}
