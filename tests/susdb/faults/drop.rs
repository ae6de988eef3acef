//! Before and at the drop of the destination's own SUSDB.

use std::fs;
use std::path::PathBuf;

use wsusmigrate_core::event::{DatabaseEvent, Event};
use wsusmigrate_fixtures::flip;
use wsusmigrate_fixtures::sql::instance::SqlFaults;
use wsusmigrate_fixtures::tools::{HostState, State};
use wsusmigrate_tests::{Console, History};

use super::all;
use super::trial::{FRESH_DOWN, FRESH_UP, FULL_UP, Left, Susdb, Trial, UNDISTURBED, demand, fault};
use crate::site::Site;

/// Who may be in SUSDB from the start, and a drop that fails.
fn restrict(site: &Site, access: &str) {
    let set = format!("ALTER DATABASE [SUSDB] SET {access} WITH ROLLBACK IMMEDIATE");
    Console::open(site.servers.instance(), "master").does(&set);
    fault(site, SqlFaults { drop_fails: true, ..SqlFaults::default() });
}

fn was_never_dropped(_: &Site, history: &History) -> Result<(), String> {
    let begun = history.events().iter().filter(|event| match event {
        Event::Database(DatabaseEvent::OperationStarted(begun)) => begun.operation.is_destructive(),
        _ => false,
    });
    demand(begun.count() == 0, "something was destroyed")
}

const FAILS: Trial = Trial {
    plant: |site| fault(site, SqlFaults { drop_fails: true, ..SqlFaults::default() }),
    code: 1,
    says: &[
        "drop: failed: Msg 3702: Cannot drop database \"SUSDB\" because it is currently in use.",
        "set-multi-user: done: MULTI_USER",
        "the services WsusPool, WsusService are stopped, and SUSDB is as it was",
    ],
    left: FRESH_DOWN,
    ..UNDISTURBED
};

#[test]
fn a_drop_that_fails() {
    all(&[
        Trial { name: "open to everybody", ..FAILS },
        Trial {
            name: "open to administrators",
            plant: |site| restrict(site, "RESTRICTED_USER"),
            says: &["set-multi-user: done: RESTRICTED_USER"],
            left: Left { access: "RESTRICTED_USER", ..FRESH_DOWN },
            ..FAILS
        },
        Trial {
            name: "open to one",
            plant: |site| restrict(site, "SINGLE_USER"),
            says: &["drop: failed: Msg 3702"],
            left: Left { access: "SINGLE_USER", ..FRESH_DOWN },
            proves: |_, history| {
                let opened = history.events().iter().any(|event| match event {
                    Event::Database(DatabaseEvent::OperationStarted(begun)) => {
                        begun.operation.word() == "set-multi-user"
                    }
                    _ => false,
                });
                demand(!opened, "it was opened to others")
            },
            ..FAILS
        },
    ]);
}

/// How often something was begun.
fn times(history: &History, operation: &str) -> usize {
    let begun = history.events().iter().filter(|event| match event {
        Event::Database(DatabaseEvent::OperationStarted(begun)) => begun.operation.word() == operation,
        _ => false,
    });
    begun.count()
}

#[test]
fn a_connection_cut_at_the_drop_or_the_backup_before_it() {
    all(&[
        Trial {
            name: "dropped, and cut before the answer",
            plant: |site| fault(site, SqlFaults { cut_drop_before_answer: true, ..SqlFaults::default() }),
            says: &["drop: unknown", "drop: happened: there is no SUSDB"],
            proves: |_, history| demand(times(history, "drop") == 1, "it was dropped again"),
            ..UNDISTURBED
        },
        Trial {
            name: "cut, and not dropped",
            plant: |site| fault(site, SqlFaults { cut_drop: true, ..SqlFaults::default() }),
            says: &["drop: unknown", "drop: partly: SUSDB is ONLINE, SINGLE_USER", "drop: done"],
            proves: |_, history| demand(times(history, "drop") == 2, "it was not tried again"),
            ..UNDISTURBED
        },
        Trial {
            name: "backed up, and cut before the answer",
            plant: |site| fault(site, SqlFaults { cut_backup_before_answer: true, ..SqlFaults::default() }),
            says: &["back-up-own: unknown", "back-up-own: happened: set 1 is on"],
            proves: |_, history| demand(times(history, "back-up-own") == 1, "it was made again"),
            ..UNDISTURBED
        },
    ]);
}

/// The carried backup loses a byte where it lies, between two runs.
#[test]
fn a_carried_backup_that_is_damaged_where_it_lies() {
    all(&[Trial {
        name: "a bad disk",
        plant: |site| {
            fault(site, SqlFaults { drop_fails: true, ..SqlFaults::default() });
            assert_eq!(site.ask(&["run"]).status.code(), Some(1));
            fault(site, SqlFaults::default());
            flip(&carried(site), -500_000).expect("a byte");
        },
        code: 3,
        says: &["carry-backup: failed", "stands there already with other"],
        left: FRESH_DOWN,
        proves: |_, history| demand(times(history, "drop") == 1, "it went on to the drop"),
        mend: |site| fs::remove_file(carried(site)).expect("the file"),
        ..UNDISTURBED
    }]);
}

