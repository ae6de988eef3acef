//! The content step: copy, what the journal costs, read-back, resume.

mod copy;
mod migration;
mod read_back;
mod resume;

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use crate::args;
use crate::cache::Cache;
use crate::error::BenchError;
use crate::machine::{self, Machine};
use crate::report::Report;
use crate::series::{Series, clear, make_room, remove};
use crate::tree::Tree;
use copy::{Cp, Engine, Ours, Rsync};

/// How many times as long the peers must take.
const LARGE_MIX_MIN: f64 = 2.0;
const SMALL_FILES_MIN: f64 = 1.2;
const READ_BACK_MIN: f64 = 3.0;
/// The engine by itself, against the engine with the journal: the journal costs at most 5 %.
const JOURNAL_MIN: f64 = 1.0 / 1.05;
/// From "go on" to "nothing to do".
const RESUME_SECONDS_MAX: f64 = 3.0;

const BOTH: [Cache; 2] = [Cache::Cold, Cache::Warm];

/// Measures what was asked for and tells it.
pub(crate) fn run(args: &args::Content) -> Result<(), BenchError> {
    fs::create_dir_all(&args.dir).map_err(BenchError::file("create", &args.dir))?;
    let dir = args.dir.canonicalize().map_err(BenchError::file("find", &args.dir))?;
    let args = &args::Content { dir, ..args.clone() };
    let machine = Machine::look(&args.dir, machine::tools()?);
    clear(&copies(args))?; // what a run that was cut off left
    let mut report = Report { machine, quick: args.quick, pairs: args.pairs(), measured: Vec::new() };
    // The large mix comes last: it is the one that may have to remove what was copied before.
    small_files(args, &mut report)?;
    resume(args, &mut report)?;
    large_mix(args, &mut report)?;
    remove(&copies(args))?;
    println!("{}", report.table());
    Ok(())
}

fn small_files(args: &args::Content, report: &mut Report) -> Result<(), BenchError> {
    let names = ["copy-small", "journal-small", "read-back-small"];
    if names.iter().any(|name| args.wants(name)) {
        whole_step(args, &Tree::small_files(&args.dir, args.quick)?, names, SMALL_FILES_MIN, report)?;
    }
    Ok(())
}

fn large_mix(args: &args::Content, report: &mut Report) -> Result<(), BenchError> {
    let names = ["copy-large", "journal-large", "read-back-large"];
    if names.iter().any(|name| args.wants(name)) {
        whole_step(args, &Tree::large_mix(&args.dir, args.quick)?, names, LARGE_MIX_MIN, report)?;
    }
    Ok(())
}

/// Copy, what the journal costs of it, read-back.
fn whole_step(
    args: &args::Content,
    tree: &Tree,
    [copy, journal, read_back]: [&'static str; 3],
    copy_min: f64,
    report: &mut Report,
) -> Result<(), BenchError> {
    let (ours, rsync, cp, engine) = (Ours { args, tree }, Rsync { tree }, Cp { tree }, Engine { tree });
    let series = |name, cache, peers| Series {
        name,
        tree,
        cached: vec![tree.root.clone()],
        cache,
        ours: &ours,
        peers,
        seconds_max: None,
    };
    for cache in BOTH {
        measure(args, &series(copy, cache, vec![(&rsync, copy_min), (&cp, copy_min)]), report)?;
    }
    measure(args, &series(journal, Cache::Warm, vec![(&engine, JOURNAL_MIN)]), report)?;
    if args.wants(read_back) {
        let copy = Copy::make(args, tree)?;
        let ours = read_back::Ours { args, copy: &copy.0 };
        let sums = read_back::Sums { tree, copy: &copy.0 };
        let cold = series(read_back, Cache::Cold, vec![(&sums, READ_BACK_MIN)]);
        measure(args, &Series { ours: &ours, cached: vec![copy.0.clone()], ..cold }, report)?;
    }
    Ok(())
}

/// Where copies are made.
fn copies(args: &args::Content) -> PathBuf {
    args.dir.join("copies")
}

/// How long it takes to find that nothing is to be done.
fn resume(args: &args::Content, report: &mut Report) -> Result<(), BenchError> {
    if !args.wants("resume") {
        return Ok(());
    }
    let tree = Tree::huge(&args.dir, args.quick)?;
    let copy = Copy::make(args, &tree)?;
    let ours = resume::Ours { args, copy: &copy.0 };
    for cache in BOTH {
        let series = Series {
            name: "resume",
            tree: &tree,
            cached: vec![tree.root.clone(), copy.0.clone()],
            cache,
            ours: &ours,
            peers: Vec::new(),
            seconds_max: Some(RESUME_SECONDS_MAX),
        };
        measure(args, &series, report)?;
    }
    Ok(())
}

fn measure(args: &args::Content, series: &Series<'_>, report: &mut Report) -> Result<(), BenchError> {
    if !args.wants(series.name) {
        return Ok(());
    }
    report.measured.push(series.measure(&copies(args), args.pairs(), Duration::from_secs(args.patience))?);
    // After each series: whoever has to stop a long run keeps what was measured until then.
    if let Some(file) = &args.json {
        let json = serde_json::to_string_pretty(report)?;
        fs::write(file, json).map_err(BenchError::file("write", file))?;
    }
    Ok(())
}

/// A complete, verified copy with its journal, for series that begin with one.
struct Copy(PathBuf);

impl Copy {
    fn make(args: &args::Content, tree: &Tree) -> Result<Self, BenchError> {
        let dir = copies(args).join(format!("complete-{}", tree.name));
        make_room(&copies(args), tree.bytes)?;
        fs::create_dir_all(&dir).map_err(BenchError::file("create", &dir))?;
        migration::init(args, &tree.root, &dir)?;
        crate::contender::run(migration::command(args, &dir, &["run"])?, &dir)?;
        Ok(Self(dir))
    }
}
