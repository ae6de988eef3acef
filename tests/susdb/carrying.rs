//! Goal: a migration store that goes away while SUSDB is backed up costs the carrying and nothing else.
//!
//! Method: the store is taken away as soon as the program says that it verifies the backup, and is there again for the next run.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use wsusmigrate_core::event::database::Operation;
use wsusmigrate_core::event::{DatabaseEvent, Event};
use wsusmigrate_fixtures::Scenario;
use wsusmigrate_fixtures::sql::instance::Pace;

use crate::site::Site;

fn begun(site: &Site) -> Vec<Operation> {
    let begun = |event: &Event| match event {
        Event::Database(DatabaseEvent::OperationStarted(begun)) => Some(begun.operation),
        _ => None,
    };
    site.history("old").events().iter().filter_map(begun).collect()
}

#[test]
fn a_store_that_goes_away_costs_no_second_backup() {
    let mut scenario = Scenario::named("tiny").expect("a scenario");
    let database = scenario.database.as_mut().expect("engines");
    // Verifying takes longer than taking a folder away.
    database.source.pace = Pace { step_bytes: 1 << 16, delay_ms: 20 };
    let mut site = Site::new(&scenario, None, None);
    site.servers.go("old");
    let (store, away) = (site.world.path("hosts/store"), site.world.path("hosts/away"));

    let mut run = site.world.command(["run"]);
    run.stdout(Stdio::null()).stderr(Stdio::piped());
    let mut run = site.servers.at(run).spawn().expect("a run");
    let mut said = BufReader::new(run.stderr.take().expect("what it says")).lines();
    let verifies = said.any(|line| line.expect("a line").starts_with("verify-backup …"));
    assert!(verifies, "it says nothing of verifying");
    fs::rename(&store, &away).expect("a store to take away");
    let mut rest = Vec::new();
    said.for_each(|line| rest.push(line.expect("a line")));
    assert_eq!(run.wait().expect("a run").code(), Some(1), "{rest:?}");
    let first = [
        Operation::ProveFolder,
        Operation::CheckSource,
        Operation::BackUp,
        Operation::VerifyBackup,
        Operation::Deliver,
    ];
    assert_eq!(begun(&site), first, "{rest:?}");

    // Still away: told before anything is begun.
    assert_eq!(site.ask(&["run"]).status.code(), Some(3));
    assert_eq!(begun(&site), first);

    fs::rename(&away, &store).expect("a store to bring back");
    assert_eq!(site.ask(&["run"]).status.code(), Some(0));
    assert_eq!(begun(&site)[first.len()..], [Operation::Deliver]);

    // Handed over, the store may be carried away for good.
    fs::rename(&store, &away).expect("a store to carry away");
    assert_eq!(site.ask(&["run"]).status.code(), Some(0));
    assert_eq!(begun(&site).len(), first.len() + 1);
}
