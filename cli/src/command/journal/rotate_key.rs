//! `journal rotate-key`: another key signs the checkpoints.

use wsusmigrate_journal::verifier_key;

use super::writer;
use crate::clock;
use crate::error::Failure;
use crate::place::Global;
use crate::show::{Answer, Body, KeyRotation};

/// Draw a new signing key; both keys sign the checkpoint from which on the new one counts
#[derive(clap::Args, Debug)]
pub(in crate::command) struct Args {}

pub(super) fn run(_: &Args, global: &Global) -> Result<Answer, Failure> {
    let mut journal = writer::open(global)?;
    let origin = journal.identity().origin();
    let old_key = verifier_key(&origin, &journal.public_key());
    let checkpoint = journal.rotate_key(clock::now()).map_err(|error| writer::checkpoint_failure(&error))?;
    let new_key = verifier_key(&origin, &journal.public_key());
    writer::close(journal)?;
    let rotation = KeyRotation { old_key, new_key, checkpoint };
    let answer = Answer::well(Body::KeyRotation(Box::new(rotation)));
    Ok(answer.next("wsusmigrate journal anchor   # put the checkpoint that both keys signed elsewhere"))
}
