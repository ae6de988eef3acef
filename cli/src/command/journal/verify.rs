//! `journal verify`: is every byte what was written, and is the history a legal one?

use wsusmigrate_core::status::Status;
use wsusmigrate_journal::verify_with;

use crate::command::state;
use crate::error::Failure;
use crate::exit::Exit;
use crate::place::Global;
use crate::show::{Answer, Body};

/// Check framing, chain, tree, checkpoints and the legality of the history; name the first bad record
#[derive(clap::Args, Debug)]
pub(in crate::command) struct Args {}

pub(super) fn run(_: &Args, global: &Global) -> Result<Answer, Failure> {
    let folder = global.journal_folder()?;
    let mut status = Status::default();
    let mut legal = |recorded: &_| status.advance(recorded).map_err(|illegal| illegal.to_string());
    let verification = verify_with(&folder, &mut legal).map_err(|error| state::read_failure(&error))?;
    let exit = if verification.is_sound() { Exit::Well } else { Exit::JournalDamaged };
    let alone = verification.lacks_head_alone();
    let answer = Answer::well(Body::Verification(Box::new(verification))).exit(exit);
    Ok(match exit {
        Exit::Well => answer,
        _ if alone => answer.next(state::HEAD_ANEW),
        _ => answer.next(
            "keep the folder as evidence and restore it from a copy; where only log/ is damaged or gone and sled/ is \
             whole, `wsusmigrate run` rebuilds it",
        ),
    })
}
