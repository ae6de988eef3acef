//! Goal: wherever a migration of SUSDB is cut off, on either server, the next run brings it to the end an uninterrupted one
//! would have had: the same rows, the same services, exit code 0. No restored SUSDB is ever dropped or restored over, and
//! postinstall never runs without one.
//!
//! Method: `rehearse --crash-at N` at boundaries of the database step. What really became of databases the instance wrote
//! into a diary of its own; rows are read from the databases' files. `CAMPAIGN=full` takes every boundary of the run, an
//! ordinary test run those around each operation, and around what destroys.

mod boundary;

use boundary::boundaries;

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use wsusmigrate_core::event::database::Operation;
use wsusmigrate_tests::{History, Standing};

use crate::every_boundary::on_threads;
use crate::ledger::Rehearsal;
use crate::support::full_campaign;
use crate::susdb::boundary::Boundary;

/// In whose run a crash happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Server {
    Source,
    Destination,
}

impl Server {
    const fn word(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Destination => "destination",
        }
    }

    /// Where its journal is.
    const fn journal(self) -> &'static str {
        match self {
            Self::Source => "r/source/journal",
            Self::Destination => "r/journal",
        }
    }
}

#[test]
fn the_destination_at_boundaries() {
    // After one crash or another: what was cut off is told from what was not begun, and from what was done.
    let traces = [
        "run.interruption-found",
        "database.operation-reconciled",
        "probe happened",
        "probe not",
        "probe partly",
    ];
    enumerate("tiny", Server::Destination, is_around_what_destroys, &traces);
}

#[test]
fn the_source_at_boundaries() {
    enumerate(
        "tiny",
        Server::Source,
        is_around_an_operation,
        &["database.operation-reconciled", "probe happened"],
    );
}

#[test]
fn a_restore_whose_connection_was_cut_at_boundaries() {
    let restoring = |boundary: &Boundary| {
        boundary.operation == Some(Operation::Restore) && is_around_an_operation(boundary)
    };
    enumerate("cut-mid-restore", Server::Destination, restoring, &["probe happened"]);
}

#[test]
fn what_postinstall_woke_at_boundaries() {
    let sleeping = |boundary: &Boundary| {
        let rests = [Operation::PostInstall, Operation::StopServices, Operation::Sleep];
        boundary.operation.is_some_and(|it| rests.contains(&it)) && is_around_an_operation(boundary)
    };
    enumerate("sleepless", Server::Destination, sleeping, &["database.operation-reconciled", "probe not"]);
}

/// `wsusutil` does nothing before it is written down: wherever a run ends before that, or right behind it, the next run's is the
/// only one that ever worked.
#[test]
fn a_postinstall_that_was_never_let_go() {
    let holding = |boundary: &Boundary| ["held", "database.child-started"].contains(&boundary.what);
    let uninterrupted = Rehearsal::of("tiny", &[]);
    let history = History::verified(&uninterrupted.world.path("r/journal"));
    let mut wanted = boundaries(&history, Some(uninterrupted.boundaries));
    wanted.retain(holding);
    assert_eq!(wanted.len(), 2);
    for boundary in wanted {
        let rehearsal = Rehearsal::crashed_in("destination", "tiny", &[boundary.at]);
        assert!(rehearsal.crashed, "{boundary:?}");
        let begun = History::verified(&rehearsal.world.path("r/journal")).count("database.child-started");
        assert_eq!(begun, 1 + usize::from(boundary.what != "held"), "{boundary:?}");
        let left = Standing::of(&rehearsal.world.path("r/hosts"));
        assert_eq!((left.crimes(), left.postinstalls()), (Vec::new(), 1), "{boundary:?}");
    }
}

/// Services that rest are started again whatever ends the run, and start as they did: `judge` compares their start types too.
#[test]
fn a_source_at_rest_at_boundaries() {
    let resting = |boundary: &Boundary| {
        let of_services = matches!(boundary.operation, Some(Operation::Quiesce | Operation::Resume));
        of_services && is_around_an_operation(boundary) || boundary.what == "database.service-recorded"
    };
    enumerate("quiesced", Server::Source, resting, &["probe happened", "probe not"]);
}

