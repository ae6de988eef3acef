//! Goal: the writing process finds the records of a subject or an action by the store's index, exactly those a reader finds
//! by looking at every record.
//!
//! Method: random selections, held against the scan: with a store that has everything, one that is behind, one that is not
//! open, and a new one. Then what tells the two apart: a log that cannot be read, hashes that begin alike. An index that lies is
//! `lying_store`'s.

#![allow(clippy::unwrap_used, reason = "tests may unwrap, also in their helpers")]

mod support;

use std::fs;
use std::ops::Range;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use sha2::{Digest as _, Sha256 as Hasher};
use support::{Bench, samples};
use wsusmigrate_core::digest::Sha256;
use wsusmigrate_core::envelope::Proposed;
use wsusmigrate_core::event::content::ContentEvent;
use wsusmigrate_core::event::{Event, Kind};
use wsusmigrate_core::path::{PathRef, RelPath};
use wsusmigrate_core::unit::TimeMicros;
use wsusmigrate_journal::{Direction, Expected, Journal, Query, RawRecord, ReadError};

const SUBJECTS: u64 = 90;
const ACTIONS: u64 = 12;
/// Several runs of 256 records, the last one incomplete.
const EVENTS: u64 = 2_100;

fn path(subject: u64) -> String {
    format!("WsusContent/{subject:02X}/{subject:040X}.cab")
}

fn hash(subject: u64) -> Sha256 {
    Sha256(Hasher::digest(path(subject)).into())
}

/// An event about one of few files, of one of few actions or none, a second after the one before.
fn event(number: u64) -> Proposed {
    let mut proposed =
        if number.is_multiple_of(7) { samples::field(number) } else { samples::copied(number) };
    let seconds = i64::try_from(number).unwrap();
    proposed.envelope.time = TimeMicros(samples::TIME.0 + seconds * 1_000_000);
    if let Event::Content(ContentEvent::FileCopied(copied)) = &mut proposed.event {
        copied.path = PathRef::of(&RelPath::from_bytes(path(number * 13 % SUBJECTS).into_bytes()).unwrap());
        proposed.envelope.action = Some(samples::action(number % ACTIONS));
    }
    proposed
}

fn append(journal: &Journal, numbers: Range<u64>) {
    let events = numbers.map(event).collect();
    journal.append(events, Expected::Any).wait().unwrap();
}

fn filled() -> Bench {
    let bench = Bench::new();
    let journal = bench.create();
    for first in (0..EVENTS).step_by(300) {
        append(&journal, first..first + 300);
    }
    journal.close().unwrap();
    bench
}

type Found = Result<Vec<RawRecord>, ReadError>;

/// By the store's index, and by looking at every record.
fn both(journal: &Journal, range: Range<u64>, direction: Direction, query: &Query) -> (Found, Found) {
    let reader = journal.reader().unwrap();
    let found = journal.select(range.clone(), direction, query.clone()).collect();
    (found, reader.select(range, direction, query.clone()).collect())
}

/// What may be asked for: mostly what is there.
fn queries() -> impl Strategy<Value = (Query, Direction, u64, u64)> {
    let subject = proptest::option::weighted(0.7, (0..SUBJECTS + 3).prop_map(hash));
    let action = proptest::option::weighted(0.5, (0..ACTIONS + 2).prop_map(samples::action));
    let time = || {
        let seconds = 0..i64::try_from(EVENTS).unwrap();
        proptest::option::weighted(0.2, seconds.prop_map(|at| TimeMicros(samples::TIME.0 + at * 1_000_000)))
    };
    let name = proptest::option::weighted(0.2, prop_oneof![Just("content."), Just("inventory.")]);
    let direction = prop_oneof![Just(Direction::Forward), Just(Direction::Backward)];
    (subject, action, time(), time(), name, direction, any::<u64>(), any::<u64>()).prop_map(
        |(subject, action, since, until, name, direction, left, right)| {
            let name = name.map(str::to_owned);
            (Query { since, until, name, action, subject }, direction, left, right)
        },
    )
}

/// Asks the journal as it is now. How many records were found.
fn assert_as_the_scan(journal: &Journal, cases: u32) -> usize {
    let found = std::cell::Cell::new(0);
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let asked = TestRunner::new(config).run(&queries(), |(query, direction, left, right)| {
        let size = journal.size();
        let (left, right) = (left % (size + 1), right % (size + 1));
        let (indexed, scanned) = both(journal, left.min(right)..left.max(right), direction, &query);
        let indexed = indexed.unwrap();
        found.set(found.get() + indexed.len());
        prop_assert_eq!(indexed, scanned.unwrap());
        Ok(())
    });
    asked.unwrap();
    found.get()
}

