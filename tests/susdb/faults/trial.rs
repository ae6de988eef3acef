//! One planted fault, from the plan to the end of the migration.

use std::time::Duration;

use wsusmigrate_fixtures::sql::instance::SqlFaults;
use wsusmigrate_fixtures::tools::{StartType, State};
use wsusmigrate_fixtures::{Database, Scenario};
use wsusmigrate_tests::{Console, History, Standing};

use crate::site::Site;

/// What a run may take.
const RUN_MAX: Duration = Duration::from_mins(1);
/// Computers of the source's SUSDB: what tells it from a freshly installed one.
const COMPUTERS: &str = "25";

/// What `wsusutil` says where it did everything and reports a failure.
const TOOL_LIED: &str = "Fatal Error: The operation has timed out.";

/// A planted fault, and what has to come of it.
pub(super) struct Trial {
    pub(super) name: &'static str,
    /// The server it happens on: `old` or `new`.
    pub(super) at: &'static str,
    /// What is different about the engines from the start.
    pub(super) engines: fn(&mut Database),
    /// Plants it, once everything before it is done.
    pub(super) plant: fn(&mut Site),
    /// How the run ends.
    pub(super) code: i32,
    /// What the operator reads.
    pub(super) says: &'static [&'static str],
    /// How the server stands then.
    pub(super) left: Left,
    /// What else has to be so then.
    pub(super) proves: fn(&Site, &History) -> Result<(), String>,
    /// Mends it.
    pub(super) mend: fn(&mut Site),
    /// How the next run ends, and how the server stands.
    pub(super) resumes: i32,
    pub(super) ends: Left,
}

/// How a server stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Left {
    pub(super) susdb: Susdb,
    /// `user_access_desc`; empty where there is no SUSDB.
    pub(super) access: &'static str,
    pub(super) services: Services,
}

/// Which SUSDB is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Susdb {
    None,
    /// The one of the role's installation.
    Fresh,
    /// The source's.
    Full,
}

/// Its services.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Services {
    /// They run, and start with the system.
    Up,
    /// They are stopped, and start by hand only.
    Down,
    Mixed,
}

/// The old server as it always is; the new one at the end.
pub(super) const FULL_UP: Left = Left { susdb: Susdb::Full, access: "MULTI_USER", services: Services::Up };
/// The source's SUSDB is there, the services wait for postinstall.
pub(super) const FULL_DOWN: Left = Left { services: Services::Down, ..FULL_UP };
/// The new server before anything was touched.
pub(super) const FRESH_UP: Left = Left { susdb: Susdb::Fresh, ..FULL_UP };
/// Its services are stopped, its SUSDB is there.
pub(super) const FRESH_DOWN: Left = Left { services: Services::Down, ..FRESH_UP };
/// Between drop and restore.
pub(super) const NONE_DOWN: Left = Left { susdb: Susdb::None, access: "", services: Services::Down };

/// A trial in which nothing goes wrong: what others differ from.
pub(super) const UNDISTURBED: Trial = Trial {
    name: "undisturbed",
    at: "new",
    engines: |_| {},
    plant: |_| {},
    code: 0,
    says: &[],
    left: FULL_UP,
    proves: |_, _| Ok(()),
    mend: |site| fault(site, SqlFaults::default()),
    resumes: 0,
    ends: FULL_UP,
};

/// Says what goes wrong with the engine of the server one is at, in the place of what was said before.
pub(super) fn fault(site: &Site, faults: SqlFaults) {
    site.servers.instance().set_faults(faults);
}

/// Demands something of a trial.
pub(super) fn demand(holds: bool, what: impl Into<String>) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what.into()) }
}