/// A SQL Server with a login of its own, another folder for its files, and nothing to be disregarded.
#[test]
fn a_destination_on_a_sql_server_at_boundaries() {
    let destroying = |boundary: &Boundary| {
        boundary.operation.is_some_and(Operation::is_destructive) && is_around_an_operation(boundary)
    };
    enumerate("wid-to-sql", Server::Destination, destroying, &["probe happened", "probe not"]);
}

/// What surrounds an operation: its intent, its effect, its outcome.
fn is_around_an_operation(boundary: &Boundary) -> bool {
    ["database.operation-started", "acted", "database.operation-finished"].contains(&boundary.what)
}

/// The same; of what destroys, everything that is recorded of it but each question and each word of the server; and between
/// a log of postinstall and the outcome that rests on it.
fn is_around_what_destroys(boundary: &Boundary) -> bool {
    let is_word = ["database.message-received", "database.statement-read"].contains(&boundary.what);
    let destroys = boundary.operation.is_some_and(Operation::is_destructive) && !is_word;
    let is_kept = boundary.what == "database.evidence-kept";
    is_around_an_operation(boundary) && boundary.what != "database.operation-finished"
        || destroys
        || is_kept && boundary.operation == Some(Operation::PostInstall)
}

/// Crashes at each boundary that is wanted, or at every one of the database step in a full campaign.
fn enumerate(scenario: &str, server: Server, is_wanted: fn(&Boundary) -> bool, traces: &[&str]) {
    let uninterrupted = Rehearsal::of(scenario, &[]);
    let standing = Standing::of(&uninterrupted.world.path("r/hosts"));
    assert_eq!(standing.crimes(), Vec::<String>::new());
    let history = History::verified(&uninterrupted.world.path(server.journal()));
    let there_are = (server == Server::Destination).then_some(uninterrupted.boundaries);
    let mut wanted = boundaries(&history, there_are);
    wanted.retain(|boundary| full_campaign() || is_wanted(boundary));
    println!("{scenario}: {} boundaries of the {}", wanted.len(), server.word());
    let next = AtomicUsize::new(0);
    let seen = Mutex::new(BTreeSet::new());
    let work = || {
        let mut wrong = Vec::new();
        while let Some(boundary) = wanted.get(next.fetch_add(1, Ordering::SeqCst)) {
            let rehearsal = Rehearsal::crashed_in(server.word(), scenario, &[boundary.at]);
            let history = History::verified(&rehearsal.world.path(server.journal()));
            seen.lock().expect("the set").extend(marks(&history));
            wrong.extend(
                judge(&rehearsal, &uninterrupted, &standing)
                    .into_iter()
                    .map(|why| format!("--crash-at {} ({boundary:?}): {why}", boundary.at)),
            );
        }
        wrong
    };
    let wrong = on_threads(work);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let seen = seen.into_inner().expect("the set");
    let unseen: Vec<_> = traces.iter().filter(|name| !seen.contains(**name)).collect();
    assert!(unseen.is_empty(), "no crash led to {unseen:?}");
}

/// The names of a history's events, and what looks at operations in doubt found.
fn marks(history: &History) -> BTreeSet<String> {
    use wsusmigrate_core::event::{DatabaseEvent, Event};
    let found = history.events().iter().filter_map(|event| match event {
        Event::Database(DatabaseEvent::OperationReconciled(event)) => {
            Some(format!("probe {}", event.found.word()))
        }
        _ => None,
    });
    history.events().iter().map(|event| event.kind().name().to_owned()).chain(found).collect()
}

fn judge(rehearsal: &Rehearsal, uninterrupted: &Rehearsal, standing: &Standing) -> Vec<String> {
    let left = Standing::of(&rehearsal.world.path("r/hosts"));
    let mut wrong = left.crimes();
    wrong.extend(left.differences(standing));
    wrong.extend(rehearsal.equals(uninterrupted).err());
    if !rehearsal.crashed {
        wrong.push("nothing crashed".to_owned());
    }
    wrong
}
