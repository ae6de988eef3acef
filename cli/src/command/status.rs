//! `status`: where the migration stands now.

use wsusmigrate_core::report;
use wsusmigrate_journal::Upto;

use crate::clock;
use crate::command::state;
use crate::error::Failure;
use crate::place::Global;
use crate::show::{Answer, Body};

/// Show where the migration stands; works beside a running run
#[derive(clap::Args, Debug)]
pub(super) struct Args {}

pub(super) fn run(_: &Args, global: &Global) -> Result<Answer, Failure> {
    let state = state::state(global, Upto::Now)?;
    // The journal says who approved, the plan who has to; it may lie elsewhere.
    let demand = global.load_plan().ok().and_then(|loaded| loaded.plan.approvals());
    Ok(Answer::well(Body::Report(Box::new(report::progress(&state, clock::now(), demand)))))
}
