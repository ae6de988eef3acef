//! `wsusutil postinstall`, and everything that has to say that it is done.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use wsusmigrate_core::event::database::{EngineKind, EvidenceKept, Operation, Probe};
use wsusmigrate_core::postinstall::{Command, Conclusion, conclude, is_through, lacks};
use wsusmigrate_journal::evidence;

use crate::adapter::host::{LogFile, PostInstalled};
use crate::error::Failure;
use crate::executor::{Recorder, file_failure};
use crate::exit::Exit;
use crate::platform::Process;
use crate::step::context::Context;
use crate::step::database::engine::Engine;
use crate::step::database::operation::{Intent, Outcome, carry_out};

/// How long it may take: it changes the schema of a large SUSDB.
const PATIENCE: Duration = Duration::from_hours(4);

/// Carries it out. Never without SUSDB: it would make an empty one.
pub(super) fn perform(
    recorder: &mut Recorder,
    context: &Context<'_>,
    engine: &mut Engine<'_>,
) -> Result<(), Failure> {
    if !engine.susdb()?.is_some_and(|susdb| susdb.is_online()) {
        return Err(Failure::new(Exit::Stopped, "SUSDB is not online: postinstall would make an empty one")
            .hint("`wsusmigrate status` says where the migration stands."));
    }
    let command = command(context, engine)?;
    let host = context.host()?;
    let since = SystemTime::now();
    let intent = Intent {
        operation: Operation::PostInstall,
        subject: "".into(),
        statement: format!("wsusutil {}", command.arguments().join(" ")),
        before: "SUSDB is restored and asleep".to_owned(),
        expects: "exit code 0, the success line in a log newer than this, the four role services at 2"
            .to_owned(),
    };
    // A connection of ours would be one more session in SUSDB while its schema changes.
    engine.hang_up();
    carry_out(recorder, context, intent, |going| {
        let child = match host.post_install(&command, since, PATIENCE) {
            Ok(child) => child,
            Err(error) => return Outcome::failed(0, error.to_string()),
        };
        context.request().boundaries.held(Operation::PostInstall);
        // It is let go once it is written down, and not at all where it cannot be: what a crash leaves is known, or never began.
        if !going.child(child.process()) {
            return Outcome::unknown("wsusutil was never let go: that it runs could not be recorded");
        }
        let installed = child.wait();
        // What the outcome rests on comes first: a crash behind an outcome must not leave it without its evidence.
        if let Some(log) = &installed.log {
            match keep(log, context) {
                Ok((key, kept)) => going.see(&key, kept),
                Err(failure) => going.give_up(failure),
            }
        }
        let setup = host.setup();
        judge(&installed, setup.as_ref().ok().map(|setup| &setup.installed_role_services), &command)
    })?;
    Ok(())
}

fn judge(
    installed: &PostInstalled,
    roles: Option<&std::collections::BTreeMap<String, u32>>,
    command: &Command,
) -> Outcome {
    let lacks = lacks(&installed.evidence(roles, command.storage()));
    let told: Vec<_> = lacks.iter().map(ToString::to_string).collect();
    match conclude(&lacks) {
        Conclusion::Done => Outcome::done("exit code 0, success line, a newer log, four role services at 2"),
        Conclusion::Failed(code) => Outcome::failed(code, told.join("; ")),
        Conclusion::Unknown => Outcome::unknown(told.join("; ")),
    }
}

/// What became of a postinstall nobody waited for: whether the child that was recorded still runs, and whether everything
/// that proves its success is there. Its log is kept before anything is said about it.
pub(super) fn probe(recorder: &mut Recorder, context: &Context<'_>) -> Result<(Probe, String), Failure> {
    let open = recorder.state().run.status.database.open.as_ref().map(|open| open.action);
    let record = open.and_then(|action| recorder.state().database.operation(action));
    let Some(record) = record else { return Ok((Probe::Not, "it is not known any more".to_owned())) };
    let Some(child) = &record.child else {
        return Ok((Probe::Not, "no process of it is recorded, so that none was let go".to_owned()));
    };
    let process = Process { id: child.process, started: child.started.as_str().to_owned() };
    match process.is_running() {
        Ok(true) => return Ok((Probe::Running, format!("its process {} runs", process.id))),
        Ok(false) => {}
        // It may run: beside it no second one is started.
        Err(error) => {
            return Ok((Probe::Unknown, format!("whether its process {} runs: {error}", process.id)));
        }
    }
    let since = UNIX_EPOCH + Duration::from_micros(u64::try_from(record.started.0).unwrap_or(0));
    let log = context.host()?.post_install_log(since);
    if let Some(log) = &log {
        let (key, kept) = keep(log, context)?;
        let is_known = recorder.state().database.evidence.iter().any(|known| known.sha256 == kept.sha256);
        if !is_known {
            recorder.record(vec![recorder.sighting(&key, kept)])?;
        }
    }
    let through = log.filter(|log| log.is_newer).is_some_and(|log| is_through(&log.text()));
    // Its exit code is lost with it: once more it comes to the same, with an exit code.
    let why = if through {
        "a newer log says that it was through; its exit code is not known"
    } else {
        "its process is gone, and no newer log says that it was through"
    };
    Ok((Probe::Not, why.to_owned()))
}

fn command(context: &Context<'_>, engine: &mut Engine<'_>) -> Result<Command, Failure> {
    let plan = context.database()?;
    let facts = engine.facts()?;
    let content = plan.content_dir.as_deref().unwrap_or(&context.plan().content.destination);
    let instance = match facts.engine_kind() {
        EngineKind::Wid => None,
        EngineKind::SqlServer => Some(facts.server_name.as_str()),
    };
    Command::new(content, instance).map_err(|error| {
        Failure::new(Exit::Usage, "wsusutil postinstall cannot be called so")
            .because(&error)
            .hint("Set database.content_dir to what WSUS's registry calls ContentDir.")
    })
}

/// Keeps a log as evidence, well or not: what tells it from others, and what is recorded of it.
fn keep(log: &LogFile, context: &Context<'_>) -> Result<(Vec<u8>, EvidenceKept), Failure> {
    let sha256 =
        evidence::write_bytes(&context.request().journal, &log.kept).map_err(|error| file_failure(&error))?;
    let path = log.path.display().to_string();
    let kept = EvidenceKept {
        what: "log of wsusutil postinstall".into(),
        origin: path.as_str().into(),
        sha256,
        bytes: log.kept.len() as u64,
    };
    Ok((path.into_bytes(), kept))
}
