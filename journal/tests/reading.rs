//! Goal: records are found by position, time, name, action and subject, in both directions, and a tail shows each one
//! once, as soon as it is durable and not before.

#![allow(clippy::unwrap_used, reason = "tests may unwrap, also in their helpers")]

mod support;

use std::io::{Seek as _, SeekFrom, Write as _};
use std::ops::Range;
use std::thread;
use std::time::Duration;

use proptest::prelude::*;
use sha2::Digest as _;
use support::{Bench, fill, samples};
use wsusmigrate_core::digest::Sha256;
use wsusmigrate_core::event::Event;
use wsusmigrate_core::event::content::{self, ContentEvent};
use wsusmigrate_core::path::PathRef;
use wsusmigrate_core::projection::audit::Audit;
use wsusmigrate_core::unit::TimeMicros;
use wsusmigrate_journal::{
    Direction, Expected, Query, RawRecord, ReadError, Reader, Record, RecordSource, Selection, Upto, replay,
};

/// Far longer than anything here takes: only a failure waits so long.
const PATIENCE: Duration = Duration::from_secs(30);

fn seqs(selection: Selection) -> Vec<u64> {
    selection.map(|record| record.unwrap().seq().0).collect()
}

/// The same by decoding everything: what the selection must come to.
fn naive(reader: &Reader, range: Range<u64>, wanted: impl Fn(&Record) -> bool) -> Vec<u64> {
    let records = reader.records(range).map(|raw| raw.unwrap().decode().unwrap());
    records.filter(wanted).map(|record| record.seq().0).collect()
}

fn assert_found(
    reader: &Reader,
    range: Range<u64>,
    query: &Query,
    wanted: impl Fn(&Record) -> bool,
) -> usize {
    let expected = naive(reader, range.clone(), wanted);
    assert_eq!(seqs(reader.select(range.clone(), Direction::Forward, query.clone())), expected);
    let backward: Vec<_> = expected.iter().rev().copied().collect();
    assert_eq!(seqs(reader.select(range, Direction::Backward, query.clone())), backward);
    expected.len()
}

/// Copied files and fields in turn; the clock goes on, and once steps back.
fn varied(count: u64) -> Bench {
    let bench = Bench::new();
    let journal = bench.create();
    for number in 0..count {
        let mut proposed = if number % 3 == 0 { samples::field(number) } else { samples::copied(number) };
        let stepped_back = if number >= count / 2 { 40 } else { 0 };
        proposed.envelope.time = TimeMicros(samples::TIME.0 + i64::try_from(number).unwrap() - stepped_back);
        journal.append(vec![proposed], Expected::Any).wait().unwrap();
    }
    journal.close().unwrap();
    bench
}

#[test]
fn what_is_asked_for_is_found_and_nothing_else() {
    let bench = varied(600);
    let reader = bench.reader();
    let all = 0..reader.size();
    assert_eq!(assert_found(&reader, all.clone(), &Query::default(), |_| true), 601);

    let query = Query { name: Some("content.file-".into()), ..Query::default() };
    let files = |record: &Record| record.name().unwrap().starts_with("content.file-");
    assert!(assert_found(&reader, all.clone(), &query, files) > 0);

    let action = samples::action(2);
    let query = Query { action: Some(action), ..Query::default() };
    assert!(assert_found(&reader, all.clone(), &query, |it| it.envelope().action == Some(action)) > 50);

    let (since, until) = (TimeMicros(samples::TIME.0 + 250), TimeMicros(samples::TIME.0 + 320));
    let query = Query { since: Some(since), until: Some(until), ..Query::default() };
    let in_time = |record: &Record| (since..=until).contains(&record.envelope().time);
    assert!(
        assert_found(&reader, all.clone(), &query, in_time) > 71,
        "the stretch before the step back and after"
    );

    let about = path_of(&reader, 201);
    let query = Query { subject: Some(about), ..Query::default() };
    let found = seqs(reader.select(all.clone(), Direction::Forward, query.clone()));
    assert!(found.contains(&201) && found.len() < 10, "{found:?}");
    let nothing = Query { name: Some("inventory".into()), ..query };
    assert_eq!(seqs(reader.select(all, Direction::Forward, nothing)), Vec::<u64>::new());
}

