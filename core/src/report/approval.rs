//! Who approved which plan, and whether what was destroyed was destroyed under an approved one.

use std::collections::BTreeSet;

use crate::digest::Sha256;
use crate::event::run::{Approval, PlanApproved};
use crate::projection::Migration;
use crate::projection::database::OperationRecord;
use crate::projection::run::RunRecord;
use crate::report::{Section, Value};
use crate::unit::{Seq, TimeMicros};

/// How many persons approved a plan: two approvals of one person count once.
fn persons(state: &Migration, plan: Sha256) -> usize {
    let given = state.run.approvals.iter().filter(|(.., approved)| approved.plan == plan);
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
        section.figure("approved_by", "Persons who approved it", persons(state, run.facts.plan));
    }
    let rows = destroyed.iter().map(|record| {
        let word = record.event.operation.word();
        vec![record.seq.0.into(), record.started.into(), word.into(), under(state, record).into()]
    });
    section.table("destructive", &["record", "started", "operation", "the plan it ran under"], rows);
    let given = state.run.approvals.iter().map(|(seq, time, approved)| one(state, *seq, *time, approved));
    std::iter::once(section).chain(given).collect()
}

/// What destroys something.
fn destructive(state: &Migration) -> impl Iterator<Item = &OperationRecord> {
    state.database.operations.iter().filter(|record| record.event.operation.is_destructive())
}

/// How many approvals counted when it began: one for another engine or another SUSDB was none.
fn under(state: &Migration, record: &OperationRecord) -> String {
    match state.run.destroyed_under.get(&record.seq) {
        None | Some(0) => "was not approved".to_owned(),
        Some(1) => "approved by 1 person".to_owned(),
        Some(persons) => format!("approved by {persons} persons"),
    }
}

/// What an approval was given for, as far as it was looked at.
fn given_for(state: &Migration, seq: Seq, approved: &PlanApproved) -> String {
    let given = state.run.status.approvals.given(approved.plan, seq);
    let Some(sight) = given.and_then(|given| given.sight.as_ref()) else {
        return "nobody had looked at SUSDB".to_owned();
    };
    let on = sight.server.as_ref().map_or_else(String::new, |server| format!(" on {server}"));
    match sight.susdb {
        Some(susdb) if susdb.is_told() => format!("SUSDB {susdb}{on}"),
        Some(_) => format!("a SUSDB that does not tell what it is{on}"),
        None => format!("no SUSDB{on}"),
    }
}

fn one(state: &Migration, seq: Seq, time: TimeMicros, approved: &PlanApproved) -> Section {
    let mut section = Section::new("approval", "Approved");
    let or_none = |text: &str| Value::from(if text.is_empty() { "none" } else { text });
    let ran = runs_under(state, seq, approved);
    section.figure("record", "Record", seq.0);
    section.figure("time", "When", time);
    section.figure("account", "By", approved.account.as_str());
    section.figure("sid", "Security identifier", approved.sid.as_str());
    section.figure("how", "How", approved.how.word());
    section.figure("wanted", "Persons the plan demands", u64::from(approved.approvals_wanted));
    section.figure("plan", "Plan", approved.plan.to_string());
    section.figure("given_for", "Given for", given_for(state, seq, approved));
    section.figure("runs", "Runs of this very plan since", ran);
    section.figure("ticket", "Ticket", or_none(approved.ticket.as_str()));
    section.figure("note", "Note", or_none(approved.note.as_str()));
    section
}

/// Runs of a plan that an approval came before: those that began behind it, and the one that asked for it.
fn runs_under(state: &Migration, seq: Seq, approved: &PlanApproved) -> usize {
    let asked = (approved.how == Approval::Interactive)
        .then(|| state.run.runs.iter().rposition(|run| run.seq < seq))
        .flatten();
    let is_under = |(at, run): &(usize, &RunRecord)| run.seq > seq || Some(*at) == asked;
    let runs = state.run.runs.iter().enumerate().filter(is_under);
    runs.filter(|(_, run)| run.facts.plan == approved.plan).count()
}
