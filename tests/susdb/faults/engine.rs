//! What may go wrong with an engine at any time.

use wsusmigrate_fixtures::sql::instance::SqlFaults;

use super::all;
use super::trial::{FRESH_UP, FULL_DOWN, Trial, UNDISTURBED, demand, fault};

#[test]
fn an_engine_that_refuses() {
    all(&[
        Trial {
            name: "the login",
            plant: |site| fault(site, SqlFaults { login_refused: true, ..SqlFaults::default() }),
            code: 3,
            says: &["stop database.engine-reachable", "refuses the login: Msg 18456"],
            left: FRESH_UP,
            ..UNDISTURBED
        },
        Trial {
            name: "to write, for its files are full",
            plant: |site| fault(site, SqlFaults { filegroup_full: true, ..SqlFaults::default() }),
            code: 1,
            says: &["sleep: failed: Msg 1105", "stay stopped until postinstall"],
            left: FULL_DOWN,
            proves: |_, history| demand(history.count("database.child-started") == 0, "postinstall ran"),
            ..UNDISTURBED
        },
    ]);
}
