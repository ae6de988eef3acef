//! An operation in doubt: its intent is durable, its outcome is not, or says that nobody knows. The world is looked at,
//! nothing is touched, and what was seen is recorded. The same code looks after a crash and after a lost connection.
//!
//! | operation | what tells |
//! |---|---|
//! | checks, verifications, copies, the proof of the folder | nothing has to: they are done again |
//! | backups | a new set of SUSDB on the media; a BACKUP that may be SUSDB's among the engine's requests |
//! | services | whether they run |
//! | drop | whether SUSDB is there, and whether it is the one that was to be dropped |
//! | restore | a RESTORE that may be SUSDB's among the engine's requests; the state of SUSDB, its files, its family |
//! | postinstall | whether the child that was recorded still runs |
//! | users, settings | nothing has to: done again they come to the same |

use std::collections::BTreeSet;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use wsusmigrate_core::database::restore::is_leftover;
use wsusmigrate_core::database::row::Row;
use wsusmigrate_core::database::statement;
use wsusmigrate_core::database::{DATABASE, EnginePath};
use wsusmigrate_core::event::database::{BackupOf, Operation, OperationReconciled, Probe};
use wsusmigrate_core::id::{ActionId, EventId, Phase};
use wsusmigrate_core::plan::DatabasePlan;

use crate::error::Failure;
use crate::executor::{Draft, Recorder};
use crate::step::context::Context;
use crate::step::database::engine::{Engine, Susdb};
use crate::step::database::{backup, look, media, postinstall, replace, services};

/// How often a restore that still runs is looked at.
const PERIOD: Duration = Duration::from_secs(2);

/// What a look says.
struct Found(Probe, String);

impl Found {
    /// What goes on for longer than the plan lets a statement take tells nothing any more.
    fn within(self, waited: Duration, plan: &DatabasePlan) -> Self {
        let Self(probe, detail) = self;
        let max = plan.statement_max();
        match probe {
            Probe::Running if waited >= max => {
                found(Probe::Unknown, format!("{detail}, still after {} hours", max.as_secs() / 3600))
            }
            Probe::Running | Probe::Happened | Probe::Not | Probe::Partly | Probe::Unknown => {
                Self(probe, detail)
            }
        }
    }
}

fn found(probe: Probe, detail: impl Into<String>) -> Found {
    Found(probe, detail.into())
}

/// Looks at the effect of an operation in doubt and records what was found. What still runs is waited for, as long as the
/// operation itself would have been, or until somebody asks to stop: then it is left to itself.
pub(super) fn perform(
    action: ActionId,
    recorder: &mut Recorder,
    context: &Context<'_>,
    engine: &mut Engine<'_>,
) -> Result<(), Failure> {
    let Some(operation) = recorder.state().run.status.database.open.as_ref().map(|open| open.operation)
    else {
        return Ok(());
    };
    let plan = context.database()?;
    context.talk().say(&format!("{} is in doubt: looking", operation.word()));
    let began = Instant::now();
    let mut looks = 0_u16;
    loop {
        let Found(probe, detail) = look(operation, recorder, context, engine)?.within(began.elapsed(), plan);
        let goes_on = probe == Probe::Running;
        if !goes_on || looks == 0 {
            context.talk().say(&format!("{}: {}: {detail}", operation.word(), probe.word()));
            record(action, operation, probe, &detail, recorder)?;
        }
        if !goes_on {
            break;
        }
        looks = looks.saturating_add(1);
        if context.request().stop.is_requested() {
            context.talk().say(&format!(
                "{} still runs on the server: `wsusmigrate run` waits for it",
                operation.word()
            ));
            return Ok(());
        }
        wait();
    }
    if matches!(
        operation,
        Operation::Drop | Operation::DiscardPartial | Operation::Restore | Operation::SetMultiUser
    ) {
        look::record_state(recorder, engine)?;
    }
    Ok(())
}

/// Nobody sends: what ends the wait is the time.
fn wait() {
    let (_sender, receiver) = mpsc::channel::<()>();
    let _ = receiver.recv_timeout(PERIOD);
}

fn record(
    action: ActionId,
    operation: Operation,
    probe: Probe,
    detail: &str,
    recorder: &mut Recorder,
) -> Result<(), Failure> {
    let database = &recorder.state().database;
    let intent = database.operation(action).map(|record| record.seq);
    // Each look is an event of its own: one that found it running may be followed by one that did not.
    let looks = database.operation(action).map_or(0, |record| record.doubts.len());
    let id = EventId::of_action(action, Phase::Reconciled, u16::try_from(looks).unwrap_or(u16::MAX), 0);
    let event = OperationReconciled { operation, found: probe, detail: detail.into() };
    recorder.record(vec![Draft::of_action(id, action, intent, event)])?;
    Ok(())
}

