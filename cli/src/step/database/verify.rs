//! Whether a backup counts as verified: its digest, RESTORE VERIFYONLY, its header, and on the destination everything that
//! could stop a restore before anything was dropped.

use wsusmigrate_core::database::EnginePath;
use wsusmigrate_core::database::backup::{BackupFile, BackupJudgement, BackupSet, find};
use wsusmigrate_core::database::restore::conflicts;
use wsusmigrate_core::database::statement::{self, MoveFile};
use wsusmigrate_core::database::version::VersionGate;
use wsusmigrate_core::event::database::{BackupJudged, BackupOf, BackupRecorded, Operation};

use crate::adapter::database::Ended;
use crate::error::Failure;
use crate::executor::Recorder;
use crate::exit::Exit;
use crate::step::context::Context;
use crate::step::database::engine::{Engine, read_failure};
use crate::step::database::operation::{Intent, Outcome, carry_out};
use crate::step::database::{backup, files, media, room, target, watch};

/// Verifies a backup that was recorded on this host.
pub(super) fn perform(
    of: BackupOf,
    recorder: &mut Recorder,
    context: &Context<'_>,
    engine: &mut Engine<'_>,
) -> Result<(), Failure> {
    let operation = match of {
        BackupOf::Source => Operation::VerifyBackup,
        BackupOf::Own => Operation::VerifyOwn,
    };
    let Some((_, recorded)) = recorder.state().database.backups.get(&of).cloned() else {
        return Err(Failure::new(Exit::Failed, "no backup is recorded; this is a defect of the program"));
    };
    let path = EnginePath::new(recorded.engine_path.as_str())
        .map_err(|error| Failure::new(Exit::Failed, "the backup's path").because(&error))?;
    judge(operation, of, recorder, context, engine, &path, &recorded, Vec::new())
}

/// Verifies the backup that was carried over, on the engine that is to restore it.
pub(super) fn perform_carried(
    recorder: &mut Recorder,
    context: &Context<'_>,
    engine: &mut Engine<'_>,
) -> Result<(), Failure> {
    let source = context.source()?;
    let Some((_, recorded)) = source.database.backups.get(&BackupOf::Source).cloned() else {
        return Err(Failure::new(Exit::Failed, "the source's journal holds no backup")
            .hint("Back it up there with `wsusmigrate run`, export its journal again, and import that."));
    };
    let path = target::carried(context, &recorded)?;
    let mut faults = Vec::new();
    let facts = engine.facts()?;
    let gate = VersionGate::judge(
        wsusmigrate_core::database::version::DatabaseVersion(recorded.database_version),
        facts.database_version,
    );
    context.talk().say(&gate.to_string());
    if !gate.is_open() {
        faults.push(gate.to_string());
    }
    judge(Operation::VerifyCarried, BackupOf::Source, recorder, context, engine, &path, &recorded, faults)
}

/// Carries VERIFYONLY out and records the judgement. What was found before it is part of it.
#[allow(clippy::too_many_arguments, reason = "both ways of verifying differ in what they know before")]
fn judge(
    operation: Operation,
    of: BackupOf,
    recorder: &mut Recorder,
    context: &Context<'_>,
    engine: &mut Engine<'_>,
    path: &EnginePath,
    recorded: &BackupRecorded,
    mut faults: Vec<String>,
) -> Result<(), Failure> {
    let is_carried = operation == Operation::VerifyCarried;
    if is_carried {
        faults.extend(digest_fault(context, path, recorded)?);
    }
    whole_medium(engine, path, recorder, context, &mut faults)?;
    let set = find_set(engine, path, recorded, recorder, context, &mut faults)?;
    let listed = match &set {
        Some(set) => listed(engine, path, set, recorder, context, &mut faults)?,
        None => Vec::new(),
    };
    let moves = if is_carried && set.is_some() {
        target_moves(context, engine, recorder, &listed, &mut faults)?
    } else {
        Vec::new()
    };
    let position = set.as_ref().map_or(0, |set| set.position);
    let statement = statement::verify_backup(path, position, &moves).map_err(|error| {
        Failure::new(Exit::Failed, "a file's name cannot stand in a statement").because(&error)
    })?;
    let intent = Intent {
        operation,
        subject: path.as_str().into(),
        statement: statement.text().to_owned(),
        before: format!("set {position} on {path}"),
        expects: "the backup set is valid".to_owned(),
    };
    let mut verified = false;
    carry_out(recorder, context, intent, |going| {
        if !faults.is_empty() {
            return Outcome::failed(0, format!("not asked: {}", faults.join("; ")));
        }
        match watch::act(going, context, engine, &statement, "verifying") {
            Ok(ended) => {
                verified = ended == Ended::Done;
                Outcome::of(&ended, going.said(), format!("the backup set {position} is valid"))
            }
            Err(failure) => Outcome::failed(0, failure.to_string()),
        }
    })?;
    if recorder.state().run.status.database.open.is_some() {
        // Nobody knows: it is looked at, and verified again.
        return Ok(());
    }
    let Some(set) = set else {
        return conclude(of, recorder, context, recorded, &faults);
    };
    let judgement = BackupJudgement::of(&set, &listed, verified);
    if is_carried {
        backup::record_set(of, &set, path, recorder, context)?;
    }
    if !judgement.is_verified() {
        faults.extend(
            judgement.faults().iter().filter(|fault| fault.is_blocking()).map(|it| it.word().to_owned()),
        );
    }
    conclude(of, recorder, context, recorded, &faults)
}

