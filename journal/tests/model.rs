//! Goal: the store is a plain list, whatever is asked of it in whatever order.
//!
//! Method: random sequences of operations on a journal and on a `Vec` beside it. The model says what each append answers
//! and what each reading shows; after every operation the two are compared. A kill is the folder as it stands while
//! the writer still has it, opened elsewhere.

#![allow(clippy::unwrap_used, reason = "tests may unwrap, also in their helpers")]

mod support;

use std::collections::BTreeMap;
use std::ops::{ControlFlow, Range};

use proptest::prelude::*;
use support::{Bench, samples};
use wsusmigrate_core::envelope::{Proposed, Recorded};
use wsusmigrate_core::event::inventory::FieldRecorded;
use wsusmigrate_core::event::run::JournalRecovered;
use wsusmigrate_core::event::{Event, RunEvent};
use wsusmigrate_core::projection::Projection;
use wsusmigrate_core::unit::{Seq, TimeMicros};
use wsusmigrate_journal::{
    AppendError, Appended, Expected, Journal, Reader, Record, RecordSource, Upto, replay,
};

/// Events there may be: few, so that the same one is often meant.
const EVENTS: u64 = 40;
/// Moments there are: few and out of order, so that clocks stand still and step back.
const MOMENTS: i64 = 8;

/// An event of a batch.
#[derive(Clone, Copy, Debug)]
struct Pick {
    number: u64,
    moment: i64,
    /// With the id of the event and another content.
    altered: bool,
}

#[derive(Clone, Copy, Debug)]
enum Expectation {
    Any,
    Empty,
    Right,
    WrongBy(u64),
}

#[derive(Clone, Debug)]
enum Operation {
    Append(Vec<Pick>, Expectation),
    /// Several batches handed over before any answer.
    Together(Vec<Vec<Pick>>),
    Close,
    Drop,
    Kill,
    Read(u64, u64),
    AsOf(i64),
}

fn picks() -> impl Strategy<Value = Vec<Pick>> {
    let pick = (0..EVENTS, 0..MOMENTS, prop::bool::weighted(0.03))
        .prop_map(|(number, moment, altered)| Pick { number, moment, altered });
    prop::collection::vec(pick, 0..9)
}

fn operations() -> impl Strategy<Value = Vec<Operation>> {
    let expectation = prop_oneof![
        4 => Just(Expectation::Any),
        1 => Just(Expectation::Empty),
        4 => Just(Expectation::Right),
        1 => (1_u64..4).prop_map(Expectation::WrongBy),
    ];
    let operation = prop_oneof![
        8 => (picks(), expectation).prop_map(|(picks, expectation)| Operation::Append(picks, expectation)),
        2 => prop::collection::vec(picks(), 2..6).prop_map(Operation::Together),
        1 => Just(Operation::Close),
        1 => Just(Operation::Drop),
        1 => Just(Operation::Kill),
        4 => (0..EVENTS + 8, 0..EVENTS).prop_map(|(first, count)| Operation::Read(first, count)),
        2 => (-1..=MOMENTS).prop_map(Operation::AsOf),
    ];
    prop::collection::vec(operation, 1..24)
}

fn proposed(pick: Pick) -> Proposed {
    let Pick { number, moment, altered } = pick;
    let mut proposed = if number % 2 == 0 { samples::field(number) } else { samples::copied(number) };
    proposed.envelope.time = TimeMicros(samples::TIME.0 + moment);
    if altered {
        let other = FieldRecorded { field: "other".into(), value: "content".into(), source: "".into() };
        proposed.event = other.into();
    }
    proposed
}

/// What a journal is, as far as anybody can see.
#[derive(Default)]
struct Model(Vec<Proposed>);

impl Model {
    fn find(&self, proposed: &Proposed) -> Option<usize> {
        self.0.iter().position(|there| there.envelope.id == proposed.envelope.id)
    }

