//! `init`: write a plan to begin with.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};

use serde_json::json;
use wsusmigrate_core::plan::BATCH_FILES_DEFAULT;

use crate::config;
use crate::error::Failure;
use crate::exit::Exit;
use crate::place::Global;
use crate::show::{Answer, Body, Line};

/// Write a commented migration.toml
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// The folder that holds WsusContent on the source; a share such as \\old-server\WSUS$ works
    #[arg(long, value_name = "DIR")]
    source: String,
    /// The same folder on the destination
    #[arg(long, value_name = "DIR")]
    destination: String,
    /// What the migration is called, also its journal's folder
    #[arg(long, value_name = "NAME", default_value = "wsus-migration")]
    name: String,
}

pub(super) fn run(args: &Args, global: &Global) -> Result<Answer, Failure> {
    let file = &global.plan;
    let text = config::template(&args.name, &args.source, &args.destination, BATCH_FILES_DEFAULT);
    // Never over a plan that is there: somebody thought about it.
    let mut created = OpenOptions::new().write(true).create_new(true).open(file).map_err(|error| {
        let hint = match error.kind() {
            ErrorKind::AlreadyExists => "Edit it, or name another with --plan FILE.",
            _ => "Check the folder and the rights of the account.",
        };
        Failure::new(Exit::Usage, format!("cannot write the plan {}", file.display()))
            .because(&error)
            .hint(hint)
    })?;
    created.write_all(text.as_bytes()).and_then(|()| created.sync_all()).map_err(|error| {
        Failure::new(Exit::Failed, format!("cannot write {}", file.display())).because(&error)
    })?;
    if let Err(failure) = config::load(file) {
        // What was typed cannot be a plan: leave nothing behind that only fails later.
        let _ = std::fs::remove_file(file);
        return Err(failure);
    }
    let shown = file.display().to_string();
    let told = Line { text: format!("wrote the plan {shown}"), json: json!({ "plan": shown }) };
    Ok(Answer::well(Body::Lines(Box::new(std::iter::once(Ok(told))))).next("wsusmigrate check"))
}
