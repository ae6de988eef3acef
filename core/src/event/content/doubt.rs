//! After an interruption: what became of a batch in doubt, and of its files that the source holds no more.

use serde::{Deserialize, Serialize};

use super::FileFacts;
use crate::path::PathRef;

/// A batch whose outcome is not recorded was looked at after an interruption.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchReconciled {
    /// Files whose outcome had been recorded.
    pub recorded: u32,
    /// Files that stand at the destination without a recorded outcome: verified by the next pass.
    pub happened: u32,
    /// Files that do not stand there: copied by the next pass.
    pub not: u32,
    /// Temporary files found and removed; each has an event of its own.
    pub leftovers: u32,
}

/// A file stands at the destination as an interrupted batch left it, and the source holds it no more: no pass comes by
/// it again. Belongs to the batch's action.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StrayRecorded {
    /// Position in its batch.
    pub item: u32,
    /// Where, below both roots.
    pub path: PathRef,
    /// What stands there.
    pub file: FileFacts,
    /// Whether a file that was there before, with other bytes, was replaced: `content.replacement-started` says which.
    pub replaced: bool,
}

/// The files of an interrupted batch that the source holds no more were looked at, before a pass. Belongs to the batch's
/// action.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchExamined {
    /// Which files of the batch are accounted for: bit `i % 8` of byte `i / 8` for file `i` of the range. A replacement
    /// of such a file that was begun and has no outcome did not happen. The others wait for the pass, or are in doubt.
    #[serde(serialize_with = "crate::digest::bytes_as_hex")]
    pub settled: Vec<u8>,
    /// Files that no pass comes by and that could not be looked at: they stay in doubt.
    pub in_doubt: u32,
}
