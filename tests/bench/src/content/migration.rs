//! A real migration in a folder: plan, journal, keys, destination.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::args;
use crate::contender;
use crate::error::BenchError;
use crate::role;

/// Where the copy goes.
pub(super) fn destination(dir: &Path) -> PathBuf {
    dir.join("destination")
}

/// A plan as people get one, from `init`, and an empty destination.
pub(super) fn init(args: &args::Content, source: &Path, dir: &Path) -> Result<(), BenchError> {
    let destination = destination(dir);
    fs::create_dir_all(&destination).map_err(BenchError::file("create", &destination))?;
    let mut init = command(args, dir, &["init", "--name", "bench"])?;
    init.arg("--source").arg(absolute(source)?).arg("--destination").arg(absolute(&destination)?);
    contender::run(init, dir)?;
    Ok(())
}

/// The program on the migration in a folder.
pub(super) fn command(args: &args::Content, dir: &Path, words: &[&str]) -> Result<Command, BenchError> {
    let mut command = role::program(args.program.as_deref())?;
    command.args(words);
    for (option, name) in [("--plan", "migration.toml"), ("--journal", "journal"), ("--keys", "keys")] {
        command.arg(option).arg(dir.join(name));
    }
    Ok(command)
}

fn absolute(path: &Path) -> Result<PathBuf, BenchError> {
    path.canonicalize().map_err(BenchError::file("find", path))
}
