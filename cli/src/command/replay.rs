//! `replay`: the state at any moment, folded from the records up to then.

use wsusmigrate_core::report;

use crate::command::moment::Moment;
use crate::command::state;
use crate::error::Failure;
use crate::place::Global;
use crate::show::{Answer, Body};

/// Show the state as it was at a record number or a time
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// The moment: a record number, a time such as 2026-11-22T14:05:00Z, or a date (its end, UTC)
    #[arg(long, value_name = "SEQ|TIME")]
    at: Moment,
}

pub(super) fn run(args: &Args, global: &Global) -> Result<Answer, Failure> {
    let state = state::state(global, Moment::upto(Some(args.at)))?;
    let now = state.run.last.map(|(_, time)| time).unwrap_or_default();
    let mut report = report::progress(&state, now, None);
    report.kind = "replay";
    Ok(Answer::well(Body::Report(Box::new(report))))
}
