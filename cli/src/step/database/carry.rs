//! Backups between the engine's folder and the migration store, with their digests.

use std::path::{Path, PathBuf};

use wsusmigrate_core::database::backup::carried_file;
use wsusmigrate_core::digest::Sha256;
use wsusmigrate_core::event::database::{BackupJudged, BackupOf, BackupRecorded, Operation, OperationResult};

use crate::error::Failure;
use crate::executor::Recorder;
use crate::exit::Exit;
use crate::step::context::Context;
use crate::step::database::files::{self, Copied, copy_new};
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
    let to = files::folder_here(context)?.join(carried_file(backup.set_guid));
    carry(Operation::CarryBackup, recorder, context, &from, &to, backup.sha256)?;
    refuse_altered(&backup, recorder)
}

/// A backup that is not the one that was recorded never counts as verified, and stops the step: nothing was touched.
fn refuse_altered(backup: &BackupRecorded, recorder: &mut Recorder) -> Result<(), Failure> {
    let carried = recorder.state().database.operations.last();
    let failed = carried
        .and_then(|record| record.finished.as_ref())
        .filter(|(_, end)| end.result == OperationResult::Failed);
    let Some((_, end)) = failed.filter(|(_, end)| end.error == 0) else { return Ok(()) };
    let why = end.detail.clone();
    let event = BackupJudged { of: BackupOf::Source, set_guid: backup.set_guid, verified: false, why };
    recorder.record(vec![recorder.sighting(b"", event)])?;
    Ok(())
}

/// The migration store holds it under the name of its set: whatever else is kept there stays as it is.
fn in_store(context: &Context<'_>, backup: &BackupRecorded) -> Result<PathBuf, Failure> {
    Ok(files::store(context)?.join(carried_file(backup.set_guid)))
}

/// Copies one file to a name of its own. Nothing is ever replaced. A crash leaves a temporary file, or the whole one.
fn carry(
    operation: Operation,
    recorder: &mut Recorder,
    context: &Context<'_>,
    from: &Path,
    to: &Path,
    wanted: Option<Sha256>,
) -> Result<(), Failure> {
    let is_there = to.symlink_metadata().is_ok();
    let intent = Intent {
        operation,
        subject: to.display().to_string().as_str().into(),
        statement: format!("copy {} {}", from.display(), to.display()),
        before: if is_there { "a file is there".to_owned() } else { "nothing is there".to_owned() },
        expects: "the same bytes, durable; a file that is there is never replaced".to_owned(),
    };
    carry_out(recorder, context, intent, |_| match copy_new(from, to, wanted, context.talk()) {
        Ok(copied) => outcome(operation, from, to, &copied),
        Err(error) => {
            Outcome::failed(error.raw_os_error().unwrap_or(0), format!("{}: {error}", from.display()))
        }
    })?;
    Ok(())
}

fn outcome(operation: Operation, from: &Path, to: &Path, copied: &Copied) -> Outcome {
    let (from, to) = (from.display(), to.display());
    let again = match operation {
        Operation::CarryBackup => {
            "carry the migration store over again from the source, then `wsusmigrate run`"
        }
        _ => "back SUSDB up again: `wsusmigrate run --only database`",
    };
    match copied {
        Copied::There(sha256, bytes) => Outcome::done(format!("{bytes} bytes, SHA-256 {sha256}")),
        Copied::Different(found) => Outcome::failed(
            0,
            format!(
                "{from} has SHA-256 {found}: it is not the file that was recorded. Nothing was copied; {again}"
            ),
        ),
        Copied::Occupied(found) => Outcome::failed(
            0,
            format!(
                "{to} stands there already with SHA-256 {found}: it is not the file that was recorded, and was left as it \
                 is. Move it away, then `wsusmigrate run`"
            ),
        ),
    }
}
