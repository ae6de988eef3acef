//! What one run did for SUSDB, and what is kept of proofs and safety backups.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::event::database::{
    BackupJudged, BackupRecorded, Operation, StateRecorded, TargetCompared, TargetJudged,
};
use crate::id::Guid;
use crate::text::Name;
use crate::unit::{Seq, TimeMicros};

/// A safety backup, with the SUSDB it is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnBackup {
    /// The record of it.
    pub seq: Seq,
    /// When it was recorded.
    pub time: TimeMicros,
    /// What it is.
    pub backup: BackupRecorded,
    /// `database_guid` of the SUSDB that was there; its family is the backup's own.
    pub database: Guid,
    /// What was said of it.
    pub judged: Option<BackupJudged>,
}

impl OwnBackup {
    /// Whether its engine read it and found it whole.
    #[must_use]
    pub fn is_verified(&self) -> bool {
        self.judged.as_ref().is_some_and(|judged| judged.verified)
    }

    /// Whether it is one of this SUSDB.
    #[must_use]
    pub fn is_of(&self, database: &StateRecorded) -> bool {
        let family = self.backup.family_guid;
        let same_family = family.is_told() && family == database.family_guid;
        let untold = !self.database.is_told() || !database.database_guid.is_told();
        same_family && (untold || self.database == database.database_guid)
    }
}

/// A proof that the target is not the source, or that it may be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetProof {
    /// The record of what followed.
    pub seq: Seq,
    /// When.
    pub time: TimeMicros,
    /// What was compared.
    pub comparisons: Vec<TargetCompared>,
    /// What followed.
    pub judged: TargetJudged,
}

/// Attempts of an operation that came to nothing, after a look, before it counts as failed in its run.
pub(super) const ATTEMPTS_MAX: u8 = 3;

/// What one run did for SUSDB. An operation it only looked at, which an earlier run began, is none of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct DatabaseRun {
    /// The record it begins with.
    pub since: Seq,
    /// Whether it recorded which engine it is connected to.
    pub connected: bool,
    /// Whether it looked at the engine and at SUSDB.
    pub looked: bool,
    /// Operations it finished, with their subjects.
    pub done: BTreeMap<Operation, BTreeSet<Name>>,
    /// Operations that failed in it, or came to nothing too often.
    pub failed: BTreeSet<Operation>,
    /// How often an operation of unknown outcome turned out to have come to nothing.
    pub fruitless: BTreeMap<Operation, u8>,
    /// Whether it read the high-water marks before the backup.
    pub marked_before: bool,
    /// Whether it read them afterwards.
    pub marked_after: bool,
    /// Whether it summed the source's tables.
    pub summed: bool,
    /// Whether it compared the tables.
    pub compared: bool,
    /// Whether it listed the users.
    pub listed_users: bool,
    /// Whether it listed the sessions in SUSDB.
    pub listed_sessions: bool,
    /// Whether it held the copy against what SUSDB expects.
    pub catalogued: bool,
    /// Whether it asked a person about an operation in doubt.
    pub asked: bool,
    /// Whether its last look at an operation in doubt found that it is still going on.
    pub running: bool,
}

impl DatabaseRun {
    /// Whether this run finished an operation.
    #[must_use]
    pub fn has_done(&self, operation: Operation) -> bool {
        self.done.contains_key(&operation)
    }
}
