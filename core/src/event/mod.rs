//! Events: what is written into the journal, by noun.

pub mod content;
pub mod database;
mod evidence;
pub mod inventory;
pub mod preflight;
pub mod registry;
pub mod run;

use serde::{Deserialize, Serialize};

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
