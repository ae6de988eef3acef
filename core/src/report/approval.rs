//! Who approved which plan, and whether what was destroyed was destroyed under an approved one.

use std::collections::BTreeSet;

use crate::digest::Sha256;
use crate::event::run::PlanApproved;
use crate::projection::Migration;
use crate::projection::database::OperationRecord;
use crate::projection::run::RunRecord;
use crate::report::{Section, Value};
use crate::unit::{Seq, TimeMicros};

/// How many persons approved a plan before a record: two approvals of one person count once.
fn approved_before(state: &Migration, plan: Sha256, seq: Seq) -> usize {
    let given = state.run.approvals.iter().filter(|(at, _, approved)| *at < seq && approved.plan == plan);
    given.map(|(.., approved)| approved.sid.as_str()).collect::<BTreeSet<_>>().len()
}

/// A section of the plan that ran, and one for each approval; nothing where no approval was ever given or needed.
pub(super) fn approvals(state: &Migration) -> Vec<Section> {
    let destroyed: Vec<_> = destructive(state).collect();
    if state.run.approvals.is_empty() && destroyed.is_empty() {
        return Vec::new();
    }
    let mut section = Section::new("approvals", "Approval of the plan");
    if let Some(run) = state.run.runs.last() {
        section.figure("plan", "Plan of the last run", run.facts.plan.to_string());
        section.figure(
            "approved_by",
            "Persons who approved it",
            state.run.status.approvals_of(run.facts.plan),
        );
    }
    let rows = destroyed.iter().map(|(record, run)| {
        let word = record.event.operation.word();
        vec![record.seq.0.into(), record.started.into(), word.into(), under(state, record, *run).into()]
    });
    section.table("destructive", &["record", "started", "operation", "the plan it ran under"], rows);
    let given = state.run.approvals.iter().map(|(seq, time, approved)| one(state, *seq, *time, approved));
    std::iter::once(section).chain(given).collect()
}

/// What destroys something, with the run it belongs to.
fn destructive(state: &Migration) -> impl Iterator<Item = (&OperationRecord, Option<&RunRecord>)> {
    let records = state.database.operations.iter().filter(|record| record.event.operation.is_destructive());
    records.map(|record| (record, state.run.runs.iter().rfind(|run| run.seq <= record.seq)))
}

fn under(state: &Migration, record: &OperationRecord, run: Option<&RunRecord>) -> String {
    let persons = run.map_or(0, |run| approved_before(state, run.facts.plan, record.seq));
    match persons {
        0 => "was not approved".to_owned(),
        1 => "approved by 1 person".to_owned(),
        persons => format!("approved by {persons} persons"),
    }
}

fn one(state: &Migration, seq: Seq, time: TimeMicros, approved: &PlanApproved) -> Section {
    let mut section = Section::new("approval", "Approved");
    let or_none = |text: &str| Value::from(if text.is_empty() { "none" } else { text });
    let ran = state.run.runs.iter().filter(|run| run.facts.plan == approved.plan).count();
    section.figure("record", "Record", seq.0);
    section.figure("time", "When", time);
    section.figure("account", "By", approved.account.as_str());
    section.figure("sid", "Security identifier", approved.sid.as_str());
    section.figure("how", "How", approved.how.word());
    section.figure("wanted", "Persons the plan demands", u64::from(approved.approvals_wanted));
    section.figure("plan", "Plan", approved.plan.to_string());
    section.figure("runs", "Runs of this very plan", ran);
    section.figure("ticket", "Ticket", or_none(approved.ticket.as_str()));
    section.figure("note", "Note", or_none(approved.note.as_str()));
    section
}
