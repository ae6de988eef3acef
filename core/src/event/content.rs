//! Update files: `WsusContent` and `UpdateServicesPackages`, step 3.1.
//!
//! A *manifest* lists what the source holds. A *pass* works through the part of it that is new or changed, the
//! *worklist*, in *batches*: one durable intent a batch, one outcome a file. The *read-back* hashes the copy from
//! the disk. Lists are content-addressed files beside the log; an event carries their SHA-256.

mod catalogue;
mod doubt;

use serde::{Deserialize, Serialize};

pub use catalogue::{CatalogueCompared, CatalogueDiffered, CatalogueDifference, StatesCounted};
pub use doubt::{BatchExamined, BatchReconciled, StrayRecorded};

use crate::coded::coded;
use crate::digest::{Sha1, Sha256};
use crate::event::noun;
use crate::path::PathRef;
use crate::text::Text;
use crate::unit::ModifiedNanos;

noun! {
    /// What happens to update files.
    ContentEvent in Content {
        /// The list of what the source holds.
        ManifestRecorded => ContentManifestRecorded;
        /// Something that is not copied.
        EntryIgnored => ContentEntryIgnored;
        /// A pass begins.
        PassStarted => ContentPassStarted;
        /// Intent of a batch.
        BatchStarted => ContentBatchStarted;
        /// Intent: a file that stands there is about to be replaced.
        ReplacementStarted => ContentReplacementStarted;
        /// A file's outcome: copied.
        FileCopied => ContentFileCopied;
        /// A file's outcome: already right.
        FileVerified => ContentFileVerified;
        /// A file's outcome: failed, no effect.
        FileFailed => ContentFileFailed;
        /// Outcome of a batch.
        BatchFinished => ContentBatchFinished;
        /// A batch in doubt was looked at.
        BatchReconciled => ContentBatchReconciled;
        /// A temporary file was removed.
        LeftoverRemoved => ContentLeftoverRemoved;
        /// A pass ends.
        PassFinished => ContentPassFinished;
        /// Reading back begins.
        ReadBackStarted => ContentReadBackStarted;
        /// A batch was read back.
        ReadBackRecorded => ContentReadBackRecorded;
        /// A file is not what was recorded.
        ReadBackMismatched => ContentReadBackMismatched;
        /// Reading back ends.
        ReadBackFinished => ContentReadBackFinished;
        /// A file found wrong is no open question any more.
        SuspicionSettled => ContentSuspicionSettled;
        /// A file of an interrupted batch that has left the source.
        StrayRecorded => ContentStrayRecorded;
        /// What of a batch in doubt is accounted for.
        BatchExamined => ContentBatchExamined;
        /// A file that is not as SUSDB expects it.
        CatalogueDiffered => ContentCatalogueDiffered;
        /// Files by the states SUSDB has them in.
        StatesCounted => ContentStatesCounted;
        /// The copy was held against what SUSDB expects.
        CatalogueCompared => ContentCatalogueCompared;
    }
}

/// The files the source holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestRecorded {
    /// The source's content root: the folder that holds `WsusContent`.
    pub source: Text,
    /// The destination's.
    pub destination: Text,
    /// SHA-256 of the manifest file.
    pub manifest: Sha256,
    /// Files in it.
    pub files: u64,
    /// Their sizes together, in bytes.
    pub bytes: u64,
    /// Files in `WsusContent` that are named after a digest.
    pub content_files: u64,
    /// Files in `UpdateServicesPackages`.
    pub package_files: u64,
    /// Files in `WsusContent` that are not named after a digest in the folder of that digest.
    pub unexpected_files: u64,
    /// Entries that are not copied; each has an event of its own.
    pub ignored_entries: u64,
}

/// Something in the source that is not copied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryIgnored {
    /// Where.
    pub path: PathRef,
    /// What it is.
    pub what: IgnoredEntry,
    /// Where a link points, or why a folder could not be read.
    pub detail: Text,
}

coded! {
    /// Why an entry of the source is not copied.
    IgnoredEntry {
        /// A symbolic link; never followed.
        SymbolicLink = 1, "symbolic-link";
        /// A junction or another reparse point; never followed.
        ReparsePoint = 2, "reparse-point";
        /// A socket, pipe or device.
        Special = 3, "special";
        /// A folder that could not be listed: what it holds is unknown, and the step fails.
        UnreadableFolder = 4, "unreadable-folder";
        /// A temporary file of this program.
        Temporary = 5, "temporary";
        /// A file about which the system tells nothing: it is missing at the destination, and the step fails.
        Unreadable = 6, "unreadable";
    }
}

