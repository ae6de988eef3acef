//! The worksheet as it was last filled.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::envelope::Recorded;
use crate::event::{Event, InventoryEvent};
use crate::projection::Projection;
use crate::text::Text;
use crate::unit::TimeMicros;

/// Every field of the worksheet with its newest value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Worksheet {
    /// By dotted field name.
    pub fields: BTreeMap<Text, Field>,
}

/// One field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// Its value.
    pub value: Text,
    /// Where it was read.
    pub source: Text,
    /// When.
    pub time: TimeMicros,
}

impl Projection for Worksheet {
    const NAME: &'static str = "inventory";
    const VERSION: u16 = 1;

    fn apply(&mut self, recorded: &Recorded) {
        let Event::Inventory(event) = &recorded.event else { return };
        match event {
            InventoryEvent::FieldRecorded(field) => {
                let time = recorded.envelope.time;
                let value = Field { value: field.value.clone(), source: field.source.clone(), time };
                self.fields.insert(field.field.clone(), value);
            }
            InventoryEvent::InventoryFinished(_) => {}
        }
    }
}
