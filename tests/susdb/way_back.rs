//! Goal: the T-SQL of the way back goes back, and neither drops nor restores over a SUSDB that somebody else put there.
//!
//! Method: what `rollback` shows is typed into the engine's own console, first where it belongs and then where it does not.

use serde_json::Value;
use wsusmigrate_fixtures::Scenario;
use wsusmigrate_tests::Console;

use crate::site::Site;

/// The number of an error that `RAISERROR` raises with words of its own.
const RAISED: i32 = 50_000;

/// What guidance shows.
fn guidance(site: &mut Site) -> Value {
    let told = site.ask(&["rollback", "--json"]);
    serde_json::from_slice(&told.stdout).expect("JSON")
}

/// The T-SQL of an action: what stands behind the words for PowerShell.
fn batch(guidance: &Value, undoes: &str) -> String {
    let actions = guidance["actions"].as_array().expect("actions");
    let action = actions.iter().find(|action| action["undoes"] == undoes).expect("the action");
    let lines =
        action["by_hand"].as_array().expect("lines").iter().map(|line| line.as_str().expect("a line"));
    lines.skip_while(|line| !line.starts_with("USE ")).collect::<Vec<_>>().join("\n")
}

/// Which SUSDB is there; nothing where there is none.
fn susdb(console: &mut Console) -> Option<String> {
    let rows = console
        .does("SELECT database_guid FROM sys.database_recovery_status WHERE database_id = DB_ID(N'SUSDB')");
    rows.into_iter().next().map(|mut row| row.swap_remove(0))
}

#[test]
fn the_statements_shown_drop_the_restored_susdb_and_no_other() {
    let mut site = Site::new(&Scenario::named("tiny").expect("a scenario"), None, None);
    site.run_to_the_end("old", crate::secrets::RUN_MAX);
    site.hand_over();
    site.run_to_the_end("new", crate::secrets::RUN_MAX);
    let shown = guidance(&mut site);
    let [drop, restore] = ["restore-database", "drop-database"].map(|undoes| batch(&shown, undoes));
    let mut console = Console::open(site.servers.instance(), "master");

    let restored = susdb(&mut console);
    assert_eq!(console.ask(&restore).errors, [RAISED], "the restored one is in the way");
    assert_eq!(susdb(&mut console), restored);
    assert_eq!(console.ask(&drop).errors, [0; 0]);
    assert_eq!(susdb(&mut console), None);
    assert_eq!(console.ask(&drop).errors, [RAISED], "there is nothing to drop");
    // A Windows Internal Database says so of every restore.
    assert_eq!(console.ask(&restore).errors, [3605, 3013]);
    // The one of before is not the restored one.
    let before = susdb(&mut console);
    assert!(before.is_some() && before != restored, "{before:?}, {restored:?}");
    assert_eq!(console.ask(&drop).errors, [RAISED]);
    assert_eq!(susdb(&mut console), before);

    // A run that looks finds it, stops, and guidance shows nothing any more that would drop it.
    assert_eq!(site.ask(&["run"]).status.code(), Some(3));
    let shown = guidance(&mut site);
    assert_eq!(batch(&shown, "restore-database"), "");
    assert_eq!(console.ask(&batch(&shown, "drop-database")).errors, [RAISED]);
    let checked = site.ask(&["rollback", "--check"]);
    assert_eq!(checked.status.code(), Some(3));
    assert_eq!(susdb(&mut console), before);
}
