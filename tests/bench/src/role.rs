//! One executable, three roles: the harness, the program it measures, and the program's copy engine by itself.
//!
//! So what is measured is always built from the checkout at hand, with the same options.

use std::path::Path;
use std::process::{Command, ExitCode};

use clap::Parser as _;

use crate::args::CommandLine;
use crate::error::BenchError;
use crate::{content, engine};

/// The variable that tells the role; without it this is the harness.
const VARIABLE: &str = "WSUSMIGRATE_BENCH_ROLE";
const PROGRAM: &str = "program";
const ENGINE: &str = "engine";

/// What the process is for, from its environment.
pub(crate) fn main() -> ExitCode {
    match std::env::var(VARIABLE).as_deref() {
        Ok(PROGRAM) => wsusmigrate::main(),
        Ok(ENGINE) => ended(engine::main()),
        _ => match CommandLine::parse() {
            CommandLine::Content(args) => ended(content::run(&args)),
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

fn this(role: &str) -> Result<Command, BenchError> {
    let executable = std::env::current_exe().map_err(|source| BenchError::Myself { source })?;
    let mut command = Command::new(executable);
    command.env(VARIABLE, role);
    Ok(command)
}