    /// What an append answers; what is new is added.
    fn append(&mut self, batch: &[Proposed], expected: Expected) -> Result<Appended, AppendError> {
        if batch.is_empty() {
            return Err(AppendError::EmptyBatch);
        }
        for (at, proposed) in batch.iter().enumerate() {
            if batch[..at].iter().any(|before| before.envelope.id == proposed.envelope.id) {
                let (id, name) = (proposed.envelope.id, proposed.event.kind().name());
                return Err(AppendError::TwiceInBatch { id, name });
            }
        }
        let mut new = Vec::new();
        let mut places = Vec::new();
        let size = self.0.len();
        for proposed in batch {
            match self.find(proposed) {
                Some(at) if self.0[at].event == proposed.event => places.push(at),
                Some(at) => {
                    let (id, name) = (proposed.envelope.id, proposed.event.kind().name());
                    return Err(AppendError::Contradiction { id, name, seq: Seq(at as u64) });
                }
                None => {
                    places.push(size + new.len());
                    new.push(proposed.clone());
                }
            }
        }
        let wanted = match expected {
            Expected::Any => size as u64,
            Expected::Empty => 1,
            Expected::Size(size) => size,
        };
        if !new.is_empty() && wanted != size as u64 {
            return Err(AppendError::Conflict { expected: wanted, size: size as u64 });
        }
        let repeated = u32::try_from(batch.len() - new.len()).unwrap();
        self.0.extend(new);
        let place = |at: Option<&usize>| Seq(*at.unwrap() as u64);
        Ok(Appended { first: place(places.iter().min()), last: place(places.iter().max()), repeated })
    }

    fn expected(&self, expectation: Expectation) -> Expected {
        let size = self.0.len() as u64;
        match expectation {
            Expectation::Any => Expected::Any,
            Expectation::Empty => Expected::Empty,
            Expectation::Right => Expected::Size(size),
            Expectation::WrongBy(by) => Expected::Size(size + by),
        }
    }

    /// Takes over what opening recorded of itself, which must be what it says it found.
    fn take_recoveries(&mut self, reader: &Reader, found: &[JournalRecovered]) {
        let new = forward(reader, self.0.len() as u64..reader.size());
        let recoveries: Vec<_> = new
            .iter()
            .map(|proposed| match &proposed.event {
                Event::Run(RunEvent::JournalRecovered(event)) => event.clone(),
                other => panic!("opening added {other:?}"),
            })
            .collect();
        assert_eq!(recoveries, found);
        self.0.extend(new);
    }

    /// Records before the first that is later than `until`.
    fn as_of(&self, until: TimeMicros) -> usize {
        self.0.iter().position(|there| there.envelope.time > until).unwrap_or(self.0.len())
    }
}

fn understood(seq: u64, record: Record) -> Proposed {
    assert_eq!(record.seq(), Seq(seq));
    match record {
        Record::Known(Recorded { envelope, event, .. }) => Proposed { envelope, event },
        Record::Unknown(unknown) => panic!("{unknown:?}"),
    }
}

fn forward(reader: &Reader, range: Range<u64>) -> Vec<Proposed> {
    let records = reader.records(range.clone()).map(|raw| raw.unwrap().decode().unwrap());
    range.zip(records).map(|(seq, record)| understood(seq, record)).collect()
}

/// The ids in the order they were folded in.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
struct Ids(BTreeMap<u64, String>);

impl Projection for Ids {
    const NAME: &'static str = "ids";
    const VERSION: u16 = 1;

    fn apply(&mut self, recorded: &Recorded) {
        self.0.insert(recorded.seq.0, recorded.envelope.id.to_string());
    }
}

/// A journal, the model beside it, and how it was opened last.
struct Pair {
    bench: Bench,
    journal: Journal,
    model: Model,
}

impl Pair {
    fn new() -> Self {
        let bench = Bench::new();
        let journal = bench.create();
        let model = Model(forward(&bench.reader(), 0..1));
        Self { bench, journal, model }
    }

