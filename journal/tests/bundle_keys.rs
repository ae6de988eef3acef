//! Goal: a bundle of a journal whose key was rotated proves itself from its first key on, and from nothing less.

#![allow(clippy::unwrap_used, reason = "tests may unwrap, also in their helpers")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use support::{Bench, fill, samples};
use wsusmigrate_core::envelope::{Envelope, Proposed};
use wsusmigrate_core::event::run::{KeyRotated, Recovery};
use wsusmigrate_core::id::EventId;
use wsusmigrate_journal::bundle::{Bundle, BundleError, ExportError, export};
use wsusmigrate_journal::{Expected, RecordSource};

/// A journal of 25 records whose key was rotated at records 6 and 17.
fn rotated() -> Bench {
    let bench = Bench::new();
    let mut journal = bench.create();
    fill(&journal, 0..5, 5);
    journal.rotate_key(samples::TIME).unwrap();
    fill(&journal, 5..15, 5);
    journal.rotate_key(samples::TIME).unwrap();
    fill(&journal, 15..22, 7);
    journal.close().unwrap();
    bench
}

fn bundle(bench: &Bench, size: Option<u64>) -> PathBuf {
    let path = bench.dir().parent().unwrap().join("bundle.tar");
    export(&bench.reader(), size, &path).unwrap();
    path
}

