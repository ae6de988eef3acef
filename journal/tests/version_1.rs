//! Goal: a journal of format version 1 is read, verified and proved for as long as there is this program.
//!
//! Method: `testdata/version-1` is the folder of one, as it was written when the format was frozen: one record of every type
//! there was, two commits, a signed checkpoint. Nothing writes it again.

#![allow(clippy::unwrap_used, reason = "tests may unwrap, also in their helpers")]

use std::fs;
use std::path::{Path, PathBuf};

use wsusmigrate_journal::{Checkpoint, Reader, Record, RecordSource as _, verify_bytes};

/// What the journal held when it was frozen.
const RECORDS: u64 = 38;
const ROOT: &str = "6314F673766F288B7E7D604CDE63ECBE4B27197D3D5A0C7BE48821934490C847";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/version-1")
}

#[test]
fn a_journal_of_version_1_is_sound_and_its_checkpoint_covers_it() {
    let verification = verify_bytes(&folder()).unwrap();
    assert!(verification.is_sound(), "{:#?}", verification.findings);
    assert_eq!(
        (verification.size, verification.root.map(|root| root.to_string())),
        (RECORDS, Some(ROOT.to_owned()))
    );
    let note = fs::read_to_string(folder().join(format!("checkpoints/{RECORDS:020}"))).unwrap();
    let note = Checkpoint::parse(&note).unwrap();
    assert_eq!((note.size, note.root.to_string()), (RECORDS, ROOT.to_owned()));
}

#[test]
fn each_record_of_version_1_says_what_it_said() {
    let reader = Reader::open(&folder()).unwrap();
    assert_eq!(reader.size(), RECORDS);
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/golden");
    for raw in reader.records(0..RECORDS) {
        let raw = raw.unwrap();
        let Record::Known(recorded) = raw.decode().unwrap() else {
            panic!("record {} is not known", raw.seq())
        };
        let version = u16::from_be_bytes([raw.payload()[2], raw.payload()[3]]);
        let line = recorded.event.kind().event_type();
        let name = format!("{:04x}.{}.v{version}.json", line.code, line.name);
        let twin = fs::read_to_string(golden.join(name)).unwrap();
        let twin: serde_json::Value = serde_json::from_str(&twin).unwrap();
        // The first record is a journal's own, with a key and a time of its own.
        if raw.seq().0 > 0 {
            assert_eq!(serde_json::to_value(&recorded.event).unwrap(), twin["event"], "record {}", raw.seq());
        }
    }
}
