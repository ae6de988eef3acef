//! Goal: asked once, a run finishes the files in flight, records that it was asked, leaves no temporary file and ends
//! with exit code 3; asked twice, it ends at once. Either way the next run goes on.
//!
//! Method: Ctrl-C as the system delivers it, to a run that a bandwidth limit keeps going, once its journal shows that a
//! batch is at work.
#![cfg(unix)]

use std::process::Child;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use wsusmigrate_tests::{History, differences, wait_until};

use crate::ledger::temporaries;
use crate::support::{Site, last};

/// 20 MB that take ten seconds, unless somebody stops them.
const SLOW: &str = "bandwidth_limit = '2 MB/s'\nread_back = false";

/// The same so slowly that what is in flight is not finished either before it is asked again.
const ALMOST_STILL: &str = "bandwidth_limit = '20 kB/s'\nread_back = false";

#[test]
fn asked_once_it_finishes_what_is_in_flight() {
    for (signal, name) in [(Signal::SIGINT, "Ctrl-C"), (Signal::SIGTERM, "SIGTERM")] {
        let site = Site::build("damaged-content", 1, SLOW);
        let mut run = started(&site);
        ask(&run, signal);
        assert_eq!(run.wait().expect("the run").code(), Some(3), "{name}");
        let history = History::verified(&site.journal());
        assert_eq!(history.count("run.stop-requested"), 1, "{name}");
        assert_eq!(last(&history), "run.finished", "{name}");
        assert_eq!(history.count("content.batch-finished"), history.count("content.batch-started"), "{name}");
        assert_eq!(temporaries(&site.estate.destination), Vec::<String>::new(), "{name}");
        resumes(&site);
    }
}

#[test]
fn asked_twice_it_ends_at_once() {
    let site = Site::build("damaged-content", 2, ALMOST_STILL);
    let mut run = started(&site);
    ask(&run, Signal::SIGINT);
    // Two that are pending at once are one: the second is sent until the run is gone.
    wait_until("the run to end", || {
        ask(&run, Signal::SIGINT);
        run.try_wait().expect("the run")
    });
    let history = History::verified(&site.journal());
    assert_ne!(last(&history), "run.finished", "it had no time to finish");
    resumes(&site);
}

/// Starts a run and waits until a batch is at work.
fn started(site: &Site) -> Child {
    let mut run = site.start();
    site.watch(&mut run, "content.batch-started", 1).expect("a run that lasts until it is asked to stop");
    run
}

fn ask(run: &Child, signal: Signal) {
    let pid = Pid::from_raw(i32::try_from(run.id()).expect("a process id"));
    // It may have ended between the last look and now; its number is kept until it is waited for.
    kill(pid, signal).expect("a process of ours");
}

/// The next run goes on and ends where an uninterrupted one would have.
fn resumes(site: &Site) {
    site.plan("");
    let (code, _, told) = site.ask(&["run"]);
    assert_eq!(code, Some(1), "the estate has damaged files: {told}");
    let history = History::verified(&site.journal());
    assert_eq!(history.copied_twice(), Vec::<String>::new());
    let damaged: Vec<_> =
        site.estate.expected.damaged.iter().map(|fault| fault.path.display().to_string()).collect();
    let missing: Vec<_> = damaged.iter().map(|path| format!("only in the first: {path}")).collect();
    assert_eq!(differences(&site.estate.source, &site.estate.destination), missing);
}
