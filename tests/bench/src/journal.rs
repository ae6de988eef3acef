//! The journal against those who store the same records: appending, replaying, verifying, opening, disk, growth.
//!
//! ```text
//!  history ─► journal (once) ─┬─► its events, appended again to each contender's new store
//!                             ├─► a copy of its records in each peer's store ─► replay
//!                             └─► replay, verify, open, disk
//! ```

mod append;
mod contest;
mod disk;
mod fill;
mod grow;
mod history;
mod journals;
mod memory;
mod open;
mod peer;
mod replay;
mod report;
mod series;
mod sustain;
pub(crate) mod task;
mod verify;

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use crate::args;
use crate::error::BenchError;
use crate::machine::{self, Machine};
use crate::series::{make_room, remove};
use contest::Contest;
use peer::Kind;
use report::Report;
use task::Task;

/// Names of figures that have goals.
const LAG: &str = "events sled is behind, max";
const MEMORY: &str = "resident memory, MiB, max";

/// How often one record is stored at once: the journal, a copy in each peer's store, and a copy some series makes.
const COPIES: u64 = 7;
/// Bytes a store takes for a record, the largest and the smallest taken together.
const RECORD_BYTES: u64 = 700;

/// Measures what was asked for and tells it.
pub(crate) fn run(args: &args::Journal) -> Result<(), BenchError> {
    fs::create_dir_all(&args.dir).map_err(BenchError::file("create", &args.dir))?;
    let dir = args.dir.canonicalize().map_err(BenchError::file("find", &args.dir))?;
    let bench = Bench { args, runs: dir.join("journal-runs"), stores: dir.join("journal-stores") };
    remove(&bench.runs)?; // what a run that was cut off left
    if !args.keep {
        remove(&bench.stores)?;
    }
    make_room(&bench.runs, args.events * RECORD_BYTES * COPIES)?;
    let machine =
        Machine::look(&dir, machine::libraries(&["rusqlite", "libsqlite3-sys", "redb", "fjall", "sled"]));
    let mut report = Report { machine, pairs: args.pairs(), events: args.events, measured: Vec::new() };
    for contest in series::all(&bench) {
        bench.measure(&contest, &mut report)?;
    }
    remove(&bench.runs)?;
    if !args.keep {
        remove(&bench.stores)?;
    }
    println!("{}", report.table());
    Ok(())
}

/// Where things are made, and what has been made already.
struct Bench<'a> {
    args: &'a args::Journal,
    /// A new folder for each run.
    runs: PathBuf,
    /// The journal that is read, and its copies.
    stores: PathBuf,
}

impl Bench<'_> {
    fn measure(&self, contest: &Contest<'_>, report: &mut Report) -> Result<(), BenchError> {
        if !self.args.wants(contest.name) {
            return Ok(());
        }
        let patience = Duration::from_secs(self.args.patience);
        report.measured.push(contest.measure(&self.runs, self.args.pairs(), patience)?);
        remove(&self.runs)?;
        // After each series: whoever has to stop a long run keeps what was measured until then.
        if let Some(file) = &self.args.json {
            let json = serde_json::to_string_pretty(report)?;
            fs::write(file, json).map_err(BenchError::file("write", file))?;
        }
        Ok(())
    }

    /// Where the journal stands that everything is measured with.
    fn place(&self) -> Result<PathBuf, BenchError> {
        let events = self.args.events;
        self.made("journal", |place| Task::Generate { place, events })
    }

    /// The folder of what a contender reads: the journal itself, or a copy of its records.
    fn store(&self, kind: Kind) -> Result<PathBuf, BenchError> {
        let journal = journals::dir(&self.place()?);
        match kind {
            Kind::Journal => Ok(journal),
            kind => self.made(&format!("{kind:?}"), |dir| Task::Fill { kind, journal, dir }),
        }
    }

    /// Makes something once. It gets its name when it is whole.
    fn made(&self, name: &str, task: impl FnOnce(PathBuf) -> Task) -> Result<PathBuf, BenchError> {
        let name = format!("{}-{}", name.to_lowercase(), self.args.events);
        let (whole, part) = (self.stores.join(&name), self.stores.join(format!("{name}.part")));
        if !whole.exists() {
            remove(&part)?;
            fs::create_dir_all(&part).map_err(BenchError::file("create", &part))?;
            let answer = task(part.clone()).ask()?;
            eprintln!("{name}: made in {:.1} s", answer.seconds);
            fs::rename(&part, &whole).map_err(BenchError::file("rename", &part))?;
        }
        Ok(whole)
    }
}
