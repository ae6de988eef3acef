//! Which boundary is which, from the history of an uninterrupted run.
//!
//! In the database step nothing happens at once: each record is a boundary, and each operation's end, before its outcome is
//! recorded, is one more; so is a child process that is held back, before it is recorded. What comes before that step may differ from run to run, so the destination's are counted from the
//! end.

use wsusmigrate_core::event::database::Operation;
use wsusmigrate_core::event::{DatabaseEvent, Event};
use wsusmigrate_tests::History;

/// A boundary of the database step.
#[derive(Clone, Debug)]
pub(crate) struct Boundary {
    /// `--crash-at`.
    pub(crate) at: u64,
    /// The record that is durable by then, by its dotted name; `acted` at the end of an operation, `held` where its child waits.
    pub(crate) what: &'static str,
    /// The operation that goes on, or went on last.
    pub(crate) operation: Option<Operation>,
}

/// Boundaries of a run, in their order, from the history of its journal: all, of which the last `of_step` are the database
/// step's.
pub(crate) fn boundaries(history: &History, there_are: Option<u64>) -> Vec<Boundary> {
    let events = history.events();
    let first = |name: &str| events.iter().position(|event| event.kind().name() == name);
    let run = first("run.started").expect("a run");
    let step = first("database.connected").expect("a database step");
    let mut found = Vec::new();
    let mut operation = None;
    for event in &events[step..] {
        let boundary = |what| Boundary { at: 0, what, operation };
        match event {
            Event::Database(DatabaseEvent::OperationStarted(started)) => operation = Some(started.operation),
            Event::Database(DatabaseEvent::ChildStarted(_)) => found.push(boundary("held")),
            Event::Database(DatabaseEvent::OperationFinished(_)) => {
                // What was asked at the end of an operation is recorded with its outcome, after its end.
                let is_read = |it: &Boundary| it.what == "database.statement-read";
                let reads = found.iter().rev().take_while(|it| is_read(it)).count();
                found.insert(found.len() - reads, boundary("acted"));
            }
            _ => {}
        }
        found.push(Boundary { at: 0, what: event.kind().name(), operation });
    }
    // Where the run's other steps have no boundaries but their records, all of them are known without being counted.
    let there_are = there_are.unwrap_or((step - run + found.len()) as u64);
    let before = there_are - found.len() as u64;
    for (at, boundary) in (before + 1..).zip(&mut found) {
        boundary.at = at;
    }
    found
}
