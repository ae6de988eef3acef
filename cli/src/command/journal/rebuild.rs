//! `journal rebuild`: what opening does with a store that cannot be used, asked for.

use super::writer;
use crate::error::Failure;
use crate::executor;
use crate::exit::Exit;
use crate::place::Global;
use crate::progress::Records;
use crate::show::{Answer, Body, Talk, rebuilt};

/// Put the store aside and build a new one from the log; whatever else there is to mend is mended before
///
/// The store is a copy of the log with indexes; what there was moves to `quarantine/` in the journal's folder, where nobody
/// reads it. Where the log is damaged and the store is the copy it can be mended from, that is done first. Refused where
/// the disk has no room for the new one.
#[derive(clap::Args, Debug)]
pub(in crate::command) struct Args {}

pub(super) fn run(_: &Args, global: &Global) -> Result<Answer, Failure> {
    let talk = Talk { json: global.json };
    let mut progress = Records::new("store", talk);
    let opened = executor::open_with_new_store(
        &global.journal_folder()?,
        &global.keys_folder(),
        talk,
        &mut |has, of| progress.tell(has, of),
    );
    progress.finish();
    let (journal, finding) = opened?;
    writer::close(journal)?;
    let finding = finding.ok_or_else(|| {
        Failure::new(Exit::Failed, "nothing was recorded of the new store; this is a defect of the program")
    })?;
    Ok(Answer::well(Body::line(rebuilt::line(&finding))).next("wsusmigrate journal verify"))
}
