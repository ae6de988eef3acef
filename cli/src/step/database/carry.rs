//! Backups between the engine's folder and the migration store: the copier of update files brings them over, one file at a time.
//! It writes beside the final name, reads again where the bytes are not those that were recorded, makes them durable, renames
//! without ever replacing anything, and takes up after a crash what stands there already.

use std::fs;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use wsusmigrate_core::database::backup::carried_file;
use wsusmigrate_core::digest::Sha256;
use wsusmigrate_core::event::content::FailureReason;
use wsusmigrate_core::event::database::{BackupJudged, BackupOf, BackupRecorded, Operation};
use wsusmigrate_core::path::RelPath;
use wsusmigrate_core::unit::ModifiedNanos;

use crate::adapter::content::{self, Batch, Expectation, Found, Job, Mismatched, Report, Setup};
use crate::error::Failure;
use crate::executor::Recorder;
use crate::exit::Exit;
use crate::platform::{self, Stat};
use crate::progress::Display;
use crate::show::Talk;
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
    carry(Operation::Deliver, recorder, context, &from, &to, backup.sha256).map(drop)
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
    match carry(Operation::CarryBackup, recorder, context, &from, &to, backup.sha256)? {
        Some(why) => refuse_altered(&backup, &why, recorder),
        None => Ok(()),
    }
}

/// A backup that is not the one that was recorded never counts as verified, and stops the step: nothing was touched.
fn refuse_altered(backup: &BackupRecorded, why: &str, recorder: &mut Recorder) -> Result<(), Failure> {
    let event =
        BackupJudged { of: BackupOf::Source, set_guid: backup.set_guid, verified: false, why: why.into() };
    recorder.record(vec![recorder.sighting(b"", event)])?;
    Ok(())
}

/// The migration store holds it under the name of its set: whatever else is kept there stays as it is.
fn in_store(context: &Context<'_>, backup: &BackupRecorded) -> Result<PathBuf, Failure> {
    Ok(files::store(context)?.join(carried_file(backup.set_guid)))
}

/// Copies one file to a name of its own. Nothing is ever replaced. A crash leaves a temporary file, or the whole one. The answer
/// is why, where what lies at either end is not what was recorded.
fn carry(
    operation: Operation,
    recorder: &mut Recorder,
    context: &Context<'_>,
    from: &Path,
    to: &Path,
    wanted: Option<Sha256>,
) -> Result<Option<String>, Failure> {
    let is_there = to.symlink_metadata().is_ok();
    let intent = Intent {
        operation,
        subject: to.display().to_string().as_str().into(),
        statement: format!("copy {} {}", from.display(), to.display()),
        before: if is_there { "a file is there".to_owned() } else { "nothing is there".to_owned() },
        expects: "the same bytes, durable; a file that is there is never replaced".to_owned(),
    };
    let limit = context.plan().content.bytes_per_second();
    let limit = limit.map_err(|error| Failure::new(Exit::Usage, error.to_string()))?;
    let mut altered = None;
    carry_out(recorder, context, intent, |_| match bring(from, to, wanted, limit, context.talk()) {
        Brought::There(sha256, bytes) => Outcome::done(format!("{bytes} bytes, SHA-256 {sha256}")),
        Brought::Not(why) => Outcome::failed(0, why),
        Brought::Altered(why) => {
            let again = match operation {
                Operation::CarryBackup => {
                    "carry the migration store over again from the source, then `wsusmigrate run`"
                }
                _ => "back SUSDB up again: `wsusmigrate run --only database`",
            };
            let from = from.display();
            let why =
                format!("{from}: {why}: it is not the file that was recorded. Nothing was copied; {again}");
            altered = Some(why.clone());
            Outcome::failed(0, why)
        }
        Brought::Occupied => {
            let why = format!(
                "{} stands there already with other bytes than those that were recorded, and was left as it is. Move it \
                 away, then `wsusmigrate run`",
                to.display()
            );
            altered = Some(why.clone());
            Outcome::failed(0, why)
        }
    })?;
    Ok(altered)
}

