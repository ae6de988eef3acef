//! `run`: do this host's steps; go on where the last run stopped.

use std::sync::Arc;

use clap::ValueEnum;
use wsusmigrate_core::decide::is_handed_over;
use wsusmigrate_core::event::run::{Role, Scope, Verdict};
use wsusmigrate_core::report;
use wsusmigrate_core::status::Demand;

use crate::adapter::host::Tools;
use crate::clock;
use crate::config::Loaded;
use crate::error::Failure;
use crate::executor::{Done, NoBoundaries, Request, carry_out};
use crate::exit::Exit;
use crate::place::{self, Global};
use crate::show::{Answer, Body, Talk};
use crate::stop::Stop;

/// Do this host's steps; go on where the last run stopped
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// Only this part of the plan
    #[arg(long, value_name = "STEP")]
    only: Option<Only>,
    /// Hash files again that are recorded and look unchanged
    #[arg(long)]
    recheck: bool,
    /// Do not read the copy back from the disk at the end
    #[arg(long)]
    no_read_back: bool,
}

#[derive(ValueEnum, Clone, Copy, Debug)]
enum Only {
    /// The update files
    Content,
    /// Only reading the copied files back from the disk
    #[value(name = "content.verify")]
    ContentVerify,
    /// SUSDB
    Database,
}

pub(super) fn run(args: &Args, global: &Global) -> Result<Answer, Failure> {
    refuse_contradiction(args)?;
    let loaded = global.load_plan()?;
    refuse_unplanned(args, &loaded)?;
    let talk = Talk { json: global.json };
    let stop = Stop::default();
    stop.listen(talk)
        .map_err(|error| Failure::new(Exit::Failed, "cannot listen for Ctrl-C").because(&error))?;
    let request = Request {
        journal: global.journal.clone().unwrap_or_else(|| place::default_journal(&loaded)),
        keys: global.keys_folder(),
        show_key: true,
        scope: match args.only {
            None => Scope::Everything,
            Some(Only::Content) => Scope::Content,
            Some(Only::ContentVerify) => Scope::ContentVerify,
            Some(Only::Database) => Scope::Database,
        },
        read_back: loaded.plan.content.read_back && !args.no_read_back,
        recheck: args.recheck,
        tools: Tools::of_system(),
        stop,
        talk,
        boundaries: Arc::new(NoBoundaries),
        loaded,
    };
    let done = carry_out(&request)?;
    Ok(answer(&done, request.loaded.plan.approvals()))
}

/// Without a line about SUSDB in the plan the step is none of any run's.
fn refuse_unplanned(args: &Args, loaded: &Loaded) -> Result<(), Failure> {
    if matches!(args.only, Some(Only::Database)) && loaded.plan.database.is_none() {
        return Err(Failure::new(Exit::Usage, "--only database: the plan says nothing of SUSDB")
            .hint("Add a table [database] to the plan; `wsusmigrate init` writes one to begin with."));
    }
    Ok(())
}

/// A flag that would do nothing beside what else is asked for is a misunderstanding.
fn refuse_contradiction(args: &Args) -> Result<(), Failure> {
    match args.only {
        Some(Only::ContentVerify) => {}
        None | Some(Only::Content | Only::Database) => return Ok(()),
    }
    let (flag, hint) = match (args.no_read_back, args.recheck) {
        (true, _) => {
            ("--no-read-back", "Reading back is all that content.verify does: leave one of the two out.")
        }
        (false, true) => (
            "--recheck",
            "content.verify reads every file as it is; to hash them before a copy: `wsusmigrate run --recheck`.",
        ),
        (false, false) => return Ok(()),
    };
    Err(Failure::new(Exit::Usage, format!("--only content.verify and {flag} do not go together")).hint(hint))
}

/// What a run waits for: an answer about an operation in doubt, or an approval of its plan.
fn waiting(done: &Done, demand: Option<Demand>) -> &'static str {
    let status = &done.state.run.status;
    let approval = status.run.plan.map(|plan| status.approval_of(plan, demand.unwrap_or_default()));
    match approval {
        _ if status.database.open.is_some() => {
            "wsusmigrate resolve   (say whether the operation in doubt happened), then wsusmigrate run"
        }
        Some(approval) if !approval.counted.is_empty() => {
            "wsusmigrate plan --approve   (by a second person, under another account), then wsusmigrate run"
        }
        Some(_) | None => "wsusmigrate plan --approve, then wsusmigrate run",
    }
}

/// What a finished run answers: where the migration stands, and what to type next.
pub(super) fn answer(done: &Done, demand: Option<Demand>) -> Answer {
    let report = report::progress(&done.state, clock::now(), demand);
    let by_name = done.state.run.runs.last().is_some_and(|run| run.facts.scope == Scope::ContentVerify);
    let next = match done.verdict {
        Verdict::Complete
            if done.state.run.status.role == Some(Role::Source) && is_handed_over(&done.state) =>
        {
            "wsusmigrate journal export --bundle FILE   (then, at the destination, wsusmigrate journal import FILE)"
        }
        Verdict::Complete => "wsusmigrate report audit",
        Verdict::Failures if done.state.content.is_blocked() => {
            "move or delete your files at the destination (`wsusmigrate report audit` names them), then wsusmigrate run"
        }
        Verdict::Failures => {
            "wsusmigrate report audit   (the failures and their reasons), then wsusmigrate run"
        }
        Verdict::Stopped if done.state.run.status.database.replaced => {
            "decide about the SUSDB that is there, then wsusmigrate run; wsusmigrate rollback says how to go back"
        }
        Verdict::Stopped => "do what the stopping checks say, then wsusmigrate run",
        Verdict::Waiting => waiting(done, demand),
        Verdict::Interrupted if by_name => "wsusmigrate run --only content.verify   (begins anew)",
        Verdict::Interrupted => "wsusmigrate run   (goes on where it stopped)",
    };
    Answer::well(Body::Report(Box::new(report))).exit(done.exit()).next(next)
}
