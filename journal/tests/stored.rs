//! Goal: only the bundle that was imported counts as an imported stream, and importing it again makes good whatever has
//! become of its copy.

#![allow(clippy::unwrap_used, reason = "tests may unwrap, also in their helpers")]

mod support;

use std::fs;
use std::path::PathBuf;

use support::{Bench, create, samples};
use wsusmigrate_core::id::StreamId;
use wsusmigrate_core::status::ImportedStream;
use wsusmigrate_journal::bundle::{Bundle, BundleError, export};
use wsusmigrate_journal::streams::{self, StoredCopy, StoredError};
use wsusmigrate_journal::{Create, Expected, Journal, RecordSource};

/// A bundle of `bench` as it stands, in the folder around it.
fn bundle(bench: &Bench, name: &str) -> Bundle {
    let path = bench.root().join(name);
    export(&bench.reader(), None, &path).unwrap();
    Bundle::open(&path).unwrap()
}

/// A bundle of one more record: another one for each number.
fn forked(bench: &Bench, number: u64) -> Bundle {
    let fork = bench.copy();
    let journal = fork.open(&[]);
    journal.append(vec![samples::field(number)], Expected::Any).wait().unwrap();
    journal.close().unwrap();
    let path = bench.root().join(format!("fork-{number}.tar"));
    export(&fork.reader(), None, &path).unwrap();
    Bundle::open(&path).unwrap()
}

/// A bundle of another stream under another key, of as many records as `bench` has.
fn foreign(bench: &Bench, records: u64) -> Bundle {
    let (dir, keys) = (bench.root().join("foreign"), bench.root().join("foreign-keys"));
    let new = Create { stream: StreamId::from_bytes([7; 16]), ..create() };
    let journal = Journal::create(&dir, &keys, new).unwrap();
    support::fill(&journal, 0..records - 1, 5);
    journal.close().unwrap();
    let path = bench.root().join("foreign.tar");
    export(&wsusmigrate_journal::Reader::open(&dir).unwrap(), None, &path).unwrap();
    Bundle::open(&path).unwrap()
}

fn imported(bundle: &Bundle) -> ImportedStream {
    let (size, root) = (bundle.note().size, bundle.note().root);
    ImportedStream { size, root, key: bundle.identity().fingerprint() }
}

#[test]
fn only_the_bundle_that_was_imported_is_opened() {
    let bench = Bench::filled(5, 5);
    let (own, older) = (bench.root().join("own"), bundle(&bench, "older.tar"));
    let (right, fork) = (forked(&bench, 1), forked(&bench, 2));
    let foreign = foreign(&bench, right.size());
    let record = imported(&right);
    let open = || streams::open(&own, samples::STREAM, &record);
    streams::store(&own, &right).unwrap();
    assert_eq!(open().unwrap().note(), right.note());
    let place = streams::path(&own, samples::STREAM, right.size());
    // Each of them is sound; of the same size are two of them, of the same key two.
    for other in [&older, &fork, &foreign] {
        Bundle::open(other.path()).unwrap();
        fs::copy(other.path(), &place).unwrap();
        let refused = open();
        assert!(matches!(&refused, Err(StoredError::OtherBundle(path)) if *path == place), "{refused:?}");
    }
    // Right in all but the key that was confirmed.
    fs::copy(right.path(), &place).unwrap();
    let other_key = ImportedStream { key: foreign.identity().fingerprint(), ..record };
    let refused = streams::open(&own, samples::STREAM, &other_key);
    assert!(matches!(refused, Err(StoredError::OtherBundle(_))), "{refused:?}");
    bench.assert_sound();
}

#[test]
fn importing_again_puts_back_what_was_imported() {
    let bench = Bench::filled(5, 5);
    let (own, right, fork) = (bench.root().join("own"), forked(&bench, 1), forked(&bench, 2));
    let (record, place) = (imported(&right), streams::path(&own, samples::STREAM, right.size()));
    let (sound, wrong) = (fs::read(right.path()).unwrap(), fs::read(fork.path()).unwrap());
    let quarantined = |number: u32| {
        own.join("quarantine").join(format!("{}-{number}", place.file_name().unwrap().display()))
    };
    let again = || {
        let found = streams::put_back(&own, &right, &record).unwrap();
        assert!(fs::read(&place).unwrap() == sound, "{found:?}");
        found
    };
    assert_eq!(again(), StoredCopy::Missing);
    assert_eq!(again(), StoredCopy::Sound);
    let mut flipped = sound.clone();
    flipped[5000] ^= 1;
    let moved: Vec<(PathBuf, Vec<u8>)> = (1..).map(quarantined).zip([flipped, wrong]).collect();
    for (path, bytes) in moved {
        fs::write(&place, &bytes).unwrap();
        assert_eq!(again(), StoredCopy::Wrong { quarantined: path.clone() });
        assert!(fs::read(path).unwrap() == bytes);
    }
    fs::remove_file(&place).unwrap();
    let lost = streams::open(&own, samples::STREAM, &record);
    assert!(matches!(&lost, Err(StoredError::Missing(path)) if *path == place), "{lost:?}");
    // What cannot be read at all, such as a folder, is moved away too.
    fs::create_dir(&place).unwrap();
    let unread = streams::open(&own, samples::STREAM, &record);
    assert!(matches!(unread, Err(StoredError::NotAccepted(BundleError::NotABundle { .. }))), "{unread:?}");
    assert_eq!(again(), StoredCopy::Wrong { quarantined: quarantined(3) });
    bench.assert_sound();
}
