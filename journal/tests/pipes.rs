//! Goal: a pipe in a file's place holds up nobody: neither who reads an imported stream nor who opens the journal.
//!
//! Method: real pipes into which nobody ever writes. Whoever waits for one waits for good, so each is given a minute.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "tests may unwrap, also in their helpers")]

mod support;

use std::fs;
use std::path::Path;
use std::sync::mpsc::channel;
use std::time::Duration;

use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use support::{Bench, samples};
use wsusmigrate_core::status::ImportedStream;
use wsusmigrate_journal::bundle::{Bundle, BundleError, export};
use wsusmigrate_journal::streams::{self, StoredCopy, StoredError};
use wsusmigrate_journal::{Expected, Journal, RecordSource, Upto, replay, snapshots_dir};

/// Puts a pipe into a file's place.
fn put_pipe(path: &Path) {
    let _ = fs::remove_file(path);
    mkfifo(path, Mode::S_IRWXU).unwrap();
}

/// What comes of something that must not wait.
fn at_once<T: Send + 'static>(does: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, done) = channel();
    std::thread::spawn(move || sender.send(does()));
    done.recv_timeout(Duration::from_mins(1)).expect("nobody waits for a pipe")
}

#[test]
fn a_pipe_in_place_of_a_bundle_is_refused_at_once() {
    let bench = Bench::filled(5, 5);
    let (own, path) = (bench.root().join("own"), bench.root().join("bundle.tar"));
    export(&bench.reader(), None, &path).unwrap();
    let bundle = Bundle::open(&path).unwrap();
    let (size, root) = (bundle.note().size, bundle.note().root);
    let imported = ImportedStream { size, root, key: bundle.identity().fingerprint() };
    streams::store(&own, &bundle).unwrap();
    let place = streams::path(&own, samples::STREAM, size);
    put_pipe(&place);
    let of = own.clone();
    let opened = at_once(move || streams::open(&of, samples::STREAM, &imported).map(drop));
    assert!(matches!(opened, Err(StoredError::NotAccepted(BundleError::NotABundle { .. }))), "{opened:?}");
    // Importing again puts the bundle back.
    let found = at_once(move || streams::put_back(&own, &bundle, &imported)).unwrap();
    assert!(matches!(found, StoredCopy::Wrong { .. }), "{found:?}");
    assert!(place.is_file());

    // The same of a bundle that became a pipe after it was looked at.
    let bundle = Bundle::open(&path).unwrap();
    put_pipe(&path);
    let (other, records) = (bench.root().join("other"), bundle.size());
    at_once(move || {
        streams::store(&other, &bundle).unwrap_err();
        assert!(bundle.records(0..records).next().unwrap().is_err());
    });
    bench.assert_sound();
}

#[test]
fn a_pipe_in_the_journals_folder_holds_up_nobody() {
    let bench = Bench::filled(5, 5);
    for pipe in [bench.log().join(format!("{:020}.log", 6)), bench.log().join(format!("{:020}.log", 9))] {
        put_pipe(&pipe);
        let (dir, keys) = (bench.dir(), bench.keys());
        at_once(move || Journal::open(&dir, &keys, samples::TIME).map(drop)).unwrap_err();
        fs::remove_file(&pipe).unwrap();
    }
    let reader = bench.reader();
    let snapshots = snapshots_dir(&bench.dir());
    put_pipe(&snapshots.join(format!("migration-{:020}.snapshot", 6)));
    at_once(move || {
        replay::<wsusmigrate_core::projection::Migration>(&reader, Some(&snapshots), Upto::Now).map(drop)
    })
    .unwrap();
    bench.assert_sound();
}

#[test]
fn a_pipe_in_place_of_a_key_holds_up_nobody() {
    let bench = Bench::filled(5, 5);
    let key = bench.keys().join(samples::STREAM.to_string());
    for name in [key.clone(), key.with_extension("next")] {
        let kept = fs::read(&name).ok();
        put_pipe(&name);
        let (dir, keys) = (bench.dir(), bench.keys());
        let closed = at_once(move || {
            let (journal, _) =
                Journal::open(&dir, &keys, samples::TIME).map_err(|error| error.to_string())?;
            journal
                .append(vec![samples::field(7)], Expected::Any)
                .wait()
                .map_err(|error| error.to_string())?;
            journal.close().map_err(|error| error.to_string())
        });
        closed.unwrap_err();
        fs::remove_file(&name).unwrap();
        if let Some(key) = kept {
            fs::write(&name, key).unwrap();
        }
    }
    bench.open(&[]).close().unwrap();
    bench.assert_sound();
}
