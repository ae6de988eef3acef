//! What destroys: SUSDB is dropped, and the source's restored in its place. The table of histories lets none of it begin
//! without a verified backup, a proof of the target, an approval and, where there was a SUSDB, a verified safety backup.

use wsusmigrate_core::database::EnginePath;
use wsusmigrate_core::database::backup::BackupFile;
use wsusmigrate_core::database::restore::{OnlineProof, RestoreAnswer, conflicts, is_leftover};
use wsusmigrate_core::database::statement::{self, MoveFile, Statement};
use wsusmigrate_core::event::database::{BackupOf, BackupRecorded, Operation, SessionSeen};

use crate::adapter::database::Ended;
use crate::error::Failure;
use crate::executor::Recorder;
use crate::exit::Exit;
use crate::step::context::Context;
use crate::step::database::engine::{Engine, row_failure};
use crate::step::database::operation::{Going, Intent, Outcome, carry_out};
use crate::step::database::{look, target, watch};

/// Drops the destination's own SUSDB: one batch on one connection. Who is in it is recorded first.
pub(super) fn drop_own(
    recorder: &mut Recorder,
    context: &Context<'_>,
    engine: &mut Engine<'_>,
) -> Result<(), Failure> {
    if !is_as_seen(recorder, context, engine)? {
        return Ok(());
    }
    record_sessions(recorder, context, engine)?;
    drop_database(Operation::Drop, recorder, context, engine)
}

/// Whether the SUSDB that is there is the one that was looked at, secured and held against the source: hours may lie between
/// the two. Another one is recorded, and everything is decided anew.
fn is_as_seen(
    recorder: &mut Recorder,
    context: &Context<'_>,
    engine: &mut Engine<'_>,
) -> Result<bool, Failure> {
    let status = &recorder.state().run.status.database;
    let seen = (status.present == Some(true)).then_some(status.database);
    if engine.susdb()?.map(|susdb| susdb.database_guid) == seen {
        return Ok(true);
    }
    context.talk().say("SUSDB is not the one any more that was looked at: everything is proved again");
    look::record_state(recorder, engine)?;
    Ok(false)
}

/// Drops what a restore that was cut off left behind. What can be used, or was taken offline, is no leftover: it is left alone.
pub(super) fn discard_partial(
    recorder: &mut Recorder,
    context: &Context<'_>,
    engine: &mut Engine<'_>,
) -> Result<(), Failure> {
    if let Some(susdb) = engine.susdb()?.filter(|susdb| !is_leftover(&susdb.facts.state)) {
        return Err(Failure::new(
            Exit::Stopped,
            format!("SUSDB is {} although its restore was cut off: it is not dropped", susdb.facts.state),
        )
        .hint("Look at it. If nobody needs it, drop it by hand, then `wsusmigrate run`."));
    }
    drop_database(Operation::DiscardPartial, recorder, context, engine)
}

fn drop_database(
    operation: Operation,
    recorder: &mut Recorder,
    context: &Context<'_>,
    engine: &mut Engine<'_>,
) -> Result<(), Failure> {
    let statement = match operation {
        Operation::DiscardPartial => statement::drop_partial(),
        _ => statement::drop_database(),
    };
    let intent = Intent {
        operation,
        subject: "".into(),
        statement: statement.text().to_owned(),
        before: told_state(recorder),
        expects: "there is no SUSDB".to_owned(),
    };
    carry_out(recorder, context, intent, |going| {
        match watch::act(going, context, engine, &statement, "dropping") {
            Ok(Ended::Done) => is_gone(engine),
            Ok(ended) => Outcome::of(&ended, going.said(), ""),
            Err(failure) => Outcome::failed(0, failure.to_string()),
        }
    })?;
    // The batch left its connection in single-user mode's only seat: the next one begins afresh.
    engine.hang_up();
    look::record_state(recorder, engine)
}

