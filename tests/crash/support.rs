//! A run of the program on an estate, started, watched and ended from outside.

use std::path::PathBuf;
use std::process::{Child, ExitStatus, Stdio};

use wsusmigrate_core::event::Event;
use wsusmigrate_fixtures::{Estate, Scenario, build};
use wsusmigrate_tests::{History, World, wait_until};

/// The program under test.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_wsusmigrate-tested");

/// Whether the whole campaign was asked for, not a sample.
pub(crate) fn full_campaign() -> bool {
    std::env::var_os("CAMPAIGN").is_some_and(|value| value == "full")
}

/// An estate with a plan for it, in a world of its own.
pub(crate) struct Site {
    pub(crate) world: World,
    pub(crate) estate: Estate,
}

impl Site {
    /// Builds an estate; `limit` is a line of the plan's `[content]` that keeps a run going on long enough, or nothing.
    pub(crate) fn build(scenario: &str, seed: u64, limit: &str) -> Self {
        let world = World::new(PROGRAM);
        let scenario = Scenario::named(scenario).expect("a scenario");
        let estate = build(&scenario, seed, &world.path("hosts"), &mut |_| {}).expect("an estate");
        let site = Self { world, estate };
        site.plan(limit);
        site
    }

    /// Writes the plan; a later one may have another limit.
    pub(crate) fn plan(&self, limit: &str) {
        let plan = format!(
            "[migration]\nname = 'm'\n[content]\nsource = '{}'\ndestination = '{}'\n{limit}\n",
            self.estate.source.display(),
            self.estate.destination.display()
        );
        std::fs::write(self.world.path("migration.toml"), plan).expect("the plan");
    }

    pub(crate) fn journal(&self) -> PathBuf {
        self.world.path("m.journal")
    }

    /// Starts a run. What it says is thrown away: the journal is what counts.
    pub(crate) fn start(&self) -> Child {
        let mut run = self.world.command(["run"]);
        run.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("a run")
    }

    /// Runs a command to its end: exit code, standard output, standard error.
    pub(crate) fn ask(&self, args: &[&str]) -> (Option<i32>, String, String) {
        let ran = self.world.command(args).output().expect("a command");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (ran.status.code(), text(&ran.stdout), text(&ran.stderr))
    }

    /// Waits until the journal holds `count` events of a name, while `run` goes on. Says how the run ended if it
    /// ended before.
    pub(crate) fn watch(&self, run: &mut Child, name: &str, count: usize) -> Result<(), ExitStatus> {
        wait_until(&format!("{count} x {name}"), || {
            let seen = History::look(&self.journal()).map_or(0, |history| history.count(name));
            if seen >= count {
                return Some(Ok(()));
            }
            run.try_wait().expect("the run").map(Err)
        })
    }
}

/// The last event of a history.
pub(crate) fn last(history: &History) -> &'static str {
    history.events().last().map_or("", |event| Event::kind(event).name())
}
