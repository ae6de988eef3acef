//! Where the database step stands and what it waits for.

use super::after_catalogue;
use super::approvals::{approved_by, void_approvals};
use super::operation::named;
use crate::event::database::{BackupOf, BackupRecorded, OperationResult};
use crate::event::run::Verdict;
use crate::projection::Migration;
use crate::projection::database::{DatabaseState, Doubt, OperationRecord};
use crate::projection::run::{RunRecord, StepRecord};
use crate::report::{Section, Value};
use crate::status::{Demand, OpenOperation};
use crate::step::Step;

/// Where the step stands; nothing where it was never begun. `demand` is what the plan wants of approvals, where the reader
/// knows the plan.
pub(in crate::report) fn standing(state: &Migration, demand: Option<Demand>) -> Option<Section> {
    let database = &state.database;
    if database.engine.is_none() && database.operations.is_empty() {
        return None;
    }
    let mut section = Section::new("database", "SUSDB");
    counts(database, &mut section);
    if let Some(last) = database.operations.last() {
        section.figure("last_operation", "Last operation", format!("{}: {}", named(last), last.word()));
    }
    for (of, (_, backup)) in &database.backups {
        let (key, label) = match of {
            BackupOf::Source => ("backup_bytes", "Size of the backup"),
            BackupOf::Own => ("safety_backup_bytes", "Size of the safety backup"),
        };
        section.figure(key, label, size(backup));
    }
    if let Some(lacking) = database.lacking_files() {
        section.figure("lacking_files", "Files that are missing or damaged", lacking);
    }
    if let Some(what) = waits_for(state, demand).or_else(|| content_owed(state)) {
        section.figure("waits_for", "Waits for", what.waits_for);
        section.figure("next", "Next", what.next);
    }
    Some(section)
}

fn counts(database: &DatabaseState, section: &mut Section) {
    let count = |is: fn(&OperationRecord) -> bool| database.operations.iter().filter(|it| is(it)).count();
    section.figure("done", "Operations done", count(OperationRecord::is_done));
    section.figure("in_doubt", "In doubt or going on", count(OperationRecord::is_in_doubt));
    section.figure("failed", "Failed", count(has_failed));
}

/// Whether it ended without its effect: said so, or a look or a person did.
fn has_failed(record: &OperationRecord) -> bool {
    let failed = record.finished.as_ref().is_some_and(|(_, end)| end.result == OperationResult::Failed);
    match record.doubts.last() {
        None => failed,
        Some(Doubt::Reconciled(..) | Doubt::Resolved(..)) => !record.is_done() && !record.is_in_doubt(),
    }
}

/// What a compressed backup takes is its compressed size.
fn size(backup: &BackupRecorded) -> Value {
    Value::bytes(size_bytes(backup))
}

pub(super) const fn size_bytes(backup: &BackupRecorded) -> u64 {
    if backup.compressed_bytes > 0 { backup.compressed_bytes } else { backup.backup_bytes }
}

/// What a person is waited for, and what to type.
struct Waiting {
    waits_for: String,
    next: &'static str,
}

fn waits_for(state: &Migration, demand: Option<Demand>) -> Option<Waiting> {
    if let Some(open) = &state.run.status.database.open {
        return open.in_doubt.then(|| answer(state, open));
    }
    let waiting = |run: &RunRecord| {
        let verdict = run.steps.get(&Step::Database);
        matches!(verdict, Some(StepRecord::Finished { verdict: Verdict::Waiting, .. }))
    };
    let run = state.run.runs.last().filter(|run| waiting(run))?;
    let plan = run.facts.plan;
    let approval = state.run.status.approval_of(plan, demand.unwrap_or_default());
    let (of, enough) = match demand {
        Some(_) => (format!(" of {}", approval.wanted), approval.suffices()),
        None => (String::new(), false),
    };
    let by = approved_by(&approval).map_or_else(String::new, |by| format!(", by {by}"));
    let given = format!("approval of the plan: {}{of} given{by}", approval.counted.len());
    let void = void_approvals(state, plan, demand.unwrap_or_default());
    let waits_for = [vec![given], void].concat().join("; ");
    let next = if enough { "wsusmigrate run" } else { "wsusmigrate plan --approve" };
    Some(Waiting { waits_for, next })
}

/// The content where it is not what SUSDB expects, or may not be.
fn content_owed(state: &Migration) -> Option<Waiting> {
    after_catalogue(state)?;
    let what = if state.database.top_up.is_owed() {
        "a further pass over the content: the last one began before the restored backup was known here"
    } else {
        "files that SUSDB expects"
    };
    Some(Waiting { waits_for: what.to_owned(), next: "wsusmigrate run" })
}

/// What became of an operation: a look finds out, or a person says.
fn answer(state: &Migration, open: &OpenOperation) -> Waiting {
    let name = state.database.operation(open.action).map_or_else(|| open.operation.word().to_owned(), named);
    let seq = open.intent;
    if open.asked {
        let waits_for = format!("an answer: did {name} (record {seq}) happen? No look could tell");
        Waiting { waits_for, next: "wsusmigrate resolve" }
    } else {
        let waits_for = format!("a look at what became of {name} (record {seq})");
        Waiting { waits_for, next: "wsusmigrate run" }
    }
}
