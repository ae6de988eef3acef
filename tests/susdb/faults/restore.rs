//! At the restore.

use wsusmigrate_core::event::{DatabaseEvent, Event};
use wsusmigrate_fixtures::Database;
use wsusmigrate_fixtures::sql::instance::{Pace, SqlFaults};
use wsusmigrate_tests::{Console, History};

use super::all;
use super::trial::{FULL_DOWN, NONE_DOWN, Trial, UNDISTURBED, demand, fault};
use crate::site::Site;

/// What was begun, in order.
fn begun(history: &History) -> Vec<&'static str> {
    let begun = history.events().iter().filter_map(|event| match event {
        Event::Database(DatabaseEvent::OperationStarted(begun)) => Some(begun.operation.word()),
        _ => None,
    });
    begun.collect()
}

fn times(history: &History, operation: &str) -> usize {
    begun(history).iter().filter(|begun| **begun == operation).count()
}

#[test]
fn a_connection_cut_at_the_restore() {
    all(&[
        Trial {
            name: "done, and cut before the answer",
            plant: |site| fault(site, SqlFaults { cut_restore_before_answer: true, ..SqlFaults::default() }),
            says: &["restore: unknown", "restore: happened: SUSDB is ONLINE"],
            proves: |_, history| demand(times(history, "restore") == 1, "it was restored again"),
            ..UNDISTURBED
        },
        Trial {
            name: "cut half way, and given up by the server",
            plant: |site| fault(site, SqlFaults { cut_restore_at_percent: Some(50), ..SqlFaults::default() }),
            says: &["restore: unknown", "restore: partly: SUSDB is RESTORING", "discard-partial: done"],
            proves: |_, history| {
                let wanted = ["drop", "restore", "discard-partial", "restore"];
                let destroyed: Vec<_> = begun(history).into_iter().filter(|it| wanted.contains(it)).collect();
                demand(destroyed == wanted, format!("{destroyed:?}"))
            },
            ..UNDISTURBED
        },
        Trial {
            name: "cut half way, and carried on by the server",
            plant: |site| {
                let (cut_restore_at_percent, restore_outlives_client) = (Some(50), true);
                fault(
                    site,
                    SqlFaults { cut_restore_at_percent, restore_outlives_client, ..SqlFaults::default() },
                );
            },
            says: &["restore: unknown", "restore: happened"],
            proves: |_, history| demand(times(history, "restore") == 1, "it was restored again"),
            ..UNDISTURBED
        },
    ]);
}

/// Nobody but an administrator takes a database offline, and what is in it then nobody can see.
#[test]
fn a_database_that_was_taken_offline_behind_its_restore() {
    all(&[Trial {
        name: "whose answer was lost",
        plant: |site| {
            let restored_state = Some("OFFLINE".to_owned());
            fault(
                site,
                SqlFaults { cut_restore_before_answer: true, restored_state, ..SqlFaults::default() },
            );
        },
        code: 3,
        says: &[
            "restore: unknown: SUSDB is OFFLINE: no restore that was cut off leaves it so",
            "what became of restore cannot be told by looking: find out, then `wsusmigrate resolve",
        ],
        left: FULL_DOWN,
        proves: |_, history| demand(times(history, "discard-partial") == 0, "it was dropped"),
        ..UNDISTURBED
    }]);
}

/// The destination's engine takes its time: some forty steps for a SUSDB of a megabyte.
fn slowly(engines: &mut Database) {
    engines.destination.pace = Pace { step_bytes: 32 << 10, delay_ms: 15 };
}

/// How often the engine told how far the restore was.
fn told_percents(history: &History) -> usize {
    let restore = history.events().iter().skip_while(|event| match event {
        Event::Database(DatabaseEvent::OperationStarted(begun)) => begun.operation.word() != "restore",
        _ => true,
    });
    let until =
        restore.take_while(|event| !matches!(event, Event::Database(DatabaseEvent::OperationFinished(_))));
    let told = until.filter(|event| match event {
        Event::Database(DatabaseEvent::MessageReceived(said)) => said.number == Some(3211),
        _ => false,
    });
    told.count()
}

#[test]
fn a_restore_that_takes_its_time() {
    all(&[
        Trial {
            name: "and says how far it is",
            engines: slowly,
            proves: |_, history| demand(told_percents(history) == 10, "not every tenth was recorded"),
            ..UNDISTURBED
        },
        Trial {
            name: "in silence",
            engines: slowly,
            plant: |site| fault(site, SqlFaults { silent_restore: true, ..SqlFaults::default() }),
            says: &["restore: done"],
            proves: |_, history| demand(told_percents(history) == 0, "it was not silent"),
            ..UNDISTURBED
        },
    ]);
}

#[test]
fn a_restore_with_another_result() {
    all(&[
        Trial {
            name: "no room",
            plant: |site| {
                fault(site, SqlFaults { restore_disk_free_bytes: Some(1000), ..SqlFaults::default() });
            },
            code: 1,
            says: &[
                "restore: failed: Msg 3257: There is insufficient free space",
                "stay stopped until postinstall",
            ],
            left: NONE_DOWN,
            ..UNDISTURBED
        },
        Trial {
            name: "read-only",
            plant: |site| fault(site, SqlFaults { restored_read_only: true, ..SqlFaults::default() }),
            code: 3,
            says: &[
                "restore: unknown: SUSDB is read-only",
                "what became of restore cannot be told by looking: find out, then `wsusmigrate resolve",
                // What is there is not what was there before.
                "the services WsusPool, WsusService stay stopped until postinstall is done",
            ],
            left: FULL_DOWN,
            proves: |_, history| demand(times(history, "check-restored") == 0, "it went on"),
            mend: |site: &mut Site| {
                fault(site, SqlFaults::default());
                let set = "ALTER DATABASE [SUSDB] SET READ_WRITE WITH ROLLBACK IMMEDIATE";
                Console::open(site.servers.instance(), "master").does(set);
            },
            ..UNDISTURBED
        },
    ]);
}
