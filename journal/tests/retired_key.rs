//! Goal: a key that was replaced signs nothing any more, whatever it is put back beside.
//!
//! Method: the key, or the whole folder of keys, from before a rotation, put back into every state the journal has been in
//! since.

#![allow(clippy::unwrap_used, reason = "tests may unwrap, also in their helpers")]

mod support;

use std::fs;
use std::path::PathBuf;

use support::{Bench, copy_tree, fill, samples};
use wsusmigrate_core::event::run::Recovery;
use wsusmigrate_core::unit::Seq;
use wsusmigrate_journal::{KeyError, OpenError, RecordSource as _};

fn key(bench: &Bench) -> PathBuf {
    bench.keys().join(samples::STREAM.to_string())
}

/// A journal of six records, and the same after the key was rotated at record 6.
fn rotated() -> (Bench, Bench) {
    let before = Bench::filled(5, 5);
    let after = before.copy();
    let mut journal = after.open(&[]);
    journal.rotate_key(samples::TIME).unwrap();
    journal.close().unwrap();
    (before, after)
}

fn assert_refused(bench: &Bench, rotated_at: u64, state: &str) {
    let head = fs::read(bench.dir().join("head")).unwrap();
    let error = bench.try_open().unwrap_err();
    let told = matches!(&error, OpenError::RetiredKey { file, seq } if *file == key(bench) && *seq == Seq(rotated_at));
    assert!(told, "{state}: {error:?}");
    assert_eq!(fs::read(bench.dir().join("head")).unwrap(), head, "{state}: refused means untouched");
}

/// With the right one back in its place the journal goes on.
fn assert_goes_on(bench: &Bench, right: &[u8]) {
    fs::write(key(bench), right).unwrap();
    bench.open(&[]).close().unwrap();
    bench.assert_sound();
}

#[test]
fn a_retired_key_put_back_is_refused() {
    let (before, sound) = rotated();
    let (old, new) = (fs::read(key(&before)).unwrap(), fs::read(key(&sound)).unwrap());
    // The newest checkpoint is the one that both have signed.
    let bench = sound.copy();
    fs::write(key(&bench), &old).unwrap();
    assert_refused(&bench, 6, "right behind the rotation");
    assert_goes_on(&bench, &new);
    // Records were added since, and nobody has signed them.
    let bench = sound.copy();
    let journal = bench.open(&[]);
    fill(&journal, 5..10, 5);
    drop(journal);
    fs::write(key(&bench), &old).unwrap();
    assert_refused(&bench, 6, "records behind the rotation");
    // They were signed by the new one.
    let bench = sound.copy();
    let journal = bench.open(&[]);
    fill(&journal, 5..10, 5);
    journal.close().unwrap();
    fs::write(key(&bench), &old).unwrap();
    assert_refused(&bench, 6, "signed since");
    assert_goes_on(&bench, &new);
    // Another rotation followed: neither of the two before may come back.
    let bench = sound.copy();
    let mut journal = bench.open(&[]);
    journal.rotate_key(samples::TIME).unwrap();
    journal.close().unwrap();
    for (retired, rotated_at) in [(&old, 6), (&new, 7)] {
        fs::write(key(&bench), retired).unwrap();
        assert_refused(&bench, rotated_at, "rotated twice");
    }
}

#[test]
fn a_folder_of_keys_from_before_a_rotation_is_refused() {
    let (before, bench) = rotated();
    fs::remove_dir_all(bench.keys()).unwrap();
    copy_tree(&before.keys(), &bench.keys());
    assert_refused(&bench, 6, "older folder");
}

/// What a crash leaves is none: the new key waits beside the old one. Any other key that waits there is of no use.
#[test]
fn a_retired_key_is_in_place_only_while_the_new_one_waits() {
    let (before, bench) = rotated();
    let next = bench.keys().join(format!("{}.next", samples::STREAM));
    fs::rename(key(&bench), &next).unwrap();
    fs::copy(key(&before), key(&bench)).unwrap();
    let (crashed, stranger) = (bench.copy(), bench.copy());
    let (journal, _) = crashed.open_and_find();
    fill(&journal, 5..10, 5);
    journal.close().unwrap();
    crashed.assert_sound();
    fs::copy(key(&before), stranger.keys().join(format!("{}.next", samples::STREAM))).unwrap();
    assert_refused(&stranger, 6, "another key waits");
}

/// To know whose key signs, the rotation's record is read, where opening looks at nothing else that old.
#[test]
fn a_damaged_rotation_is_made_good_from_the_store() {
    let (_, bench) = rotated();
    let journal = bench.open(&[]);
    fill(&journal, 5..6_005, 100);
    while journal.lag() > 0 {
        std::thread::yield_now();
    }
    drop(journal);
    let log = bench.log().join(format!("{:020}.log", 0));
    let mut bytes = fs::read(&log).unwrap();
    let found = bench.reader().records(6..7).next().unwrap().unwrap();
    let at = bytes.windows(found.payload().len()).position(|window| window == found.payload()).unwrap();
    bytes[at + 100] ^= 1;
    fs::write(&log, bytes).unwrap();
    bench.open(&[Recovery::LogRebuilt]).close().unwrap();
    bench.assert_sound();
}

/// What a rotation has left is read before anything is done, not when the next checkpoint is signed.
#[test]
fn what_waits_to_be_the_key_and_is_none_is_refused_at_opening() {
    let bench = Bench::filled(5, 5);
    let next = key(&bench).with_extension("next");
    fs::write(&next, "no key").unwrap();
    let head = fs::read(bench.dir().join("head")).unwrap();
    let error = bench.try_open().unwrap_err();
    assert!(matches!(&error, OpenError::Key(KeyError::NotAKey(file)) if *file == next), "{error:?}");
    assert_eq!(fs::read(bench.dir().join("head")).unwrap(), head);
    fs::remove_file(&next).unwrap();
    bench.open(&[]).close().unwrap();
    bench.assert_sound();
}
