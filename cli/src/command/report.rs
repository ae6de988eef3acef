//! `report`: what an auditor or an operator asks of the journal.

use std::path::PathBuf;

use clap::ValueEnum;
use wsusmigrate_core::projection::Migration;
use wsusmigrate_core::report;
use wsusmigrate_journal::Upto;

use crate::clock;
use crate::command::moment::Moment;
use crate::command::of_stream::OfStream;
use crate::command::{out, state};
use crate::error::Failure;
use crate::executor::source_state_at;
use crate::place::Global;
use crate::show::{self, Answer, Body};

/// Write a report from the journal; works beside a running run
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// Which report
    kind: Kind,
    /// As it was at a record number or a time
    #[arg(long, value_name = "SEQ|TIME")]
    at: Option<Moment>,
    /// The form; --json means json
    #[arg(long, default_value = "text")]
    format: Format,
    /// Write it to a file instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    of_stream: OfStream,
}

#[derive(ValueEnum, Clone, Copy, Debug)]
enum Kind {
    /// Where the migration stands and what comes next
    Progress,
    /// Who did what when, what came over and what did not
    Audit,
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    /// For people
    Text,
    /// For machines
    Json,
}

/// What the source's journal says, as far as it had been imported at the moment asked for; of an imported stream nothing.
fn source(args: &Args, then: &Migration, global: &Global) -> Result<Option<Migration>, Failure> {
    if args.of_stream.is_imported() {
        return Ok(None);
    }
    let now = state::state(global, Upto::Now)?;
    source_state_at(&global.journal_folder()?, then, &now)
}

pub(super) fn run(args: &Args, global: &Global) -> Result<Answer, Failure> {
    let state = args.of_stream.state(global, Moment::upto(args.at))?;
    let report = match args.kind {
        Kind::Progress => {
            // A past moment is measured against itself.
            let now = args.at.and(state.run.last).map_or_else(clock::now, |(_, time)| time);
            let demand = global.load_plan().ok().and_then(|loaded| loaded.plan.approvals());
            report::progress(&state, now, demand)
        }
        Kind::Audit => report::audit(&state, source(args, &state, global)?.as_ref()),
    };
    let body = Body::Report(Box::new(report));
    let json = global.json || args.format == Format::Json;
    let Some(file) = &args.out else {
        if json && !global.json {
            show::render(body, true, &mut anstream::stdout().lock())?;
            return Ok(Answer::well(Body::Nothing));
        }
        return Ok(Answer::well(body));
    };
    out::answer(file, body, json, global)
}
