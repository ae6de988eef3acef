//! Goal: on a full disk nothing acknowledged is lost, appends stop with a clear word, everything that reads works, and
//! once there is space again it goes on.
//!
//! Method: a small disk of its own; a writer appends until it is refused, then the rest is filled with ballast to the
//! last byte. Then the same for `wsusmigrate` itself, whose journal stands on the small disk: exit code 4.

use wsusmigrate_fixtures::{Scenario, build};
use wsusmigrate_tests::World;

use crate::Outcome;
use crate::counts::{Missing, count, did_not_run};
use crate::ledger::Ledger;
use crate::mount::Disk;
use crate::process::Process;
use crate::site::{Load, Site};

const FAULT: &str = "full_disk";
const FAULT_OF_PROGRAM: &str = "full_disk, the program";
const MEBIBYTES: u64 = 12;
const OTHERS_BYTES: usize = 3 << 20;
const NO_SPACE: &str = "No space left on device";
const PROGRAM: &str = env!("CARGO_BIN_EXE_wsusmigrate-tested");

/// Disks there are here: a loop mount, and memory.
fn disks(fault: &'static str) -> Result<Vec<(&'static str, Disk)>, String> {
    let makers: [(&str, fn() -> Result<Disk, Missing>); 2] =
        [("ext4", || Disk::ext4(MEBIBYTES)), ("memory", || Disk::memory(MEBIBYTES))];
    let mut disks = Vec::new();
    for (kind, make) in makers {
        match make() {
            Ok(disk) => disks.push((kind, disk)),
            Err(why) => did_not_run(fault, &why)?,
        }
    }
    Ok(disks)
}

pub(crate) fn appends_stop_and_go_on() -> Outcome {
    for (kind, disk) in disks(FAULT)? {
        let acknowledged = fill(&disk).map_err(|why| format!("{kind}: {why}"))?;
        count(FAULT, format!("{kind}: events acknowledged, none lost"), acknowledged);
    }
    Ok(())
}

fn fill(disk: &Disk) -> Result<u64, String> {
    let site = Site::create(&disk.root());
    // Somebody else's, which is what goes when space is made: a journal gives nothing back.
    let others = disk.root().join("others");
    std::fs::write(&others, vec![1; OTHERS_BYTES]).expect("a file on a disk with space");
    let mut ledger = Ledger::default();
    let ended = site.writer(Load { epoch: 0, threads: 2, batch: 16, batches: u64::MAX }).end();
    ledger.take(&ended.told);
    let refused = ended.told.iter().find(|line| line.starts_with("refused "));
    if ended.code != Some(4) || !refused.is_some_and(|why| why.contains(NO_SPACE)) {
        return Err(format!("the writer: {}", ended.text()));
    }
    ledger.judge(&site.journal())?;
    let ballast = disk.fill_up(0);
    on_the_full_disk(&site, &mut ledger)?;
    std::fs::remove_file(ballast).expect("the ballast");
    std::fs::remove_file(others).expect("the file");
    ledger.take(&site.reopen(2)?.told);
    let judged = ledger.judge(&site.journal())?;
    Ok(judged.acknowledged)
}

/// Not a byte is free: opening works or says why, and reading works.
fn on_the_full_disk(site: &Site, ledger: &mut Ledger) -> Result<(), String> {
    let ended = site.writer(Load { epoch: 1, threads: 1, batch: 16, batches: 10_000 }).end();
    ledger.take(&ended.told);
    let stopped = ended.code == Some(4) && ended.told("open ");
    let refused = ended.code == Some(1) && ended.told("failed ");
    if !(stopped || refused) || !ended.text().contains(NO_SPACE) {
        return Err(format!("on the full disk: {}", ended.text()));
    }
    count(
        FAULT,
        "opening for writing on the full disk",
        if stopped { "works" } else { "refused, and says why" },
    );
    ledger.judge(&site.journal())?;
    let tail = Process::start(["tail".to_owned(), site.journal().display().to_string()]).end();
    if tail.code == Some(0) { Ok(()) } else { Err(format!("a reader: {}", tail.text())) }
}

pub(crate) fn the_program_says_so() -> Outcome {
    for (kind, disk) in disks(FAULT_OF_PROGRAM)? {
        run_out_of_space(&disk).map_err(|why| format!("{kind}: {why}"))?;
        count(FAULT_OF_PROGRAM, format!("{kind}: run"), "exit code 4, then goes on");
    }
    Ok(())
}

fn run_out_of_space(disk: &Disk) -> Result<(), String> {
    let world = World::new(PROGRAM);
    let scenario = Scenario::named("small-office").expect("a scenario");
    let estate = build(&scenario, 1, &world.path("hosts"), &mut |_| {}).expect("an estate");
    let plan = format!(
        "[migration]\nname = 'm'\n[content]\nsource = '{}'\ndestination = '{}'\n",
        estate.source.display(),
        estate.destination.display()
    );
    std::fs::write(world.path("migration.toml"), plan).expect("the plan");
    let journal = disk.root().join("m.journal").display().to_string();
    let ask = |words: &[&str]| {
        let ran = world.command(words).args(["--journal", &journal]).output().expect("a command");
        (ran.status.code(), String::from_utf8_lossy(&ran.stderr).into_owned())
    };
    let ballast = disk.fill_up(LEFT_BYTES);
    let (code, told) = ask(&["run"]);
    if code != Some(4) || !told.contains(NO_SPACE) {
        return Err(format!("run exits with {code:?}: {told}"));
    }
    for reading in [
        &["journal", "verify"][..],
        &["status"],
        &["report", "audit"],
        &["replay", "--at", "1"],
        &["rollback"],
    ] {
        let (code, told) = ask(reading);
        if code != Some(0) {
            return Err(format!("{reading:?} exits with {code:?}: {told}"));
        }
    }
    std::fs::remove_file(ballast).expect("the ballast");
    let (code, told) = ask(&["run"]);
    if code != Some(0) { Err(format!("run with space again exits with {code:?}: {told}")) } else { Ok(()) }
}

/// Enough for a journal to begin in, not for the whole run.
const LEFT_BYTES: u64 = 400 << 10;
