//! Goal: a run that the checks stop begins nothing, and does not leave the source's services as a run left them that was
//! killed while they were at rest.
//!
//! Method: the program is killed in the middle of a backup, then the folder of the backups is taken away; the next run is
//! stopped by a check, and the services run. With the folder back the source comes to its end.

use std::fs;
use std::process::Stdio;

use wsusmigrate_core::event::database::Operation;
use wsusmigrate_core::event::{DatabaseEvent, Event};
use wsusmigrate_fixtures::Scenario;
use wsusmigrate_fixtures::sql::instance::Pace;
use wsusmigrate_fixtures::tools::{StartType, State};
use wsusmigrate_tests::{History, wait_until};

use crate::secrets::RUN_MAX;
use crate::site::Site;

/// Operations a journal says were begun.
fn begun(history: &History) -> Vec<Operation> {
    let begun = history.events().iter().filter_map(|event| match event {
        Event::Database(DatabaseEvent::OperationStarted(started)) => Some(started.operation),
        _ => None,
    });
    begun.collect()
}

fn serves(site: &Site) -> bool {
    let state = site.servers.host().state().expect("the server's state");
    let is_up = |name: &str| {
        let service = state.services[name];
        service.state == State::Running && service.start_type == StartType::Automatic
    };
    is_up("WsusService") && is_up("W3SVC")
}

#[test]
fn a_check_that_stops_does_not_leave_production_at_rest() {
    let mut scenario = Scenario::named("tiny").expect("a scenario");
    let source = &mut scenario.database.as_mut().expect("engines").source;
    source.pace = Pace { step_bytes: 131_072, delay_ms: 300 };
    let mut site = Site::new(&scenario, None, None);
    site.servers.go("old");
    let (journal, plan) = (site.world.path("old/m.journal"), site.world.path("old/migration.toml"));
    let text = fs::read_to_string(&plan).expect("the plan");
    fs::write(&plan, text.replace("store =", "quiesce = true\nstore =")).expect("the plan");

    let mut run = site.servers.at(site.world.command(["run"]));
    let mut child = run.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program under test");
    wait_until("a backup that goes on", || {
        History::look(&journal).filter(|history| begun(history).contains(&Operation::BackUp))
    });
    child.kill().expect("the run");
    child.wait().expect("the run");
    assert!(!serves(&site), "the source was not at rest");

    let (folder, away) = (site.world.path("hosts/source/C/Backup"), site.world.path("away"));
    fs::rename(&folder, &away).expect("the folder of the backups");
    let before = begun(&site.history("old")).len();
    let ran = site.ask(&["run"]);
    let told = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert_eq!(ran.status.code(), Some(3), "{told}");
    assert!(serves(&site), "{told}");
    assert_eq!(begun(&site.history("old"))[before..], [Operation::Resume], "{told}");

    // Once more it is stopped, and nothing is owed.
    let ran = site.ask(&["run"]);
    assert_eq!((ran.status.code(), begun(&site.history("old")).len()), (Some(3), before + 1));
    fs::rename(&away, &folder).expect("the folder of the backups");
    site.run_to_the_end("old", RUN_MAX);
    assert!(serves(&site));
}
