//! The story in order: what a person would tell, without the single files.

use serde::{Deserialize, Serialize};

use crate::envelope::Recorded;
use crate::event::database::{Parity, ReadOutcome};
use crate::event::preflight::CheckVerdict;
use crate::event::{ContentEvent, DatabaseEvent, Event, InventoryEvent, PreflightEvent};
use crate::projection::Projection;

/// The events a person would tell. Grows with runs, passes and findings, never with files.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeline {
    /// Oldest first.
    pub moments: Vec<Recorded>,
}

impl Projection for Timeline {
    const NAME: &'static str = "timeline";
    const VERSION: u16 = 1;

    fn apply(&mut self, recorded: &Recorded) {
        if is_told(&recorded.event) {
            self.moments.push(recorded.clone());
        }
    }
}

fn is_told(event: &Event) -> bool {
    match event {
        Event::Run(_) => true,
        Event::Inventory(event) => match event {
            InventoryEvent::FieldRecorded(_) => false,
            InventoryEvent::InventoryFinished(_) => true,
        },
        Event::Preflight(event) => match event {
            PreflightEvent::Checked(check) => check.verdict != CheckVerdict::Pass,
            PreflightEvent::PreflightFinished(_) => true,
        },
        Event::Content(event) => match event {
            ContentEvent::ManifestRecorded(_)
            | ContentEvent::PassStarted(_)
            | ContentEvent::BatchReconciled(_)
            | ContentEvent::BatchExamined(_)
            | ContentEvent::PassFinished(_)
            | ContentEvent::ReadBackStarted(_)
            | ContentEvent::ReadBackFinished(_)
            | ContentEvent::CatalogueCompared(_) => true,
            ContentEvent::EntryIgnored(_)
            | ContentEvent::BatchStarted(_)
            | ContentEvent::ReplacementStarted(_)
            | ContentEvent::FileCopied(_)
            | ContentEvent::FileVerified(_)
            | ContentEvent::FileFailed(_)
            | ContentEvent::BatchFinished(_)
            | ContentEvent::LeftoverRemoved(_)
            | ContentEvent::ReadBackRecorded(_)
            | ContentEvent::ReadBackMismatched(_)
            | ContentEvent::SuspicionSettled(_)
            | ContentEvent::StrayRecorded(_)
            | ContentEvent::CatalogueDiffered(_)
            | ContentEvent::StatesCounted(_) => false,
        },
        Event::Database(event) => match event {
            DatabaseEvent::Connected(_)
            | DatabaseEvent::OperationStarted(_)
            | DatabaseEvent::OperationFinished(_)
            | DatabaseEvent::OperationReconciled(_)
            | DatabaseEvent::OperationResolved(_)
            | DatabaseEvent::BackupRecorded(_)
            | DatabaseEvent::BackupJudged(_)
            | DatabaseEvent::StateRecorded(_)
            | DatabaseEvent::TargetJudged(_)
            | DatabaseEvent::EvidenceKept(_)
            | DatabaseEvent::ChildStarted(_) => true,
            DatabaseEvent::TableCompared(event) => event.verdict != Parity::Equal,
            DatabaseEvent::MessageReceived(event) => event.is_error,
            DatabaseEvent::StatementRead(event) => event.outcome != ReadOutcome::Whole,
            DatabaseEvent::FileRecorded(_)
            | DatabaseEvent::MediaSetRecorded(_)
            | DatabaseEvent::TargetCompared(_)
            | DatabaseEvent::TableSummed(_)
            | DatabaseEvent::RowDiffered(_)
            | DatabaseEvent::MarkRecorded(_)
            | DatabaseEvent::UserFound(_)
            | DatabaseEvent::ServiceRecorded(_)
            | DatabaseEvent::SettingRecorded(_)
            | DatabaseEvent::SessionSeen(_) => false,
        },
    }
}
