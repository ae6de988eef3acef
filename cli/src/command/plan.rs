//! `plan`: the steps, what each will do, what is irreversible.

use wsusmigrate_core::report::{Figure, Report, Section, Table, Value};
use wsusmigrate_core::step::Step;

use crate::error::Failure;
use crate::place::{self, Global};
use crate::show::{Answer, Body};
use crate::step::Folders;

/// Show the steps, what each will do and what cannot be undone
#[derive(clap::Args, Debug)]
pub(super) struct Args {}

pub(super) fn run(_: &Args, global: &Global) -> Result<Answer, Failure> {
    let loaded = global.load_plan()?;
    let plan = &loaded.plan;
    let folders = Folders::of(&loaded);
    let journal = global.journal.clone().unwrap_or_else(|| place::default_journal(&loaded));
    let figure =
        |key, label: &str, value: String| Figure { key, label: label.to_owned(), value: value.into() };
    let what = Section {
        key: "plan",
        title: "What".to_owned(),
        figures: vec![
            figure("digest", "Digest of the plan", plan.digest().to_string()),
            figure("source", "From", folders.source_shown().to_string()),
            figure("destination", "To", folders.destination_shown().to_string()),
            figure("journal", "Journal", journal.display().to_string()),
            figure("keys", "Signing keys", global.keys_folder().display().to_string()),
        ],
        ..Section::default()
    };
    let rows = Step::ALL.iter().map(|step| {
        let (does, undo) = describe(*step, &loaded.plan.content);
        vec![Value::from(step.word()), Value::from(does), Value::from(undo)]
    });
    let table =
        Table { key: "steps", columns: vec!["step", "what it does", "way back"], rows: rows.collect() };
    let steps =
        Section { key: "steps", title: "Steps".to_owned(), tables: vec![table], ..Section::default() };
    let title = format!("Plan of {}", plan.migration.name);
    let report = Report { kind: "plan", title, sections: vec![what, steps] };
    Ok(Answer::well(Body::Report(Box::new(report))).next("wsusmigrate run"))
}

fn describe(step: Step, content: &wsusmigrate_core::plan::ContentPlan) -> (String, &'static str) {
    match step {
        Step::Inventory => (step.purpose().to_owned(), "changes nothing"),
        Step::Preflight => (step.purpose().to_owned(), "changes nothing"),
        Step::Content if content.stored_on_microsoft_update => {
            ("skipped: updates are stored on Microsoft Update".to_owned(), "changes nothing")
        }
        // Without a line about SUSDB in the plan the step is none of any run's.
        Step::Database => ("skipped: the plan says nothing of SUSDB".to_owned(), "changes nothing"),
        Step::Content => {
            let limit = content.bandwidth_limit.as_deref().unwrap_or("no limit");
            let read_back = if content.read_back { "read back afterwards" } else { "not read back" };
            (
                format!("{}; {} workers, {limit}, {read_back}", step.purpose(), content.workers),
                "delete the files it brought; the source is not changed",
            )
        }
    }
}
