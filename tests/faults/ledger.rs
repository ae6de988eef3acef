//! What a journal's owner was promised, held against what is in it.

use std::collections::BTreeMap;
use std::path::Path;

use wsusmigrate_core::envelope::Recorded;
use wsusmigrate_journal::{Reader, Record, RecordSource as _, verify};
use wsusmigrate_tests::Mark;

/// Every acknowledgement of one journal, from all processes that wrote into it.
#[derive(Default)]
pub(crate) struct Ledger {
    /// By first sequence: the first event, and how many in a row.
    promised: BTreeMap<u64, (Mark, u64)>,
    /// Events of a batch, by epoch.
    batches: BTreeMap<u64, u64>,
}

/// What was found.
#[derive(Debug)]
pub(crate) struct Judged {
    /// Events that were acknowledged.
    pub(crate) acknowledged: u64,
    /// Records in the journal.
    pub(crate) size: u64,
}

impl Ledger {
    /// Takes note of what a process of an epoch told.
    pub(crate) fn take(&mut self, told: &[String]) {
        for line in told {
            let Some(numbers) = line.strip_prefix("ack ") else { continue };
            let numbers: Vec<u64> =
                numbers.split(' ').map(|number| number.parse().expect("a number")).collect();
            let [first, last, epoch, thread, number, events] = numbers[..] else { panic!("{line}") };
            assert_eq!(last - first + 1, events, "a batch stands in a row: {line}");
            self.promised.insert(first, (Mark { epoch, thread, number }, events));
            self.batches.insert(epoch, events);
        }
    }

    /// Events that were acknowledged.
    pub(crate) fn acknowledged(&self) -> u64 {
        self.promised.values().map(|(_, events)| events).sum()
    }

    /// Verifies the journal and looks for everything promised: there, in its place, with the same bytes; and that what
    /// else is there came in whole batches, without a gap in any thread's events.
    pub(crate) fn judge(&self, journal: &Path) -> Result<Judged, String> {
        let verification = verify(journal).map_err(|error| format!("verify: {error}"))?;
        if let Some(damage) = verification.first_damage() {
            return Err(format!("damage: {damage:?}"));
        }
        let records = read(journal)?;
        let mut lost = 0;
        for (&first, &(mark, events)) in &self.promised {
            for at in 0..events {
                let expected = Mark { number: mark.number + at, ..mark }.event();
                let index = usize::try_from(first + at).expect("an index");
                let there = records
                    .get(index)
                    .is_some_and(|it| it.envelope == expected.envelope && it.event == expected.event);
                lost += u64::from(!there);
            }
        }
        if lost > 0 {
            return Err(format!("{lost} acknowledged events of {} are lost", self.acknowledged()));
        }
        self.in_whole_batches(&records)?;
        Ok(Judged { acknowledged: self.acknowledged(), size: records.len() as u64 })
    }

    fn in_whole_batches(&self, records: &[Recorded]) -> Result<(), String> {
        let mut next: BTreeMap<(u64, u64), u64> = BTreeMap::new();
        for mark in records.iter().filter_map(Mark::of) {
            let next = next.entry((mark.epoch, mark.thread)).or_default();
            if *next != mark.number {
                return Err(format!("{mark:?} follows number {next} of its thread"));
            }
            *next += 1;
        }
        for ((epoch, thread), events) in next {
            let batch = self.batches.get(&epoch).copied().unwrap_or(1);
            if events % batch != 0 {
                return Err(format!(
                    "epoch {epoch}, thread {thread}: {events} events, in batches of {batch}"
                ));
            }
        }
        Ok(())
    }
}

fn read(journal: &Path) -> Result<Vec<Recorded>, String> {
    let reader = Reader::open(journal).map_err(|error| error.to_string())?;
    let mut records = Vec::new();
    for raw in reader.records(0..reader.size()) {
        let raw = raw.map_err(|error| error.to_string())?;
        match raw.decode() {
            Ok(Record::Known(recorded)) => records.push(recorded),
            other => return Err(format!("record {} is {other:?}", raw.seq())),
        }
    }
    Ok(records)
}