/// Somebody starts the services between two runs: a run trusts none but itself that they rest.
#[test]
fn services_that_were_started_by_hand_since_the_last_run() {
    all(&[Trial {
        name: "an administrator who was told that they are stopped",
        plant: |site| {
            fault(site, SqlFaults { drop_fails: true, ..SqlFaults::default() });
            assert_eq!(site.ask(&["run"]).status.code(), Some(1));
            fault(site, SqlFaults::default());
            let start = |state: &mut HostState| {
                for service in state.services.values_mut().chain(state.app_pools.values_mut()) {
                    service.state = State::Running;
                }
            };
            site.servers.host().change(start).expect("the server's services");
        },
        says: &["stop-services: done: they do not run"],
        proves: |_, history| {
            let begun = history.events().iter().filter_map(|event| match event {
                Event::Database(DatabaseEvent::OperationStarted(begun)) => Some(begun.operation.word()),
                _ => None,
            });
            let begun: Vec<_> = begun.collect();
            let drops = begun.windows(2).filter(|pair| pair[1] == "drop").map(|pair| pair[0]);
            let before: Vec<_> = drops.collect();
            demand(before == ["stop-services"; 2], format!("before each drop: {before:?}"))
        },
        ..UNDISTURBED
    }]);
}

/// Where the source's backup lies on the new server.
fn carried(site: &Site) -> PathBuf {
    let folder = site.servers.served().backup_folder.here.read_dir().expect("the folder of backups");
    let mut files = folder.map(|entry| entry.expect("an entry").path());
    let is_own = |path: &PathBuf| path.to_string_lossy().contains("SUSDB-own");
    files.find(|path| !is_own(path)).expect("a carried backup")
}

/// Leaves somebody at the console in SUSDB, for as long as the world lasts.
fn sit_down(site: &mut Site) {
    let guest = Console::open(site.servers.instance(), "SUSDB");
    site.guests.push(guest);
}

#[test]
fn somebody_in_the_database_is_named_before_the_session_is_ended() {
    all(&[Trial {
        name: "a guest",
        plant: sit_down,
        says: &["of NEWWSUS\\Administrator (Management Studio) will be ended"],
        proves: |site, history| {
            let is_guest = |event: &&Event| match event {
                Event::Database(DatabaseEvent::SessionSeen(seen)) => {
                    seen.host.as_str() == "OFFICE-7" && seen.program.as_str() == "Management Studio"
                }
                _ => false,
            };
            let seen = history.events().iter().position(|event| is_guest(&event));
            let drop = history.events().iter().position(|event| match event {
                Event::Database(DatabaseEvent::OperationStarted(begun)) => begun.operation.word() == "drop",
                _ => false,
            });
            demand(seen.is_some() && seen < drop, "the guest was not recorded before the drop")?;
            demand(site.guests.iter().all(Console::is_ended), "the guest is still there")
        },
        ..UNDISTURBED
    }]);
}

/// Where the restored SUSDB's first file goes.
fn target(site: &Site) -> PathBuf {
    site.servers.served().data_folder.here.join("SUSDB.mdf")
}

#[test]
fn what_lies_at_the_target() {
    all(&[
        Trial {
            name: "the dropped database's own file",
            plant: |site| assert!(target(site).is_file(), "{}", target(site).display()),
            ..UNDISTURBED
        },
        Trial {
            name: "nothing, for there is no SUSDB",
            engines: |engines| engines.destination.has_susdb = false,
            says: &["restore: done"],
            proves: |_, history| {
                let absent = |event: &Event| match event {
                    Event::Database(DatabaseEvent::StateRecorded(state)) => !state.present,
                    _ => false,
                };
                let seen = history.events().iter().position(absent);
                let began = |operation: &str| {
                    history.events().iter().position(|event| match event {
                        Event::Database(DatabaseEvent::OperationStarted(begun)) => {
                            begun.operation.word() == operation
                        }
                        _ => false,
                    })
                };
                demand(seen.is_some() && seen < began("restore"), "nobody recorded that there is none")?;
                demand(began("drop").is_none() && began("back-up-own").is_none(), "it was dropped or secured")
            },
            ..UNDISTURBED
        },
        Trial {
            name: "a file of somebody else's",
            engines: |engines| engines.destination.has_susdb = false,
            plant: |site| fs::write(target(site), "somebody's").expect("a file"),
            code: 3,
            says: &[r"C:\Windows\WID\Data\SUSDB.mdf exists and is not the dropped database's"],
            left: Left { susdb: Susdb::None, access: "", ..FULL_UP },
            proves: |site, history| {
                let kept = fs::read_to_string(target(site)).is_ok_and(|text| text == "somebody's");
                demand(kept, "the file is not as it was")?;
                was_never_dropped(site, history)
            },
            mend: |site| fs::remove_file(target(site)).expect("the file"),
            ..UNDISTURBED
        },
    ]);
}

#[test]
fn a_safety_backup_that_cannot_be_made_or_read_back() {
    all(&[
        Trial {
            name: "the disk is full",
            plant: |site| {
                let faults =
                    SqlFaults { backup_disk_full_after_bytes: Some(200_000), ..SqlFaults::default() };
                fault(site, faults);
            },
            code: 1,
            says: &["back-up-own: failed: Msg 3202", "112(There is not enough space on the disk.)"],
            left: FRESH_UP,
            proves: was_never_dropped,
            ..UNDISTURBED
        },
        Trial {
            name: "the disk lies",
            plant: |site| fault(site, SqlFaults { backup_damaged: true, ..SqlFaults::default() }),
            code: 1,
            says: &["verify-own: failed: Msg 3189"],
            left: FRESH_UP,
            proves: was_never_dropped,
            ..UNDISTURBED
        },
    ]);
}
