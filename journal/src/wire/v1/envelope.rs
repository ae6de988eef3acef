//! The stored frame of every event.

use wsusmigrate_core::envelope;

use crate::wire::frozen::frozen;

frozen! {
    /// Stands before the body of every record, also of types this program does not know.
    Envelope for envelope::Envelope {
        id: [u8; 16],
        time: i64,
        action: Option<[u8; 16]>,
        causation: Option<u64>,
    }
}
