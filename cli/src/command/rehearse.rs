//! `rehearse`: the whole migration on a simulated estate on this machine, with a crash if asked.
//!
//! The same executor and adapters run as in `run`; only the folders are made up. With `--crash-at N` a child process
//! carries the run out and ends itself, as kill -9 would, at the N-th durable boundary; then this process resumes.

mod boundaries;
mod folder;
mod parts;
mod plans;

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;

use clap::ValueEnum;
use wsusmigrate_core::event::run::{Role, Scope, Verdict};
use wsusmigrate_core::report::{self, Figure, Report, Section, Value};
use wsusmigrate_fixtures::{BuildError, Estate, Reach, Scenario, Serving, build};

use crate::adapter::host::Tools;
use crate::command::rehearse::boundaries::Counting;
use crate::command::rehearse::folder::Folder;
use crate::command::rehearse::parts::Toolboxes;
use crate::config;
use crate::error::Failure;
use crate::executor::{Done, Request, carry_out, source_state};
use crate::exit::Exit;
use crate::place::Global;
use crate::show::{Answer, Body, Talk, bytes, count};
use crate::stop::Stop;

/// What a rehearsal covers today, and what it does not.
const COVERS: [&str; 2] = [
    "covers: inventory, preflight, content (3.1), database (3.3)",
    "not yet: groups, identity, settings, downstream, clients, closing",
];

/// Rehearse the migration on a simulated estate; needs nothing and touches nothing of yours
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// The estate: tiny, small-office, tiny-replaced, damaged-content, huge, quiesced, wid-to-sql, sql-to-sql, sql-to-wid,
    /// old-engine, same-instance, damaged-backup, cut-mid-restore
    #[arg(long, value_name = "NAME", default_value = "small-office")]
    scenario: String,
    /// The seed of everything random in it: the same seed makes the same estate
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Where everything is kept; an earlier rehearsal there is replaced
    #[arg(long, value_name = "DIR", default_value = "rehearsal")]
    dir: PathBuf,
    /// Crash at this durable boundary, then resume; given again, crash the resumed run as well. 1 is the first record of the
    /// run: what creates, opens or mends the journal before it is not counted
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    crash_at: Vec<u64>,
    /// In whose run the crash happens
    #[arg(long, value_name = "SERVER", default_value = "destination")]
    crash_in: CrashIn,
    /// Be the process that crashes
    #[arg(long, hide = true, requires = "crash_at")]
    victim: bool,
}

/// In whose run a crash is rehearsed.
#[derive(ValueEnum, Clone, Copy, Debug)]
enum CrashIn {
    /// The old server's
    Source,
    /// The new server's
    Destination,
}

impl CrashIn {
    const fn role(self) -> Role {
        match self {
            Self::Source => Role::Source,
            Self::Destination => Role::Destination,
        }
    }
}

pub(super) fn run(args: &Args, global: &Global) -> Result<Answer, Failure> {
    let talk = Talk { json: global.json };
    refuse_places(global)?;
    let folder = Folder::of(&args.dir)?;
    if args.victim {
        carry_out_there(&folder, args.crash_in.role(), talk, args.crash_at.first().copied())?;
        return Ok(Answer::well(Body::Nothing));
    }
    let scenario = Scenario::named(&args.scenario)
        .map_err(|error| Failure::new(Exit::Usage, "no such scenario").because(&error))?;
    let _claim = folder.prepare()?;
    talk.say(&format!("rehearsing {} in {}", scenario.name, folder.root().display()));
    for line in COVERS {
        talk.say(line);
    }
    let estate = make(&scenario, args.seed, &folder, talk)?;
    let serving = match scenario.database {
        Some(_) => Some(serve(&estate)?),
        None => None,
    };
    plans::write(&folder, &scenario, &estate, serving.as_ref())?;
    let mut crashed = false;
    if let Some(serving) = &serving {
        Toolboxes::of(serving).save(&folder)?;
        let (done, boundaries, crashed_there) = part(args, Role::Source, &folder, talk)?;
        crashed = crashed_there;
        if done.verdict != Verdict::Complete {
            let mut report = report::audit(&done.state, None);
            report.sections.insert(0, section(args, &scenario, crashed, boundaries));
            return Ok(answer(report, &done, &folder, &estate, talk));
        }
        parts::hand_over(&folder, serving, talk)?;
    }
    let (done, boundaries, crashed_here) = part(args, Role::Destination, &folder, talk)?;
    crashed |= crashed_here;
    let source = source_state(&folder.journal(Role::Destination), &done.state)?;
    let mut report = report::audit(&done.state, source.as_ref());
    report.sections.insert(0, section(args, &scenario, crashed, boundaries));
    Ok(answer(report, &done, &folder, &estate, talk))
}

/// Starts the engines of the estate.
fn serve(estate: &Estate) -> Result<Serving, Failure> {
    estate
        .serve(Reach::AsInTheField)
        .map_err(|error| Failure::new(Exit::Failed, "the estate's engines cannot be started").because(&error))
}

/// Carries out one server's part, with the crashes that were asked for in it.
fn part(args: &Args, role: Role, folder: &Folder, talk: Talk) -> Result<(Done, u64, bool), Failure> {
    let mut crashed = false;
    if args.crash_in.role() == role {
        for &at in &args.crash_at {
            crashed |= crash(args, at, folder, talk)?;
        }
    }
    let (done, boundaries) = carry_out_there(folder, role, talk, None)?;
    Ok((done, boundaries, crashed))
}

