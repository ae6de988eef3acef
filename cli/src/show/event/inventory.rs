//! The worksheet, in words.

use wsusmigrate_core::event::InventoryEvent;

/// What happened, in one line.
pub(super) fn line(event: &InventoryEvent) -> String {
    match event {
        InventoryEvent::FieldRecorded(it) => format!("{} = {} ({})", it.field, it.value, it.source),
        InventoryEvent::InventoryFinished(it) => format!("worksheet filled: {} fields", it.fields),
    }
}