fn look(
    operation: Operation,
    recorder: &mut Recorder,
    context: &Context<'_>,
    engine: &mut Engine<'_>,
) -> Result<Found, Failure> {
    match operation {
        Operation::CheckSource
        | Operation::VerifyBackup
        | Operation::Deliver
        | Operation::ProveFolder
        | Operation::CarryBackup
        | Operation::VerifyCarried
        | Operation::VerifyOwn
        | Operation::CheckRestored
        | Operation::MendUser
        | Operation::Sleep => Ok(found(Probe::Not, "done again it comes to the same")),
        Operation::PostInstall => {
            postinstall::probe(recorder, context).map(|(probe, detail)| found(probe, detail))
        }
        Operation::BackUp => backed_up(BackupOf::Source, recorder, context, engine),
        Operation::BackUpOwn => backed_up(BackupOf::Own, recorder, context, engine),
        Operation::Quiesce | Operation::StopServices => {
            let stopped = services::are_stopped(operation, context.host()?);
            Ok(if stopped.map_err(|error| services::failure(&error))? {
                found(Probe::Happened, "the services are stopped")
            } else {
                found(Probe::Partly, "a service runs, or does not start by hand only")
            })
        }
        Operation::Resume | Operation::StartServices => {
            Ok(found(Probe::Not, "started again they are as they were"))
        }
        Operation::Drop => dropped(recorder, engine),
        Operation::DiscardPartial => discarded(engine),
        Operation::SetMultiUser => {
            let wanted = recorder.state().database.access_before_drop().word();
            Ok(match engine.susdb()? {
                Some(susdb) if susdb.facts.user_access == wanted => found(Probe::Happened, wanted),
                Some(susdb) => found(Probe::Not, format!("{}, not {wanted}", susdb.facts.user_access)),
                None => found(Probe::Not, "there is no SUSDB"),
            })
        }
        Operation::Restore => restored(recorder, context, engine),
    }
}

/// Whether the engine carries out a statement of that kind that may be of SUSDB.
fn is_running(engine: &mut Engine<'_>, command: &str) -> Result<bool, Failure> {
    let rows = engine.all(&statement::progress(None))?;
    Ok(rows.iter().any(|row| may_be_of_susdb(row, command)))
}

/// Whether a request may be of SUSDB: a backup or a restore belongs to the database its session is in, which is `master` for
/// this program's own. One of another database is somebody else's, and so is one that only reads a medium.
fn may_be_of_susdb(row: &Row, command: &str) -> bool {
    let text = |column| row.maybe_text(column).ok().flatten().unwrap_or_default();
    let database = text("database_name");
    let may_be = |name: &str| database.eq_ignore_ascii_case(name);
    text("command").to_ascii_uppercase().starts_with(command)
        && ["", "master", DATABASE].into_iter().any(may_be)
}

fn backed_up(
    of: BackupOf,
    recorder: &mut Recorder,
    context: &Context<'_>,
    engine: &mut Engine<'_>,
) -> Result<Found, Failure> {
    if is_running(engine, "BACKUP DATABASE")? {
        return Ok(found(Probe::Running, "the engine carries out a backup"));
    }
    let open = recorder.state().run.status.database.open.as_ref().map(|open| open.action);
    let record = open.and_then(|action| recorder.state().database.operation(action));
    let Some(path) = record.and_then(|record| EnginePath::new(record.event.subject.as_str()).ok()) else {
        return Ok(found(Probe::Not, "the backup's path is not known any more: it is made again"));
    };
    let known: BTreeSet<_> = recorder.state().database.media.iter().map(|set| set.set_guid).collect();
    if !super::files::look_at(engine, &path)?.is_file {
        return Ok(found(Probe::Not, format!("{path} is not there")));
    }
    // What a backup that was cut off left may be no backup at all.
    let Ok((sets, _)) = media::header(engine, &path)? else {
        return Ok(found(Probe::Not, format!("{path} holds no whole backup set")));
    };
    let new = sets.into_iter().rfind(|set| set.guid.is_some_and(|guid| !known.contains(&guid)));
    let Some(set) = new else { return Ok(found(Probe::Not, "no new backup set is on the media")) };
    backup::record_set(of, &set, &path, recorder, context)?;
    Ok(found(Probe::Happened, format!("set {} is on {path}", set.position)))
}

fn dropped(recorder: &Recorder, engine: &mut Engine<'_>) -> Result<Found, Failure> {
    let wanted = recorder.state().run.status.database.database;
    let access = recorder.state().database.access_before_drop().word();
    Ok(match engine.susdb()? {
        None => found(Probe::Happened, "there is no SUSDB"),
        Some(susdb) if wanted.is_told() && susdb.database_guid != wanted => found(
            Probe::Unknown,
            format!(
                "there is a SUSDB ({}), and it is not the one that was to be dropped",
                susdb.database_guid
            ),
        ),
        Some(susdb) if susdb.facts.user_access == access => {
            found(Probe::Not, format!("SUSDB is {}, {access}", susdb.facts.state))
        }
        Some(susdb) => {
            found(Probe::Partly, format!("SUSDB is {}, {}", susdb.facts.state, susdb.facts.user_access))
        }
    })
}

