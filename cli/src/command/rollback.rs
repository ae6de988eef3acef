//! `rollback`: what to undo, in which order, and what no longer can be.

use serde_json::json;
use wsusmigrate_core::rollback;

use crate::command::moment::Moment;
use crate::command::state;
use crate::error::Failure;
use crate::place::Global;
use crate::show::{Answer, Body, Line, quoted};

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
}

pub(super) fn run(args: &Args, global: &Global) -> Result<Answer, Failure> {
    let state = state::state(global, Moment::upto(args.at))?;
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
