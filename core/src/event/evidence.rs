//! Which evidence files an event names.

use super::{ContentEvent, DatabaseEvent, Event, RunEvent};
use crate::digest::Sha256;
use crate::path::PathRef;

impl Event {
    /// The evidence files the event names, by digest.
    #[must_use]
    pub fn evidence(&self) -> Vec<Sha256> {
        let of_path = |path: &PathRef| match path {
            PathRef::Inline(_) => None,
            PathRef::Evidence(long) => Some(long.sha256),
        };
        match self {
            Self::Run(RunEvent::Started(event)) => vec![event.plan],
            Self::Run(_) | Self::Inventory(_) | Self::Preflight(_) => Vec::new(),
            Self::Content(event) => match event {
                ContentEvent::ManifestRecorded(event) => vec![event.manifest],
                ContentEvent::PassStarted(event) => vec![event.manifest, event.worklist],
                ContentEvent::BatchStarted(event) => vec![event.worklist],
                ContentEvent::ReadBackStarted(event) => vec![event.list],
                ContentEvent::EntryIgnored(event) => of_path(&event.path).into_iter().collect(),
                ContentEvent::ReplacementStarted(event) => of_path(&event.path).into_iter().collect(),
                ContentEvent::FileCopied(event) => of_path(&event.path).into_iter().collect(),
                ContentEvent::FileVerified(event) => of_path(&event.path).into_iter().collect(),
                ContentEvent::FileFailed(event) => of_path(&event.path).into_iter().collect(),
                ContentEvent::LeftoverRemoved(event) => of_path(&event.path).into_iter().collect(),
                ContentEvent::ReadBackMismatched(event) => of_path(&event.path).into_iter().collect(),
                ContentEvent::SuspicionSettled(event) => of_path(&event.path).into_iter().collect(),
                ContentEvent::StrayRecorded(event) => of_path(&event.path).into_iter().collect(),
                ContentEvent::CatalogueDiffered(event) => of_path(&event.path).into_iter().collect(),
                ContentEvent::CatalogueCompared(event) => vec![event.differences],
                ContentEvent::BatchFinished(_)
                | ContentEvent::BatchReconciled(_)
                | ContentEvent::BatchExamined(_)
                | ContentEvent::PassFinished(_)
                | ContentEvent::ReadBackRecorded(_)
                | ContentEvent::ReadBackFinished(_)
                | ContentEvent::StatesCounted(_) => Vec::new(),
            },
            Self::Database(event) => match event {
                DatabaseEvent::OperationStarted(event) => event.whole.into_iter().collect(),
                DatabaseEvent::TableSummed(event) => vec![event.list],
                DatabaseEvent::EvidenceKept(event) => vec![event.sha256],
                DatabaseEvent::StatementRead(event) => {
                    event.whole.into_iter().chain(event.said_whole).collect()
                }
                DatabaseEvent::ChildStarted(_)
                | DatabaseEvent::Connected(_)
                | DatabaseEvent::MessageReceived(_)
                | DatabaseEvent::OperationFinished(_)
                | DatabaseEvent::OperationReconciled(_)
                | DatabaseEvent::OperationResolved(_)
                | DatabaseEvent::BackupRecorded(_)
                | DatabaseEvent::BackupJudged(_)
                | DatabaseEvent::StateRecorded(_)
                | DatabaseEvent::FileRecorded(_)
                | DatabaseEvent::MediaSetRecorded(_)
                | DatabaseEvent::TargetCompared(_)
                | DatabaseEvent::TargetJudged(_)
                | DatabaseEvent::TableCompared(_)
                | DatabaseEvent::RowDiffered(_)
                | DatabaseEvent::MarkRecorded(_)
                | DatabaseEvent::UserFound(_)
                | DatabaseEvent::ServiceRecorded(_)
                | DatabaseEvent::SettingRecorded(_)
                | DatabaseEvent::SessionSeen(_) => Vec::new(),
            },
        }
    }
}
