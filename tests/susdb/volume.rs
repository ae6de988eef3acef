//! Goal: rows are streamed: a SUSDB with a hundred times the files takes the program no more memory.
//!
//! Method: the same migration of a SUSDB that knows ten thousand files, and of one that knows a million; the largest
//! resident size of each run is read from `/proc` until it ends. An ordinary test run holds a thousand against thirty
//! thousand.
#![cfg(target_os = "linux")]

use std::fs;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use wsusmigrate_fixtures::{Scenario, Susdb};

use crate::site::{Site, full_campaign};

/// How much more the larger one may take, in KiB. Two runs of the same differ by 2 MiB; the lines of 29,000 further rows, kept
/// while tables are summed, are 15 MiB.
const MORE_KIB_MAX: u64 = 6 * 1024;
/// How often a run is looked at.
const LOOK: Duration = Duration::from_millis(2);

/// The largest resident size of a process so far, in KiB; nothing once it has ended.
fn peak_kib(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

/// Runs the part of the server one is at: its largest resident size, in KiB.
fn measured(site: &Site) -> u64 {
    let mut run = site.world.command(["run"]);
    run.stdout(Stdio::null()).stderr(Stdio::null());
    let mut run = site.servers.at(run).spawn().expect("a run");
    let mut peak = 0;
    let code = loop {
        peak = peak_kib(run.id()).unwrap_or(0).max(peak);
        if let Some(status) = run.try_wait().expect("the run") {
            break status.code();
        }
        thread::park_timeout(LOOK);
    };
    assert!(matches!(code, Some(0 | 1)), "{code:?}");
    peak
}

/// Migrates a SUSDB that knows so many files: the peaks of both servers' runs, in KiB.
fn migrated(files: u32) -> [u64; 2] {
    let mut scenario = Scenario::named("tiny").expect("a scenario");
    let database = scenario.database.as_mut().expect("engines");
    database.source.susdb = Some(Susdb { more_files: files, ..Susdb::default() });
    let mut site = Site::new(&scenario, None, None);
    let began = Instant::now();
    let old = measured(&site);
    site.hand_over();
    let new = measured(&site);
    println!("{files} files: {old} KiB at the source, {new} KiB at the destination, {:?}", began.elapsed());
    let history = site.history("new");
    assert_eq!(history.count("content.catalogue-compared"), 1, "it came to its end");
    [old, new]
}

#[test]
fn memory_does_not_grow_with_rows() {
    let (few, many) = if full_campaign() { (10_000, 1_000_000) } else { (1_000, 30_000) };
    let (few, many) = (migrated(few), migrated(many));
    for (few, many) in few.into_iter().zip(many) {
        assert!(many < few + MORE_KIB_MAX, "{few} KiB, then {many} KiB");
    }
}