impl IgnoredEntry {
    /// Whether it is unknown what stands there: it is missing at the destination, and the step fails.
    #[must_use]
    pub const fn is_untold(self) -> bool {
        match self {
            Self::UnreadableFolder | Self::Unreadable => true,
            Self::SymbolicLink | Self::ReparsePoint | Self::Special | Self::Temporary => false,
        }
    }

    /// Whether nothing is put in its place.
    #[must_use]
    pub const fn is_obstacle(self) -> bool {
        match self {
            Self::SymbolicLink | Self::ReparsePoint | Self::Special => true,
            Self::UnreadableFolder | Self::Unreadable | Self::Temporary => false,
        }
    }
}

/// A pass over the manifest begins. Says beforehand how much it will touch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassStarted {
    /// SHA-256 of the manifest file.
    pub manifest: Sha256,
    /// SHA-256 of the worklist file: the part of the manifest this pass works through.
    pub worklist: Sha256,
    /// Files in the worklist.
    pub files: u64,
    /// Their sizes together, in bytes.
    pub bytes: u64,
    /// Files left alone because they are recorded and unchanged in size and time on both sides.
    pub unchanged_files: u64,
    /// Their sizes together, in bytes.
    pub unchanged_bytes: u64,
    /// Whether recorded files are hashed again all the same.
    pub recheck: bool,
}

/// Intent: a range of the worklist is about to be worked on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchStarted {
    /// SHA-256 of the worklist file.
    pub worklist: Sha256,
    /// Position of the range's first file in the worklist.
    pub first: u64,
    /// Files in the range, at most 1,024.
    pub files: u32,
    /// Their sizes together, in bytes.
    pub bytes: u64,
    /// SHA-256 of the range's lines in the worklist file.
    pub range: Sha256,
    /// Which of them were found at the destination before: bit `i % 8` of byte `i / 8` for file `i` of the range.
    #[serde(serialize_with = "crate::digest::bytes_as_hex")]
    pub found_before: Vec<u8>,
}

/// Intent: a file of a batch that stands at the destination with wrong bytes is about to be replaced by one rename.
/// The right bytes stand durable beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplacementStarted {
    /// Position in its batch.
    pub item: u32,
    /// Where, below both roots.
    pub path: PathRef,
    /// What stands there, and is gone after the rename.
    pub found: FoundFile,
}

/// A file as it was found at the destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundFile {
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-1 of all bytes; nothing where they could not be read.
    pub sha1: Option<Sha1>,
    /// SHA-256 of all bytes; nothing where they could not be read.
    pub sha256: Option<Sha256>,
    /// Modification time.
    pub modified: ModifiedNanos,
}

/// A file was copied, synced and renamed to its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileCopied {
    /// Position in its batch.
    pub item: u32,
    /// Where, below both roots.
    pub path: PathRef,
    /// What was put in place.
    pub file: FileFacts,
    /// How often it was copied from the beginning: 1, or 2 where the first copy did not match or the file had changed
    /// since it was listed.
    pub attempts: u8,
    /// Whether a file that was there before, with other bytes, was replaced: `content.replacement-started` says which.
    pub replaced: bool,
}

/// A file was found at the destination with the right digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileVerified {
    /// Position in its batch.
    pub item: u32,
    /// Where, below both roots.
    pub path: PathRef,
    /// What was found.
    pub file: FileFacts,
    /// Who put it there.
    pub origin: Origin,
}

/// What a file at the destination is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileFacts {
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-1 of all bytes.
    pub sha1: Sha1,
    /// SHA-256 of all bytes.
    pub sha256: Sha256,
    /// Modification time of the file at the destination: a copy keeps the source's, a verified file its own.
    pub modified: ModifiedNanos,
    /// What the name says about the bytes.
    pub naming: Naming,
}

coded! {
    /// What a file's name says about its bytes.
    Naming {
        /// Named after the SHA-1 of its bytes, in the folder of that digest.
        Digest = 1, "digest";
        /// In `WsusContent` and not named so: copied, recorded, listed as unexpected.
        Unexpected = 2, "unexpected";
        /// In `UpdateServicesPackages`, where names are not digests.
        Package = 3, "package";
        /// `tbFile.IsEncrypted`: the bytes are encrypted, the name is the digest of the clear text.
        Encrypted = 4, "encrypted";
    }
}

coded! {
    /// Who put a verified file in place.
    Origin {
        /// It was there before this program: pre-seeded by hand, or copied by another tool.
        FoundInPlace = 1, "found-in-place";
        /// An interrupted batch put it there: it had found nothing there, or had recorded that it replaces what it found.
        AfterInterruption = 2, "after-interruption";
        /// An earlier pass recorded it and this one hashed it again.
        Rechecked = 3, "rechecked";
    }
}

