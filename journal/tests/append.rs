//! Goal: what was acknowledged is there, once, in order, whatever is opened and closed in between.

#![allow(clippy::unwrap_used, reason = "tests may unwrap, also in their helpers")]

mod support;

use support::{Bench, fill, read, samples};
use wsusmigrate_core::event::inventory::FieldRecorded;
use wsusmigrate_core::unit::{Seq, TimeMicros};
use wsusmigrate_journal::{AppendError, Expected};

#[test]
fn a_journal_begins_with_its_own_record_and_ends_where_it_was_closed() {
    let bench = Bench::new();
    let journal = bench.create();
    assert_eq!(journal.size(), 1);
    fill(&journal, 0..500, 7);
    journal.close().unwrap();
    assert_eq!(read(&bench.reader()), (0..500).map(samples::copied).collect::<Vec<_>>());
    let journal = bench.open(&[]);
    fill(&journal, 500..510, 3);
    journal.close().unwrap();
    assert_eq!(read(&bench.reader()).len(), 510);
    let verification = bench.assert_sound();
    assert_eq!((verification.size, verification.checkpoint.unwrap().size), (511, 511));
}

#[test]
fn the_expected_size_is_checked_and_a_refused_batch_leaves_nothing() {
    let bench = Bench::new();
    let journal = bench.create();
    let append = |number, expected| journal.append(vec![samples::field(number)], expected).wait();
    assert_eq!(append(0, Expected::Empty).unwrap().first, Seq(1));
    assert_eq!(append(1, Expected::Empty), Err(AppendError::Conflict { expected: 1, size: 2 }));
    assert_eq!(append(1, Expected::Size(1)), Err(AppendError::Conflict { expected: 1, size: 2 }));
    assert_eq!(append(1, Expected::Size(2)).unwrap().last, Seq(2));
    assert_eq!(journal.size(), 3);
    journal.close().unwrap();
    bench.assert_sound();
}

/// Repeats are recognised from memory, from the store, and after reopening; items and other events alike.
#[test]
fn the_same_event_is_appended_once() {
    let bench = Bench::new();
    let mut journal = bench.create();
    let batch: Vec<_> = (0..50).map(samples::copied).chain((0..50).map(samples::field)).collect();
    let first = journal.append(batch.clone(), Expected::Any).wait().unwrap();
    assert_eq!((first.first, first.last, first.repeated), (Seq(1), Seq(100), 0));
    for round in 0..3 {
        let mut later = batch.clone();
        for proposed in &mut later {
            proposed.envelope.time = TimeMicros(samples::TIME.0 + 5);
        }
        let again = journal.append(later, Expected::Size(0)).wait().unwrap();
        assert_eq!((again.first, again.last, again.repeated), (Seq(1), Seq(100), 100), "round {round}");
        let mut other = samples::field(7);
        other.event = FieldRecorded { field: "x".into(), value: "y".into(), source: "z".into() }.into();
        let id = other.envelope.id;
        let name = "inventory.field-recorded";
        let refused = journal.append(vec![samples::field(1000 + round), other], Expected::Any).wait();
        assert_eq!(refused, Err(AppendError::Contradiction { id, name, seq: Seq(58) }));
        let mut other = samples::copied(8);
        other.event = samples::copied(9).event;
        let refused = journal.append(vec![other], Expected::Any).wait();
        assert!(matches!(refused, Err(AppendError::Contradiction { seq: Seq(9), .. })), "{refused:?}");
        journal.close().unwrap();
        journal = bench.open(&[]);
    }
    assert_eq!(journal.size(), 101);
    let mixed = vec![samples::field(3), samples::field(200)];
    let mixed = journal.append(mixed, Expected::Any).wait().unwrap();
    assert_eq!((mixed.first, mixed.last, mixed.repeated), (Seq(54), Seq(101), 1));
    journal.close().unwrap();
    bench.assert_sound();
}

#[test]
fn what_is_too_much_is_refused_by_name() {
    let bench = Bench::new();
    let journal = bench.create();
    let mut long = samples::field(0);
    let text = || "x".repeat(1024).as_str().into();
    long.event = wsusmigrate_core::event::preflight::Checked {
        check: text(),
        verdict: wsusmigrate_core::event::preflight::CheckVerdict::Pass,
        finding: text(),
        remedy: text(),
    }
    .into();
    assert!(journal.append(vec![long], Expected::Any).wait().is_ok(), "three texts fit");
    let mut long = samples::field(1);
    long.event = wsusmigrate_core::event::run::Started {
        run: wsusmigrate_core::id::RunId::from_bytes([1; 16]),
        host: text(),
        account: text(),
        sid: text(),
        program: text(),
        system: text(),
        process: 1,
        plan: wsusmigrate_core::digest::Sha256([0; 32]),
        scope: wsusmigrate_core::event::run::Scope::Everything,
        utc_offset_s: None,
    }
    .into();
    let refused = journal.append(vec![samples::field(2), long], Expected::Any).wait();
    assert!(
        matches!(refused, Err(AppendError::TooLong { name: "run.started", bytes: 5000..6000 })),
        "{refused:?}"
    );
    assert_eq!(journal.append(vec![], Expected::Any).wait(), Err(AppendError::EmptyBatch));
    let twice = journal.append(vec![samples::field(3), samples::field(3)], Expected::Any).wait();
    assert!(matches!(twice, Err(AppendError::TwiceInBatch { .. })));
    let many = (0..5000).map(samples::field).collect();
    assert!(matches!(
        journal.append(many, Expected::Any).wait(),
        Err(AppendError::BatchTooLarge { events: 5000, .. })
    ));
    assert_eq!(journal.size(), 2);
    journal.close().unwrap();
    bench.assert_sound();
}

/// Many appenders at once: each batch stands together, nothing is lost or doubled.
#[test]
fn batches_of_many_threads_stay_together() {
    let bench = Bench::new();
    let journal = bench.create();
    std::thread::scope(|scope| {
        for thread in 0..8_u64 {
            let journal = &journal;
            scope.spawn(move || {
                for batch in 0..40 {
                    let first = (thread * 40 + batch) * 5;
                    let events = (first..first + 5).map(samples::field).collect();
                    let appended = journal.append(events, Expected::Any).wait().unwrap();
                    assert_eq!(appended.last.0 - appended.first.0, 4);
                }
            });
        }
    });
    assert_eq!(journal.size(), 1 + 8 * 40 * 5);
    journal.close().unwrap();
    let events = read(&bench.reader());
    for batch in events.chunks(5) {
        let position = (0..8 * 40_u64).find(|n| samples::field(n * 5).envelope == batch[0].envelope).unwrap();
        let expected: Vec<_> = (position * 5..position * 5 + 5).map(samples::field).collect();
        assert_eq!(batch, expected);
    }
    bench.assert_sound();
}

/// What is durable and not in the store is said, and comes to nothing.
#[test]
fn the_store_follows_until_it_lacks_nothing() {
    let bench = Bench::new();
    let journal = bench.create();
    fill(&journal, 0..3_000, 100);
    assert!(journal.lag() <= journal.size());
    let deadline = std::time::Instant::now() + std::time::Duration::from_mins(1);
    while journal.lag() > 0 {
        assert!(std::time::Instant::now() < deadline, "{} records are still missing", journal.lag());
        std::thread::yield_now();
    }
    // A kill now leaves nothing to catch up with: the lag was that of the store.
    drop(journal);
    bench.open(&[]).close().unwrap();
    bench.assert_sound();
}