fn is_gone(engine: &mut Engine<'_>) -> Outcome {
    match engine.susdb() {
        Ok(None) => Outcome::done("there is no SUSDB any more"),
        Ok(Some(susdb)) => Outcome::unknown(format!("SUSDB is still there, {}", susdb.facts.state)),
        Err(failure) => Outcome::unknown(failure.to_string()),
    }
}

/// Lets those in again after a drop that failed who might be in SUSDB before it.
pub(super) fn multi_user(
    recorder: &mut Recorder,
    context: &Context<'_>,
    engine: &mut Engine<'_>,
) -> Result<(), Failure> {
    engine.hang_up();
    let access = recorder.state().database.access_before_drop();
    let statement = statement::user_access(access);
    let intent = Intent {
        operation: Operation::SetMultiUser,
        subject: "".into(),
        statement: statement.text().to_owned(),
        before: format!("the drop had no effect; {}", told_state(recorder)),
        expects: access.word().to_owned(),
    };
    carry_out(recorder, context, intent, |going| {
        match watch::act(going, context, engine, &statement, "letting in") {
            Ok(ended) => Outcome::of(&ended, going.said(), access.word()),
            Err(failure) => Outcome::failed(0, failure.to_string()),
        }
    })?;
    look::record_state(recorder, engine)
}

/// Restores the source's backup. WID's 3605 and 3013 are accepted once the database is proved to be there.
pub(super) fn restore(
    recorder: &mut Recorder,
    context: &Context<'_>,
    engine: &mut Engine<'_>,
) -> Result<(), Failure> {
    if !is_as_seen(recorder, context, engine)? {
        return Ok(());
    }
    let (statement, moves) = restoring(recorder, context, engine)?;
    refuse_conflicts(engine, recorder, &moves)?;
    let intent = Intent {
        operation: Operation::Restore,
        subject: "".into(),
        statement: statement.text().to_owned(),
        before: "there is no SUSDB".to_owned(),
        expects: "SUSDB is ONLINE, writable, with every file at its target".to_owned(),
    };
    carry_out(recorder, context, intent, |going| {
        match watch::act(going, context, engine, &statement, "restoring") {
            Ok(ended) => judge(going, &ended, engine, &moves),
            Err(failure) => Outcome::failed(0, failure.to_string()),
        }
    })?;
    look::record_state(recorder, engine)
}

/// The statement that restores the carried backup, and where its files go.
pub(super) fn restoring(
    recorder: &Recorder,
    context: &Context<'_>,
    engine: &mut Engine<'_>,
) -> Result<(Statement, Vec<MoveFile>), Failure> {
    let Some((_, backup)) = recorder.state().database.backups.get(&BackupOf::Source).cloned() else {
        return Err(Failure::new(
            Exit::Failed,
            "no carried backup is recorded; this is a defect of the program",
        ));
    };
    let (path, position) = place(&backup)?;
    let moves = moves(context, engine, &path, position)?;
    let statement = statement::restore(&path, position, &moves).map_err(|error| {
        Failure::new(Exit::Failed, "a file's name cannot stand in a statement").because(&error)
    })?;
    Ok((statement, moves))
}

fn judge(going: &Going<'_>, ended: &Ended, engine: &mut Engine<'_>, moves: &[MoveFile]) -> Outcome {
    if let Ended::Lost(why) = ended {
        return Outcome::unknown(why.clone());
    }
    let facts = match engine.facts() {
        Ok(facts) => facts,
        Err(failure) => return Outcome::unknown(failure.to_string()),
    };
    let answer = RestoreAnswer::read(facts.engine_kind(), going.said());
    if let RestoreAnswer::Failed(_) = answer {
        return Outcome::refused(going.said());
    }
    match proof(engine, moves) {
        Err(failure) => Outcome::unknown(failure.to_string()),
        Ok(proof) if answer.is_accepted(&proof) => match answer {
            RestoreAnswer::IfOnline => Outcome::done(
                "messages 3605 and 3013 of Windows Internal Database are disregarded, as the guide says: SUSDB is ONLINE, \
                 writable, and every file is at its target",
            ),
            RestoreAnswer::Clean | RestoreAnswer::Failed(_) => {
                Outcome::done("SUSDB is ONLINE, writable, and every file is at its target")
            }
        },
        Ok(proof) => {
            // The server says that it restored: what is there has to be looked at, whatever it is.
            let faults: Vec<_> = proof.faults().iter().map(ToString::to_string).collect();
            Outcome::unknown(faults.join("; "))
        }
    }
}

