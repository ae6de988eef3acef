//! What the engine did, in its own words, beside what the journal says of it.
//!
//! An **execution** is a batch of the program's that had an effect, as the stand-in wrote it down. An **intent** is what the
//! journal says was about to be done, with whether it says that it was done, or found to be.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use wsusmigrate_core::event::database::{Operation, OperationResult, Probe};
use wsusmigrate_core::event::{DatabaseEvent, Event};
use wsusmigrate_journal::evidence;

/// A batch that had an effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Execution {
    text: String,
    /// Whether one of its effects came to its end.
    is_done: bool,
}

/// An operation of the journal's that is a statement to the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Intent {
    operation: Operation,
    statement: String,
    succeeded: bool,
}

/// What the program did to the engine in this folder, in the engine's words.
pub(crate) fn executions(folder: &Path) -> Vec<Execution> {
    let log = fs::read_to_string(folder.join("effects.log")).unwrap_or_default();
    let mut batches: BTreeMap<u64, Execution> = BTreeMap::new();
    for line in log.lines() {
        let line: serde_json::Value = serde_json::from_str(line).expect("a line of JSON");
        let text = |key: &str| line[key].as_str().expect("a text").to_owned();
        if text("program") == "wsusmigrate" {
            let number = line["batch"].as_u64().expect("a number");
            let new = || Execution { text: text("statement"), is_done: false };
            batches.entry(number).or_insert_with(new).is_done |= text("effect") == "done";
        }
    }
    batches.into_values().collect()
}

/// What a journal with these events says was asked of the engine. At most one operation is open at a time.
pub(crate) fn intents(journal: &Path, events: &[Event]) -> Vec<Intent> {
    let mut intents: Vec<Intent> = Vec::new();
    for event in events {
        let Event::Database(event) = event else { continue };
        let succeeded = match event {
            DatabaseEvent::OperationStarted(started) => {
                let statement = started.whole.map_or_else(
                    || started.statement.as_str().to_owned(),
                    |digest| {
                        fs::read_to_string(evidence::path(journal, digest)).expect("the whole statement")
                    },
                );
                intents.push(Intent { operation: started.operation, statement, succeeded: false });
                false
            }
            DatabaseEvent::OperationFinished(finished) => finished.result == OperationResult::Done,
            DatabaseEvent::OperationReconciled(looked) => looked.found == Probe::Happened,
            _ => false,
        };
        if let Some(last) = intents.last_mut().filter(|_| succeeded) {
            last.succeeded = true;
        }
    }
    intents.retain(|intent| is_effect(intent.operation));
    intents
}

/// Whether an operation changes something in the engine, by a statement.
pub(crate) fn is_effect(operation: Operation) -> bool {
    match operation {
        Operation::ProveFolder
        | Operation::BackUp
        | Operation::BackUpOwn
        | Operation::Drop
        | Operation::DiscardPartial
        | Operation::SetMultiUser
        | Operation::Restore
        | Operation::MendUser
        | Operation::Sleep => true,
        Operation::CheckSource
        | Operation::VerifyBackup
        | Operation::Deliver
        | Operation::CarryBackup
        | Operation::VerifyCarried
        | Operation::VerifyOwn
        | Operation::CheckRestored
        | Operation::PostInstall
        | Operation::Quiesce
        | Operation::StopServices
        | Operation::Resume
        | Operation::StartServices => false,
    }
}

/// Where engine and journal contradict each other: an effect without its intent, a success the engine knows nothing of.
pub(crate) fn contradictions(executions: &[Execution], intents: &[Intent]) -> Vec<String> {
    let mut wrong = Vec::new();
    for text in executions.iter().map(|execution| &execution.text) {
        let times = executions.iter().filter(|execution| execution.text == *text).count();
        let meant = intents.iter().filter(|intent| intent.statement.contains(text)).count();
        if times > meant {
            wrong.push(format!("done {times} times, meant {meant} times: {text}"));
        }
    }
    let mut done: Vec<_> = executions.iter().filter(|execution| execution.is_done).collect();
    for intent in intents.iter().filter(|intent| intent.succeeded) {
        let mut untold = intent.statement.clone();
        done.retain(|execution| match untold.find(&execution.text) {
            Some(at) => {
                untold.replace_range(at..at + execution.text.len(), "");
                false
            }
            None => true,
        });
        if !untold.trim().is_empty() {
            wrong.push(format!("{:?} is said to have happened, and did not: {untold}", intent.operation));
        }
    }
    wrong
}