/// How a copy ended.
#[derive(Debug, PartialEq, Eq)]
enum Brought {
    /// It lies under its name, or the same bytes did.
    There(Sha256, u64),
    /// What was read is not what was recorded: nothing was put under the name.
    Altered(String),
    /// Something else stands under the name, and was left as it is.
    Occupied,
    /// It could not be copied.
    Not(String),
}

/// Has the copier bring one file over.
fn bring(from: &Path, to: &Path, wanted: Option<Sha256>, limit: Option<NonZeroU64>, talk: Talk) -> Brought {
    let is_there = fs::symlink_metadata(to).is_ok();
    let (Some((source, at_source)), Some((folder, path))) = (split(from), split(to)) else {
        return Brought::Not("it has no name in a folder".to_owned());
    };
    // The copier would make the folder: a disk that is not connected must not become one.
    if !folder.is_dir() {
        return Brought::Not(format!("there is no folder {}", folder.display()));
    }
    let listed = fs::metadata(from).and_then(|metadata| Stat::of(&metadata));
    let (bytes, modified) = match listed {
        Ok(stat) => (stat.bytes, stat.modified),
        // What lies there already may be right without it.
        Err(_) if is_there && wanted.is_some() => (0, ModifiedNanos::default()),
        Err(error) => return Brought::Not(format!("{}: {error}", from.display())),
    };
    let job = Job {
        item: 0,
        path,
        from: Some(at_source),
        bytes,
        modified,
        expected: wanted.map_or(Expectation::SameAsSource, Expectation::Recorded),
        destination: if is_there { Found::Present { otherwise: Mismatched::Refuse } } else { Found::Absent },
    };
    let setup = Setup { workers: 1, bytes_per_second: limit, ..Setup::new(source, folder) };
    let display = Display::start("copying", 1, bytes, &Arc::clone(&setup.progress), talk);
    let copied = copy(setup, job);
    display.finish();
    match copied {
        Ok(content::Outcome::Copied { facts, .. } | content::Outcome::Verified { facts }) => {
            Brought::There(facts.digests.sha256, facts.bytes)
        }
        Ok(content::Outcome::Failed { reason, detail, .. }) => match reason {
            FailureReason::DamagedAtSource | FailureReason::MismatchAfterCopy => Brought::Altered(detail),
            FailureReason::Conflict if is_one_file(from, to) => Brought::Altered(detail),
            FailureReason::Conflict | FailureReason::Obstructed => Brought::Occupied,
            FailureReason::Unreadable
            | FailureReason::Vanished
            | FailureReason::ChangedWhileCopied
            | FailureReason::DestinationFull
            | FailureReason::DestinationDenied
            | FailureReason::PathTooLong
            | FailureReason::CaseCollision
            | FailureReason::System => Brought::Not(detail),
        },
        Ok(content::Outcome::Left) => Brought::Not("it was not begun".to_owned()),
        Err(why) => Brought::Not(why),
    }
}

/// One batch of one file.
fn copy(setup: Setup, job: Job) -> Result<content::Outcome, String> {
    let mut copier = content::Engine::start(setup).map_err(|error| with_cause(&error))?;
    copier.submit(Batch { id: 0, jobs: vec![job] }).map_err(|_| "the copier takes nothing".to_owned())?;
    match copier.receive().map_err(|error| with_cause(&error))? {
        Some(Report::Finished(finished)) => {
            let done = finished.done.into_iter().next().map(|done| done.outcome);
            done.ok_or_else(|| "the copier says nothing of the file".to_owned())
        }
        Some(Report::Replacing(_)) | None => Err("the copier was to replace nothing".to_owned()),
    }
}

fn with_cause(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
}

/// The folder of a file, and its name there.
fn split(path: &Path) -> Option<(PathBuf, RelPath)> {
    let name = platform::from_os(path.file_name()?).ok()?;
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    Some((folder.unwrap_or_else(|| Path::new(".")).to_owned(), name))
}

fn is_one_file(from: &Path, to: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().ok();
    real(from).is_some_and(|from| real(to) == Some(from))
}

#[cfg(test)]
mod tests {
    //! Goal: a copy never costs a file that was there. Method: one for each thing that may stand under the name.

