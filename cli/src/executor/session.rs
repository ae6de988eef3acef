//! One run from its start to its end.

use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use wsusmigrate_core::decide::{self, Next};
use wsusmigrate_core::event::run::{
    Failed, Finished, InterruptionFound, RoleDeclared, Scope, SkipReason, Started, StepFinished, StepSkipped,
    StepStarted, StopRequested, Verdict,
};
use wsusmigrate_core::id::RunId;
use wsusmigrate_core::plan::Plan;
use wsusmigrate_core::projection::Migration;
use wsusmigrate_core::status::Phase;
use wsusmigrate_core::step::Step;
use wsusmigrate_core::unit::Seq;
use wsusmigrate_journal::{Observer, ReadError, Reader, evidence, verifier_key};

use crate::adapter::content::Effects;
use crate::adapter::host::Tools;
use crate::clock;
use crate::config::Loaded;
use crate::error::Failure;
use crate::executor::aside::account;
use crate::executor::failures::file_failure;
use crate::executor::open::{self, Opened, PROGRAM};
use crate::executor::recorder::Recorder;
use crate::executor::source::source_state;
use crate::exit::Exit;
use crate::platform;
use crate::show::{Talk, event};
use crate::step::{Context, Folders, check_destination, perform, refuse_without_password};
use crate::stop::Stop;

/// What a run is asked for.
pub struct Request {
    /// The plan.
    pub loaded: Loaded,
    /// The journal's folder.
    pub journal: PathBuf,
    /// The folder of the signing keys.
    pub keys: PathBuf,
    /// Whether the key of a journal created now is shown: worth noting down, except where it is thrown away.
    pub show_key: bool,
    /// Which part of the plan.
    pub scope: Scope,
    /// Whether a new copy is read back at the end of the content step.
    pub read_back: bool,
    /// Whether recorded files are hashed again.
    pub recheck: bool,
    /// Where the tools of this host are.
    pub tools: Tools,
    /// Where somebody asks to stop.
    pub stop: Stop,
    /// Where people are told what goes on.
    pub talk: Talk,
    /// Who is told of every durable boundary.
    pub boundaries: Arc<dyn Boundaries>,
}

impl Request {
    /// What the checks alone ask for: nothing is recorded and nothing is changed.
    #[must_use]
    pub fn of_checks(loaded: Loaded, journal: PathBuf, keys: PathBuf, talk: Talk) -> Self {
        Self {
            loaded,
            journal,
            keys,
            show_key: false,
            scope: Scope::Everything,
            read_back: false,
            recheck: false,
            tools: Tools::of_system(),
            stop: Stop::default(),
            talk,
            boundaries: Arc::new(NoBoundaries),
        }
    }
}

/// Somebody who is told of every durable boundary: records that are durable, effects on the disk. May end the
/// process there; that is how a crash is rehearsed.
pub trait Boundaries: Observer + Effects {}

/// Nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoBoundaries;

impl Observer for NoBoundaries {
    fn durable(&self, _: Seq) {}
}
impl Effects for NoBoundaries {}
impl Boundaries for NoBoundaries {}

/// How a run ended.
pub struct Done {
    /// Its verdict.
    pub verdict: Verdict,
    /// The state it left.
    pub state: Migration,
}

impl Done {
    /// The exit code that says the same.
    #[must_use]
    pub const fn exit(&self) -> Exit {
        match self.verdict {
            Verdict::Complete => Exit::Well,
            Verdict::Failures => Exit::Failed,
            Verdict::Stopped | Verdict::Interrupted | Verdict::Waiting => Exit::Stopped,
        }
    }
}

