//! Version 1 of every shape, and which shape an event is written in. One line an event; the compiler asks for the line
//! of a new one.

pub(crate) mod content;
pub(crate) mod envelope;
pub(crate) mod inventory;
pub(crate) mod preflight;
pub(crate) mod run;

use bincode::error::EncodeError;
use wsusmigrate_core::event::{ContentEvent, Event, InventoryEvent, Kind, PreflightEvent, RunEvent};

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
    }
}

fn write<S: Shape>(body: &S::Domain, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    codec::encode(&S::freeze(body), out)
}
