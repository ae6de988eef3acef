//! `journal`: the log itself.

mod anchor;
mod events;
pub(super) use export::export_bundle_to;
pub(super) use import::import_bundle;

mod export;
mod import;
mod log;
mod prove;
mod rebuild;
mod rotate_key;
mod seal;
mod show;
mod verify;
mod writer;

use crate::error::Failure;
use crate::place::Global;
use crate::show::Answer;

/// Look at the journal itself
#[derive(clap::Subcommand, Debug)]
pub(super) enum Command {
    Log(log::Args),
    Show(show::Args),
    Verify(verify::Args),
    Prove(prove::Args),
    Anchor(anchor::Args),
    RotateKey(rotate_key::Args),
    Rebuild(rebuild::Args),
    Export(export::Args),
    Import(import::Args),
    Seal(seal::Args),
}

pub(super) fn run(command: &Command, global: &Global) -> Result<Answer, Failure> {
    match command {
        Command::Log(args) => log::run(args, global),
        Command::Show(args) => show::run(args, global),
        Command::Verify(args) => verify::run(args, global),
        Command::Prove(args) => prove::run(args, global),
        Command::Anchor(args) => anchor::run(args, global),
        Command::RotateKey(args) => rotate_key::run(args, global),
        Command::Rebuild(args) => rebuild::run(args, global),
        Command::Export(args) => export::run(args, global),
        Command::Import(args) => import::run(args, global),
        Command::Seal(args) => seal::run(args, global),
    }
}
