//! What a rehearsal left, in the terms in which two of them are compared.

use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;
use wsusmigrate_tests::{History, World, differences};

use crate::support::PROGRAM;

/// A rehearsal that ended.
pub(crate) struct Rehearsal {
    pub(crate) world: World,
    /// The `totals` section of its audit report, without the paths of its folder.
    pub(crate) totals: Value,
    /// What it says about the way back: what to undo and what is lost, then the files, brought or overwritten; without
    /// record numbers and times, and without what a crash leaves to clean up.
    pub(crate) way_back: Vec<Value>,
    /// How it ended: 0, or 1 where the estate holds what cannot come over.
    pub(crate) code: Option<i32>,
    /// What it told people.
    told: String,
    /// Durable boundaries of its last run.
    pub(crate) boundaries: u64,
    pub(crate) crashed: bool,
    pub(crate) history: History,
}

impl Rehearsal {
    /// Rehearses; crashes once for each boundary that is given, in the run that resumes after the one before.
    pub(crate) fn of(scenario: &str, crash_at: &[u64]) -> Self {
        Self::crashed_in("destination", scenario, crash_at)
    }

    /// The same, with the crashes in the run of a server: `source` or `destination`.
    pub(crate) fn crashed_in(server: &str, scenario: &str, crash_at: &[u64]) -> Self {
        let world = World::new(PROGRAM);
        let mut rehearse = world.command(["rehearse", "--json", "--dir", "r", "--scenario", scenario]);
        rehearse.args(["--crash-in", server]);
        for at in crash_at {
            rehearse.args(["--crash-at", &at.to_string()]);
        }
        let ran = rehearse.output().expect("a rehearsal");
        let told = String::from_utf8_lossy(&ran.stderr);
        assert!(matches!(ran.status.code(), Some(0 | 1 | 3)), "--crash-at {crash_at:?}: {told}");
        let report: Value = serde_json::from_slice(&ran.stdout).expect("a report in JSON");
        let figure = |key| {
            section(&report, "rehearsal").iter().find(|it| it["key"] == key).map(|it| it["value"].clone())
        };
        let journal = world.path("r/journal");
        Self {
            totals: section(&report, "totals")
                .iter()
                .filter(|it| it["key"] != "source" && it["key"] != "destination")
                .cloned()
                .collect(),
            boundaries: figure("boundaries")
                .and_then(|value| value.as_u64())
                .expect("a number of boundaries"),
            way_back: way_back(&world),
            code: ran.status.code(),
            told: told.into_owned(),
            crashed: figure("crashed").is_some_and(|value| value == "yes"),
            history: History::verified(&journal),
            world,
        }
    }

    /// The destination's content root.
    pub(crate) fn destination(&self) -> std::path::PathBuf {
        self.world.path("r/hosts/destination/WSUS")
    }

    /// Compares with an uninterrupted rehearsal: destination, totals, and that nothing was copied twice.
    pub(crate) fn equals(&self, uninterrupted: &Self) -> Result<(), String> {
        let mut wrong = differences(&uninterrupted.destination(), &self.destination());
        if self.totals != uninterrupted.totals {
            wrong.push(format!("other totals: {:#} instead of {:#}", self.totals, uninterrupted.totals));
        }
        if self.way_back != uninterrupted.way_back {
            wrong.push(format!(
                "another way back: {:#?} instead of {:#?}",
                self.way_back, uninterrupted.way_back
            ));
        }
        if self.code != uninterrupted.code {
            let (is, was) = (self.code, uninterrupted.code);
            wrong.push(format!("exit code {is:?} instead of {was:?}: {}", self.told));
        }
        wrong.extend(self.history.copied_twice());
        if self.history.in_place() != uninterrupted.history.in_place() {
            wrong.push("other files recorded as in place".to_owned());
        }
        wrong.extend(self.crash_is_told());
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
    }

    /// A crash between a run's start and its end is found and said.
    fn crash_is_told(&self) -> Option<String> {
        let found = self.history.count("run.interruption-found");
        let started = self.history.count("run.started");
        let finished = self.history.count("run.finished");
        (started != finished + found)
            .then(|| format!("{started} runs started, {finished} finished, {found} interrupted"))
    }
}

/// What `rollback` and `rollback --files` say, in the terms in which two rehearsals are the same.
fn way_back(world: &World) -> Vec<Value> {
    let ask = |args: &[&str]| {
        let asked = [&["rollback", "--json", "--journal", "r/journal"], args].concat();
        let told = world.command(asked).output().expect("the way back");
        assert_eq!(told.status.code(), Some(0), "{}", String::from_utf8_lossy(&told.stderr));
        String::from_utf8(told.stdout).expect("JSON").replace(&*world.root().to_string_lossy(), "[ROOT]")
    };
    let mut guidance: Value = serde_json::from_str(&without_names(&ask(&[]))).expect("guidance in JSON");
    for undo in guidance["actions"].as_array_mut().expect("actions") {
        let undo = undo.as_object_mut().expect("an action");
        undo.retain(|key, _| !["first_seq", "last_seq", "last_time"].contains(&key.as_str()));
        // One that was written before the crash stays beside the one made again, and is told apart from it.
        let conditions = undo.get_mut("preconditions").and_then(Value::as_array_mut).expect("conditions");
        conditions.retain(|met| !met.as_str().is_some_and(|met| met.starts_with(ANOTHER_SAFETY_BACKUP)));
    }
    // A backup or a postinstall that was cut off is made again, and changes no more.
    for kept in guidance["nothing_to_undo"].as_array_mut().expect("a list") {
        if kept["action"] == "write-backup" || kept["action"] == "post-install" {
            kept.as_object_mut().expect("an action").remove("count");
        }
    }
    let tidied = |kept: &Value| kept["action"] == "remove-leftover";
    guidance["nothing_to_undo"].as_array_mut().expect("a list").retain(|kept| !tidied(kept));
    let files = ask(&["--files"]);
    let files = files.lines().map(|line| serde_json::from_str(line).expect("a file in JSON"));
    std::iter::once(guidance).chain(files).collect()
}

/// How the way back begins to say that there is an earlier safety backup too.
const ANOTHER_SAFETY_BACKUP: &str = "not to be mistaken for another safety backup: ";

/// Numbers and times that are new in each rehearsal.
const NAMES: [&str; 5] = [
    "[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}",
    "[0-9A-F]{64}",
    r"\d{4}-\d\d-\d\dT[0-9:.]+Z?",
    r"record \d+",
    // Made again after a crash, the safety backup is another file or another set of the same.
    r"SUSDB-own-\d+-[0-9a-f]{8}|FILE = \d+",
];

/// A text without them.
fn without_names(text: &str) -> String {
    static PATTERN: LazyLock<Regex> = LazyLock::new(|| Regex::new(&NAMES.join("|")).expect("a pattern"));
    PATTERN.replace_all(text, "[NAME]").into_owned()
}

/// The figures of a section.
fn section<'r>(report: &'r Value, key: &str) -> &'r [Value] {
    let sections = report["sections"].as_array().expect("sections");
    let section = sections.iter().find(|section| section["key"] == key).expect("the section");
    section["figures"].as_array().expect("figures")
}

/// The temporary files of the program below a folder.
pub(crate) fn temporaries(root: &Path) -> Vec<String> {
    let files = wsusmigrate_fixtures::digests(root).expect("a folder that can be read");
    files
        .into_iter()
        .map(|file| file.path)
        .filter(|path| path.ends_with(wsusmigrate_fixtures::TEMPORARY_SUFFIX))
        .collect()
}
