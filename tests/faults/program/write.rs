//! Appending the load: opens, appends from several threads, closes; tells each acknowledgement.
//!
//! ```text
//! opening · open SIZE FINDING,... · full WHY · ack FIRST LAST EPOCH THREAD NUMBER EVENTS · refused WHY · closing · closed
//! failed WHY        instead of `open` or `closed`
//! ```

use std::path::Path;

use wsusmigrate_core::unit::TimeMicros;
use wsusmigrate_journal::{Expected, Journal};
use wsusmigrate_tests::Mark;

use crate::{REFUSED, STOPPED, WELL, chain, tell};

/// What to append, and how.
pub(crate) struct Shape {
    pub(crate) epoch: u64,
    pub(crate) threads: u64,
    /// Events of a batch.
    pub(crate) batch: u64,
    /// Batches of a thread.
    pub(crate) batches: u64,
    /// Before it opens and before it appends, it waits for a line on standard input.
    pub(crate) step_by_step: bool,
}

pub(crate) fn write(journal: &Path, keys: &Path, shape: &Shape) -> u8 {
    tell("opening");
    shape.pause();
    let (journal, opened) = match Journal::open(journal, keys, TimeMicros(0)) {
        Ok(opened) => opened,
        Err(error) => {
            tell(&format!("failed {}", chain(&error)));
            return REFUSED;
        }
    };
    let findings: Vec<_> = opened.findings.iter().map(|found| format!("{:?}", found.finding)).collect();
    tell(&format!("open {} {}", opened.size, findings.join(",")));
    if let Some(full) = &opened.full {
        tell(&format!("full {full}"));
    }
    shape.pause();
    let threads = 0..shape.threads;
    let refused = std::thread::scope(|scope| {
        let started = threads.map(|thread| {
            scope.spawn({
                let journal = &journal;
                move || shape.append(journal, thread)
            })
        });
        let started: Vec<_> = started.collect();
        started.into_iter().fold(false, |refused, thread| thread.join().expect("a thread") | refused)
    });
    tell("closing");
    match journal.close() {
        Ok(()) => tell("closed"),
        Err(error) => {
            tell(&format!("failed {}", chain(&error)));
            return if refused { STOPPED } else { REFUSED };
        }
    }
    if refused { STOPPED } else { WELL }
}

impl Shape {
    fn pause(&self) {
        if self.step_by_step {
            let mut line = String::new();
            let _ = std::io::stdin().read_line(&mut line);
        }
    }

    /// One thread's appends. Says whether one was refused.
    fn append(&self, journal: &Journal, thread: u64) -> bool {
        let mut refused = false;
        for batch in 0..self.batches {
            let number = batch * self.batch;
            let mark = |number| Mark { epoch: self.epoch, thread, number };
            let events = (number..number + self.batch).map(|number| mark(number).event()).collect();
            match journal.append(events, Expected::Any).wait() {
                // A journal that stopped must not take anything more: one that did is told, and found wrong.
                Ok(at) => tell(&format!(
                    "ack {} {} {} {thread} {number} {}",
                    at.first, at.last, self.epoch, self.batch
                )),
                Err(error) => {
                    tell(&format!("refused {}", chain(&error)));
                    if std::mem::replace(&mut refused, true) {
                        break;
                    }
                }
            }
        }
        refused
    }
}
