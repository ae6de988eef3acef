//! On the old server, whose SUSDB and services stay as they are whatever happens.

use wsusmigrate_fixtures::sql::instance::SqlFaults;

use super::all;
use super::trial::{FULL_UP, Trial, UNDISTURBED, demand, fault};

#[test]
fn a_backup_of_the_source() {
    all(&[
        Trial {
            name: "the disk is full",
            at: "old",
            plant: |site| {
                let faults =
                    SqlFaults { backup_disk_full_after_bytes: Some(200_000), ..SqlFaults::default() };
                fault(site, faults);
            },
            code: 1,
            says: &["back-up: failed: Msg 3202"],
            left: FULL_UP,
            ..UNDISTURBED
        },
        Trial {
            name: "the disk lies: VERIFYONLY finds it, nothing is handed over",
            at: "old",
            plant: |site| fault(site, SqlFaults { backup_damaged: true, ..SqlFaults::default() }),
            code: 1,
            says: &["verify-backup: failed: Msg 3189: Damage to the backup set was detected."],
            left: FULL_UP,
            proves: |site, _| {
                let store = site.world.path("hosts/store").read_dir().expect("the store");
                demand(store.count() == 0, "something lies in the store")
            },
            ..UNDISTURBED
        },
        Trial {
            name: "the login is refused",
            at: "old",
            plant: |site| fault(site, SqlFaults { login_refused: true, ..SqlFaults::default() }),
            code: 3,
            says: &["stop database.engine-reachable", "refuses the login: Msg 18456"],
            left: FULL_UP,
            ..UNDISTURBED
        },
    ]);
}