/// What is wrong with changed bytes: entry and words.
fn damage(path: &Path, bytes: &[u8]) -> (String, String) {
    fs::write(path, bytes).unwrap();
    match Bundle::open(path) {
        Err(BundleError::Damaged(damage)) => (damage.entry, damage.what),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_rotated_key_is_proved_by_the_one_before_it() {
    let bench = rotated();
    let path = bundle(&bench, None);
    let whole = Bundle::open(&path).unwrap();
    assert_eq!(whole.size(), 25);
    assert_eq!(whole.identity().fingerprint(), bench.reader().identity().fingerprint());
    // Out again, as a whole and as each of the prefixes it has a checkpoint of.
    for size in [None, Some(7), Some(18)] {
        let [again, other] = ["again.tar", "other.tar"].map(|name| path.with_file_name(name));
        export(&whole, size, &again).unwrap();
        export(&bench.reader(), size, &other).unwrap();
        assert!(fs::read(&again).unwrap() == fs::read(&other).unwrap(), "{size:?}");
        Bundle::open(&again).unwrap();
        fs::remove_file(again).unwrap();
        fs::remove_file(other).unwrap();
    }
    bench.assert_sound();
}

#[test]
fn a_key_that_nobody_confirmed_is_not_believed() {
    let bench = rotated();
    let path = bundle(&bench, None);
    let sound = fs::read(&path).unwrap();
    let entry = |size: u64| {
        let name = format!("checkpoints/{size:020}");
        let at = sound.windows(name.len()).rposition(|window| window == name.as_bytes()).unwrap();
        (name, at)
    };
    let ((first, at_first), (second, at_second)) = (entry(7), entry(18));
    // Left out, and the one in the place of the other.
    let without = [&sound[..at_first], &sound[at_second..]].concat();
    assert_eq!(damage(&path, &without), (first.clone(), "another entry stands in its place".to_owned()));
    // Another signature in the place of the old key's.
    let note = std::str::from_utf8(&sound[at_first + 512..at_second]).unwrap().trim_end_matches('\0');
    let (body, signatures) = note.split_once("\n\n").unwrap();
    let signatures: Vec<_> = signatures.lines().collect();
    assert_eq!(signatures.len(), 2);
    for (kept, name) in [(0, "the new key's is missing"), (1, "the old key's is missing")] {
        let text = format!("{body}\n\n{}\n{0}\n", signatures[kept]);
        let text = text.replacen("{0}", signatures[kept], 1);
        let mut bytes = sound.clone();
        bytes[at_first + 512..at_first + 512 + note.len()].copy_from_slice(text.as_bytes());
        let (entry, what) = damage(&path, &bytes);
        assert_eq!((entry, what.contains("signed by both")), (first.clone(), true), "{name}: {what}");
    }
    let mut bytes = sound.clone();
    bytes[at_second + 512] ^= 1;
    assert_eq!(damage(&path, &bytes).0, second);
}

/// Signatures of others are carried along; none of ours covers them, the manifest does.
#[test]
fn a_changed_cosignature_of_a_rotation_is_found() {
    let bench = rotated();
    let note = bench.dir().join(format!("checkpoints/{:020}", 7));
    fs::write(&note, fs::read_to_string(&note).unwrap() + "— auditor AAAAAAAAAAAA\n").unwrap();
    let path = bundle(&bench, None);
    let mut bytes = fs::read(&path).unwrap();
    let at = bytes.windows(8).position(|window| window == b"auditor ").unwrap();
    bytes[at + 8] = b'B';
    let (entry, what) = damage(&path, &bytes);
    assert_eq!(
        (entry.as_str(), what.as_str()),
        ("manifest.json", "it does not describe the rest of the bundle")
    );
}

/// A record that names another key, as somebody adds it who can write into the folder and has no key.
fn forge(bench: &Bench, old_key: [u8; 32], number: u8) {
    let event = KeyRotated { old_key, new_key: [number; 32] };
    let id = EventId::of_observation(samples::MIGRATION, "run.key-rotated", &[number]);
    let envelope = Envelope { id, time: samples::TIME, action: None, causation: None };
    let journal = bench.open(&[]);
    journal.append(vec![Proposed { envelope, event: event.into() }], Expected::Any).wait().unwrap();
    journal.close().unwrap();
}

/// Without the key it stays without a confirmation, and changes nothing: not what is exported either.
#[test]
fn a_rotation_that_nobody_confirmed_changes_nothing() {
    let bench = Bench::filled(5, 5);
    let first = bench.reader().identity().public_key;
    let more = |numbers| {
        let journal = bench.open(&[]);
        fill(&journal, numbers, 5);
        journal.close().unwrap();
    };
    // Before, between and behind those that count; of the key in force, and of one that never was.
    forge(&bench, first, 1);
    forge(&bench, [8; 32], 2);
    let last = bundle(&bench, None);
    assert_eq!(Bundle::open(&last).unwrap().size(), 8, "it is the last record");
    more(5..9);
    for numbers in [9..12, 12..15] {
        let mut journal = bench.open(&[]);
        journal.rotate_key(samples::TIME).unwrap();
        let key = journal.public_key();
        journal.close().unwrap();
        forge(&bench, key, 20 + u8::try_from(numbers.start).unwrap());
        more(numbers);
    }
    let path = bundle(&bench, None);
    let whole = Bundle::open(&path).unwrap();
    assert_eq!(whole.size(), bench.reader().size());
    let sound = fs::read(&path).unwrap();
    let entries = sound.windows(12).filter(|bytes| bytes == b"checkpoints/").count();
    // Named in the manifest and in their headers; the bundle's own in its header alone.
    assert_eq!(entries, 2 * 2 + 1);
    let again = path.with_file_name("again.tar");
    export(&whole, None, &again).unwrap();
    assert!(fs::read(&again).unwrap() == sound);
    bench.assert_sound();
}

/// Where the key it names has signed, it is not one that changes nothing: what confirmed it is lost.
#[test]
fn a_rotation_that_counted_is_not_exported_without_its_checkpoint() {
    let bench = rotated();
    for size in [18, 7] {
        fs::remove_file(bench.dir().join(format!("checkpoints/{size:020}"))).unwrap();
        let path = bench.root().join("bundle.tar");
        let refused = export(&bench.reader(), None, &path);
        let told = matches!(&refused, Err(ExportError::Rotation { seq, .. }) if seq.0 == 17);
        assert!(told, "{refused:?}");
        assert!(!path.exists());
    }
    bench.open(&[Recovery::CheckpointRestored, Recovery::CheckpointRestored]).close().unwrap();
    bundle(&bench, None);
    bench.assert_sound();
}
