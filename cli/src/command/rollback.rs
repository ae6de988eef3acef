//! `rollback`: what to undo, in which order, and what no longer can be.

use serde_json::json;
use wsusmigrate_core::projection::Migration;
use wsusmigrate_core::report::{Report, Section, Table, Value};
use wsusmigrate_core::rollback;

use crate::command::moment::Moment;
use crate::command::state;
use crate::error::Failure;
use crate::executor::{Reads, Request, source_state};
use crate::exit::Exit;
use crate::place::Global;
use crate::show::{Answer, Body, Line, Talk, quoted};
use crate::step::{Context, look_at_way_back};

/// Show what to undo, in which order, and what no longer can be
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// As it was at a record number or a time
    #[arg(long, value_name = "SEQ|TIME")]
    at: Option<Moment>,
    /// List the files the migration brought, one path below the destination's root a line, quoted for the shell where
    /// it has to be; with --json also those it overwrote, which are gone
    #[arg(long)]
    files: bool,
    /// Look whether the conditions hold now: each says so, or why it cannot be told; what does not hold ends with exit code 3
    #[arg(long, conflicts_with_all = ["at", "files"])]
    check: bool,
}

pub(super) fn run(args: &Args, global: &Global) -> Result<Answer, Failure> {
    let state = state::state(global, Moment::upto(args.at))?;
    if args.check {
        return check(&state, global);
    }
    if !args.files {
        return Ok(Answer::well(Body::Guidance(Box::new(rollback::plan(&state)))));
    }
    let brought = rollback::brought_files(&state.content).map(|(path, record)| {
        let json = json!({ "path": path, "bytes": record.bytes, "sha256": record.sha256 });
        Line { text: quoted(path), json }
    });
    // The text is a list to delete by; what was overwritten stands in none.
    let overwritten = rollback::overwritten_files(&state.content).filter(|_| global.json).map(|file| {
        let (path, found) = (&file.path, &file.found);
        let (bytes, sha256, ours) = (found.bytes, found.sha256, file.ours);
        Line {
            text: path.to_string(),
            json: json!({ "overwritten": { "path": path, "bytes": bytes, "sha256": sha256, "ours": ours } }),
        }
    });
    let lines: Vec<_> = brought.chain(overwritten).map(Ok).collect();
    Ok(Answer::well(Body::Lines(Box::new(lines.into_iter()))))
}

/// Holds the conditions of the way back against the world.
fn check(state: &Migration, global: &Global) -> Result<Answer, Failure> {
    let loaded = global.load_plan()?;
    let journal = global.journal_folder()?;
    let source = source_state(&journal, state)?;
    let title = format!("Way back of {}, looked at now", loaded.plan.migration.name);
    let request = Request::of_checks(loaded, journal, global.keys_folder(), Talk { json: global.json });
    let context = Context::new(&request, source, Reads::default());
    let conditions = rollback::check(state, &look_at_way_back(state, &context));
    let stands_against = conditions.iter().filter(|condition| !condition.says.is_well()).count();
    let rows = conditions.iter().map(|it| {
        vec![it.step.into(), it.what.into(), it.says.word().into(), Value::from(it.because.as_str())]
    });
    let columns = vec!["action", "only if", "says", "because"];
    let table = Table { key: "conditions", columns, rows: rows.collect() };
    let notes = match (conditions.len(), stands_against) {
        (0, _) => vec!["There is nothing to undo.".to_owned()],
        (_, 0) => vec!["Nothing that a program can see stands against it.".to_owned()],
        (_, against) => vec![format!("{against} conditions do not hold, or could not be looked at.")],
    };
    let section = Section {
        key: "conditions",
        title: "Conditions".to_owned(),
        tables: vec![table],
        notes,
        ..Section::default()
    };
    let answer = Answer::well(Body::Report(Box::new(Report {
        kind: "rollback-check",
        title,
        sections: vec![section],
    })));
    let answer = answer.next("wsusmigrate rollback   (the actions, by their numbers)");
    Ok(if stands_against > 0 { answer.exit(Exit::Stopped) } else { answer })
}