fn discarded(engine: &mut Engine<'_>) -> Result<Found, Failure> {
    Ok(match engine.susdb()? {
        None => found(Probe::Happened, "there is no SUSDB"),
        Some(susdb) => left(&susdb),
    })
}

/// What a SUSDB that is not what a restore was to make is to it: only one that is being restored, or suspect, was left by a
/// restore that was cut off. Whatever else it is, somebody had a hand in it.
fn left(susdb: &Susdb) -> Found {
    let state = &susdb.facts.state;
    if is_leftover(state) {
        return found(Probe::Partly, format!("SUSDB is {state}"));
    }
    found(Probe::Unknown, format!("SUSDB is {state}: no restore that was cut off leaves it so"))
}

/// A restored SUSDB is never restored over: it is ONLINE, of the backup's family, with every file at its target.
fn restored(recorder: &Recorder, context: &Context<'_>, engine: &mut Engine<'_>) -> Result<Found, Failure> {
    // Asked first: a restore that ends between two questions is then seen with what it made.
    let is_running = is_running(engine, "RESTORE DATABASE")?;
    let susdb = engine.susdb()?;
    // While SUSDB is restored it is not there yet, or not ONLINE: what runs beside one that is, is somebody else's.
    if is_running && !susdb.as_ref().is_some_and(Susdb::is_online) {
        return Ok(found(Probe::Running, "the engine carries out a restore"));
    }
    let Some(susdb) = susdb else { return Ok(found(Probe::Not, "there is no SUSDB")) };
    if susdb.facts.state == "RECOVERING" {
        return Ok(found(Probe::Running, "SUSDB is RECOVERING"));
    }
    if !susdb.is_online() {
        return Ok(left(&susdb));
    }
    let Some((_, backup)) = recorder.state().database.backups.get(&BackupOf::Source) else {
        return Ok(found(Probe::Unknown, "SUSDB is ONLINE, and no backup is recorded to compare it with"));
    };
    if backup.family_guid.is_told() && susdb.family_guid != backup.family_guid {
        return Ok(found(
            Probe::Unknown,
            format!("SUSDB is ONLINE, and of another family ({})", susdb.family_guid),
        ));
    }
    let (path, position) = replace::place(backup)?;
    let moves = replace::moves(context, engine, &path, position)?;
    let proof = replace::proof(engine, &moves)?;
    let faults: Vec<_> = proof.faults().iter().map(ToString::to_string).collect();
    Ok(if proof.is_online() {
        found(
            Probe::Happened,
            "SUSDB is ONLINE, writable, of the backup's family, with every file at its target",
        )
    } else {
        found(Probe::Unknown, format!("SUSDB is ONLINE, and {}", faults.join("; ")))
    })
}

#[cfg(test)]
mod tests {
    //! Goal: nobody waits for a stranger's statement, nor for ever.

    use wsusmigrate_core::database::row::Cell;

    use super::*;

    #[test]
    fn what_runs_in_another_database_or_only_reads_is_not_waited_for() {
        let is = |command: &str, database: Option<&str>| {
            let database = database.map_or(Cell::Null, |name| Cell::Text(name.to_owned()));
            let row = Row::of([("command", Cell::Text(command.to_owned())), ("database_name", database)]);
            may_be_of_susdb(&row, "RESTORE DATABASE")
        };
        assert!(is("RESTORE DATABASE", Some("master")) && is("RESTORE DATABASE", Some("susdb")));
        assert!(is("RESTORE DATABASE", None), "what is not told may be");
        assert!(!is("RESTORE DATABASE", Some("Accounts")));
        assert!(!is("RESTORE HEADERON", Some("master")) && !is("BACKUP DATABASE", Some("master")));
    }

    /// It was twelve hours once, whatever the plan said.
    #[test]
    fn what_runs_longer_than_the_plan_lets_it_is_asked_about() {
        const HOUR: Duration = Duration::from_hours(1);
        let plan = |hours| -> DatabasePlan {
            serde_json::from_value(
                serde_json::json!({ "hours_max": hours, "store": "S", "backup_folder": "C:\\B" }),
            )
            .unwrap()
        };
        for hours in [1, 48] {
            let after = |probe, waited| found(probe, "it runs").within(waited, &plan(hours));
            assert_eq!(after(Probe::Running, HOUR * hours / 2).0, Probe::Running);
            let over = after(Probe::Running, HOUR * hours);
            assert_eq!((over.0, over.1), (Probe::Unknown, format!("it runs, still after {hours} hours")));
            assert_eq!(after(Probe::Happened, HOUR * hours).0, Probe::Happened);
        }
    }
}
