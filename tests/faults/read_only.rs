//! Goal: on a disk that takes no writes everything that only reads works, and the writer says clearly why it does not.
//!
//! Method: a rehearsed journal on a disk of its own, made read-only.

use wsusmigrate_tests::World;

use crate::Outcome;
use crate::counts::count;
use crate::mount::Disk;
use crate::site::{Site, copy_tree};

const FAULT: &str = "read_only";
const MEBIBYTES: u64 = 32;
const PROGRAM: &str = env!("CARGO_BIN_EXE_wsusmigrate-tested");

pub(crate) fn readers_work_and_the_writer_says_so() -> Outcome {
    let mut kinds = Vec::new();
    for (kind, disk) in Disk::each(FAULT, MEBIBYTES)? {
        on(&disk).map_err(|why| format!("{kind}: {why}"))?;
        kinds.push(kind);
    }
    if !kinds.is_empty() {
        count(FAULT, "disks on which readers worked and writers were refused", kinds.join(", "));
    }
    Ok(())
}

fn on(disk: &Disk) -> Result<(), String> {
    let world = World::on_disk(PROGRAM);
    let ran = world.command(["rehearse", "--scenario", "tiny", "--dir", "r"]).output().expect("a rehearsal");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    copy_tree(&world.path("r"), &disk.root());
    disk.remount("ro").map_err(|_| "it cannot be made read-only")?;
    let site = Site::at(&disk.root());
    let ended = site.writer(crate::site::Load { epoch: 0, threads: 1, batch: 1, batches: 1 }).end();
    if ended.code != Some(1)
        || !ended.told("failed cannot ")
        || !ended.text().contains("Read-only file system")
    {
        return Err(format!("the writer: {}", ended.text()));
    }
    let journal = site.journal().display().to_string();
    for reading in [
        &["journal", "verify"][..],
        &["journal", "log"],
        &["status"],
        &["report", "audit"],
        &["replay", "--at", "5"],
        &["rollback"],
    ] {
        let (code, told) = ask(&world, reading, &journal);
        if code != Some(0) {
            return Err(format!("{reading:?} exits with {code:?}: {told}"));
        }
    }
    let (code, told) = ask(&world, &["run"], &journal);
    if code != Some(4) || !told.contains("Read-only file system") {
        return Err(format!("run exits with {code:?}: {told}"));
    }
    Ok(())
}

/// Asks the program about the journal of the rehearsal's plan.
fn ask(world: &World, words: &[&str], journal: &str) -> (Option<i32>, String) {
    let plan = world.path("r/migration.toml").display().to_string();
    let mut command = world.command(words);
    let ran = command.args(["--journal", journal, "--plan", &plan]).output().expect("a command");
    (ran.status.code(), String::from_utf8_lossy(&ran.stderr).into_owned())
}
