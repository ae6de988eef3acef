//! Events: what is written into the journal, by noun.

pub mod content;
pub mod database;
pub mod inventory;
pub mod preflight;
pub mod registry;
pub mod run;

use serde::{Deserialize, Serialize};

use crate::digest::Sha256;
use crate::path::PathRef;

pub use content::ContentEvent;
pub use database::DatabaseEvent;
pub use inventory::InventoryEvent;
pub use preflight::PreflightEvent;
pub use registry::{EventType, Kind, REGISTRY};
pub use run::RunEvent;

/// An event of any noun.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// Runs, steps and the journal itself.
    Run(RunEvent),
    /// The worksheet.
    Inventory(InventoryEvent),
    /// The checks.
    Preflight(PreflightEvent),
    /// Update files, step 3.1.
    Content(ContentEvent),
    /// SUSDB, step 3.3.
    Database(DatabaseEvent),
}

impl Event {
    /// Which line of the registry the event belongs to.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Run(event) => event.kind(),
            Self::Inventory(event) => event.kind(),
            Self::Preflight(event) => event.kind(),
            Self::Content(event) => event.kind(),
            Self::Database(event) => event.kind(),
        }
    }
}

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
                DatabaseEvent::Connected(_)
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

/// Declares a noun's event enumeration: one variant a struct, its kind, and the way into [`Event`].
macro_rules! noun {
    ($(#[$doc:meta])* $name:ident in $noun:ident { $( $(#[$vdoc:meta])* $variant:ident => $kind:ident; )+ }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $( $(#[$vdoc])* $variant($variant), )+
        }

        impl $name {
            /// Which line of the registry the event belongs to.
            #[must_use]
            pub const fn kind(&self) -> $crate::event::Kind {
                match self { $(Self::$variant(_) => $crate::event::Kind::$kind),+ }
            }
        }

        $(
            impl From<$variant> for $crate::event::Event {
                fn from(event: $variant) -> Self {
                    Self::$noun($name::$variant(event))
                }
            }
        )+
    };
}

pub(crate) use noun;
