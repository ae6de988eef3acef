//! Backups between the engine's folder and the migration store, with their digests.

use std::path::{Path, PathBuf};

use wsusmigrate_core::digest::Sha256;
use wsusmigrate_core::event::database::{BackupOf, BackupRecorded, Operation};

use crate::error::Failure;
use crate::executor::Recorder;
use crate::exit::Exit;
use crate::step::context::Context;
use crate::step::database::files;
use crate::step::database::operation::{Intent, Outcome, carry_out};

/// Source: the verified backup goes into the migration store.
pub(super) fn deliver(recorder: &mut Recorder, context: &Context<'_>) -> Result<(), Failure> {
    let Some((_, backup)) = recorder.state().database.backups.get(&BackupOf::Source).cloned() else {
        return Err(Failure::new(Exit::Failed, "no backup is recorded; this is a defect of the program"));
    };
    let from = PathBuf::from(backup.program_path.as_str());
    let to = in_store(context, &backup)?;
    carry(Operation::Deliver, recorder, context, &from, &to, backup.sha256)
}

/// Destination: the source's backup goes where this host's engine reads it.
pub(super) fn fetch(recorder: &mut Recorder, context: &Context<'_>) -> Result<(), Failure> {
    let source = context.source()?;
    let Some((_, backup)) = source.database.backups.get(&BackupOf::Source).cloned() else {
        return Err(Failure::new(Exit::Failed, "the source's journal holds no backup")
            .hint("Back it up there with `wsusmigrate run`, export its journal again, and import that."));
    };
    let from = in_store(context, &backup)?;
    let to = files::folder_here(context)?.join(from.file_name().unwrap_or_default());
    carry(Operation::CarryBackup, recorder, context, &from, &to, backup.sha256)
}

fn in_store(context: &Context<'_>, backup: &BackupRecorded) -> Result<PathBuf, Failure> {
    let name = backup.engine_path.as_str().rsplit(['\\', '/']).next().unwrap_or_default();
    Ok(files::store(context)?.join(name))
}

/// Copies one file, or hashes it where both names are one file. A crash leaves a temporary file, or the whole one.
fn carry(
    operation: Operation,
    recorder: &mut Recorder,
    context: &Context<'_>,
    from: &Path,
    to: &Path,
    wanted: Option<Sha256>,
) -> Result<(), Failure> {
    let intent = Intent {
        operation,
        subject: to.display().to_string().as_str().into(),
        statement: format!("copy {} {}", from.display(), to.display()),
        before: if to.exists() { "a file is there".to_owned() } else { "nothing is there".to_owned() },
        expects: "the same bytes, durable".to_owned(),
    };
    carry_out(recorder, context, intent, |_| {
        let carried = if is_one_file(from, to) {
            files::digest(from, context.talk())
        } else {
            files::copy(from, to, context.talk())
        };
        match (carried, wanted) {
            (Err(error), _) => {
                Outcome::failed(error.raw_os_error().unwrap_or(0), format!("{}: {error}", from.display()))
            }
            (Ok((found, _)), Some(wanted)) if found != wanted => {
                let why = format!(
                    "SHA-256 is {found}, recorded was {wanted}: it is not the file that was recorded"
                );
                // What was carried over is judged next, and the judgement stops the step.
                if operation == Operation::CarryBackup { Outcome::done(why) } else { Outcome::failed(0, why) }
            }
            (Ok((found, bytes)), _) => Outcome::done(format!("{bytes} bytes, SHA-256 {found}")),
        }
    })?;
    Ok(())
}

fn is_one_file(from: &Path, to: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().ok();
    real(from).is_some_and(|from| real(to) == Some(from))
}
