//! Version 1 of every shape, and which shape an event is written in. One line an event; the compiler asks for the line
//! of a new one.

pub(crate) mod content;
pub(crate) mod database;
pub(crate) mod envelope;
pub(crate) mod inventory;
pub(crate) mod preflight;
pub(crate) mod run;

use bincode::error::EncodeError;
use wsusmigrate_core::event::{
    ContentEvent, DatabaseEvent, Event, InventoryEvent, Kind, PreflightEvent, RunEvent,
};

use super::frozen::{Shape, read, upcast};
use super::{DecodeError, v2};
use crate::codec;

/// Appends a body in the newest shape of its type.
pub(crate) fn encode(event: &Event, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    match event {
        Event::Run(event) => match event {
            RunEvent::JournalCreated(body) => write::<run::JournalCreated>(body, out),
            RunEvent::JournalRecovered(body) => write::<run::JournalRecovered>(body, out),
            RunEvent::InterruptionFound(body) => write::<run::InterruptionFound>(body, out),
            RunEvent::Started(body) => write::<v2::run::Started>(body, out),
            RunEvent::StepStarted(body) => write::<run::StepStarted>(body, out),
            RunEvent::StepFinished(body) => write::<run::StepFinished>(body, out),
            RunEvent::StepSkipped(body) => write::<run::StepSkipped>(body, out),
            RunEvent::Failed(body) => write::<run::Failed>(body, out),
            RunEvent::StopRequested(body) => write::<run::StopRequested>(body, out),
            RunEvent::Finished(body) => write::<run::Finished>(body, out),
            RunEvent::KeyRotated(body) => write::<run::KeyRotated>(body, out),
            RunEvent::CheckpointAnchored(body) => write::<run::CheckpointAnchored>(body, out),
            RunEvent::StreamImported(body) => write::<run::StreamImported>(body, out),
            RunEvent::JournalSealed(body) => write::<run::JournalSealed>(body, out),
            RunEvent::PlanApproved(body) => write::<run::PlanApproved>(body, out),
            RunEvent::RoleDeclared(body) => write::<run::RoleDeclared>(body, out),
        },
        Event::Inventory(event) => match event {
            InventoryEvent::FieldRecorded(body) => write::<inventory::FieldRecorded>(body, out),
            InventoryEvent::InventoryFinished(body) => write::<inventory::InventoryFinished>(body, out),
        },
        Event::Preflight(event) => match event {
            PreflightEvent::Checked(body) => write::<preflight::Checked>(body, out),
            PreflightEvent::PreflightFinished(body) => write::<preflight::PreflightFinished>(body, out),
        },
        Event::Content(event) => match event {
            ContentEvent::ManifestRecorded(body) => write::<content::ManifestRecorded>(body, out),
            ContentEvent::EntryIgnored(body) => write::<content::EntryIgnored>(body, out),
            ContentEvent::PassStarted(body) => write::<content::PassStarted>(body, out),
            ContentEvent::BatchStarted(body) => write::<content::BatchStarted>(body, out),
            ContentEvent::ReplacementStarted(body) => write::<content::ReplacementStarted>(body, out),
            ContentEvent::FileCopied(body) => write::<content::FileCopied>(body, out),
            ContentEvent::FileVerified(body) => write::<content::FileVerified>(body, out),
            ContentEvent::FileFailed(body) => write::<content::FileFailed>(body, out),
            ContentEvent::BatchFinished(body) => write::<content::BatchFinished>(body, out),
            ContentEvent::BatchReconciled(body) => write::<content::BatchReconciled>(body, out),
            ContentEvent::LeftoverRemoved(body) => write::<content::LeftoverRemoved>(body, out),
            ContentEvent::PassFinished(body) => write::<content::PassFinished>(body, out),
            ContentEvent::ReadBackStarted(body) => write::<content::ReadBackStarted>(body, out),
            ContentEvent::ReadBackRecorded(body) => write::<content::ReadBackRecorded>(body, out),
            ContentEvent::ReadBackMismatched(body) => write::<content::ReadBackMismatched>(body, out),
            ContentEvent::ReadBackFinished(body) => write::<content::ReadBackFinished>(body, out),
            ContentEvent::SuspicionSettled(body) => write::<content::SuspicionSettled>(body, out),
            ContentEvent::StrayRecorded(body) => write::<content::StrayRecorded>(body, out),
            ContentEvent::BatchExamined(body) => write::<content::BatchExamined>(body, out),
            ContentEvent::CatalogueDiffered(body) => write::<content::CatalogueDiffered>(body, out),
            ContentEvent::StatesCounted(body) => write::<content::StatesCounted>(body, out),
            ContentEvent::CatalogueCompared(body) => write::<content::CatalogueCompared>(body, out),
        },
        Event::Database(event) => match event {
            DatabaseEvent::Connected(body) => write::<database::Connected>(body, out),
            DatabaseEvent::OperationStarted(body) => write::<database::OperationStarted>(body, out),
            DatabaseEvent::MessageReceived(body) => write::<database::MessageReceived>(body, out),
            DatabaseEvent::OperationFinished(body) => write::<database::OperationFinished>(body, out),
            DatabaseEvent::OperationReconciled(body) => write::<database::OperationReconciled>(body, out),
            DatabaseEvent::OperationResolved(body) => write::<database::OperationResolved>(body, out),
            DatabaseEvent::BackupRecorded(body) => write::<database::BackupRecorded>(body, out),
            DatabaseEvent::BackupJudged(body) => write::<database::BackupJudged>(body, out),
            DatabaseEvent::StateRecorded(body) => write::<database::StateRecorded>(body, out),
            DatabaseEvent::FileRecorded(body) => write::<database::FileRecorded>(body, out),
            DatabaseEvent::MediaSetRecorded(body) => write::<database::MediaSetRecorded>(body, out),
            DatabaseEvent::TargetCompared(body) => write::<database::TargetCompared>(body, out),
            DatabaseEvent::TargetJudged(body) => write::<database::TargetJudged>(body, out),
            DatabaseEvent::TableSummed(body) => write::<database::TableSummed>(body, out),
            DatabaseEvent::TableCompared(body) => write::<database::TableCompared>(body, out),
            DatabaseEvent::RowDiffered(body) => write::<database::RowDiffered>(body, out),
            DatabaseEvent::MarkRecorded(body) => write::<database::MarkRecorded>(body, out),
            DatabaseEvent::UserFound(body) => write::<database::UserFound>(body, out),
            DatabaseEvent::ServiceRecorded(body) => write::<database::ServiceRecorded>(body, out),
            DatabaseEvent::SettingRecorded(body) => write::<database::SettingRecorded>(body, out),
            DatabaseEvent::SessionSeen(body) => write::<database::SessionSeen>(body, out),
            DatabaseEvent::EvidenceKept(body) => write::<database::EvidenceKept>(body, out),
        },
    }
}