/// Carries out a run, beginning where the last one stopped.
pub fn carry_out(request: &Request) -> Result<Done, Failure> {
    let name = request.loaded.plan.migration.name.clone();
    refuse_inside(request)?;
    if let Some(database) = &request.loaded.plan.database {
        refuse_without_password(database)?;
    }
    let reader = Reader::open(&request.journal);
    if request.scope == Scope::ContentVerify
        && matches!(reader, Err(ReadError::NotFound(_) | ReadError::Unborn(_)))
    {
        return Err(Failure::new(
            Exit::Usage,
            "there is no journal, so nothing was copied that could be read back",
        )
        .hint("Begin with `wsusmigrate run`, or name the journal with --journal DIR."));
    }
    let _claim = claim_destination(request)?;
    let opened = open::open_or_create(&request.journal, &request.keys, &name, request.talk)?;
    let source = source_state(&request.journal, &opened.state)?;
    let mut recorder = begin(opened, request)?;
    let context = Context::new(request, source, recorder.reads());
    let run = recorder.run();
    let went = go_through(&mut recorder, &context)
        .and_then(|verdict| recorder.observe(b"", Finished { run, verdict }).map(|_| verdict));
    match went {
        Ok(verdict) => Ok(Done { verdict, state: recorder.close()? }),
        // Nothing can be recorded any more, but for how it ended where the disk is full; the next start finds out.
        Err(failure) if failure.exit() == Exit::JournalUnwritable => {
            recorder.end_on_full_disk(&failure);
            Err(failure)
        }
        Err(failure) => {
            recorder.observe(b"", Failed { run, why: failure.to_string().into() })?;
            recorder.close()?;
            Err(failure)
        }
    }
}

/// A journal in one of the content folders would be copied, cleaned up or moved with them.
fn refuse_inside(request: &Request) -> Result<(), Failure> {
    let folders = Folders::of(&request.loaded);
    let inside = |folder: &Path| platform::is_inside(&request.journal, folder).unwrap_or(false);
    if !inside(&folders.source) && !inside(&folders.destination) {
        return Ok(());
    }
    Err(Failure::new(
        Exit::Usage,
        format!("the journal {} would lie inside the source or the destination", request.journal.display()),
    )
    .hint("Put it elsewhere with --journal DIR: content folders are cleaned up and moved."))
}

/// Takes the destination for this run alone: two runs with journals of their own would take each other's unfinished
/// copies for leftovers.
fn claim_destination(request: &Request) -> Result<Option<File>, Failure> {
    let destination = Folders::of(&request.loaded).destination;
    match platform::claim_folder(&destination) {
        Ok(Some(claim)) => Ok(Some(claim)),
        Ok(None) => Err(Failure::new(
            Exit::Usage,
            format!("another wsusmigrate works on the destination {}", destination.display()),
        )
        .hint("Wait for it; `wsusmigrate status` works meanwhile.")),
        // A folder that is not there is the checks' business.
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => {
            request.talk.say(&format!(
                "warn: the destination cannot be locked ({error}): see that no other run works on it"
            ));
            Ok(None)
        }
    }
}

/// Takes one decision after the other until core says how the run ends.
fn go_through(recorder: &mut Recorder, context: &Context<'_>) -> Result<Verdict, Failure> {
    loop {
        note_stop(recorder, &context.request().stop)?;
        match decide::decide(recorder.state(), context.asked()) {
            Some(Next::Perform(step)) => carry_out_step(step, recorder, context)?,
            Some(Next::Skip(step, reason)) => {
                recorder.observe(step.word().as_bytes(), StepSkipped { step, reason })?;
                let says = match reason {
                    SkipReason::StoredOnMicrosoftUpdate => context.storage().says(),
                    SkipReason::ByDestination => String::new(),
                };
                context.talk().say(&format!("step {} skipped: {}{says}", step.word(), reason.word()));
            }
            Some(Next::Finish(verdict)) => return Ok(verdict),
            None => {
                return Err(Failure::new(
                    Exit::Failed,
                    "no run is going on; this is a defect of the program",
                ));
            }
        }
    }
}

