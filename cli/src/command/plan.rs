//! `plan`: the steps, what each will do, what is irreversible.

mod approve;
mod media;
mod statements;

use wsusmigrate_core::content::Storage;
use wsusmigrate_core::event::run::Role;
use wsusmigrate_core::plan::Plan;
use wsusmigrate_core::projection::Migration;
use wsusmigrate_core::report;
use wsusmigrate_core::report::{Figure, Report, Section, Table, Value};
use wsusmigrate_core::step::Step;
use wsusmigrate_journal::Upto;

use crate::clock;
use crate::command::state;
use crate::error::Failure;
use crate::executor::source_state;
use crate::exit::Exit;
use crate::place::{self, Global};
use crate::show::{Answer, Body};
use crate::step::Folders;
pub(super) use approve::approve;

/// Show the steps, what each will do and what cannot be undone
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// Approve this plan: record who you are, when, and why; it counts for this very plan and for what is known of engine, SUSDB
    /// and source by now
    #[arg(long)]
    approve: bool,
    /// The number of a ticket or a change, for whoever reads the approval later
    #[arg(long, value_name = "TEXT", requires = "approve", default_value = "")]
    ticket: String,
    /// What else there is to say about the approval
    #[arg(long, value_name = "TEXT", requires = "approve", default_value = "")]
    note: String,
}

pub(super) fn run(args: &Args, global: &Global) -> Result<Answer, Failure> {
    let loaded = global.load_plan()?;
    let plan = &loaded.plan;
    if let Some(database) = &plan.database {
        let past = database.refuse_past(clock::today());
        past.map_err(|error| {
            Failure::new(Exit::Usage, error.to_string()).hint("Correct the value and try again.")
        })?;
    }
    if args.approve {
        approve(plan, &args.ticket, &args.note, global)?;
    }
    // Where there is no journal yet nothing is known of a source, and nobody has approved.
    let known = state::state(global, Upto::Now).ok();
    let source = match &known {
        Some(state) => source_state(&global.journal_folder()?, state)?,
        None => None,
    };
    let storage = Storage::of(&plan.content, source.as_ref().map(|source| &source.worksheet));
    let folders = Folders::of(&loaded);
    let journal = global.journal.clone().unwrap_or_else(|| place::default_journal(&loaded));
    let figure =
        |key, label: &str, value: String| Figure { key, label: label.to_owned(), value: value.into() };
    let what = Section {
        key: "plan",
        title: "What".to_owned(),
        figures: vec![
            figure("digest", "Digest of the plan", plan.digest().to_string()),
            figure("role", "This host is the", plan.migration.role.word().to_owned()),
            figure("approvals", "Approved by", approved_by(plan, known.as_ref())),
            figure("source", "From", folders.source_shown().to_string()),
            figure("destination", "To", folders.destination_shown().to_string()),
            figure("journal", "Journal", journal.display().to_string()),
            figure("keys", "Signing keys", global.keys_folder().display().to_string()),
        ],
        notes: void(plan, known.as_ref()),
        ..Section::default()
    };
    let rows = Step::ALL.iter().map(|step| {
        let (does, undo) = describe(*step, plan, storage);
        vec![Value::from(step.word()), Value::from(does), Value::from(undo)]
    });
    let table =
        Table { key: "steps", columns: vec!["step", "what it does", "way back"], rows: rows.collect() };
    let steps =
        Section { key: "steps", title: "Steps".to_owned(), tables: vec![table], ..Section::default() };
    let title = format!("Plan of {}", plan.migration.name);
    let mut sections = vec![what, steps];
    sections.extend(media::section(&loaded, &journal, global, known.as_ref()));
    let statements = statements::sections(plan, known.as_ref(), source.as_ref());
    sections.extend(statements.map_err(|error| Failure::new(Exit::Usage, error.to_string()))?);
    let report = Report { kind: "plan", title, sections };
    Ok(Answer::well(Body::Report(Box::new(report))).next("wsusmigrate run"))
}

/// How many have approved, of how many that have to; a plan that destroys nothing needs nobody.
fn approved_by(plan: &Plan, known: Option<&Migration>) -> String {
    let Some(demand) = plan.approvals() else { return "nobody has to".to_owned() };
    let approval = known.map(|state| state.run.status.approval_of(plan.digest(), demand));
    let count = approval.as_ref().map_or(0, |approval| approval.counted.len());
    let wanted = approval.as_ref().map_or(demand.persons, |approval| approval.wanted);
    let when = match plan.migration.role {
        Role::Destination => "",
        Role::Source => ", where the media holds what is somebody else's",
    };
    format!("{count} of {wanted}{when}")
}

/// Which approvals count no more, and why.
fn void(plan: &Plan, known: Option<&Migration>) -> Vec<String> {
    let Some((state, demand)) = known.zip(plan.approvals()) else { return Vec::new() };
    report::void_approvals(state, plan.digest(), demand)
}

fn describe(step: Step, plan: &Plan, storage: Storage) -> (String, &'static str) {
    let content = &plan.content;
    match step {
        Step::Inventory => (step.purpose().to_owned(), "changes nothing"),
        Step::Preflight => (step.purpose().to_owned(), "changes nothing"),
        Step::Content if storage.on_microsoft_update => {
            (format!("skipped: updates are stored on Microsoft Update{}", storage.says()), "changes nothing")
        }
        // Without a line about SUSDB in the plan the step is none of any run's.
        Step::Database if plan.database.is_none() => {
            ("skipped: the plan says nothing of SUSDB".to_owned(), "changes nothing")
        }
        Step::Database => match plan.migration.role {
            Role::Source => (
                "back up SUSDB (copy-only, with checksums), verify it, sum every row".to_owned(),
                "nothing to undo: the source keeps its SUSDB; the backup's file is disposed of on purpose",
            ),
            Role::Destination => (
                "prove the target, back its own SUSDB up, DROP it, RESTORE the source's, prove every row, postinstall".to_owned(),
                "restore the safety backup: `wsusmigrate rollback` has the statements",
            ),
        },
        Step::Content if plan.migration.role == Role::Source => {
            ("skipped: the destination copies it".to_owned(), "changes nothing")
        }
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
