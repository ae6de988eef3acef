//! The command line: one file a command, `Args` whose documentation is the help, then a function to an answer.

mod check;
mod init;
mod journal;
mod moment;
mod of_stream;
mod out;
mod plan;
mod rehearse;
mod replay;
mod report;
mod resolve;
mod rollback;
mod run;
mod stand_in;
mod state;
mod status;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::error::Failure;
use crate::exit::Exit;
use crate::place::Global;
use crate::show::{self, Answer, Talk};

/// Moves a WSUS server and keeps an event-sourced journal of everything it does
#[derive(Parser, Debug)]
#[command(
    name = "wsusmigrate",
    version,
    max_term_width = 100,
    after_help = "Exit codes: 0 well, 1 failed or found something, 2 wrong use, 3 stopped or waiting for a person,\n\
                  4 the journal could not be written, 5 the journal is damaged.\n\
                  Begin with `wsusmigrate rehearse`: it needs nothing and touches nothing of yours."
)]
struct CommandLine {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    Init(init::Args),
    Check(check::Args),
    Plan(plan::Args),
    Run(run::Args),
    Resolve(resolve::Args),
    Status(status::Args),
    Rollback(rollback::Args),
    Report(report::Args),
    Replay(replay::Args),
    #[command(subcommand)]
    Journal(journal::Command),
    Rehearse(rehearse::Args),
}

/// Runs the program: reads the command line, carries the command out, tells its answer.
#[must_use]
pub fn main() -> ExitCode {
    // Where the system refuses, the program works all the same; what a dump could hold is no secret today.
    let _ = crate::platform::disable_core_dumps();
    if let Some(exit) = stand_in::run() {
        return exit;
    }
    let line = match CommandLine::try_parse() {
        Ok(line) => line,
        Err(error) => return usage(&error),
    };
    let json = line.global.json;
    match carry_out(line.command, &line.global).and_then(|answer| tell(answer, &line.global)) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            show::failure(&failure, json);
            failure.exit().into()
        }
    }
}

fn carry_out(command: Command, global: &Global) -> Result<Answer, Failure> {
    match command {
        Command::Init(args) => init::run(&args, global),
        Command::Check(args) => check::run(&args, global),
        Command::Plan(args) => plan::run(&args, global),
        Command::Run(args) => run::run(&args, global),
        Command::Resolve(args) => resolve::run(&args, global),
        Command::Status(args) => status::run(&args, global),
        Command::Rollback(args) => rollback::run(&args, global),
        Command::Report(args) => report::run(&args, global),
        Command::Replay(args) => replay::run(&args, global),
        Command::Journal(command) => journal::run(&command, global),
        Command::Rehearse(args) => rehearse::run(&args, global),
    }
}

fn tell(answer: Answer, global: &Global) -> Result<Exit, Failure> {
    let json = global.json;
    show::render(answer.body, json, &mut anstream::stdout().lock())?;
    if let Some(next) = answer.next {
        (Talk { json }).say(&format!("next: {}", global.with_places(&next)));
    }
    Ok(answer.exit)
}

/// Help and version go to standard output and are well; anything else is wrong use.
fn usage(error: &clap::Error) -> ExitCode {
    // Nothing is left to do where even this cannot be written.
    let _ = error.print();
    if error.use_stderr() { Exit::Usage.into() } else { Exit::Well.into() }
}