/// What the engine says is there, held against where the files were to go.
pub(super) fn proof(engine: &mut Engine<'_>, moves: &[MoveFile]) -> Result<OnlineProof, Failure> {
    let susdb = engine.susdb()?;
    let files = susdb.as_ref().map(|susdb| susdb.files.clone()).unwrap_or_default();
    Ok(OnlineProof::of(susdb.as_ref().map(|susdb| &susdb.facts), &files, moves))
}

/// The carried backup's path and position.
pub(super) fn place(backup: &BackupRecorded) -> Result<(EnginePath, u16), Failure> {
    let path = EnginePath::new(backup.engine_path.as_str())
        .map_err(|error| Failure::new(Exit::Failed, "the backup's path").because(&error))?;
    Ok((path, u16::try_from(backup.position).unwrap_or(u16::MAX)))
}

/// Where the files of the carried backup go.
pub(super) fn moves(
    context: &Context<'_>,
    engine: &mut Engine<'_>,
    path: &EnginePath,
    position: u16,
) -> Result<Vec<MoveFile>, Failure> {
    let rows = engine.all(&statement::backup_files(path, position))?;
    let listed: Vec<_> = rows
        .iter()
        .map(BackupFile::from_row)
        .collect::<Result<_, _>>()
        .map_err(|error| row_failure(&error))?;
    target::moves(context, engine, &listed)?.map_err(|why| Failure::new(Exit::Failed, why))
}

fn refuse_conflicts(engine: &mut Engine<'_>, recorder: &Recorder, moves: &[MoveFile]) -> Result<(), Failure> {
    let standing = target::standing(engine, recorder, moves)?;
    let Some(first) =
        conflicts(moves, &standing.existing, &standing.dropped).first().map(|file| file.target.to_string())
    else {
        return Ok(());
    };
    Err(Failure::new(Exit::Stopped, format!("{first} exists, and it is not the dropped database's"))
        .hint("Move it away, or set database.data_folder and database.log_folder, then `wsusmigrate run`."))
}

fn record_sessions(
    recorder: &mut Recorder,
    context: &Context<'_>,
    engine: &mut Engine<'_>,
) -> Result<(), Failure> {
    let version = engine.version()?;
    let rows = engine.all(&statement::sessions(version))?;
    let mut drafts = Vec::new();
    for row in &rows {
        let text = |column| row.maybe_text(column).ok().flatten().unwrap_or_default();
        let session = u32::try_from(row.int("session_id").map_err(|error| row_failure(&error))?).unwrap_or(0);
        let event = SessionSeen {
            session,
            login: text("login_name").as_str().into(),
            host: text("host_name").as_str().into(),
            program: text("program_name").as_str().into(),
        };
        context
            .talk()
            .say(&format!("session {session} of {} ({}) will be ended", event.login, event.program));
        drafts.push(recorder.sighting(&session.to_be_bytes(), event));
    }
    recorder.record(drafts)?;
    Ok(())
}

fn told_state(recorder: &Recorder) -> String {
    let state = recorder.state().database.state.as_ref().map(|(_, state)| state);
    state.map_or_else(String::new, |state| {
        format!("SUSDB {} {}, {} bytes", state.state, state.user_access, state.bytes)
    })
}
