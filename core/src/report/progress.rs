//! Progress: where the migration stands and what comes next.

use crate::event::preflight::CheckVerdict;
use crate::projection::Migration;
use crate::projection::content::{ContentState, PassRecord};
use crate::projection::run::{RunEnd, StepRecord};
use crate::report::{Report, Section, Value, database, streams};
use crate::status::Demand;
use crate::unit::TimeMicros;

/// Where the migration stands at `state`. `now` is the reader's clock: the pace of a pass is measured against the
/// last record instead where the run is not going on. `demand` is what the plan wants of approvals, where the reader knows the
/// plan.
#[must_use]
pub fn progress(state: &Migration, now: TimeMicros, demand: Option<Demand>) -> Report {
    let title = match &state.run.journal {
        Some((_, journal)) => format!("Progress of {}", journal.name),
        None => "Progress".to_owned(),
    };
    let mut sections: Vec<_> = database::down_section(state).into_iter().collect();
    sections.extend([run(state), steps(state), checks(state), files(&state.content)]);
    if let Some(pass) = &state.content.pass {
        sections.push(pass_section(pass, now));
    }
    sections.extend(read_back(&state.content));
    sections.extend(database::standing(state, demand));
    sections.extend(streams::standing(state));
    Report { kind: "progress", title, sections }
}

fn run(state: &Migration) -> Section {
    let mut section = Section::new("run", "Run");
    let standing = match state.run.runs.last().map(|run| run.end) {
        None => "no run yet".to_owned(),
        Some(RunEnd::Open) => "going on, or ended without saying so".to_owned(),
        Some(RunEnd::Finished(_, verdict)) => verdict.word().to_owned(),
        Some(RunEnd::Failed(_)) => "failed, could not go on".to_owned(),
        Some(RunEnd::FoundInterrupted(_)) => "interrupted".to_owned(),
    };
    section.figure("state", "Last run", standing);
    if let Some(run) = state.run.runs.last() {
        section.figure("started", "Started", run.started);
        section.figure("account", "By", format!("{} on {}", run.facts.account, run.facts.host));
    }
    section.figure("runs", "Runs", state.run.runs.len());
    section.figure("interruptions", "Of them interrupted", state.run.interruptions());
    if let Some((seq, time)) = state.run.last {
        section.figure("records", "Records", seq.0 + 1);
        section.figure("last", "Last record", time);
    }
    streams::seal(state, &mut section);
    section
}

fn steps(state: &Migration) -> Section {
    let mut section = Section::new("steps", "Steps of the last run");
    let rows = crate::step::Step::ALL.iter().map(|step| {
        let record = state.run.runs.last().and_then(|run| run.steps.get(step));
        let standing = match record {
            None => "not begun".to_owned(),
            Some(StepRecord::Started(_)) => "begun".to_owned(),
            Some(StepRecord::Finished { verdict, .. }) => verdict.word().to_owned(),
            Some(StepRecord::Skipped(reason)) => format!("skipped: {}", reason.word()),
        };
        vec![Value::from(step.word()), Value::from(standing), Value::from(step.purpose())]
    });
    section.table("steps", &["step", "state", "what it does"], rows);
    section
}

/// What the checks of the last run warn of or stop at.
fn checks(state: &Migration) -> Section {
    let mut section = Section::new("checks", "Checks that did not pass");
    let told = state.checks.checks.values().filter(|check| check.verdict != CheckVerdict::Pass);
    let rows = told.map(|check| {
        [check.verdict.word(), check.check.as_str(), check.finding.as_str(), check.remedy.as_str()]
            .map(Value::from)
            .to_vec()
    });
    section.table("checks", &["says", "check", "finding", "what to do"], rows);
    section
}

fn files(content: &ContentState) -> Section {
    let mut section = Section::new("files", "Update files");
    if let Some(manifest) = &content.manifest {
        section.figure("expected_files", "At the source", manifest.files);
        section.figure("expected_bytes", "Their size", Value::bytes(manifest.bytes));
    }
    section.figure("files_in_place", "In place", content.totals.files);
    section.figure("bytes_in_place", "Their size", Value::bytes(content.totals.bytes));
    section.figure("failures", "Failures", content.failures());
    section.figure("batches_open", "Batches without an outcome", content.open.len());
    section
}

fn pass_section(pass: &PassRecord, now: TimeMicros) -> Section {
    let mut section = Section::new("pass", "Last pass");
    section.figure("files", "Files to work on", pass.plan.files);
    section.figure("bytes", "Their size", Value::bytes(pass.plan.bytes));
    section.figure("unchanged_files", "Left alone as unchanged", pass.plan.unchanged_files);
    section.figure("done_files", "Done", pass.done_files);
    section.figure("done_bytes", "Their size", Value::bytes(pass.done_bytes));
    section.figure("failed_files", "Of them failed", pass.failed_files);
    let end = pass.finished.as_ref().map(|(time, _)| *time);
    let micros = end.unwrap_or(now).since(pass.started).max(0);
    section.figure("micros", "Time taken", Value::Span { micros });
    if end.is_none() && !pass.interrupted && pass.done_bytes > 0 {
        let left = u128::from(pass.plan.bytes.saturating_sub(pass.done_bytes));
        let eta = left * u128::from(micros.unsigned_abs()) / u128::from(pass.done_bytes);
        section.figure(
            "eta_micros",
            "Time left, about",
            Value::Span { micros: i64::try_from(eta).unwrap_or(i64::MAX) },
        );
    }
    section
}

fn read_back(content: &ContentState) -> Option<Section> {
    let read = content.read_back.as_ref()?;
    let mut section = Section::new("read_back", "Read-back");
    section.figure("files", "Files to read", read.files);
    section.figure("read_files", "Read", read.read_files);
    section.figure("read_bytes", "Their size", Value::bytes(read.read_bytes));
    section.figure("around_cache", "Of them around the cache", read.around_cache);
    section.figure("exceptions", "Not what was recorded", read.exceptions.len());
    section.figure("finished", "Finished", if read.is_whole() { "yes" } else { "no" });
    Some(section)
}