    fn reopen(mut self, leave: impl FnOnce(Bench, Journal) -> Bench) -> Self {
        self.bench = leave(self.bench, self.journal);
        let (journal, opened) = self.bench.try_open().unwrap();
        // What is found about the store is recorded when it is known; nothing else is appended until then.
        let found: Vec<_> = opened.findings.into_iter().chain(journal.settled().unwrap()).collect();
        self.model.take_recoveries(&self.bench.reader(), &found);
        Self { bench: self.bench, journal, model: self.model }
    }

    fn append(&mut self, picks: &[Pick], expectation: Expectation) {
        let batch: Vec<_> = picks.iter().copied().map(proposed).collect();
        let expected = self.model.expected(expectation);
        let answer = self.journal.append(batch.clone(), expected).wait();
        assert_eq!(answer, self.model.append(&batch, expected), "{expected:?}");
    }

    fn append_together(&mut self, batches: &[Vec<Pick>]) {
        let batches = batches.iter().map(|picks| picks.iter().copied().map(proposed).collect::<Vec<_>>());
        let batches: Vec<_> = batches.map(|batch| (batch, Expected::Any)).collect();
        for (answer, (batch, expected)) in self.journal.append_all(batches.clone()).into_iter().zip(batches) {
            assert_eq!(answer.wait(), self.model.append(&batch, expected));
        }
    }

    fn read(&self, first: u64, count: u64) {
        let reader = self.bench.reader();
        let range = first..first + count;
        if range.end > reader.size() {
            assert!(reader.records(range).next().unwrap().is_err(), "beyond the end is no end");
            return;
        }
        let there = &self.model.0[usize::try_from(first).unwrap()..usize::try_from(range.end).unwrap()];
        assert_eq!(forward(&reader, range.clone()), there);
        // Without copies, and broken off in the middle.
        let (mut seen, half) = (Vec::new(), there.len() / 2);
        let mut look = |view: wsusmigrate_journal::RecordView<'_>| {
            seen.push(understood(view.seq().0, view.decode().unwrap()));
            Ok(if seen.len() > half { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        };
        reader.visit(range, &mut look).unwrap();
        assert_eq!(seen, there[..there.len().min(half + 1)]);
    }

    fn as_of(&self, until: TimeMicros) {
        let reader = self.bench.reader();
        let size = self.model.as_of(until);
        let ids = self.model.0[..size].iter().enumerate();
        let ids = ids.map(|(seq, there)| (seq as u64, there.envelope.id.to_string())).collect();
        for upto in [Upto::Time(until), Upto::Size(size as u64)] {
            let replayed = replay::<Ids>(&reader, None, upto).unwrap();
            assert_eq!(
                (replayed.size, &replayed.state),
                (size as u64, &Ids(BTreeMap::clone(&ids))),
                "{upto:?}"
            );
        }
    }

    fn perform(mut self, operation: Operation) -> Self {
        match operation {
            Operation::Append(picks, expectation) => self.append(&picks, expectation),
            Operation::Together(batches) => self.append_together(&batches),
            Operation::Read(first, count) => self.read(first, count),
            Operation::AsOf(moment) => self.as_of(TimeMicros(samples::TIME.0 + moment)),
            Operation::Close => {
                self = self.reopen(|bench, journal| {
                    journal.close().unwrap();
                    bench
                });
            }
            Operation::Drop => {
                self = self.reopen(|bench, journal| {
                    drop(journal);
                    bench
                });
            }
            Operation::Kill => self = self.reopen(|bench, _writer| bench.copy()),
        }
        assert_eq!(self.journal.size(), self.model.0.len() as u64);
        self
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_journal_is_a_plain_list(operations in operations()) {
        let mut pair = Pair::new();
        for operation in operations {
            pair = pair.perform(operation);
        }
        let Pair { bench, journal, model } = pair;
        journal.close().unwrap();
        let reader = bench.reader();
        assert_eq!(forward(&reader, 0..reader.size()), model.0);
        bench.assert_sound();
    }
}
