//! Any text as a checkpoint note: what is accepted says exactly what its lines say, and is kept byte by byte.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wsusmigrate_journal::Checkpoint;

/// Ed25519's base point: a public key as good as any, of which nobody signs.
const KEY: [u8; 32] = {
    let mut key = [0x66; 32];
    key[0] = 0x58;
    key
};

fuzz_target!(|text: &str| {
    let Ok(checkpoint) = Checkpoint::parse(text) else { return };
    assert_eq!(checkpoint.text, text);
    let said = format!("{}\n{}\n", checkpoint.origin, checkpoint.size);
    assert!(text.starts_with(&said), "it says something else than {said:?}");
    assert_eq!(Checkpoint::parse(&checkpoint.text).expect("what was accepted is accepted"), checkpoint);
    assert!(checkpoint.verify(&checkpoint.origin, &KEY).is_err());
});