impl Trial {
    /// Carries it out: what went otherwise than it says.
    pub(super) fn carry_out(&self) -> Vec<String> {
        let mut scenario = Scenario::named("tiny").expect("a scenario");
        (self.engines)(scenario.database.as_mut().expect("engines"));
        let mut site = Site::new(&scenario, None, None);
        if self.at == "new" {
            site.run_to_the_end("old", RUN_MAX);
            site.hand_over();
        }
        site.servers.go(self.at);
        (self.plant)(&mut site);
        let mut wrong = self.run(&mut site, "the run", self.code, self.left);
        let told = String::from_utf8_lossy(&site.said).into_owned();
        let missing = self.says.iter().filter(|words| !told.contains(**words));
        wrong.extend(missing.map(|words| format!("nobody said {words:?}:\n{told}")));
        wrong.extend((self.proves)(&site, &site.history(self.at)).err());
        (self.mend)(&mut site);
        site.said.clear();
        wrong.extend(self.run(&mut site, "the next run", self.resumes, self.ends));
        if self.at == "new" && self.ends == FULL_UP {
            wrong.extend(crimes(site, self.drops()));
        }
        wrong
    }

    /// Whether there is a SUSDB to drop.
    fn drops(&self) -> bool {
        let mut scenario = Scenario::named("tiny").expect("a scenario");
        let database = scenario.database.as_mut().expect("engines");
        (self.engines)(database);
        database.destination.has_susdb
    }

    fn run(&self, site: &mut Site, what: &str, code: i32, left: Left) -> Vec<String> {
        site.said.clear();
        let ran = site.ask(&["run"]);
        let told = String::from_utf8_lossy(&ran.stderr).into_owned();
        let mut wrong = Vec::new();
        if ran.status.code() != Some(code) {
            wrong.push(format!("{what} ended with {:?}, not {code}:\n{told}", ran.status.code()));
        }
        let stands = stands(site);
        if stands != left {
            wrong.push(format!("{what} left {stands:?}, not {left:?}:\n{told}"));
        }
        // Legal and whole, however it ended.
        let _ = site.history(self.at);
        wrong
    }
}

/// How the server one is at stands, whatever goes wrong with it meanwhile.
pub(super) fn stands(site: &Site) -> Left {
    let instance = site.servers.instance();
    let faults = instance.faults();
    instance.set_faults(SqlFaults::default());
    let mut console = Console::open(instance, "master");
    let seen = console.does("SELECT state_desc, user_access_desc FROM sys.databases WHERE name = N'SUSDB'");
    let access = match seen.first().map(|row| row[1].as_str()) {
        None => "",
        Some("MULTI_USER") => "MULTI_USER",
        Some("RESTRICTED_USER") => "RESTRICTED_USER",
        Some(_) => "SINGLE_USER",
    };
    let susdb = match seen.first().map(|row| row[0].as_str()) {
        None => Susdb::None,
        Some("ONLINE") => {
            let computers = console.does("SELECT COUNT(*) FROM [SUSDB].[dbo].[tbComputerTarget]");
            if computers[0][0] == COMPUTERS { Susdb::Full } else { Susdb::Fresh }
        }
        Some(other) => panic!("SUSDB is {other}"),
    };
    instance.set_faults(faults);
    Left { susdb, access, services: services(site) }
}

fn services(site: &Site) -> Services {
    let host = site.servers.host().state().expect("the server's state");
    let of_wsus = [host.services["WsusService"], host.app_pools["WsusPool"]];
    let all = |state, start| of_wsus.iter().all(|it| it.state == state && it.start_type == start);
    match () {
        () if all(State::Running, StartType::Automatic) => Services::Up,
        () if all(State::Stopped, StartType::Manual) => Services::Down,
        () => Services::Mixed,
    }
}

/// What the instance's diary and the tools' logs hold against the migration.
fn crimes(site: Site, drops: bool) -> Vec<String> {
    let hosts = site.world.path("hosts");
    let Site { world, servers, .. } = site;
    drop(servers);
    let crimes = Standing::of(&hosts).crimes();
    drop(world);
    // A tool that lies has its own words for it, and none of them is that there is no SUSDB.
    let is_one = |crime: &String| (drops || !crime.starts_with("dropped 0")) && !crime.contains(TOOL_LIED);
    crimes.into_iter().filter(is_one).collect()
}
