//! Any text as a checkpoint note: what is accepted says exactly what its lines say, and is kept byte by byte.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wsusmigrate_core::id::{MigrationId, StreamId};
use wsusmigrate_journal::{Checkpoint, Identity};

fuzz_target!(|text: &str| {
    let Ok(checkpoint) = Checkpoint::parse(text) else { return };
    assert_eq!(checkpoint.text, text);
    let said = format!("{}\n{}\n", checkpoint.origin, checkpoint.size);
    assert!(text.starts_with(&said), "it says something else than {said:?}");
    assert_eq!(Checkpoint::parse(&checkpoint.text).expect("what was accepted is accepted"), checkpoint);
    // Nobody has signed anything here.
    let identity = Identity {
        migration: MigrationId::from_bytes([1; 16]),
        name: "fuzz".into(),
        stream: StreamId::from_bytes([2; 16]),
        host: "host".into(),
        public_key: [3; 32],
    };
    assert!(checkpoint.verify(&identity).is_err());
});
