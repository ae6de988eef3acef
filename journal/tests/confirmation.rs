//! Goal: the checkpoint that confirms another key is never lost unnoticed: without it nothing signed since can be verified.

#![allow(clippy::unwrap_used, reason = "tests may unwrap, also in their helpers")]

mod support;

use std::fs;
use std::path::PathBuf;

use support::{Bench, fill, samples};
use wsusmigrate_core::event::run::Recovery;
use wsusmigrate_journal::{KeyRing, OpenError};

/// A journal whose key was rotated at records 6 and 12, with records behind.
fn rotated() -> Bench {
    let bench = Bench::filled(5, 5);
    for numbers in [5..10, 10..15] {
        let mut journal = bench.open(&[]);
        journal.rotate_key(samples::TIME).unwrap();
        fill(&journal, numbers, 5);
        journal.close().unwrap();
    }
    bench
}

fn inside(bench: &Bench, size: u64) -> PathBuf {
    bench.dir().join(format!("checkpoints/{size:020}"))
}

fn beside(bench: &Bench, size: u64) -> PathBuf {
    bench.keys().join(format!("{}.{size:020}", samples::STREAM))
}

#[test]
fn a_lost_confirmation_of_a_key_is_put_back_and_said() {
    let sound = rotated();
    let newest = *KeyRing::read(&sound.reader()).unwrap().newest();
    for size in [7, 13] {
        let text = fs::read_to_string(inside(&sound, size)).unwrap();
        let (body, signatures) = text.split_once("\n\n").unwrap();
        let signatures: Vec<_> = signatures.lines().collect();
        assert_eq!(signatures.len(), 2);
        let others = text.replacen(&format!("\n{size}\n"), "\n3\n", 1);
        // Missing, empty, a note of other words, the old key's signature left out with somebody else's in its place.
        let stripped = format!("{body}\n\n— witness.example AAECAwQFBgcICQoLDA0ODw==\n{}\n", signatures[1]);
        let found = [None, Some(String::new()), Some(others), Some(stripped)];
        for there in found {
            let bench = sound.copy();
            fs::remove_file(inside(&bench, size)).unwrap();
            if let Some(there) = &there {
                fs::write(inside(&bench, size), there).unwrap();
            }
            assert!(!bench.verify().is_sound(), "{there:?}");
            let journal = bench.open(&[Recovery::CheckpointRestored]);
            fill(&journal, 20..25, 5);
            journal.close().unwrap();
            let now = fs::read_to_string(inside(&bench, size)).unwrap();
            assert!(signatures.iter().all(|line| now.contains(line)), "{there:?}");
            let witnessed = there.as_ref().is_some_and(|there| there.contains("witness"));
            assert_eq!(now.contains("witness"), witnessed, "signatures of others are kept");
            let aside = bench.dir().join(format!("quarantine/{size:020}-1"));
            let quarantined = there.filter(|there| !there.contains("witness"));
            assert_eq!(fs::read_to_string(aside).ok(), quarantined);
            bench.assert_sound();
            assert_eq!(KeyRing::read(&bench.reader()).unwrap().newest(), &newest);
            bench.open(&[]).close().unwrap();
        }
    }
}

#[test]
fn a_confirmation_that_is_nowhere_is_not_signed_over() {
    for size in [7, 13] {
        let bench = rotated();
        let (file, text) = (inside(&bench, size), fs::read_to_string(inside(&bench, size)).unwrap());
        fs::remove_file(&file).unwrap();
        fs::remove_file(beside(&bench, size)).unwrap();
        let before: Vec<_> = fs::read_dir(bench.dir().join("checkpoints")).unwrap().collect();
        let error = bench.try_open().unwrap_err();
        let told =
            matches!(&error, OpenError::Unconfirmed { file: of, seq } if *of == file && seq.0 == size - 1);
        assert!(told, "{error:?}");
        assert_eq!(fs::read_dir(bench.dir().join("checkpoints")).unwrap().count(), before.len());
        // Put back from a copy, it is enough in one place, and is then in both.
        fs::write(&file, &text).unwrap();
        bench.open(&[]).close().unwrap();
        assert_eq!(fs::read_to_string(beside(&bench, size)).unwrap(), text);
        bench.assert_sound();
    }
}

/// The head kept outside is the same note as long as nothing was signed since.
#[test]
fn the_head_outside_confirms_the_last_rotation() {
    let bench = Bench::filled(5, 5);
    let mut journal = bench.open(&[]);
    journal.rotate_key(samples::TIME).unwrap();
    journal.close().unwrap();
    fs::remove_file(inside(&bench, 7)).unwrap();
    fs::remove_file(beside(&bench, 7)).unwrap();
    bench.open(&[Recovery::CheckpointRestored]).close().unwrap();
    assert!(inside(&bench, 7).exists() && beside(&bench, 7).exists());
    bench.assert_sound();
}

/// Also where it is the newest checkpoint: what confirms a key is not refused but put back.
#[test]
fn a_newest_checkpoint_that_confirms_a_key_is_put_back() {
    let bench = Bench::filled(5, 5);
    let mut journal = bench.open(&[]);
    journal.rotate_key(samples::TIME).unwrap();
    journal.close().unwrap();
    fs::write(inside(&bench, 7), "no note").unwrap();
    bench.open(&[Recovery::CheckpointRestored]).close().unwrap();
    bench.assert_sound();
}

/// Once the old key is gone nobody can sign it again, so it is kept twice before.
#[test]
fn the_old_key_stays_until_its_last_signature_is_kept_twice() {
    let bench = Bench::filled(5, 5);
    let key = bench.keys().join(samples::STREAM.to_string());
    let before = fs::read(&key).unwrap();
    let obstacle = beside(&bench, 7);
    fs::create_dir(&obstacle).unwrap();
    let mut journal = bench.open(&[]);
    journal.rotate_key(samples::TIME).unwrap_err();
    drop(journal);
    assert_eq!(fs::read(&key).unwrap(), before);
    assert!(inside(&bench, 7).exists());
    fs::remove_dir(&obstacle).unwrap();
    let (journal, _) = bench.open_and_find();
    journal.close().unwrap();
    assert_ne!(fs::read(&key).unwrap(), before);
    assert!(obstacle.is_file());
    bench.assert_sound();
}
