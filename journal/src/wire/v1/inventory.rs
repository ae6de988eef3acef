//! Stored shapes of the worksheet's events.

use wsusmigrate_core::event::inventory;

use crate::wire::frozen::frozen;

frozen! {
    FieldRecorded for inventory::FieldRecorded { field: String, value: String, source: String }

    InventoryFinished for inventory::InventoryFinished { fields: u32 }
}
