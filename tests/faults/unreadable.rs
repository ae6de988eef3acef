//! Goal: a log of which a part cannot be read is named, with the byte; nothing takes its place and nothing is lost by it.
//!
//! Method: strace makes the reads of a rehearsed journal's log file fail with EIO, all of them from one on, while a command
//! opens the journal for writing. Then the disk is well again.

use std::fs;

use serde_json::Value;
use wsusmigrate_tests::World;

use crate::Outcome;
use crate::counts::{count, did_not_run};
use crate::site::{Load, Site};
use crate::trace::{Call, Inject, Tracer, watch};

const FAULT: &str = "unreadable_log";
const PROGRAM: &str = env!("CARGO_BIN_EXE_wsusmigrate-tested");
const JOURNAL: [&str; 4] = ["--journal", "r/journal", "--keys", "r/keys"];
/// More than a command reads of a small log.
const READS_MAX: u64 = 200;

pub(crate) fn a_log_that_cannot_be_read_is_named_and_kept() -> Outcome {
    if let Err(why) = Tracer::is_possible() {
        return did_not_run(FAULT, &why);
    }
    let world = World::on_disk(PROGRAM);
    let ran = world.command(["rehearse", "--scenario", "tiny", "--dir", "r"]).output();
    assert!(ran.is_ok_and(|ran| ran.status.success()), "a rehearsal");
    let (mut refused, mut inside) = (0, 0);
    for call in ["pread64", "read"] {
        for nth in 1..=READS_MAX {
            match read_fails(&world, call, nth).map_err(|why| format!("{call} {nth}: {why}"))? {
                None => break,
                Some(told) => {
                    refused += u64::from(told.contains("the log cannot be read"));
                    inside += u64::from(told.contains(".log, byte ") && !told.contains(".log, byte 0\n"));
                }
            }
        }
    }
    if refused < 2 || inside == 0 {
        return Err(format!("refused {refused} times, {inside} times with a byte inside the log file"));
    }
    let verified = the_verifier_names_it()?;
    if verified == 0 {
        return Err("nothing was ever verified before what cannot be read".to_owned());
    }
    count(FAULT, "verifications that counted what stands before it", verified);
    count(
        FAULT,
        "openings of a log that cannot be read from some byte on, all refused with file and byte",
        refused,
    );
    Ok(())
}

/// The verifier names the byte too, and judges what stands before it. Says how often there was something before it.
fn the_verifier_names_it() -> Result<u64, String> {
    let world = World::on_disk(PROGRAM);
    let site = Site::create(&world.path("r"));
    let written = site.writer(Load { epoch: 0, threads: 1, batch: 100, batches: 100 }).end();
    assert_eq!(written.code, Some(0), "{}", written.text());
    let log = site.journal().join("log").join(format!("{:020}.log", 0));
    let mut inside = 0;
    for nth in 1..=READS_MAX {
        let inject = Inject { file: &log, what: format!("pread64:error=EIO:when={nth}+") };
        let words = ["journal", "verify", "--json"];
        let command = world.command(words.iter().chain(&JOURNAL));
        let (calls, ended) = watch(&command, Some(&inject), &world.path("trace"))?;
        if !calls.iter().any(Call::was_injected) {
            return Ok(inside);
        }
        let answer: Vec<_> = ended.told.iter().map(String::as_str).skip_while(|line| *line != "{").collect();
        let end = answer.iter().position(|line| *line == "}").ok_or_else(|| ended.text())?;
        let answer: Value =
            serde_json::from_str(&answer[..=end].join("\n")).map_err(|error| error.to_string())?;
        let findings = answer["findings"].as_array().ok_or("no findings")?;
        let unread =
            |found: &&Value| found["what"].as_str().is_some_and(|what| what.contains("cannot be read: "));
        let offset = findings.iter().find(unread).and_then(|found| found["offset"].as_u64());
        match offset.ok_or_else(|| format!("read {nth}: {}", ended.text()))? {
            // Its header, or the first of its commits.
            ..=72 => {}
            _ if answer["origin"].is_null() => return Err(format!("nothing before it counts: {answer}")),
            _ => inside += 1,
        }
    }
    Err("it reads for ever".to_owned())
}

/// What is told where all reads from one on fail; none where there was none to fail.
fn read_fails(world: &World, call: &str, nth: u64) -> Result<Option<String>, String> {
    let log = world.path(format!("r/journal/log/{:020}.log", 0));
    let before = fs::read(&log).map_err(|error| error.to_string())?;
    let inject = Inject { file: &log, what: format!("{call}:error=EIO:when={nth}+") };
    let anchor = world.command(["journal", "anchor"].iter().chain(&JOURNAL));
    let (calls, ended) = watch(&anchor, Some(&inject), &world.path("trace"))?;
    if !calls.iter().any(Call::was_injected) {
        return if ended.code == Some(0) { Ok(None) } else { Err(ended.text()) };
    }
    let told = ended.text();
    if told.contains("the log cannot be read") {
        let file = format!("cannot read r/journal/log/{:020}.log, byte ", 0);
        let well = ended.code == Some(5) && told.contains(&file) && told.contains("Nothing was changed.");
        if !well || fs::read(&log).ok().as_ref() != Some(&before) {
            return Err(told);
        }
    } else if !matches!(ended.code, Some(0 | 4 | 5)) {
        return Err(told);
    }
    if world.path("r/journal/quarantine").exists() {
        return Err(format!("something was put aside: {told}"));
    }
    let verified = world.command(["journal", "verify"].iter().chain(&JOURNAL)).output();
    match verified {
        Ok(verified) if verified.status.success() => Ok(Some(told)),
        other => Err(format!("{told}\nafter it: {other:?}")),
    }
}
