//! Goal: a run killed from outside (SIGKILL, `TerminateProcess`) at any moment is resumed until it is complete: every
//! file at the destination is right, none was copied twice whose outcome was recorded, the journal verifies.
//!
//! Method: start a run whose bandwidth limit makes it last, wait until its journal has grown by a number of records
//! drawn from a seed, go on for a drawn number of scheduler's turns, kill it, start the next. When a copy is complete
//! before the kills are used up, the next estate is taken. At its end an estate gets a last run without a limit. The
//! seed is printed; the same one draws the same numbers.

use std::process::Child;

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng as _, SeedableRng as _};
use wsusmigrate_tests::{History, differences, wait_until};

use crate::ledger::temporaries;
use crate::support::{Site, full_campaign};

/// The most records a journal grows by before a run is killed.
const GROWTH_RECORDS_MAX: u64 = 120;
/// The most turns the run is left alone after that, so that kills do not all follow a record.
const TURNS_MAX: u64 = 2_000;

/// More estates than that for one campaign, and runs end before they can be killed.
const ESTATES_MAX: u64 = 12;

#[test]
fn a_killed_run_is_resumed_to_the_same_end() {
    let seed =
        std::env::var("CAMPAIGN_SEED").map_or(1, |seed| seed.parse().expect("CAMPAIGN_SEED: a number"));
    let kills = if full_campaign() { 30 } else { 4 };
    println!("seed {seed}, {kills} kills");
    let mut dice = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut left = kills;
    for estate in 0.. {
        assert!(estate < ESTATES_MAX, "{left} of {kills} kills came too late: lower the limit");
        let site =
            Site::build("small-office", seed + estate, "bandwidth_limit = '30 MiB/s'\nread_back = false");
        let killed = kill_until_complete(&site, &mut dice, left);
        left -= killed;
        site.plan("");
        let (code, _, told) = site.ask(&["run"]);
        assert_eq!(code, Some(0), "{told}");
        judge(&site, killed);
        if left == 0 {
            return;
        }
    }
}

/// Kills one run after the other, at most so many. Says how many.
fn kill_until_complete(site: &Site, dice: &mut Xoshiro256PlusPlus, most: u64) -> u64 {
    let mut killed = 0;
    while killed < most {
        let mut run = site.start();
        let Some(size) = grown(site, &mut run, 1 + dice.next_u64() % GROWTH_RECORDS_MAX) else {
            let code = run.wait().expect("the run").code();
            assert_eq!(code, Some(0), "a run that nobody killed");
            return killed;
        };
        (0..dice.next_u64() % TURNS_MAX).for_each(|_| std::thread::yield_now());
        run.kill().expect("to kill the run");
        run.wait().expect("the run");
        killed += 1;
        println!("killed after record {size}");
        // Whatever was cut off, what is recorded is sound and legal, before anything mends it.
        let _ = History::verified(&site.journal());
    }
    killed
}

/// Waits until a run has added so many records, or has ended. Says how many there are in the first case.
fn grown(site: &Site, run: &mut Child, by: u64) -> Option<u64> {
    let size = || History::look(&site.journal()).map_or(0, |history| history.events().len() as u64);
    let before = size();
    wait_until("the journal to grow", || {
        let now = size();
        if now >= before + by {
            return Some(Some(now));
        }
        run.try_wait().expect("the run").map(|_| None)
    })
}

fn judge(site: &Site, killed: u64) {
    let history = History::verified(&site.journal());
    assert_eq!(differences(&site.estate.source, &site.estate.destination), Vec::<String>::new());
    assert_eq!(history.copied_twice(), Vec::<String>::new());
    assert_eq!(temporaries(&site.estate.destination), Vec::<String>::new());
    // A run killed before its first record leaves nothing to be found.
    let found = history.count("run.interruption-found") as u64;
    assert!(found <= killed, "{found} interruptions found, {killed} runs killed");
    let (started, finished) = (history.count("run.started"), history.count("run.finished"));
    assert_eq!(started as u64, finished as u64 + found, "{started} started, {finished} finished");
}