/// Reads a body.
pub(crate) fn decode(kind: Kind, bytes: &[u8]) -> Result<Event, DecodeError> {
    match kind {
        Kind::RunJournalCreated => read::<run::JournalCreated>(bytes),
        Kind::RunJournalRecovered => read::<run::JournalRecovered>(bytes),
        Kind::RunInterruptionFound => read::<run::InterruptionFound>(bytes),
        Kind::RunStarted => upcast::<run::Started, v2::run::Started>(bytes),
        Kind::RunStepStarted => read::<run::StepStarted>(bytes),
        Kind::RunStepFinished => read::<run::StepFinished>(bytes),
        Kind::RunStepSkipped => read::<run::StepSkipped>(bytes),
        Kind::RunFailed => read::<run::Failed>(bytes),
        Kind::RunKeyRotated => read::<run::KeyRotated>(bytes),
        Kind::RunCheckpointAnchored => read::<run::CheckpointAnchored>(bytes),
        Kind::RunStreamImported => read::<run::StreamImported>(bytes),
        Kind::RunJournalSealed => read::<run::JournalSealed>(bytes),
        Kind::RunPlanApproved => read::<run::PlanApproved>(bytes),
        Kind::RunRoleDeclared => read::<run::RoleDeclared>(bytes),
        Kind::RunStopRequested => read::<run::StopRequested>(bytes),
        Kind::RunFinished => read::<run::Finished>(bytes),
        Kind::InventoryFieldRecorded => read::<inventory::FieldRecorded>(bytes),
        Kind::InventoryFinished => read::<inventory::InventoryFinished>(bytes),
        Kind::PreflightChecked => read::<preflight::Checked>(bytes),
        Kind::PreflightFinished => read::<preflight::PreflightFinished>(bytes),
        Kind::ContentManifestRecorded => read::<content::ManifestRecorded>(bytes),
        Kind::ContentEntryIgnored => read::<content::EntryIgnored>(bytes),
        Kind::ContentPassStarted => read::<content::PassStarted>(bytes),
        Kind::ContentBatchStarted => read::<content::BatchStarted>(bytes),
        Kind::ContentFileCopied => read::<content::FileCopied>(bytes),
        Kind::ContentFileVerified => read::<content::FileVerified>(bytes),
        Kind::ContentFileFailed => read::<content::FileFailed>(bytes),
        Kind::ContentBatchFinished => read::<content::BatchFinished>(bytes),
        Kind::ContentBatchReconciled => read::<content::BatchReconciled>(bytes),
        Kind::ContentLeftoverRemoved => read::<content::LeftoverRemoved>(bytes),
        Kind::ContentPassFinished => read::<content::PassFinished>(bytes),
        Kind::ContentReadBackStarted => read::<content::ReadBackStarted>(bytes),
        Kind::ContentReadBackRecorded => read::<content::ReadBackRecorded>(bytes),
        Kind::ContentReadBackMismatched => read::<content::ReadBackMismatched>(bytes),
        Kind::ContentReadBackFinished => read::<content::ReadBackFinished>(bytes),
        Kind::ContentReplacementStarted => read::<content::ReplacementStarted>(bytes),
        Kind::ContentSuspicionSettled => read::<content::SuspicionSettled>(bytes),
        Kind::ContentStrayRecorded => read::<content::StrayRecorded>(bytes),
        Kind::ContentBatchExamined => read::<content::BatchExamined>(bytes),
        Kind::ContentCatalogueDiffered => read::<content::CatalogueDiffered>(bytes),
        Kind::ContentStatesCounted => read::<content::StatesCounted>(bytes),
        Kind::ContentCatalogueCompared => read::<content::CatalogueCompared>(bytes),
        Kind::DatabaseConnected => read::<database::Connected>(bytes),
        Kind::DatabaseOperationStarted => read::<database::OperationStarted>(bytes),
        Kind::DatabaseMessageReceived => read::<database::MessageReceived>(bytes),
        Kind::DatabaseOperationFinished => read::<database::OperationFinished>(bytes),
        Kind::DatabaseOperationReconciled => read::<database::OperationReconciled>(bytes),
        Kind::DatabaseOperationResolved => read::<database::OperationResolved>(bytes),
        Kind::DatabaseBackupRecorded => read::<database::BackupRecorded>(bytes),
        Kind::DatabaseBackupJudged => read::<database::BackupJudged>(bytes),
        Kind::DatabaseStateRecorded => read::<database::StateRecorded>(bytes),
        Kind::DatabaseFileRecorded => read::<database::FileRecorded>(bytes),
        Kind::DatabaseMediaSetRecorded => read::<database::MediaSetRecorded>(bytes),
        Kind::DatabaseTargetCompared => read::<database::TargetCompared>(bytes),
        Kind::DatabaseTargetJudged => read::<database::TargetJudged>(bytes),
        Kind::DatabaseTableSummed => read::<database::TableSummed>(bytes),
        Kind::DatabaseTableCompared => read::<database::TableCompared>(bytes),
        Kind::DatabaseRowDiffered => read::<database::RowDiffered>(bytes),
        Kind::DatabaseMarkRecorded => read::<database::MarkRecorded>(bytes),
        Kind::DatabaseUserFound => read::<database::UserFound>(bytes),
        Kind::DatabaseServiceRecorded => read::<database::ServiceRecorded>(bytes),
        Kind::DatabaseSettingRecorded => read::<database::SettingRecorded>(bytes),
        Kind::DatabaseSessionSeen => read::<database::SessionSeen>(bytes),
        Kind::DatabaseEvidenceKept => read::<database::EvidenceKept>(bytes),
    }
}

fn write<S: Shape>(body: &S::Domain, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    codec::encode(&S::freeze(body), out)
}