/// A rehearsal keeps everything in its own folder: a place that was named would be ignored.
fn refuse_places(global: &Global) -> Result<(), Failure> {
    let Some(option) = global.named_place() else { return Ok(()) };
    Err(Failure::new(
        Exit::Usage,
        format!("a rehearsal takes no {option}: it keeps everything in its folder"),
    )
    .hint("Name that folder with --dir DIR; the plan, the journal and the keys are made in it."))
}

/// Builds the estate.
fn make(scenario: &Scenario, seed: u64, folder: &Folder, talk: Talk) -> Result<Estate, Failure> {
    let estate =
        build(scenario, seed, &folder.hosts(), &mut |_| {}).map_err(|error| estate_failure(&error))?;
    talk.say(&format!(
        "estate built: {} files, {} at the source",
        count(source_files(&estate)),
        bytes(estate.expected.bytes)
    ));
    Ok(estate)
}

/// Every file of the source, those with odd names included.
fn source_files(estate: &Estate) -> u64 {
    let expected = &estate.expected;
    expected.content_files + expected.package_files + expected.unexpected_names.len() as u64
}

fn estate_failure(error: &BuildError) -> Failure {
    Failure::new(Exit::Failed, "the estate cannot be built")
        .because(error)
        .hint("Choose an empty folder with enough space: --dir DIR.")
}

/// Carries a server's run out on the estate, from where it stands.
fn carry_out_there(
    folder: &Folder,
    role: Role,
    talk: Talk,
    crash_at: Option<u64>,
) -> Result<(Done, u64), Failure> {
    let loaded = config::load(&folder.plan(role))?;
    let stop = Stop::default();
    stop.listen(talk)
        .map_err(|error| Failure::new(Exit::Failed, "cannot listen for Ctrl-C").because(&error))?;
    let boundaries = Arc::new(Counting::new(crash_at));
    let toolboxes = Toolboxes::load(folder)?;
    let request = Request {
        loaded,
        journal: folder.journal(role),
        keys: folder.keys(role),
        show_key: false,
        scope: Scope::Everything,
        read_back: true,
        recheck: false,
        tools: toolboxes.map_or_else(|| Ok(Tools::of_system()), |toolboxes| toolboxes.tools(role))?,
        stop,
        talk,
        boundaries: Arc::clone(&boundaries) as Arc<_>,
    };
    let done = carry_out(&request)?;
    Ok((done, boundaries.count()))
}

/// Lets a child process crash at a boundary. Says whether it did: there may be fewer boundaries.
fn crash(args: &Args, at: u64, folder: &Folder, talk: Talk) -> Result<bool, Failure> {
    let failed = |error: std::io::Error| {
        Failure::new(Exit::Failed, "the process that crashes cannot be started").because(&error)
    };
    let program = std::env::current_exe().map_err(failed)?;
    let status = Command::new(program)
        .args(["rehearse", "--victim", "--crash-at", &at.to_string(), "--scenario", &args.scenario])
        .args(["--crash-in", args.crash_in.role().word(), "--dir"])
        .arg(folder.root())
        .args(talk.json.then_some("--json"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()
        .map_err(failed)?;
    // An ended run has an exit code of ours; a crash has a signal or the system's own code.
    let ours = status.code().is_some_and(|code| (0..=i32::from(Exit::JournalDamaged.code())).contains(&code));
    talk.say(&if ours {
        format!("the run ended before boundary {at}: nothing crashed")
    } else {
        format!("crashed at boundary {at}; resuming")
    });
    Ok(!ours)
}

fn section(args: &Args, scenario: &Scenario, crashed: bool, boundaries: u64) -> Section {
    let figure = |key, label: &str, value: Value| Figure { key, label: label.to_owned(), value };
    Section {
        key: "rehearsal",
        title: "Rehearsal".to_owned(),
        figures: vec![
            figure("scenario", "Scenario", scenario.name.as_str().into()),
            figure("seed", "Seed", args.seed.into()),
            figure("crashed", "Crashed on the way", if crashed { "yes" } else { "no" }.into()),
            figure("boundaries", "Durable boundaries of the last run", boundaries.into()),
        ],
        tables: Vec::new(),
        notes: COVERS.map(str::to_owned).to_vec(),
    }
}

/// Ends the rehearsal with the audit report, and where to look.
fn answer(report: Report, done: &Done, folder: &Folder, estate: &Estate, talk: Talk) -> Answer {
    let journal = folder.journal(Role::Destination);
    talk.say("");
    talk.say(&format!("compare:  {}", estate.source.display()));
    talk.say(&format!("     and  {}", estate.destination.display()));
    talk.say(&format!("look at:  wsusmigrate journal log --journal {}", journal.display()));
    talk.say(&format!("          wsusmigrate journal verify --journal {}", journal.display()));
    talk.say(&format!("          wsusmigrate rollback --journal {}", journal.display()));
    let next = "wsusmigrate init --source DIR --destination DIR   (the same for your own folders)";
    Answer::well(Body::Report(Box::new(report))).exit(done.exit()).next(next)
}
