//! Goal: nothing follows a seal. A sealed journal is not opened for writing, whatever sealing was interrupted at, and what
//! it left undone is done all the same.

#![allow(clippy::unwrap_used, reason = "tests may unwrap, also in their helpers")]

mod support;

use std::fs;

use support::{Bench, fill, samples};
use wsusmigrate_core::envelope::{Envelope, Proposed};
use wsusmigrate_core::event::Kind;
use wsusmigrate_core::id::EventId;
use wsusmigrate_journal::{Expected, Journal, OpenError, RecordSource};

/// A journal of 12 records, the last of them a seal.
fn sealed(bench: &Bench) -> Journal {
    let journal = bench.create();
    fill(&journal, 0..10, 5);
    let id = EventId::of_observation(samples::MIGRATION, "run.journal-sealed", b"");
    let envelope = Envelope { id, time: samples::TIME, action: None, causation: None };
    let seal = Proposed { envelope, event: samples::event(Kind::RunJournalSealed) };
    journal.append(vec![seal], Expected::Any).wait().unwrap();
    journal
}

/// Refused with the words of the seal; as many records as before, all of them signed for.
fn assert_refused(bench: &Bench) {
    match bench.try_open().map(drop) {
        Err(OpenError::Sealed { dir, account, reason }) => {
            assert_eq!((dir, account.as_str()), (bench.dir(), "CONTOSO\\älice"));
            assert_eq!(reason, "the old server is retired");
        }
        other => panic!("{other:?}"),
    }
    let reader = bench.reader();
    assert_eq!(reader.size(), 12);
    assert_eq!(reader.checkpoint().unwrap().unwrap().size, 12);
    let outside = bench.keys().join(format!("{}.head", samples::STREAM));
    assert_eq!(fs::read_to_string(outside).unwrap().lines().nth(1), Some("12"));
    bench.assert_sound();
}

#[test]
fn a_sealed_journal_is_not_opened_for_writing() {
    let bench = Bench::new();
    sealed(&bench).close().unwrap();
    assert_refused(&bench);
    // Not even what opening would find is recorded.
    fs::remove_file(bench.dir().join("head")).unwrap();
    fs::remove_dir_all(bench.dir().join("sled")).unwrap();
    let log = bench.log().join(format!("{:020}.log", 0));
    let before = fs::read(&log).unwrap();
    assert!(matches!(bench.try_open(), Err(OpenError::Sealed { .. })));
    assert!(fs::read(&log).unwrap() == before);
    // The head was written anew all the same: readers need it.
    bench.assert_sound();
    assert!(bench.reader().checkpoint().unwrap().is_some());
}

/// A crash between the promise to sign and the signature, and one between the signature and the head outside.
#[test]
fn a_sealing_that_stopped_while_it_signed_is_brought_to_its_end() {
    for (inside, outside) in [(true, true), (false, true)] {
        let bench = Bench::new();
        sealed(&bench).close().unwrap();
        let size = bench.reader().size();
        let note = bench.dir().join("checkpoints").join(format!("{size:020}"));
        let head = bench.keys().join(format!("{}.head", samples::STREAM));
        for (gone, file) in [(inside, &note), (outside, &head)] {
            if gone {
                fs::remove_file(file).unwrap();
            }
        }
        assert!(matches!(bench.try_open(), Err(OpenError::Sealed { .. })));
        assert_eq!(bench.reader().checkpoint().unwrap().unwrap().size, size);
        assert!(head.exists());
        bench.assert_sound();
    }
}

#[test]
fn an_interrupted_sealing_is_brought_to_its_end() {
    let bench = Bench::new();
    // Dropped, not closed: what a kill between the record and the checkpoint leaves.
    drop(sealed(&bench));
    assert!(bench.reader().checkpoint().unwrap().is_none());
    // What is found of the head, and later of the store, may not be recorded any more.
    fs::remove_file(bench.dir().join("head")).unwrap();
    fs::remove_dir_all(bench.dir().join("sled")).unwrap();
    assert_refused(&bench);
    assert_refused(&bench);
}