#[test]
fn what_is_found_is_what_a_reader_finds() {
    let bench = filled();
    let journal = bench.open(&[]);
    assert!(assert_as_the_scan(&journal, 400) > 400);
    journal.close().unwrap();
    bench.assert_sound();
}

#[test]
fn it_is_the_same_while_the_store_is_behind() {
    let bench = filled();
    let journal = bench.open(&[]);
    let mut behind = 0;
    for first in (EVENTS..EVENTS + 1_000).step_by(20) {
        append(&journal, first..first + 20);
        behind += u64::from(journal.lag() > 0);
        assert_as_the_scan(&journal, 8);
    }
    assert!(behind > 0, "the store was never behind");
    journal.close().unwrap();
    bench.assert_sound();
}

#[test]
fn it_is_the_same_with_a_new_store_and_while_that_is_built() {
    let bench = filled();
    fs::remove_dir_all(bench.dir().join("sled")).unwrap();
    let (journal, _) = bench.try_open().unwrap();
    assert_as_the_scan(&journal, 100);
    journal.settled().unwrap();
    assert!(assert_as_the_scan(&journal, 200) > 200);
    journal.close().unwrap();
    let (journal, _) = Journal::open_with_new_store(&bench.dir(), &bench.keys(), samples::TIME).unwrap();
    assert_as_the_scan(&journal, 100);
    journal.settled().unwrap();
    assert!(assert_as_the_scan(&journal, 200) > 200);
    journal.close().unwrap();
    bench.assert_sound();
}

#[test]
fn what_is_not_there_is_an_error_and_no_end() {
    let bench = filled();
    let journal = bench.open(&[]);
    let size = journal.size();
    let query = Query { subject: Some(hash(1)), ..Query::default() };
    let (indexed, _) = both(&journal, 0..size + 1, Direction::Forward, &query);
    assert!(matches!(indexed, Err(ReadError::Beyond { asked, .. }) if asked == size + 1), "{indexed:?}");
    journal.close().unwrap();
    bench.assert_sound();
}

/// Where the scan meets damage, the index has led past it: so it is the index that answers.
#[test]
fn the_index_leads_past_what_is_not_asked_for() {
    let bench = filled();
    let journal = bench.open(&[]);
    // The follower reads the log once more, where it stands in the middle of a run.
    append(&journal, EVENTS..EVENTS + 1);
    while journal.lag() > 0 {
        std::thread::yield_now();
    }
    let log = bench.log().join(format!("{:020}.log", 0));
    let whole = fs::read(&log).unwrap();
    let mut damaged = whole.clone();
    damaged[2_000] ^= 1;
    fs::write(&log, damaged).unwrap();
    for direction in [Direction::Forward, Direction::Backward] {
        for query in [
            Query { subject: Some(hash(5)), ..Query::default() },
            Query { action: Some(samples::action(5)), ..Query::default() },
        ] {
            let (indexed, scanned) = both(&journal, 0..journal.size(), direction, &query);
            assert!(matches!(scanned, Err(ReadError::Damaged(_))), "{scanned:?}");
            assert!(indexed.unwrap().len() > 10);
        }
    }
    fs::write(&log, whole).unwrap();
    journal.close().unwrap();
    bench.assert_sound();
}

/// The index keeps eight bytes of a hash.
#[test]
fn a_subject_whose_hash_begins_alike_is_another_one() {
    let bench = filled();
    let journal = bench.open(&[]);
    let found = |subject| {
        let query = Query { subject: Some(subject), ..Query::default() };
        both(&journal, 0..journal.size(), Direction::Forward, &query).0.unwrap().len()
    };
    let mut alike = hash(5);
    alike.0[31] ^= 1;
    assert!(found(hash(5)) > 10);
    assert_eq!(found(alike), 0);
    journal.close().unwrap();
    bench.assert_sound();
}

#[test]
fn the_events_of_this_test_are_of_both_kinds() {
    let kinds = [Kind::InventoryFieldRecorded, Kind::ContentFileCopied];
    assert!(kinds.iter().all(|kind| (0..10).any(|number| event(number).event.kind() == *kind)));
}
