//! Goal: what was acknowledged, and what a reader beside the writer saw, is there after the power went.
//!
//! Method: ext4 in a file behind a loop device, writer and reader at work; the file system is shut down by
//! `EXT4_IOC_SHUTDOWN` without a flush of its journal, which drops the page cache and whatever ext4 had not put on the
//! medium. Then it is mounted again, and some of the recoveries are cut off as well. The last test shows that this
//! loses something at all: sled alone, whose `flush` is no sync on Linux, loses events here.

use crate::Outcome;
use crate::campaign::{self, Dice};
use crate::counts::{Missing, count, did_not_run};
use crate::ledger::Ledger;
use crate::mount::{Cut, Disk};
use crate::process::{Ended, Process};
use crate::site::{Load, Site};

const FAULT: &str = "power_cut";
const FAULT_OF_SLED: &str = "power_cut, sled alone";
const DISK_MEBIBYTES: u64 = 256;
/// Cuts of one journal.
const CUTS_OF_ONE: u64 = 10;
const ACKNOWLEDGEMENTS_MAX: u64 = 80;
const TURNS_MAX: u64 = 3_000;

#[derive(Default)]
struct Counts {
    appending: u64,
    recovering: u64,
    acknowledged: u64,
    seen: u64,
}

pub(crate) fn acknowledged_events_survive() -> Outcome {
    let disk = match disk() {
        Ok(disk) => disk,
        Err(why) => return did_not_run(FAULT, &why),
    };
    let counts = cut(disk)?;
    count(FAULT, "cuts while appending", counts.appending);
    count(FAULT, "cuts during recovery", counts.recovering);
    count(FAULT, "events acknowledged", counts.acknowledged);
    count(FAULT, "records seen by a reader beside the writer", counts.seen);
    count(FAULT, "acknowledged or seen events lost", 0);
    Ok(())
}

/// A disk on which a cut works.
fn disk() -> Result<Disk, Missing> {
    let mut disk = Disk::ext4(DISK_MEBIBYTES)?;
    Cut::prepare(&disk.root())?.now()?;
    disk.unmount();
    disk.mount("loop,nosuid,nodev")?;
    Ok(disk)
}

fn cut(mut disk: Disk) -> Result<Counts, String> {
    let cuts = campaign::size(45, 4);
    let mut dice = Dice::of(FAULT);
    let mut counts = Counts::default();
    let (mut epoch, mut journal) = (0, 0);
    while counts.appending + counts.recovering < cuts {
        let root = disk.root().join(format!("site-{journal}"));
        journal += 1;
        std::fs::create_dir(&root).expect("a folder");
        let site = Site::create(&root);
        let mut ledger = Ledger::default();
        let before = counts.appending + counts.recovering;
        while counts.appending + counts.recovering < cuts.min(before + CUTS_OF_ONE) {
            let seen = cut_appends(&mut disk, &site, epoch, &mut dice, &mut ledger)?;
            counts.appending += 1;
            counts.seen += seen;
            // Every second recovery is cut off too, some of them twice.
            while dice.below(2) == 0 {
                counts.recovering += u64::from(cut_recovery(&mut disk, &site, &mut dice)?);
            }
            epoch += 1;
            let reopened = site.reopen(epoch)?;
            let size = opened_size(&reopened);
            if size < seen {
                return Err(format!("cut {epoch}: a reader saw {seen} records, {size} are there"));
            }
            ledger.take(&reopened.told);
            ledger.judge(&site.journal()).map_err(|why| format!("cut {epoch}: {why}"))?;
            epoch += 1;
        }
        counts.acknowledged += ledger.acknowledged();
        std::fs::remove_dir_all(&root).expect("a journal that is judged");
    }
    Ok(counts)
}

/// Cuts while a writer appends and a reader follows. Says how many records the reader saw.
fn cut_appends(
    disk: &mut Disk,
    site: &Site,
    epoch: u64,
    dice: &mut Dice,
    ledger: &mut Ledger,
) -> Result<u64, String> {
    let now = prepared(disk)?;
    let batch = dice.one_of(&[1, 2, 8, 64]);
    let mut writer = site.writer(Load { epoch, threads: 1 + dice.below(4), batch, batches: u64::MAX });
    let mut tail = writer.heard("open ").then(|| site.tail()).ok_or("a writer that does not open")?;
    tail.heard("seen ");
    (0..=dice.below(ACKNOWLEDGEMENTS_MAX)).all(|_| writer.heard("ack "));
    dice.turns(TURNS_MAX);
    now.now().map_err(|_| "the power cannot be cut any more")?;
    let (wrote, saw) = (writer.kill(), tail.kill());
    ledger.take(&wrote.told);
    disk.start_again()?;
    let sizes = saw.told.iter().filter_map(|line| line.strip_prefix("seen ")?.parse().ok());
    Ok(sizes.max().unwrap_or(0))
}

/// Cuts while a journal is being opened. Says whether the cut came before it was open.
fn cut_recovery(disk: &mut Disk, site: &Site, dice: &mut Dice) -> Result<bool, String> {
    let now = prepared(disk)?;
    let mut writer = site.writer(Load { epoch: 0, threads: 0, batch: 1, batches: 0 });
    writer.heard("opening");
    dice.turns(TURNS_MAX);
    now.now().map_err(|_| "the power cannot be cut any more")?;
    let ended = writer.kill();
    disk.start_again()?;
    Ok(!ended.told("open "))
}

fn prepared(disk: &Disk) -> Result<Cut, String> {
    Cut::prepare(&disk.root()).map_err(|_| "the power cannot be cut any more".to_owned())
}

/// Records there were when it was opened, without those the opening appended.
fn opened_size(ended: &Ended) -> u64 {
    let line = ended.told.iter().find_map(|line| line.strip_prefix("open ")).unwrap_or_default();
    let (size, findings) = line.split_once(' ').unwrap_or((line, ""));
    let findings = findings.split(',').filter(|finding| !finding.is_empty()).count() as u64;
    size.parse::<u64>().unwrap_or(0).saturating_sub(findings)
}

pub(crate) fn sled_alone_loses_events() -> Outcome {
    let mut disk = match disk() {
        Ok(disk) => disk,
        Err(why) => return did_not_run(FAULT_OF_SLED, &why),
    };
    let rounds = campaign::size(8, 2);
    let mut dice = Dice::of(FAULT_OF_SLED);
    let (mut losing, mut acknowledged, mut lost) = (0, 0, 0);
    for round in 0..rounds {
        let folder = disk.root().join(format!("sled-{round}"));
        let folder = folder.display().to_string();
        let now = prepared(&disk)?;
        let mut writer = Process::start(["write-store", &folder]);
        (0..100 + dice.below(1_000)).all(|_| writer.heard("ack "));
        now.now().map_err(|_| "the power cannot be cut any more")?;
        let told = writer.kill().told.iter().filter(|line| line.starts_with("ack ")).count() as u64;
        disk.start_again()?;
        let counted = Process::start(["count-store", &folder]).end();
        let there =
            counted.told.iter().find_map(|line| line.strip_prefix("there ")?.parse().ok()).unwrap_or(0);
        losing += u64::from(there < told);
        acknowledged += told;
        lost += told.saturating_sub(there);
    }
    count(FAULT_OF_SLED, "rounds", rounds);
    count(FAULT_OF_SLED, "rounds that lost events whose flush had returned", losing);
    count(FAULT_OF_SLED, "events flushed, of them lost", format!("{acknowledged}, {lost}"));
    if losing == 0 { Err("sled alone lost nothing: this test does not bite here".to_owned()) } else { Ok(()) }
}
