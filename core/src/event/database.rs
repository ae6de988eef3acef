//! SUSDB: backup, drop, restore, postinstall and parity, step 3.3.
//!
//! An *operation* is a statement, a child process or a copy with an effect: one durable intent, whatever the server said
//! on the way, one outcome. What was seen or concluded between operations has events of its own in `facts` and
//! `parity`; what was asked for it, in `reading`. At most one operation is open at a time.

mod facts;
mod operation;
mod parity;
mod reading;

use serde::{Deserialize, Serialize};

pub use facts::{
    BackupJudged, BackupOf, BackupRecorded, Connected, EngineKind, EvidenceKept, FileRecorded,
    MediaSetRecorded, Protection, SameAs, ServiceKind, ServiceRecorded, ServiceStart, ServiceState,
    SessionSeen, SettingRecorded, StateRecorded, TargetCompared, TargetJudged, UserDecision, UserFound,
};
pub use operation::{
    Answer, ChildStarted, MessageReceived, Operation, OperationFinished, OperationReconciled,
    OperationResolved, OperationResult, OperationStarted, Probe,
};
pub use parity::{
    MarkRecorded, Moment, Parity, RowDiffered, RowDifference, SumOf, TableCompared, TableSummed,
};
pub use reading::{ReadOutcome, StatementRead};

use crate::event::noun;

noun! {
    /// What happens to SUSDB and what surrounds it.
    DatabaseEvent in Database {
        /// A connection to the engine was opened.
        Connected => DatabaseConnected;
        /// Intent of an operation.
        OperationStarted => DatabaseOperationStarted;
        /// Something the server said.
        MessageReceived => DatabaseMessageReceived;
        /// Outcome of an operation.
        OperationFinished => DatabaseOperationFinished;
        /// An operation in doubt was looked at.
        OperationReconciled => DatabaseOperationReconciled;
        /// A person said what became of an operation.
        OperationResolved => DatabaseOperationResolved;
        /// What a backup set is.
        BackupRecorded => DatabaseBackupRecorded;
        /// Whether a backup counts as verified.
        BackupJudged => DatabaseBackupJudged;
        /// What the engine says of SUSDB.
        StateRecorded => DatabaseStateRecorded;
        /// One file of SUSDB.
        FileRecorded => DatabaseFileRecorded;
        /// A backup set that is on the media already.
        MediaSetRecorded => DatabaseMediaSetRecorded;
        /// One comparison between the target and the source.
        TargetCompared => DatabaseTargetCompared;
        /// Whether the target is proved to be another database than the source.
        TargetJudged => DatabaseTargetJudged;
        /// Rows of a table, counted and summed.
        TableSummed => DatabaseTableSummed;
        /// A table, source against destination.
        TableCompared => DatabaseTableCompared;
        /// A row that is not the same on both sides.
        RowDiffered => DatabaseRowDiffered;
        /// A high-water mark.
        MarkRecorded => DatabaseMarkRecorded;
        /// A database user without its login.
        UserFound => DatabaseUserFound;
        /// A service as it was before it was touched.
        ServiceRecorded => DatabaseServiceRecorded;
        /// A setting as it was before it was put to sleep.
        SettingRecorded => DatabaseSettingRecorded;
        /// A session that was in SUSDB before it was dropped.
        SessionSeen => DatabaseSessionSeen;
        /// A log or an output that was kept.
        EvidenceKept => DatabaseEvidenceKept;
        /// The child process of an operation runs.
        ChildStarted => DatabaseChildStarted;
        /// A statement that only reads was sent.
        StatementRead => DatabaseStatementRead;
    }
}
