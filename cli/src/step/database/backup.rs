//! Backing SUSDB up, of the source and of the destination's own, and finding out what the set on the media is.

use std::collections::BTreeSet;

use wsusmigrate_core::database::backup::{BackupSet, own_file, own_options};
use wsusmigrate_core::database::message::number;
use wsusmigrate_core::database::statement::{self, BackupOptions, Compression, Statement};
use wsusmigrate_core::database::{EnginePath, Guid, civil};
use wsusmigrate_core::event::database::{BackupOf, BackupRecorded, Operation};
use wsusmigrate_core::plan::PlanError;

use crate::adapter::database::Ended;
use crate::clock;
use crate::error::Failure;
use crate::executor::Recorder;
use crate::exit::Exit;
use crate::step::context::Context;
use crate::step::database::confirm::{self, Loss};
use crate::step::database::engine::{Engine, read_failure};
use crate::step::database::media::{self, Media};
use crate::step::database::operation::{Going, Intent, Outcome, carry_out};
use crate::step::database::{files, watch};

/// What a backup came to before it began.
pub(super) enum Begun {
    /// It may begin, or was carried out, well or not: the operation's outcome says.
    Yes,
    /// It would overwrite what somebody else put on the media, and too few have approved.
    NotApproved,
}

/// A backup that may begin.
struct Ready {
    operation: Operation,
    path: EnginePath,
    options: BackupOptions,
    before: Vec<BackupSet>,
}

/// Proves what a backup needs before anything rests for it: the folder is there, and its media may be written.
pub(super) fn prepare(
    of: BackupOf,
    recorder: &mut Recorder,
    context: &Context<'_>,
    engine: &mut Engine<'_>,
) -> Result<Begun, Failure> {
    Ok(match ready(of, recorder, context, engine)? {
        Some(_) => Begun::Yes,
        None => Begun::NotApproved,
    })
}

/// What a backup begins from; nothing where it would overwrite what somebody else put there, and too few have approved.
fn ready(
    of: BackupOf,
    recorder: &mut Recorder,
    context: &Context<'_>,
    engine: &mut Engine<'_>,
) -> Result<Option<Ready>, Failure> {
    let (operation, path, mut options) = ordered(of, recorder, context)?;
    if options.compression != Compression::ServerDefault && !engine.version()?.has_compression() {
        context.talk().say("not compressed: SQL Server 2005 does not know how");
        options.compression = Compression::ServerDefault;
    }
    files::prove_one_folder(context, engine)?;
    let media = Media::read(engine, &path)?;
    media.record(&path, recorder, context)?;
    let others = media.foreign(Some(recorder.state()));
    // An approval of another plan is none: that one may have appended.
    let demand = context.database()?.approvals();
    let is_approved = |recorder: &Recorder| recorder.state().run.status.is_approved(demand);
    if options.overwrites() && !others.is_empty() && !is_approved(recorder) {
        for set in &others {
            context.talk().say(&format!(
                "the media holds set {} ({}, {}, {}), which is not of this migration: it would be overwritten",
                set.position, set.name, set.database, set.server_name
            ));
        }
        let losing = |set: &BackupSet| {
            format!(
                "set {} of {path}: {} of {} from {}",
                set.position, set.name, set.database, set.server_name
            )
        };
        let what = others.iter().map(|set| losing(set)).collect();
        let statements = statement::back_up(&path, &options).into_iter().collect();
        // With four eyes one of them alone may sit here.
        let asked = confirm::ask(&Loss { what, statements }, recorder, context, engine)?;
        if !asked || !is_approved(recorder) {
            return Ok(None);
        }
    }
    Ok(Some(Ready { operation, path, options, before: media.sets }))
}

/// Backs SUSDB up: `of` says whose, and so under which name and options.
pub(super) fn perform(
    of: BackupOf,
    recorder: &mut Recorder,
    context: &Context<'_>,
    engine: &mut Engine<'_>,
) -> Result<Begun, Failure> {
    let Some(Ready { operation, path, options, before }) = ready(of, recorder, context, engine)? else {
        return Ok(Begun::NotApproved);
    };
    let statement = statement::back_up(&path, &options)
        .map_err(|error| Failure::new(Exit::Usage, "the backup's options").because(&error))?;
    let intent = Intent {
        operation,
        subject: path.as_str().into(),
        statement: all_that_may_be_sent(&statement, &path, &options),
        before: before_backup(of, before.len(), context),
        expects: "one more set of SUSDB on the media, copy-only, with checksums".to_owned(),
    };
    let known: BTreeSet<_> = before.iter().filter_map(|set| set.guid).collect();
    let mut made = None;
    carry_out(recorder, context, intent, |going| {
        let outcome = back_up(going, context, engine, &path, &options);
        match outcome {
            Outcome { result, .. } if result != wsusmigrate_core::event::database::OperationResult::Done => {
                outcome
            }
            done => match new_set(engine, &path, &known) {
                Ok(Some(set)) => {
                    let told =
                        format!("set {} on {path}, {} bytes; {}", set.position, set.bytes, done.detail);
                    made = Some(set);
                    Outcome::done(told)
                }
                Ok(None) => Outcome::failed(0, "the engine says it is done, and no new set is on the media"),
                Err(failure) => Outcome::unknown(format!("the media cannot be read: {failure}")),
            },
        }
    })?;
    if let Some(set) = made {
        record_set(of, &set, &path, recorder, context)?;
    }
    Ok(Begun::Yes)
}

