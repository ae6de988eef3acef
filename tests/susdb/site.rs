//! Two servers with a migration between them, carried out command by command.

use std::process::Output;
use std::time::{Duration, Instant};

use wsusmigrate_fixtures::Scenario;
use wsusmigrate_fixtures::sql::tds::Cut;
use wsusmigrate_tests::{Console, History, Servers, World};

/// The program under test.
const PROGRAM: &str = env!("CARGO_BIN_EXE_wsusmigrate-tested");
/// More runs than that, and a migration does not come to its end.
const RUNS_MAX: usize = 200;

/// Whether the whole campaign was asked for, not a sample.
pub(crate) fn full_campaign() -> bool {
    std::env::var_os("CAMPAIGN").is_some_and(|value| value == "full")
}

/// Two servers in a world of their own.
pub(crate) struct Site {
    pub(crate) world: World,
    pub(crate) servers: Servers,
    /// Everything the program said.
    pub(crate) said: Vec<u8>,
    /// Others who are at the engines meanwhile.
    pub(crate) guests: Vec<Console>,
}

impl Site {
    pub(crate) fn new(scenario: &Scenario, cut: Option<&Cut>, encryption: Option<&str>) -> Self {
        let world = World::new(PROGRAM);
        let servers = Servers::start_with(scenario, &world, cut, encryption).expect("two servers");
        Self { world, servers, said: Vec::new(), guests: Vec::new() }
    }

    /// Runs a command on the server one is at.
    pub(crate) fn ask(&mut self, args: &[&str]) -> Output {
        let ran = self.servers.at(self.world.command(args)).output().expect("the program under test");
        self.said.extend([&ran.stdout[..], &ran.stderr[..]].concat());
        ran
    }

    /// The journal of a server: `old` or `new`.
    pub(crate) fn history(&self, server: &str) -> History {
        History::verified(&self.world.path(server).join("m.journal"))
    }

    /// Runs a server's part until it is complete; each run has to end within `limit`, with an exit code that says that it
    /// may be run again. Says how many runs it took.
    pub(crate) fn run_to_the_end(&mut self, server: &str, limit: Duration) -> usize {
        self.run_to_the_end_watched(server, limit, &mut || {})
    }

    /// The same; `ended` is called as soon as a run has ended. What one run recorded stands in front of what the next one
    /// did.
    pub(crate) fn run_to_the_end_watched(
        &mut self,
        server: &str,
        limit: Duration,
        ended: &mut dyn FnMut(),
    ) -> usize {
        self.servers.go(server);
        let journal = self.world.path(server).join("m.journal");
        let mut recorded = History::look(&journal).map_or_else(Vec::new, |history| history.events().to_vec());
        for runs in 1..=RUNS_MAX {
            let began = Instant::now();
            let ran = self.ask(&["run"]);
            ended();
            assert!(began.elapsed() < limit, "a run took {:?}", began.elapsed());
            let told = String::from_utf8_lossy(&ran.stderr);
            // Nothing is lost, whatever was cut: every record is there, and the history is legal.
            let history = self.history(server);
            assert!(history.events().starts_with(&recorded), "{server}: events are gone");
            recorded = history.events().to_vec();
            match ran.status.code() {
                Some(0) => return runs,
                Some(1 | 3) => {}
                other => panic!("{server}: exit code {other:?}: {told}"),
            }
        }
        panic!("{server}: not complete after {RUNS_MAX} runs: {}", String::from_utf8_lossy(&self.said));
    }

    /// Hands over, and approves.
    pub(crate) fn hand_over(&mut self) {
        self.import();
        let ran = self.ask(&["plan", "--approve", "--ticket", "CHG-1"]);
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    }

    /// Hands the source's journal over.
    pub(crate) fn import(&mut self) {
        self.servers.go("old");
        let bundle = "../hosts/store/source.tar";
        let told = self.ask(&["journal", "export", "--bundle", bundle, "--json"]);
        let told: serde_json::Value = serde_json::from_slice(&told.stdout).expect("JSON");
        let key = told["key"].as_str().expect("a fingerprint").to_owned();
        self.servers.go("new");
        for args in [
            // The first run makes the journal; it stops, for it knows of no source.
            &["run"][..],
            &["journal", "import", bundle, "--key", &key],
        ] {
            let ran = self.ask(args);
            let told = String::from_utf8_lossy(&ran.stderr);
            assert!(args == ["run"] || ran.status.success(), "{args:?}: {told}");
        }
    }
}