/// A file could not be brought over. The destination is as it was before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileFailed {
    /// Position in its batch.
    pub item: u32,
    /// Where, below both roots.
    pub path: PathRef,
    /// Size in the manifest, in bytes.
    pub bytes: u64,
    /// Why.
    pub reason: FailureReason,
    /// SHA-1 of the bytes that were read, where the digest is the reason.
    pub found: Option<Sha1>,
    /// The system's own words.
    pub detail: Text,
}

coded! {
    /// Why a file could not be brought over.
    FailureReason {
        /// The source's bytes do not have the digest the name promises.
        DamagedAtSource = 1, "damaged-at-source";
        /// The source file cannot be opened or read.
        Unreadable = 2, "unreadable";
        /// It was listed and is gone.
        Vanished = 3, "vanished";
        /// Size or time changed while it was read, twice.
        ChangedWhileCopied = 4, "changed-while-copied";
        /// What was copied did not match, twice.
        MismatchAfterCopy = 5, "mismatch-after-copy";
        /// No space at the destination.
        DestinationFull = 6, "destination-full";
        /// The destination cannot be written.
        DestinationDenied = 7, "destination-denied";
        /// The path is too long for the destination.
        PathTooLong = 8, "path-too-long";
        /// Another file of the manifest has the same name in other case.
        CaseCollision = 9, "case-collision";
        /// The destination holds another file under a name that is not a digest; it is not overwritten.
        Conflict = 10, "conflict";
        /// A folder or link stands where the file should go.
        Obstructed = 11, "obstructed";
        /// Anything else the system reported; the detail has its words.
        System = 12, "system";
    }
}

/// Outcome of a batch: how many of its files ended how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchFinished {
    /// Files copied.
    pub copied: u32,
    /// Files found right.
    pub verified: u32,
    /// Files that failed.
    pub failed: u32,
    /// Files not begun because the run was asked to stop.
    pub left: u32,
}

/// A temporary file of an interrupted copy was removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftoverRemoved {
    /// Where, below the destination's root.
    pub path: PathRef,
    /// Its size in bytes.
    pub bytes: u64,
}

/// A pass over the manifest ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassFinished {
    /// Files copied.
    pub copied: u64,
    /// Bytes copied.
    pub copied_bytes: u64,
    /// Files found right.
    pub verified: u64,
    /// Files that failed.
    pub failed: u64,
    /// Files not begun because the run was asked to stop.
    pub left: u64,
}

/// Reading the copy back from the disk begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadBackStarted {
    /// SHA-256 of the list of recorded files.
    pub list: Sha256,
    /// Files in it.
    pub files: u64,
    /// Their sizes together, in bytes.
    pub bytes: u64,
    /// Position the reading starts from: above 0 where an interrupted read-back of the same list goes on.
    pub from: u64,
}

/// A batch was read back. Its exceptions were named by events of their own before this one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadBackRecorded {
    /// Position of the first file in the list.
    pub first: u64,
    /// Files read.
    pub files: u32,
    /// Bytes read.
    pub bytes: u64,
    /// Files that are not what was recorded.
    pub exceptions: u32,
    /// Files read around the system's cache; the others may have been answered from memory.
    pub around_cache: u32,
}

/// A file at the destination is not what was recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadBackMismatched {
    /// Where, below the destination's root.
    pub path: PathRef,
    /// What is wrong.
    pub what: Mismatch,
    /// SHA-256 that was recorded.
    pub expected: Sha256,
    /// SHA-256 that was read, where it could be read.
    pub found: Option<Sha256>,
    /// The system's own words.
    pub detail: Text,
}

coded! {
    /// What is wrong with a file that was read back.
    Mismatch {
        /// Other bytes.
        Different = 1, "different";
        /// Not there.
        Missing = 2, "missing";
        /// It cannot be read, or not even looked for; its bytes may be right.
        Unreadable = 3, "unreadable";
        /// A folder or a link stands there.
        Obstructed = 4, "obstructed";
    }
}

/// Reading the copy back ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadBackFinished {
    /// Files read in all, since the list was begun.
    pub files: u64,
    /// Bytes read.
    pub bytes: u64,
    /// Files that are not what was recorded.
    pub exceptions: u64,
    /// Files not read because the run was asked to stop.
    pub left: u64,
}

/// A file that a read-back found wrong is no open question any more, without having been copied again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuspicionSettled {
    /// Where, below the destination's root.
    pub path: PathRef,
    /// How.
    pub how: Settlement,
    /// SHA-256 that was recorded when the file was put in place or verified.
    pub sha256: Sha256,
}

coded! {
    /// How a suspicion was settled.
    Settlement {
        /// It was read again, whole, and is what was recorded.
        ReadRight = 1, "read-right";
        /// Neither side has it any more: it left the source and was removed at the destination.
        GoneFromBoth = 2, "gone-from-both";
    }
}
