//! Rows that are not the same on both servers, or cannot be compared.

use wsusmigrate_core::event::database::{Parity, RowDifference};
use wsusmigrate_core::event::{DatabaseEvent, Event};
use wsusmigrate_fixtures::sql::instance::SqlFaults;
use wsusmigrate_tests::{Console, History};

use super::all;
use super::trial::{FULL_DOWN, FULL_UP, Trial, UNDISTURBED, demand, fault};
use crate::site::Site;

fn behind_the_restore(site: &Site, statements: &str) {
    fault(site, SqlFaults { after_restore: Some(statements.to_owned()), ..SqlFaults::default() });
}

/// The rows that were named: table, and how they differ.
fn named(history: &History) -> Vec<(String, RowDifference)> {
    let named = history.events().iter().filter_map(|event| match event {
        Event::Database(DatabaseEvent::RowDiffered(row)) => Some((row.table.to_string(), row.how)),
        _ => None,
    });
    named.collect()
}

/// What was said of a table.
fn verdict(history: &History, table: &str) -> Option<Parity> {
    history.events().iter().find_map(|event| match event {
        Event::Database(DatabaseEvent::TableCompared(compared)) if compared.table.as_str() == table => {
            Some(compared.verdict)
        }
        _ => None,
    })
}

fn names_one(history: &History, table: &str, how: RowDifference) -> Result<(), String> {
    let named = named(history);
    demand(named == [(table.to_owned(), how)], format!("{named:?}"))?;
    demand(verdict(history, table) == Some(Parity::Differs), "its table is not told")?;
    demand(verdict(history, "tbFile") == Some(Parity::Equal), "the others are")?;
    demand(history.count("database.child-started") == 0, "postinstall ran")
}

#[test]
fn rows_that_differ_stop_the_step_before_anything_is_changed() {
    all(&[
        Trial {
            name: "another name",
            plant: |site| {
                behind_the_restore(
                    site,
                    "UPDATE tbComputerTarget SET FullDomainName = 'another' WHERE TargetID = 3",
                );
            },
            code: 1,
            says: &[
                "parity: 26 of 27 tables are equal",
                "tbComputerTarget: differs: 25 rows at the source, 25 here; 1 differ, 0 missing, 0 extra",
            ],
            left: FULL_DOWN,
            proves: |_, history| names_one(history, "tbComputerTarget", RowDifference::Differs),
            // Nothing that is true of the rows is forgotten by the next run.
            resumes: 1,
            ends: FULL_DOWN,
            ..UNDISTURBED
        },
        Trial {
            name: "a row is missing",
            plant: |site| {
                behind_the_restore(
                    site,
                    "DELETE FROM tbDeadDeployment WHERE DeploymentID = (SELECT max(DeploymentID) FROM tbDeadDeployment)",
                );
            },
            code: 1,
            says: &["tbDeadDeployment: differs: 4 rows at the source, 3 here; 0 differ, 1 missing, 0 extra"],
            left: FULL_DOWN,
            proves: |_, history| names_one(history, "tbDeadDeployment", RowDifference::Missing),
            resumes: 1,
            ends: FULL_DOWN,
            ..UNDISTURBED
        },
        Trial {
            name: "put right by hand",
            plant: |site| {
                behind_the_restore(
                    site,
                    "UPDATE tbAutoDeploymentRule SET Enabled = 1 - Enabled WHERE ID = 1",
                );
            },
            code: 1,
            says: &["tbAutoDeploymentRule: differs"],
            left: FULL_DOWN,
            proves: |_, history| names_one(history, "tbAutoDeploymentRule", RowDifference::Differs),
            mend: |site| {
                let back = "UPDATE [SUSDB].[dbo].[tbAutoDeploymentRule] SET [Enabled] = 1 WHERE [ID] = 1";
                Console::open(site.servers.instance(), "master").does(back);
            },
            ..UNDISTURBED
        },
    ]);
}

/// What a computer reported while nobody had the source rest.
const REPORTED: &str = "UPDATE tbComputerTarget SET LastReportedStatusTime = (SELECT max(LastReportedStatusTime) FROM \
    tbComputerTarget) + 10000000 WHERE TargetID = 3";

/// A source that moves while it is backed up says so, and its tables are equal to nothing afterwards.
#[test]
fn a_table_that_moved_while_it_was_backed_up_is_not_comparable() {
    all(&[
        Trial {
            name: "the source says so",
            at: "old",
            plant: |site| {
                let after_backup = Some(REPORTED.to_owned());
                fault(site, SqlFaults { after_backup, ..SqlFaults::default() });
            },
            says: &["warn: the source moved while it was backed up: tbComputerTarget"],
            ..UNDISTURBED
        },
        Trial {
            name: "the destination compares the others",
            engines: |engines| engines.source.faults.after_backup = Some(REPORTED.to_owned()),
            says: &["tbComputerTarget: not-comparable: the source moved while it was backed up"],
            left: FULL_UP,
            proves: |_, history| {
                let not = |table| verdict(history, table) == Some(Parity::NotComparable);
                demand(not("tbComputerTarget") && not("tbTarget"), "it was compared")?;
                demand(verdict(history, "tbUpdate") == Some(Parity::Equal), "the others were not")
            },
            ..UNDISTURBED
        },
    ]);
}