/// The statement and, where it asks for compression, the one that is sent in its place to an edition that has none.
fn all_that_may_be_sent(first: &Statement, path: &EnginePath, options: &BackupOptions) -> String {
    let again =
        (options.compression == Compression::On).then(|| statement::back_up(path, &options.uncompressed()));
    match again {
        Some(Ok(plain)) => {
            let [first, plain] = [first.text(), plain.text()];
            format!("{first}\n-- Where the edition cannot compress (message 1844):\n{plain}")
        }
        Some(Err(_)) | None => first.text().to_owned(),
    }
}

/// What is found before a backup: a check that was waived is told with it, for whoever trusts the backup later.
fn before_backup(of: BackupOf, sets: usize, context: &Context<'_>) -> String {
    match context.waiver().filter(|_| of == BackupOf::Source) {
        None => format!("{sets} sets on the media"),
        Some(waiver) => format!("{sets} sets on the media; DBCC CHECKDB was waived by {waiver}"),
    }
}

/// Which operation, onto which file, with which options.
fn ordered(
    of: BackupOf,
    recorder: &Recorder,
    context: &Context<'_>,
) -> Result<(Operation, EnginePath, BackupOptions), Failure> {
    let plan = context.database()?;
    let usage = |error: PlanError| Failure::new(Exit::Usage, error.to_string());
    Ok(match of {
        BackupOf::Source => {
            let correct = |failure: Failure| failure.hint("Correct the value, then `wsusmigrate run`.");
            plan.refuse_past(clock::today()).map_err(|error| correct(usage(error)))?;
            (Operation::BackUp, plan.backup_path().map_err(usage)?, plan.backup_options().map_err(usage)?)
        }
        BackupOf::Own => {
            let made = recorder.state().database.operations.iter();
            let number = made.filter(|it| it.event.operation == Operation::BackUpOwn).count() + 1;
            let file = own_file(number, recorder.migration());
            (Operation::BackUpOwn, plan.in_backup_folder(&file).map_err(usage)?, own_options())
        }
    })
}

/// Carries the statement out, once more without compression where the edition has none.
fn back_up(
    going: &mut Going<'_>,
    context: &Context<'_>,
    engine: &mut Engine<'_>,
    path: &EnginePath,
    options: &BackupOptions,
) -> Outcome {
    let mut attempt = |options: &BackupOptions| -> Result<Ended, Outcome> {
        let statement =
            statement::back_up(path, options).map_err(|error| Outcome::failed(0, error.to_string()))?;
        watch::act(going, context, engine, &statement, "backup")
            .map_err(|failure| Outcome::failed(0, failure.to_string()))
    };
    let ended = match attempt(options) {
        Ok(ended) => ended,
        Err(outcome) => return outcome,
    };
    let refused = going.said().iter().any(|it| it.has_number(number::NO_COMPRESSION));
    if ended == Ended::Refused && refused && options.compression == Compression::On {
        let plain = options.uncompressed();
        let statement = match statement::back_up(path, &plain) {
            Ok(statement) => statement,
            Err(error) => return Outcome::failed(0, error.to_string()),
        };
        return match watch::act(going, context, engine, &statement, "backup") {
            // What was sent in the place of the statement that the intent has is told with the outcome.
            Ok(Ended::Done) => Outcome::done(format!(
                "not compressed: this edition cannot (message {}); sent instead: {}",
                number::NO_COMPRESSION,
                statement.text()
            )),
            Ok(ended) => Outcome::of(&ended, going.said(), ""),
            Err(failure) => Outcome::failed(0, failure.to_string()),
        };
    }
    Outcome::of(&ended, going.said(), "done")
}

/// The set that was not there before.
pub(super) fn new_set(
    engine: &mut Engine<'_>,
    path: &EnginePath,
    known: &BTreeSet<Guid>,
) -> Result<Option<BackupSet>, Failure> {
    let (sets, _) = media::header(engine, path)?.map_err(|error| read_failure(&error))?;
    let is_new = |set: &BackupSet| set.guid.is_some_and(|guid| !known.contains(&guid));
    Ok(sets.into_iter().rfind(is_new))
}

/// Records what a set is, with the digest of its file where this account can read it.
pub(super) fn record_set(
    of: BackupOf,
    set: &BackupSet,
    path: &EnginePath,
    recorder: &mut Recorder,
    context: &Context<'_>,
) -> Result<(), Failure> {
    let here = files::folder_here(context)?.join(path.file_name());
    let (sha256, file_bytes) = match files::digest(&here, context.talk()) {
        Ok((sha256, bytes)) => (Some(sha256), bytes),
        Err(error) => {
            context.talk().say(&format!("warn: {} cannot be read by this account: {error}", here.display()));
            (None, 0)
        }
    };
    let event = BackupRecorded {
        of,
        engine_path: path.as_str().into(),
        program_path: here.display().to_string().as_str().into(),
        position: set.position.into(),
        set_guid: set.guid.unwrap_or_default(),
        family_guid: set.family_guid.unwrap_or_default(),
        name: set.name.as_str().into(),
        server: set.server_name.as_str().into(),
        first_lsn: set.first_lsn.to_string().as_str().into(),
        last_lsn: set.last_lsn.to_string().as_str().into(),
        checkpoint_lsn: set.checkpoint_lsn.to_string().as_str().into(),
        database_backup_lsn: set.database_backup_lsn.to_string().as_str().into(),
        database_version: set.database_version.0,
        backup_bytes: set.bytes,
        compressed_bytes: set.compressed_bytes,
        started: civil(set.started).into(),
        finished: civil(set.finished).into(),
        checksums: set.has_checksums,
        damaged: set.is_damaged,
        copy_only: set.is_copy_only,
        file_bytes,
        sha256,
    };
    let key = [of.word().as_bytes(), set.guid.unwrap_or_default().as_bytes()].concat();
    recorder.record(vec![recorder.sighting(&key, event)])?;
    Ok(())
}