    use super::*;

    const TALK: Talk = Talk { json: true };

    struct Place {
        dir: tempfile::TempDir,
        wanted: Sha256,
    }

    impl Place {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            fs::write(dir.path().join("SUSDB.bak"), "backup").unwrap();
            let (wanted, bytes) = files::digest(&dir.path().join("SUSDB.bak"), TALK).unwrap();
            assert_eq!(bytes, 6);
            Self { dir, wanted }
        }

        fn path(&self, name: &str) -> PathBuf {
            self.dir.path().join(name)
        }

        fn bring(&self, to: &str, wanted: Option<Sha256>) -> Brought {
            bring(&self.path("SUSDB.bak"), &self.path(to), wanted, None, TALK)
        }

        fn names(&self) -> Vec<String> {
            let names = fs::read_dir(self.dir.path()).unwrap();
            let mut names: Vec<_> = names.map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
            names.sort();
            names
        }
    }

    #[test]
    fn what_lies_under_a_free_name_afterwards_is_the_copy() {
        for wanted in [true, false] {
            let place = Place::new();
            fs::write(place.path("SUSDB-1.bak.wsusmigrate-tmp"), "what a crash left").unwrap();
            let brought = place.bring("SUSDB-1.bak", wanted.then_some(place.wanted));
            assert_eq!(brought, Brought::There(place.wanted, 6));
            assert_eq!(fs::read(place.path("SUSDB-1.bak")).unwrap(), b"backup");
            assert_eq!(place.names(), ["SUSDB-1.bak", "SUSDB.bak"]);
        }
    }

    #[test]
    fn another_file_under_the_name_is_left_as_it_is() {
        for (wanted, there) in
            [(true, "somebody's"), (false, "somebody's"), (true, "beckup"), (false, "beckup")]
        {
            let place = Place::new();
            fs::write(place.path("SUSDB-1.bak"), there).unwrap();
            assert_eq!(place.bring("SUSDB-1.bak", wanted.then_some(place.wanted)), Brought::Occupied);
            assert_eq!(fs::read(place.path("SUSDB-1.bak")).unwrap(), there.as_bytes());
            assert_eq!(place.names(), ["SUSDB-1.bak", "SUSDB.bak"]);
        }
    }

    #[test]
    fn the_same_bytes_under_the_name_are_as_good_as_a_copy() {
        let place = Place::new();
        fs::write(place.path("SUSDB-1.bak"), "backup").unwrap();
        assert_eq!(place.bring("SUSDB-1.bak", Some(place.wanted)), Brought::There(place.wanted, 6));
        // The original may be gone by then, or be another one.
        fs::write(place.path("SUSDB.bak"), "the next one").unwrap();
        assert_eq!(place.bring("SUSDB-1.bak", Some(place.wanted)), Brought::There(place.wanted, 6));
        fs::remove_file(place.path("SUSDB.bak")).unwrap();
        assert_eq!(place.bring("SUSDB-1.bak", Some(place.wanted)), Brought::There(place.wanted, 6));
        assert!(matches!(place.bring("SUSDB-2.bak", Some(place.wanted)), Brought::Not(_)));
    }

    #[test]
    fn what_is_not_what_was_recorded_is_put_nowhere() {
        let place = Place::new();
        fs::write(place.path("SUSDB.bak"), "beckup").unwrap();
        let brought = place.bring("SUSDB-1.bak", Some(place.wanted));
        assert!(matches!(&brought, Brought::Altered(why) if why.contains("SHA-256")), "{brought:?}");
        assert_eq!(place.names(), ["SUSDB.bak"]);
        let itself = place.bring("SUSDB.bak", Some(place.wanted));
        assert!(matches!(itself, Brought::Altered(_)), "{itself:?}");
    }

    #[test]
    fn a_store_that_is_not_there_is_not_made() {
        let place = Place::new();
        assert!(matches!(place.bring("away/SUSDB-1.bak", Some(place.wanted)), Brought::Not(_)));
        assert_eq!(place.names(), ["SUSDB.bak"]);
    }
}
