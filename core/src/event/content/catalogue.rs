//! What SUSDB expects in the content folder, held against what lies there. SUSDB's list of files is its *catalogue*.

use super::{Deserialize, PathRef, Serialize, Sha256, Text};
use crate::coded::coded;

coded! {
    /// How a file is not as SUSDB expects it.
    CatalogueDifference {
        /// SUSDB expects it and it is not there.
        Missing = 1, "missing";
        /// It is there, named after a digest, and SUSDB knows nothing of it.
        Extra = 2, "extra";
        /// Its size is another.
        Size = 3, "size";
        /// Its SHA-256 is another.
        Digest = 4, "digest";
        /// SUSDB says that it is encrypted: its digest is not that of the file as it lies there.
        Encrypted = 5, "encrypted";
    }
}

/// A file that is not as SUSDB expects it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatalogueDiffered {
    /// The file, relative to the content root.
    pub path: PathRef,
    /// How.
    pub how: CatalogueDifference,
    /// What SUSDB expects and what is there.
    pub detail: Text,
}

/// Files by the states SUSDB has them in (`tbFileOnServer`): reported as they are. 12 is the one state known to mean that a
/// file is ready; what the others mean is not documented.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatesCounted {
    /// `ActualState`.
    pub actual: i32,
    /// `DesiredState`.
    pub desired: i32,
    /// Files.
    pub files: u64,
}

/// The copy was held against what SUSDB expects; every difference was named before, as far as there is room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatalogueCompared {
    /// SHA-256 of the whole list of differences, kept as evidence.
    pub differences: Sha256,
    /// Files SUSDB expects.
    pub expected: u64,
    /// Their sizes together, in bytes.
    pub expected_bytes: u64,
    /// Files that are as expected.
    pub matched: u64,
    /// Files that are not there.
    pub missing: u64,
    /// Files SUSDB knows nothing of.
    pub extra: u64,
    /// Files whose size or digest is another.
    pub damaged: u64,
    /// Files SUSDB says are encrypted.
    pub encrypted: u64,
}
