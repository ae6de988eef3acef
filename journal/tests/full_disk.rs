//! Goal: on a full disk a journal opens, tells, takes its last words and closes; with room again it goes on.
//!
//! Method: here only what hangs on whether the reserve is there; `tests/faults` fills real disks to the last byte.

#![allow(clippy::unwrap_used, reason = "tests may unwrap, also in their helpers")]

mod support;

use std::fs;

use support::{Bench, fill, read, samples};
use wsusmigrate_core::event::run::Recovery;
use wsusmigrate_journal::{AppendError, Expected, Journal, RESERVE_BYTES};

#[test]
fn a_journal_has_a_reserve_from_its_beginning() {
    let bench = Bench::filled(10, 5);
    let reserve = bench.dir().join("reserve");
    assert_eq!(fs::metadata(&reserve).unwrap().len(), RESERVE_BYTES);
    bench.open(&[]).close().unwrap();
}

#[test]
fn a_missing_or_short_reserve_is_made_again_and_said() {
    let bench = Bench::filled(10, 5);
    let reserve = bench.dir().join("reserve");
    fs::remove_file(&reserve).unwrap();
    bench.open(&[Recovery::ReserveMade]).close().unwrap();
    fs::write(&reserve, b"short").unwrap();
    bench.open(&[Recovery::ReserveMade]).close().unwrap();
    assert_eq!(fs::metadata(&reserve).unwrap().len(), RESERVE_BYTES);
    bench.open(&[]).close().unwrap();
    bench.assert_sound();
}

#[test]
fn last_words_are_all_that_is_taken_without_a_reserve() {
    let bench = Bench::filled(300, 100);
    let (journal, opened) = Journal::open_for_last_words(&bench.dir(), &bench.keys(), samples::TIME).unwrap();
    assert!(!bench.dir().join("reserve").exists(), "its room is free");
    assert!(matches!(opened.full, Some(AppendError::DiskFull(_))), "{opened:?}");
    let refused = journal.append(vec![samples::field(900)], Expected::Any).wait().unwrap_err();
    assert_eq!(Some(refused), opened.full);
    assert!(matches!(journal.settled(), Err(AppendError::DiskFull(_))), "nobody looks at the store");
    let last = journal.append_last(&[samples::field(901)]).wait().unwrap();
    assert_eq!((last.first.0, journal.size()), (301, 302));
    assert_eq!(journal.append_last(&[samples::field(901)]).wait().unwrap().repeated, 1);
    journal.close().unwrap();
    assert_eq!(read(&bench.reader()).last(), Some(&samples::field(901)));
    let verification = bench.assert_sound();
    assert_eq!(verification.checkpoint.map(|checkpoint| checkpoint.size), Some(302), "under a checkpoint");

    let journal = bench.open(&[Recovery::ReserveMade, Recovery::StoreCaughtUp]);
    fill(&journal, 0..10, 10);
    assert_eq!(journal.size(), 304, "the store knows everything again");
    journal.close().unwrap();
    bench.assert_sound();
}
