//! What an event is about, read without decoding the rest of it.

use bincode::BorrowDecode;
use sha2::{Digest, Sha256 as Hasher};
use wsusmigrate_core::digest::Sha256;
use wsusmigrate_core::event::Kind;

use crate::codec;

/// A stored path, borrowed. The variants are those of [`super::field::Path`].
#[derive(BorrowDecode)]
enum PathBytes<'a> {
    Inline(&'a [u8]),
    Evidence { sha256: [u8; 32], _beginning: &'a str },
}

/// SHA-256 of the path an event is about; nothing where it is about no file, or of a shape that is not known.
pub(crate) fn subject(code: u16, version: u16, body: &[u8]) -> Option<Sha256> {
    let path = match (Kind::from_code(code)?, version) {
        (
            Kind::ContentFileCopied
            | Kind::ContentFileVerified
            | Kind::ContentFileFailed
            | Kind::ContentReplacementStarted
            | Kind::ContentStrayRecorded,
            1,
        ) => codec::borrow_first::<(u32, PathBytes<'_>)>(body)?.1,
        (
            Kind::ContentEntryIgnored
            | Kind::ContentLeftoverRemoved
            | Kind::ContentReadBackMismatched
            | Kind::ContentSuspicionSettled
            | Kind::ContentCatalogueDiffered,
            1,
        ) => codec::borrow_first::<PathBytes<'_>>(body)?,
        (
            Kind::ContentManifestRecorded
            | Kind::ContentPassStarted
            | Kind::ContentBatchStarted
            | Kind::ContentBatchFinished
            | Kind::ContentBatchReconciled
            | Kind::ContentBatchExamined
            | Kind::ContentPassFinished
            | Kind::ContentReadBackStarted
            | Kind::ContentReadBackRecorded
            | Kind::ContentReadBackFinished
            | Kind::ContentStatesCounted
            | Kind::ContentCatalogueCompared
            | Kind::RunJournalCreated
            | Kind::RunJournalRecovered
            | Kind::RunInterruptionFound
            | Kind::RunStarted
            | Kind::RunKeyRotated
            | Kind::RunCheckpointAnchored
            | Kind::RunStepStarted
            | Kind::RunStepFinished
            | Kind::RunStepSkipped
            | Kind::RunStopRequested
            | Kind::RunFinished
            | Kind::RunFailed
            | Kind::RunStreamImported
            | Kind::RunJournalSealed
            | Kind::RunPlanApproved
            | Kind::RunRoleDeclared
            | Kind::InventoryFieldRecorded
            | Kind::InventoryFinished
            | Kind::PreflightChecked
            | Kind::PreflightFinished
            | Kind::DatabaseConnected
            | Kind::DatabaseOperationStarted
            | Kind::DatabaseMessageReceived
            | Kind::DatabaseOperationFinished
            | Kind::DatabaseOperationReconciled
            | Kind::DatabaseOperationResolved
            | Kind::DatabaseBackupRecorded
            | Kind::DatabaseBackupJudged
            | Kind::DatabaseStateRecorded
            | Kind::DatabaseFileRecorded
            | Kind::DatabaseMediaSetRecorded
            | Kind::DatabaseTargetCompared
            | Kind::DatabaseTargetJudged
            | Kind::DatabaseTableSummed
            | Kind::DatabaseTableCompared
            | Kind::DatabaseRowDiffered
            | Kind::DatabaseMarkRecorded
            | Kind::DatabaseUserFound
            | Kind::DatabaseServiceRecorded
            | Kind::DatabaseSettingRecorded
            | Kind::DatabaseSessionSeen
            | Kind::DatabaseEvidenceKept
            | Kind::DatabaseChildStarted
            | Kind::DatabaseStatementRead
            | Kind::ContentFileCopied
            | Kind::ContentFileVerified
            | Kind::ContentFileFailed
            | Kind::ContentReplacementStarted
            | Kind::ContentEntryIgnored
            | Kind::ContentLeftoverRemoved
            | Kind::ContentReadBackMismatched
            | Kind::ContentSuspicionSettled
            | Kind::ContentStrayRecorded
            | Kind::ContentCatalogueDiffered,
            _,
        ) => return None,
    };
    Some(match path {
        PathBytes::Inline(path) => Sha256(Hasher::digest(path).into()),
        PathBytes::Evidence { sha256, .. } => Sha256(sha256),
    })
}
