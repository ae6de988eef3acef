//! Goal: what was put in place and could not be made durable is not said to have failed, nor to be there: the run ends
//! and says what to see to, what was settled before stays recorded, and the next run looks and goes on.
//!
//! Method: `strace` makes the system refuse the destination's n-th sync (only the destination is synced by `syncfs`).
#![cfg(target_os = "linux")]

use std::process::{Command, Stdio};

use wsusmigrate_tests::{History, differences};

use crate::ledger::temporaries;
use crate::support::{Site, last};

/// Whether this process may trace another one. Says so loudly where it may not; where `CI` is set, that is a failure.
pub(crate) fn can_trace() -> bool {
    let traced =
        Command::new("strace").args(["-f", "-o", "/dev/null", "true"]).stderr(Stdio::null()).status();
    let can = traced.is_ok_and(|status| status.success());
    if !can {
        println!("\n*** SKIPPED: needs strace and the right to trace ***\n");
        assert!(std::env::var_os("CI").is_none(), "strace is missing, or may not trace");
    }
    can
}

/// Runs with the n-th sync of the destination refused: exit code and what was said.
fn run_with_a_refused_sync(site: &Site, nth: u64) -> (Option<i32>, String) {
    let run = site.world.command(["run"]);
    let mut traced = Command::new("strace");
    traced.args(["-f", "-o", "/dev/null", "-e", "trace=syncfs", "-e"]);
    traced.arg(format!("inject=syncfs:error=EIO:when={nth}")).arg(run.get_program()).args(run.get_args());
    traced.current_dir(site.world.root()).stdin(Stdio::null());
    for (name, value) in run.get_envs() {
        match value {
            Some(value) => traced.env(name, value),
            None => traced.env_remove(name),
        };
    }
    let ran = traced.output().expect("a traced run");
    (ran.status.code(), String::from_utf8_lossy(&ran.stderr).into_owned())
}

#[test]
fn names_that_cannot_be_made_durable_leave_the_batch_in_doubt() {
    if !can_trace() {
        return;
    }
    // The second sync is to settle the first batch, the third the second one.
    for (nth, settled) in [(2, 0), (3, 1)] {
        let site = Site::build("tiny", 1, "batch_files = 6\nworkers = 1");
        let (code, told) = run_with_a_refused_sync(&site, nth);
        assert_eq!(code, Some(1), "{told}");
        for said in [
            "could not be made durable",
            "Input/output error",
            "the destination, not the journal",
            "wsusmigrate run",
        ] {
            assert!(told.contains(said), "{said:?} is missing: {told}");
        }
        let history = History::verified(&site.journal());
        assert_eq!(last(&history), "run.failed");
        assert_eq!(history.count("content.file-failed"), 0, "nothing is known to have failed");
        assert_eq!(history.count("content.batch-finished"), settled);
        assert_eq!(history.count("content.file-copied"), 6 * settled);

        let (code, _, told) = site.ask(&["run"]);
        assert_eq!(code, Some(0), "{told}");
        let history = History::verified(&site.journal());
        let in_doubt = history.count("content.batch-started") - history.count("content.batch-finished");
        assert!(in_doubt > 0);
        assert_eq!(history.count("content.batch-reconciled"), in_doubt);
        assert_eq!(history.count("run.interruption-found"), 0, "the run had said that it failed");
        assert_eq!(history.count("content.file-verified"), 6, "what was in place is not copied again");
        assert_eq!(history.copied_twice(), Vec::<String>::new());
        assert_eq!(differences(&site.estate.source, &site.estate.destination), Vec::<String>::new());
        assert_eq!(temporaries(&site.estate.destination), Vec::<String>::new());
    }
}
