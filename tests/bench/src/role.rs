//! One executable, four roles: the harness, the program it measures, the program's copy engine by itself, and one task
//! of the journal's series.
//!
//! So what is measured is always built from the checkout at hand, with the same options.

use std::path::Path;
use std::process::{Command, ExitCode};

use clap::Parser as _;

use crate::args::CommandLine;
use crate::error::BenchError;
use crate::{content, engine, journal};

/// The variable that tells the role; without it this is the harness.
const VARIABLE: &str = "WSUSMIGRATE_BENCH_ROLE";
const PROGRAM: &str = "program";
const ENGINE: &str = "engine";
const TASK: &str = "task";

/// What the process is for, from its environment.
pub(crate) fn main() -> ExitCode {
    match std::env::var(VARIABLE).as_deref() {
        Ok(PROGRAM) => wsusmigrate::main(),
        Ok(ENGINE) => ended(engine::main()),
        Ok(TASK) => ended(journal::task::main()),
        _ => match CommandLine::parse() {
            CommandLine::Content(args) => ended(content::run(&args)),
            CommandLine::Journal(args) => ended(journal::run(&args)),
        },
    }
}

fn ended(result: Result<(), BenchError>) -> ExitCode {
    let Err(error) = result else { return ExitCode::SUCCESS };
    eprintln!("error: {error}");
    let mut cause = std::error::Error::source(&error);
    while let Some(inner) = cause {
        eprintln!("  because: {inner}");
        cause = inner.source();
    }
    ExitCode::FAILURE
}

/// The program as a command: the given executable, or this one in that role.
pub(crate) fn program(other: Option<&Path>) -> Result<Command, BenchError> {
    match other {
        Some(path) => Ok(Command::new(path)),
        None => this(PROGRAM),
    }
}

/// The copy engine by itself as a command; it takes two folders.
pub(crate) fn engine() -> Result<Command, BenchError> {
    this(ENGINE)
}

/// A task of the journal's series as a command; it takes the task as JSON.
pub(crate) fn task() -> Result<Command, BenchError> {
    this(TASK)
}

fn this(role: &str) -> Result<Command, BenchError> {
    let executable = std::env::current_exe().map_err(|source| BenchError::Myself { source })?;
    let mut command = Command::new(executable);
    command.env(VARIABLE, role);
    Ok(command)
}