/// Records the judgement: no fault, and it is verified.
fn conclude(
    of: BackupOf,
    recorder: &mut Recorder,
    context: &Context<'_>,
    recorded: &BackupRecorded,
    faults: &[String],
) -> Result<(), Failure> {
    let verified = faults.is_empty();
    let why = if verified {
        "checksums are there and right, the set is whole".to_owned()
    } else {
        faults.join("; ")
    };
    if !verified {
        context.talk().say(&format!("stop: the backup does not count as verified: {why}"));
    }
    let event = BackupJudged { of, set_guid: recorded.set_guid, verified, why: why.as_str().into() };
    recorder.record(vec![recorder.sighting(of.word().as_bytes(), event)])?;
    Ok(())
}

/// Compares the file's digest with the one the source recorded.
fn digest_fault(
    context: &Context<'_>,
    path: &EnginePath,
    recorded: &BackupRecorded,
) -> Result<Option<String>, Failure> {
    let Some(wanted) = recorded.sha256 else {
        context
            .talk()
            .say("warn: the source could not read its backup's file: there is no digest to compare");
        return Ok(None);
    };
    let here = files::folder_here(context)?.join(path.file_name());
    let (found, _) = files::digest(&here, context.talk())
        .map_err(|error| files::io_failure("cannot read", &here, &error))?;
    Ok((found != wanted).then(|| format!("its SHA-256 is {found}, the source recorded {wanted}")))
}

/// A medium of several files is restored from all of them, and this program carries one. What is no medium is told by what is
/// asked next.
fn whole_medium(
    engine: &mut Engine<'_>,
    path: &EnginePath,
    recorder: &mut Recorder,
    context: &Context<'_>,
    faults: &mut Vec<String>,
) -> Result<(), Failure> {
    let Ok((label, answer)) = media::label(engine, path)? else { return Ok(()) };
    answer.keep(path, recorder, context)?;
    if label.families > 1 {
        faults.push(format!("{path} is one of {} files of its medium", label.families));
    }
    Ok(())
}

/// The set that was recorded, by its identity, wherever it stands on the media.
fn find_set(
    engine: &mut Engine<'_>,
    path: &EnginePath,
    recorded: &BackupRecorded,
    recorder: &mut Recorder,
    context: &Context<'_>,
    faults: &mut Vec<String>,
) -> Result<Option<BackupSet>, Failure> {
    let sets = match media::header(engine, path)? {
        Ok((sets, answer)) => {
            answer.keep(path, recorder, context)?;
            sets
        }
        Err(error) => {
            faults.push(error.to_string());
            return Ok(None);
        }
    };
    let found = find(&sets, recorded.set_guid).cloned();
    if found.is_none() {
        faults.push(format!("the set {} is not on {path}", recorded.set_guid));
    }
    Ok(found)
}

fn listed(
    engine: &mut Engine<'_>,
    path: &EnginePath,
    set: &BackupSet,
    recorder: &mut Recorder,
    context: &Context<'_>,
    faults: &mut Vec<String>,
) -> Result<Vec<BackupFile>, Failure> {
    match media::listing(engine, path, set.position)? {
        Ok((files, answer)) => {
            answer.keep(path, recorder, context)?;
            Ok(files)
        }
        Err(error @ crate::adapter::database::ReadError::Refused(_)) => {
            faults.push(error.to_string());
            Ok(Vec::new())
        }
        Err(error) => Err(read_failure(&error)),
    }
}

/// Where the files would go; whether somebody else's lie there, and whether there is room.
fn target_moves(
    context: &Context<'_>,
    engine: &mut Engine<'_>,
    recorder: &Recorder,
    listed: &[BackupFile],
    faults: &mut Vec<String>,
) -> Result<Vec<MoveFile>, Failure> {
    let moves = match target::moves(context, engine, listed)? {
        Ok(moves) => moves,
        Err(why) => {
            faults.push(why);
            return Ok(Vec::new());
        }
    };
    let standing = target::standing(engine, recorder, &moves)?;
    for target in &standing.folderless {
        faults.push(format!(
            "the engine finds no folder for {target}: make it, or see data_folder and log_folder"
        ));
    }
    for file in conflicts(&moves, &standing.existing, &standing.dropped) {
        faults.push(format!("{} exists and is not the dropped database's", file.target));
    }
    let is_leftover = recorder.state().run.status.database.partial;
    let room = room::of_restore(context, engine, listed, &moves, None, is_leftover)?;
    faults.extend(room.shortages().map(ToString::to_string));
    for folder in room.untold() {
        context.talk().say(&format!("warn: nobody tells what is free where {folder} is"));
    }
    Ok(moves)
}
