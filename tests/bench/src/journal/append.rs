//! Appending: every event acknowledged, which means durable, before its appender goes on.
//!
//! All are handed events that the journal's encoder has encoded; the journal chains and hashes them inside the measured
//! time.

use std::path::{Path, PathBuf};
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use wsusmigrate_core::envelope::Proposed;
use wsusmigrate_journal::{Batch, Expected, Reader, Record, RecordSource as _};

use super::journals;
use super::peer::group::Group;
use super::peer::{self, Kind, Payload, PeerError};
use super::task::Answer;
use super::{LAG, memory};

/// How often the store's lag is looked at.
const LOOKED_AT: Duration = Duration::from_millis(5);

/// How many append what.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Append {
    pub(super) kind: Kind,
    /// The journal that has the events.
    pub(super) journal: PathBuf,
    /// Where the new store is made.
    pub(super) dir: PathBuf,
    pub(super) events: u64,
    /// Threads that append at once.
    pub(super) appenders: usize,
    /// Events of one append.
    pub(super) group: usize,
}

impl Append {
    pub(super) fn perform(self) -> Result<Answer, PeerError> {
        match self.kind {
            Kind::Journal => self.to_journal(),
            kind => self.to_peer(kind),
        }
    }

    fn to_journal(&self) -> Result<Answer, PeerError> {
        let encode =
            |mine: Vec<Vec<_>>| mine.iter().map(|events| Batch::of(events)).collect::<Result<Vec<_>, _>>();
        let work = self.share(proposed(&self.journal, self.events)?);
        let work = work.into_iter().map(encode).collect::<Result<Vec<_>, _>>()?;
        let journal = journals::create(&self.dir)?;
        let before = memory::resident_mib();
        memory::forget_peak()?;
        let (mut lag, done) = (0, AtomicBool::new(false));
        let begun = Instant::now();
        let seconds = thread::scope(|scope| {
            let watch = scope.spawn(|| {
                let mut most = 0;
                while !done.load(Ordering::Acquire) {
                    most = most.max(journal.lag());
                    thread::park_timeout(LOOKED_AT);
                }
                most
            });
            let seconds =
                timed(work, |batch| Ok(journal.append_batch(batch, Expected::Any).wait().map(drop)?));
            done.store(true, Ordering::Release);
            watch.thread().unpark();
            lag = watch.join().unwrap_or(u64::MAX);
            seconds
        })?;
        let memory = (memory::peak_mib() - before).max(0.0);
        let size = journal.size();
        journal.close()?;
        let drained = self.events as f64 / begun.elapsed().as_secs_f64();
        expect(self.events + 1, size)?;
        Ok(Answer::new(self.events, seconds)
            .figure("drained into sled, events/s", drained)
            .figure(LAG, lag as f64)
            .figure("memory beyond the events, MiB", memory))
    }

    fn to_peer(&self, kind: Kind) -> Result<Answer, PeerError> {
        let work = self.share(payloads(&self.journal, self.events)?);
        let store = peer::open(kind, &self.dir)?.ok_or("a journal is no peer")?;
        let group = Group::start(store, 0);
        let before = memory::resident_mib();
        memory::forget_peak()?;
        let seconds = timed(work, |batch| group.append(batch))?;
        let memory = (memory::peak_mib() - before).max(0.0);
        group.close()?;
        let mut stored = 0;
        peer::scan(kind, &self.dir, &mut |_| {
            stored += 1;
            Ok(())
        })?;
        expect(self.events, stored)?;
        Ok(Answer::new(self.events, seconds).figure("memory beyond the events, MiB", memory))
    }

    /// One list of appends for each appender, dealt out in turn.
    fn share<E>(&self, events: Vec<E>) -> Vec<Vec<Vec<E>>> {
        let mut work: Vec<_> = (0..self.appenders).map(|_| Vec::new()).collect();
        let mut events = events.into_iter();
        for turn in 0.. {
            let batch: Vec<_> = events.by_ref().take(self.group).collect();
            if batch.is_empty() {
                break;
            }
            work[turn % self.appenders].push(batch);
        }
        work
    }
}

/// From the moment all appenders stand ready until the last one is done.
fn timed<B: Send>(
    work: Vec<Vec<B>>,
    append: impl Fn(B) -> Result<(), PeerError> + Sync,
) -> Result<f64, PeerError> {
    let ready = Barrier::new(work.len() + 1);
    thread::scope(|scope| {
        let appenders: Vec<_> = work
            .into_iter()
            .map(|mine| {
                let (ready, append) = (&ready, &append);
                scope.spawn(move || {
                    ready.wait();
                    mine.into_iter().try_for_each(append)
                })
            })
            .collect();
        ready.wait();
        let begun = Instant::now();
        for appender in appenders {
            appender.join().map_err(|_| "an appender panicked")??;
        }
        Ok(begun.elapsed().as_secs_f64())
    })
}

fn expect(wanted: u64, found: u64) -> Result<(), PeerError> {
    if wanted == found {
        Ok(())
    } else {
        Err(format!("{found} records are stored instead of {wanted}").into())
    }
}

/// The events behind the first record, which every journal makes for itself.
fn proposed(journal: &Path, events: u64) -> Result<Vec<Proposed>, PeerError> {
    let reader = Reader::open(journal)?;
    reader
        .records(1..events + 1)
        .map(|raw| match raw?.decode()? {
            Record::Known(recorded) => Ok(Proposed { envelope: recorded.envelope, event: recorded.event }),
            Record::Unknown(_) => Err("the journal has a record that is not known".into()),
        })
        .collect()
}

/// The same events as they stand in the journal.
fn payloads(journal: &Path, events: u64) -> Result<Vec<Payload>, PeerError> {
    let reader = Reader::open(journal)?;
    reader.records(1..events + 1).map(|raw| Ok(raw?.payload().into())).collect()
}
