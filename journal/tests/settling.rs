//! Goal: nobody who can do without the store waits for it; whoever cannot is answered rightly once it is there.
//!
//! Method: a named pipe in place of sled's `conf`. sled opens it for reading, which blocks until somebody opens it for
//! writing: the store is being opened for as long as a test wants, in the middle of a real opening.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "tests may unwrap, also in their helpers")]

mod support;

use std::fs;
use std::path::PathBuf;
use std::pin::pin;
use std::process::Command;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use support::{Bench, fill, read, samples};
use wsusmigrate_core::event::run::Recovery;
use wsusmigrate_core::event::{Event, RunEvent};
use wsusmigrate_journal::{
    Append, AppendError, Appended, Batch, Direction, Expected, Journal, Query, Reader, Record, RecordSource,
};

/// Far longer than anything here takes: only a failure waits so long.
const PATIENCE: Duration = Duration::from_secs(30);

/// A store whose opening goes on until this is released or dropped.
struct Held(Option<(PathBuf, Vec<u8>)>);

impl Held {
    fn hold(bench: &Bench) -> Self {
        let conf = bench.dir().join("sled/conf");
        let bytes = fs::read(&conf).unwrap();
        fs::remove_file(&conf).unwrap();
        assert!(Command::new("mkfifo").arg(&conf).status().unwrap().success());
        Self(Some((conf, bytes)))
    }

