//! The proof that the engine writes where this program reads. Rights of the engine's account show only when it writes, and what
//! shows after an hour of DBCC CHECKDB shows too late.

use std::fs::{self, File};
use std::path::Path;

use wsusmigrate_core::database::backup::proof_file;
use wsusmigrate_core::database::statement;
use wsusmigrate_core::event::database::Operation;

use crate::adapter::database::Ended;
use crate::error::Failure;
use crate::executor::Recorder;
use crate::step::context::Context;
use crate::step::database::engine::Engine;
use crate::step::database::operation::{Intent, Outcome, carry_out};
use crate::step::database::{files, room, watch};

/// Has the engine write a small file, reads it and removes it. A crash leaves the file, which the next run writes anew.
pub(super) fn prove(
    recorder: &mut Recorder,
    context: &Context<'_>,
    engine: &mut Engine<'_>,
) -> Result<(), Failure> {
    let file = proof_file(recorder.migration());
    let (there, here) = (room::in_folder(context, &file)?, files::folder_here(context)?.join(&file));
    let statement = statement::prove_folder(&there);
    let intent = Intent {
        operation: Operation::ProveFolder,
        subject: there.as_str().into(),
        statement: statement.text().to_owned(),
        before: "nothing is known of the rights of the engine's account".to_owned(),
        expects: "a small file, written by the engine, read and removed by this program".to_owned(),
    };
    carry_out(recorder, context, intent, |going| {
        match watch::act(going, context, engine, &statement, "proving") {
            Ok(Ended::Done) => read(&here),
            Ok(ended) => Outcome::of(&ended, going.said(), ""),
            Err(failure) => Outcome::failed(0, failure.to_string()),
        }
    })?;
    Ok(())
}

/// Reads what the engine wrote. A file that cannot be removed is told: it is small, and in nobody's way.
fn read(here: &Path) -> Outcome {
    let wrote = "the engine wrote where its backups go";
    let read = File::open(here).and_then(|mut file| std::io::copy(&mut file, &mut std::io::sink()));
    match (read, fs::remove_file(here)) {
        (Err(error), _) => Outcome::failed(
            error.raw_os_error().unwrap_or(0),
            format!("{wrote}, and this account cannot read it there: {}: {error}", here.display()),
        ),
        (Ok(0), _) => Outcome::failed(0, format!("{wrote}, and {} is empty", here.display())),
        (Ok(_), Err(error)) => {
            Outcome::done(format!("{wrote}, and it was read; {} stays: {error}", here.display()))
        }
        (Ok(_), Ok(())) => Outcome::done(format!("{wrote}, and it was read there")),
    }
}
