//! Any bytes as one record: decoding ends with a value or an error, and a value can be folded and shown.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wsusmigrate_core::projection::{Migration, Projection};
use wsusmigrate_journal::{RawRecord, Record};

fuzz_target!(|payload: &[u8]| {
    let Some(raw) = RawRecord::from_payload(payload) else { return };
    assert_eq!(raw.payload(), payload);
    let Ok(record) = raw.decode() else { return };
    assert_eq!(record.seq(), raw.seq());
    match record {
        Record::Known(recorded) => {
            let line = recorded.event.kind().event_type();
            assert_eq!(payload[..2], line.code.to_be_bytes());
            assert!(
                payload[2..4] <= line.version.to_be_bytes()[..],
                "a version nobody wrote yet was understood"
            );
            let mut state = Migration::default();
            state.apply(&recorded);
            assert!(!format!("{recorded:?}").is_empty());
        }
        Record::Unknown(unknown) => assert_eq!(payload[..2], unknown.code.to_be_bytes()),
    }
});
