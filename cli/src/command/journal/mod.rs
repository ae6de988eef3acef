//! `journal`: the log itself.

mod log;
mod show;
mod verify;

use crate::error::Failure;
use crate::place::Global;
use crate::show::Answer;

/// Look at the journal itself
#[derive(clap::Subcommand, Debug)]
pub(super) enum Command {
    Log(log::Args),
    Show(show::Args),
    Verify(verify::Args),
}

pub(super) fn run(command: &Command, global: &Global) -> Result<Answer, Failure> {
    match command {
        Command::Log(args) => log::run(args, global),
        Command::Show(args) => show::run(args, global),
        Command::Verify(args) => verify::run(args, global),
    }
}
