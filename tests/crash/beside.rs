//! Goal: while a run goes on, everything that only looks works beside it, from the same folder, without its lock; a
//! second run is refused and leaves no trace.
//!
//! Method: the same commands a person would type, while a run with a bandwidth limit has a batch at work.

use serde_json::Value;
use wsusmigrate_tests::History;

use crate::support::Site;

#[test]
fn looking_works_beside_a_run_and_a_second_run_does_not() {
    let site = Site::build("damaged-content", 3, "bandwidth_limit = '1 MB/s'\nread_back = false");
    let mut run = site.start();
    site.watch(&mut run, "content.batch-started", 1).expect("a run that lasts");

    for looking in [
        &["status"][..],
        &["report", "audit"],
        &["report", "progress", "--json"],
        &["journal", "verify"],
        &["journal", "log"],
        &["journal", "show", "0"],
        &["replay", "--at", "5"],
        &["rollback"],
        &["check"],
        &["plan"],
    ] {
        let (code, out, told) = site.ask(looking);
        assert_eq!(code, Some(0), "{looking:?}: {told}");
        assert!(!out.is_empty(), "{looking:?} said nothing");
    }
    let (_, progress, _) = site.ask(&["status", "--json"]);
    let progress: Value = serde_json::from_str(&progress).expect("JSON");
    let state = progress.pointer("/sections/0/figures/0/value").expect("the state of the last run");
    assert!(state.as_str().is_some_and(|state| state.starts_with("going on")), "{state}");

    let (code, _, told) = site.ask(&["run"]);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("another wsusmigrate works on the destination"), "{told}");

    assert!(
        run.try_wait().expect("the run").is_none(),
        "the run ended before all was looked at: lower the limit"
    );
    run.kill().expect("to kill the run");
    run.wait().expect("the run");
    let history = History::verified(&site.journal());
    assert_eq!(history.count("run.started"), 1, "the second run left no trace");
}