    /// Lets the opening go on: it finds an empty file, and what was there where it looks again.
    fn release(&mut self) {
        if let Some((conf, bytes)) = self.0.take() {
            let pipe = conf.with_extension("pipe");
            fs::rename(&conf, &pipe).unwrap();
            fs::write(conf, bytes).unwrap();
            // For reading as well, so that this end does not wait for the other, which may not have come yet.
            drop(fs::OpenOptions::new().read(true).write(true).open(pipe).unwrap());
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.release();
    }
}

/// A journal of `count` events, a multiple of 3, with a store that lacks the last third.
fn behind(count: u64) -> Bench {
    let bench = Bench::filled(count / 3 * 2, 100);
    let older = bench.copy();
    let journal = bench.open(&[]);
    fill(&journal, count / 3 * 2..count, 100);
    journal.close().unwrap();
    fs::remove_dir_all(bench.dir().join("sled")).unwrap();
    support::copy_tree(&older.dir().join("sled"), &bench.dir().join("sled"));
    bench
}

/// Appends an event that is known to be new.
fn append_new(journal: &Journal, number: u64, expected: Expected) -> Result<Appended, AppendError> {
    journal.append_batch(Batch::of(&[samples::field(number)]).unwrap().known_new(), expected).wait()
}

fn is_answered(append: &mut std::pin::Pin<&mut Append>) -> bool {
    append.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready()
}

#[test]
fn opening_and_new_appends_do_not_wait_for_the_store() {
    let bench = behind(600);
    let mut held = Held::hold(&bench);
    let (journal, opened) = bench.try_open().unwrap();
    assert_eq!((opened.size, &opened.findings[..]), (601, &[][..]));
    append_new(&journal, 1_000, Expected::Size(601)).unwrap();
    let error = append_new(&journal, 1_001, Expected::Size(601)).unwrap_err();
    assert!(matches!(error, AppendError::Conflict { expected: 601, size: 602 }), "{error:?}");
    assert_eq!(
        append_new(&journal, 1_000, Expected::Any).unwrap().repeated,
        1,
        "repeats since the opening are known"
    );

    // Nobody can say yet whether this one is there already. What is new and comes later waits behind it; order is kept.
    let mut repeat = pin!(journal.append(vec![samples::copied(5)], Expected::Any));
    let mut later =
        pin!(journal.append_batch(Batch::of(&[samples::field(1_002)]).unwrap().known_new(), Expected::Any));
    assert!(!is_answered(&mut repeat) && !is_answered(&mut later));
    assert_eq!(journal.size(), 602);
    held.release();
    let found = journal.settled().unwrap().unwrap();
    assert_eq!((found.finding, found.records), (Recovery::StoreCaughtUp, 200));
    let repeat = answer(repeat).unwrap();
    assert_eq!((repeat.first.0, repeat.repeated), (6, 1));
    assert_eq!(answer(later).unwrap().repeated, 0);
    journal.close().unwrap();
    let records: Vec<_> = bench.reader().records(601..604).map(|it| it.unwrap().decode().unwrap()).collect();
    let names: Vec<_> = records.iter().filter_map(Record::name).collect();
    assert_eq!(names.iter().filter(|name| **name == "run.journal-recovered").count(), 1, "{names:?}");
    bench.assert_sound();
}

/// Waits for an answer that was polled before.
fn answer(mut append: std::pin::Pin<&mut Append>) -> Result<Appended, AppendError> {
    struct Unpark(std::thread::Thread);
    impl std::task::Wake for Unpark {
        fn wake(self: std::sync::Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(std::sync::Arc::new(Unpark(std::thread::current())));
    loop {
        if let Poll::Ready(outcome) = append.as_mut().poll(&mut Context::from_waker(&waker)) {
            return outcome;
        }
        std::thread::park();
    }
}

#[test]
fn what_is_found_of_the_store_is_recorded_with_a_time_that_fits() {
    let bench = behind(300);
    let mut held = Held::hold(&bench);
    let (journal, _) = bench.try_open().unwrap();
    // Later than the opening.
    let mut late = samples::field(7);
    late.envelope.time.0 += 1_000_000;
    journal.append_batch(Batch::of(&[late.clone()]).unwrap().known_new(), Expected::Any).wait().unwrap();
    held.release();
    journal.close().unwrap();
    let reader = bench.reader();
    let Record::Known(last) = reader.records(302..303).next().unwrap().unwrap().decode().unwrap() else {
        panic!()
    };
    assert!(matches!(last.event, Event::Run(RunEvent::JournalRecovered(_))));
    assert_eq!(last.envelope.time, late.envelope.time, "the clock does not step back");
    bench.assert_sound();
}

/// Kill -9 while the store is being rebuilt: the next opening finds the same again, and everything is there.
#[test]
fn a_rebuilding_that_is_cut_short_was_told_and_is_made_good() {
    let bench = Bench::filled(3_000, 500);
    fs::remove_dir_all(bench.dir().join("sled")).unwrap();
    let (journal, _) = bench.try_open().unwrap();
    append_new(&journal, 9_000, Expected::Any).unwrap();
    let recovered = Query { name: Some("run.journal-recovered".to_owned()), ..Query::default() };
    let told = bench.reader().tail(0, recovered.clone()).unwrap().next_within(PATIENCE).unwrap();
    assert!(told.is_some(), "told at once, not when it is done");
    drop(journal);
    let reader = bench.reader();
    let findings =
        |reader: &Reader| reader.select(0..reader.size(), Direction::Forward, recovered.clone()).count();
    assert_eq!(findings(&reader), 1);
    let (journal, _) = bench.open_and_find();
    fill(&journal, 0..3_000, 500);
    assert_eq!(read(&bench.reader()).len(), 3_001, "every repeat was recognised");
    journal.close().unwrap();
    fs::remove_dir_all(bench.log()).unwrap();
    bench.open(&[Recovery::LogRebuilt]).close().unwrap();
    assert_eq!(read(&bench.reader()).len(), 3_001, "the store is whole");
    bench.assert_sound();
}

/// Damage that opening does not look at, met by the follower: the store cannot be brought up to the log, which is said,
/// and the next opening looks at everything.
#[test]
fn damage_the_follower_meets_is_looked_at_by_the_next_opening() {
    let bench = Bench::filled(3_000, 100);
    fs::remove_dir_all(bench.dir().join("sled")).unwrap();
    let file = bench.log().join(format!("{:020}.log", 0));
    let mut bytes = fs::read(&file).unwrap();
    bytes[2_000] ^= 0xFF;
    fs::write(&file, bytes).unwrap();
    let (journal, _) = bench.try_open().unwrap();
    let error = journal.append(vec![samples::field(1)], Expected::Any).wait().unwrap_err();
    assert!(matches!(&error, AppendError::LogUnreadable(why) if why.contains("is damaged")), "{error:?}");
    drop(journal);
    let error = bench.try_open().unwrap_err();
    assert!(matches!(error, wsusmigrate_journal::OpenError::Damaged(_)), "{error:?}");
}