/// The subject of a record, from its decoded event.
fn path_of(reader: &Reader, seq: u64) -> Sha256 {
    let raw = reader.records(seq..seq + 1).next().unwrap().unwrap();
    let Record::Known(recorded) = raw.decode().unwrap() else { panic!("unknown") };
    match recorded.event {
        Event::Content(
            ContentEvent::FileCopied(content::FileCopied { path: PathRef::Inline(path), .. })
            | ContentEvent::FileVerified(content::FileVerified { path: PathRef::Inline(path), .. }),
        ) => Sha256(sha2::Sha256::digest(path.as_bytes()).into()),
        other => panic!("{other:?} is about no file"),
    }
}

#[test]
fn more_than_there_is_cannot_be_selected() {
    let bench = Bench::filled(3, 1);
    let mut selection = bench.reader().select(2..9, Direction::Backward, Query::default());
    assert!(matches!(selection.next(), Some(Err(ReadError::Beyond { asked: 9, size: 4 }))));
    assert!(selection.next().is_none());
    assert!(matches!(bench.reader().tail(5, Query::default()), Err(ReadError::Beyond { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Commits of any sizes, also above a stretch; any range.
    #[test]
    fn backward_is_forward_turned_round(
        batches in prop::collection::vec(1_u64..1500, 1..6),
        cut in (any::<prop::sample::Index>(), any::<prop::sample::Index>()),
    ) {
        let bench = Bench::new();
        let journal = bench.create();
        let mut number = 0;
        for batch in &batches {
            fill(&journal, number..number + batch, 256);
            number += batch;
        }
        journal.close().unwrap();
        let reader = bench.reader();
        let size = usize::try_from(reader.size()).unwrap() + 1;
        let (one, other) = (cut.0.index(size) as u64, cut.1.index(size) as u64);
        let range = one.min(other)..one.max(other);
        let forward: Vec<RawRecord> = reader.records(range.clone()).map(Result::unwrap).collect();
        let backward = reader.select(range, Direction::Backward, Query::default());
        let mut backward: Vec<RawRecord> = backward.map(Result::unwrap).collect();
        backward.reverse();
        prop_assert_eq!(forward, backward);
    }
}

#[test]
fn a_tail_shows_what_is_there_and_then_what_comes() {
    let bench = Bench::filled(300, 50);
    let query = Query { name: Some("inventory.".into()), ..Query::default() };
    let mut everything = bench.reader().tail(250, Query::default()).unwrap();
    let mut fields = bench.reader().tail(301, query).unwrap();
    for seq in 250..301 {
        assert_eq!(everything.poll().unwrap().unwrap().seq().0, seq);
    }
    assert_eq!(everything.next_within(Duration::from_millis(1)).unwrap(), None);
    let journal = bench.open(&[]);
    let writer = thread::spawn(move || {
        fill(&journal, 300..400, 9);
        let last = journal.append(vec![samples::field(1)], Expected::Any).wait().unwrap().last;
        journal.close().unwrap();
        last.0
    });
    let found = fields.next_within(PATIENCE).unwrap().unwrap().decode().unwrap();
    assert_eq!(found.name(), Some("inventory.field-recorded"));
    let last = writer.join().unwrap();
    for seq in 301..=last {
        assert_eq!(everything.next_within(PATIENCE).unwrap().unwrap().seq().0, seq);
    }
    assert_eq!(everything.poll().unwrap(), None);
    assert_eq!(fields.poll().unwrap(), None);
}

#[test]
fn a_tail_notices_that_the_journal_was_replaced() {
    let bench = Bench::filled(10, 1);
    let older = bench.copy();
    let journal = bench.open(&[]);
    fill(&journal, 10..12, 1);
    journal.close().unwrap();
    let mut tail = bench.reader().tail(13, Query::default()).unwrap();
    std::fs::remove_dir_all(bench.dir()).unwrap();
    support::copy_tree(&older.dir(), &bench.dir());
    assert!(matches!(tail.poll(), Err(ReadError::Replaced(_))));
}

/// Nothing but the chain tells: stream and length are those of the journal that was there.
#[test]
fn a_tail_notices_an_older_copy_that_has_grown_past_it() {
    let bench = Bench::filled(10, 1);
    let older = bench.copy();
    let journal = bench.open(&[]);
    fill(&journal, 10..12, 1);
    journal.close().unwrap();
    for (others, batch) in [(500..502, 1), (500..503, 1), (500..520, 3), (500..700, 50)] {
        for in_place in [false, true] {
            let (bench, other) = (bench.copy(), older.copy());
            let journal = other.open(&[]);
            fill(&journal, others.clone(), batch);
            journal.close().unwrap();
            // At its end, with all of it shown; or with nothing read yet.
            let mut tails = [13, 5, 12].map(|from| bench.reader().tail(from, Query::default()).unwrap());
            while tails[1].poll().unwrap().is_some() {}
            if !in_place {
                std::fs::remove_dir_all(bench.dir()).unwrap();
            }
            support::copy_tree(&other.dir(), &bench.dir());
            for (which, tail) in tails.iter_mut().enumerate() {
                let told = tail.poll();
                let what = format!("{others:?} by {batch}, in place: {in_place}, tail {which}: {told:?}");
                assert!(matches!(told, Err(ReadError::Replaced(_))), "{what}");
                assert_eq!(tail.poll().unwrap(), None, "after an error nothing more comes");
            }
        }
    }
}

/// The head may be put back while the log is read: its last record does not lead to it.
#[test]
fn a_tail_notices_a_head_of_another_history() {
    let bench = Bench::filled(10, 1);
    let (mut tail, other) = (bench.reader().tail(11, Query::default()).unwrap(), bench.copy());
    for (bench, numbers) in [(&bench, 10..12), (&other, 500..502)] {
        let journal = bench.open(&[]);
        fill(&journal, numbers, 1);
        journal.close().unwrap();
    }
    std::fs::copy(other.dir().join("head"), bench.dir().join("head")).unwrap();
    assert_eq!(tail.poll().unwrap().unwrap().seq().0, 11, "it goes on from what was shown");
    assert!(matches!(tail.poll(), Err(ReadError::Replaced(_))));
}

/// A moment in time is a prefix of the log, whatever stands behind it.
#[test]
fn damage_behind_a_moment_does_not_change_what_was_true_then() {
    let bench = Bench::new();
    let journal = bench.create();
    for first in (0..9_000).step_by(100) {
        let events = (first..first + 100).map(|number| {
            let mut event = samples::copied(number);
            event.envelope.time = TimeMicros(samples::TIME.0 + i64::try_from(number).unwrap());
            event
        });
        journal.append(events.collect(), Expected::Any).wait().unwrap();
    }
    journal.close().unwrap();
    let until = Upto::Time(TimeMicros(samples::TIME.0 + 1_000));
    let before = replay::<Audit>(&bench.reader(), None, until).unwrap();
    assert_eq!(before.size, 1_002, "the first record and the events 0 to 1000");
    let log = bench.log().join(format!("{:020}.log", 0));
    let whole = std::fs::read(&log).unwrap();
    let end = whole.iter().rposition(|&byte| byte != 0).unwrap();
    for part in [20, 30, 40, 60, 90] {
        let mut damaged = whole.clone();
        damaged[end * part / 100] ^= 1;
        std::fs::write(&log, &damaged).unwrap();
        let then = replay::<Audit>(&bench.reader(), None, until).unwrap();
        assert_eq!((then.size, then.state), (before.size, before.state.clone()), "{part} %");
        assert!(replay::<Audit>(&bench.reader(), None, Upto::Now).is_err());
    }
}

#[test]
fn a_tail_that_met_damage_shows_nothing_behind_it() {
    let bench = Bench::filled(300, 50);
    let journal = bench.open(&[]);
    let log = bench.log().join(format!("{:020}.log", 0));
    let bytes = std::fs::read(&log).unwrap();
    let at = bytes.iter().rposition(|&byte| byte != 0).unwrap() / 2;
    let mut tail = bench.reader().tail(0, Query::default()).unwrap();
    // In place and one byte only: the writer goes on behind it.
    let file = std::fs::OpenOptions::new().write(true).open(&log).unwrap();
    (&file).seek(SeekFrom::Start(at as u64)).unwrap();
    (&file).write_all(&[bytes[at] ^ 1]).unwrap();
    let mut shown = 0;
    while let Ok(record) = tail.poll() {
        assert!(record.is_some(), "damage is an error before it is an end");
        shown += 1;
    }
    assert!(shown > 0 && shown < 300, "{shown}");
    journal.append(vec![samples::field(1)], Expected::Any).wait().unwrap();
    assert_eq!(tail.poll().unwrap(), None, "as if nothing were missing before it");
}
