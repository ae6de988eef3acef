//! The worksheet: what this host is, field by field.

use serde::{Deserialize, Serialize};

use crate::event::noun;
use crate::text::Text;

noun! {
    /// What happens while the worksheet is filled.
    InventoryEvent in Inventory {
        /// One field.
        FieldRecorded => InventoryFieldRecorded;
        /// The end.
        InventoryFinished => InventoryFinished;
    }
}

/// One field of the worksheet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldRecorded {
    /// Dotted name of the field, such as `content.source.path`.
    pub field: Text,
    /// Its value as text; sizes in bytes, times in RFC 3339.
    pub value: Text,
    /// Where it was read: an API, a file, the plan.
    pub source: Text,
}

/// The worksheet is filled as far as this version fills it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InventoryFinished {
    /// Fields recorded in this run.
    pub fields: u32,
}