/// Records that an earlier run was interrupted, if one was, and that this one begins.
fn begin(opened: Opened, request: &Request) -> Result<Recorder, Failure> {
    let Opened { journal, state, size, created } = opened;
    // What is refused leaves no run behind that seems to have been cut off.
    check_destination(&state, request)?;
    check_role(&state, &request.loaded.plan)?;
    // What led here was durable before anybody could watch: the boundaries of opening are the journal's own.
    journal.observe(Arc::new(Forward(Arc::clone(&request.boundaries))));
    let talk = request.talk;
    if created {
        talk.say(&format!("journal created: {}", request.journal.display()));
        if request.show_key {
            // Whoever notes it down today can tell tomorrow that it is still the same journal.
            let key = verifier_key(&journal.identity().origin(), &journal.public_key());
            talk.say(&format!("checkpoints are signed by {key}"));
        }
    }
    let interrupted = match state.run.status.phase {
        Phase::Running { run, .. } => Some(run),
        Phase::Unborn | Phase::Idle | Phase::Sealed => None,
    };
    let in_doubt = u32::try_from(state.run.status.open_actions()).unwrap_or(u32::MAX);
    let run = RunId::from_random(open::random()?);
    let mut recorder = Recorder::new(journal, state, size, run, talk);
    if let Some(interrupted) = interrupted {
        let found = InterruptionFound { run: interrupted, in_doubt };
        talk.say(&event::line(&found.clone().into()));
        recorder.observe(interrupted.as_bytes(), found)?;
    }
    let plan = &request.loaded.plan;
    let digest = evidence::write_bytes(&request.journal, plan.canonical().as_bytes())
        .map_err(|error| file_failure(&error))?;
    let (account, sid) = account();
    let started = Started {
        run,
        host: platform::host_name().unwrap_or_else(|_| "unknown".to_owned()).into(),
        account,
        sid,
        program: PROGRAM.into(),
        system: platform::os_description().into(),
        process: std::process::id(),
        plan: digest,
        scope: request.scope,
        utc_offset_s: Some(clock::utc_offset_s()),
    };
    recorder.observe(b"", started)?;
    declare_role(&mut recorder, plan)?;
    Ok(recorder)
}

/// Says once what this host is.
fn declare_role(recorder: &mut Recorder, plan: &Plan) -> Result<(), Failure> {
    // A plan that says nothing of SUSDB needs no roles.
    if recorder.state().run.status.role.is_none() && plan.database.is_some() {
        recorder.observe(b"", RoleDeclared { role: plan.migration.role })?;
    }
    Ok(())
}

/// A plan that says something else than what this host was declared to be is of another migration.
fn check_role(state: &Migration, plan: &Plan) -> Result<(), Failure> {
    let role = plan.migration.role;
    match state.run.status.role {
        Some(declared) if declared != role => Err(Failure::new(
            Exit::Usage,
            format!("the journal is the {}'s, the plan says {}", declared.word(), role.word()),
        )
        .hint("Give the plan another migration.name, so that it has a journal of its own.")),
        Some(_) | None => Ok(()),
    }
}

fn carry_out_step(step: Step, recorder: &mut Recorder, context: &Context<'_>) -> Result<(), Failure> {
    context.talk().say(&format!("step {}: {}", step.word(), step.purpose()));
    recorder.observe(step.word().as_bytes(), StepStarted { step })?;
    let verdict = perform(step, recorder, context)?;
    recorder.observe(step.word().as_bytes(), StepFinished { step, verdict })?;
    Ok(())
}

/// Records, once a run, that somebody asked to stop.
pub(crate) fn note_stop(recorder: &mut Recorder, stop: &Stop) -> Result<(), Failure> {
    let noted = recorder.state().run.current().is_none_or(|run| run.stop_requested);
    if stop.is_requested() && !noted {
        recorder.observe(b"", StopRequested { how: "signal".into() })?;
    }
    Ok(())
}

/// Hands the journal's observations on.
struct Forward(Arc<dyn Boundaries>);

impl Observer for Forward {
    fn durable(&self, seq: Seq) {
        self.0.durable(seq);
    }
}
