//! Goal: on a full disk nothing acknowledged is lost, appends stop with a clear word, everything that reads works, and
//! once there is space again it goes on.
//!
//! Method: a small disk of its own; a writer appends until it is refused, then the rest is filled with ballast to the
//! last byte. Then the same for `wsusmigrate` itself, whose journal stands on the small disk: exit code 4.

use std::path::Path;

use wsusmigrate_core::envelope::Recorded;
use wsusmigrate_core::event::run::{JournalRecovered, Recovery};
use wsusmigrate_core::event::{Event, RunEvent};
use wsusmigrate_core::unit::TimeMicros;
use wsusmigrate_fixtures::{Scenario, build};
use wsusmigrate_journal::{Journal, RESERVE_BYTES, Reader, Record, RecordSource as _};
use wsusmigrate_tests::World;

use crate::Outcome;
use crate::campaign;
use crate::counts::count;
use crate::ledger::Ledger;
use crate::mount::Disk;
use crate::process::Process;
use crate::site::{Load, Site};

const FAULT: &str = "full_disk";
const FAULT_OF_FINDINGS: &str = "full_disk, what was mended";
const FAULT_OF_PROGRAM: &str = "full_disk, the program";
const MEBIBYTES: u64 = 16;
const MEBIBYTES_WITH_REST: u64 = 40;
const SOME_BYTES: usize = 2 << 20;
const OTHERS_BYTES: usize = 8 << 20;
const REST_BYTES: usize = 18 << 20;
/// The most that is left free on the full disk.
const LEFT_BYTES_MAX: u64 = 1 << 20;
const BLOCK_BYTES: u64 = 4 << 10;
/// Behind everything the writer records.
const LATER: TimeMicros = TimeMicros(1_800_000_000_000_000);
const NO_SPACE: &str = "No space left on device";
const PROGRAM: &str = env!("CARGO_BIN_EXE_wsusmigrate-tested");

pub(crate) fn appends_stop_and_go_on() -> Outcome {
    for (kind, disk) in Disk::each(FAULT, MEBIBYTES_WITH_REST)? {
        let acknowledged = fill(&disk).map_err(|why| format!("{kind}: {why}"))?;
        count(FAULT, format!("{kind}: events acknowledged, none lost"), acknowledged);
    }
    Ok(())
}

fn fill(disk: &Disk) -> Result<u64, String> {
    let site = Site::create(&disk.root());
    // Somebody else's, which is what goes when space is made: a journal gives nothing back.
    let sizes = [("some", SOME_BYTES), ("others", OTHERS_BYTES), ("rest", REST_BYTES)];
    let [some, others, rest] = sizes.map(|(name, bytes)| {
        let file = disk.root().join(name);
        std::fs::write(&file, vec![1; bytes]).expect("a file on a disk with space");
        file
    });
    let mut ledger = Ledger::default();
    let ended = site.writer(Load { epoch: 0, threads: 2, batch: 16, batches: u64::MAX }).end();
    ledger.take(&ended.told);
    let refused = ended.told.iter().find(|line| line.starts_with("refused "));
    if ended.code != Some(4) || !refused.is_some_and(|why| why.contains(NO_SPACE)) {
        return Err(format!("the writer: {}", ended.text()));
    }
    ledger.judge(&site.journal())?;
    std::fs::remove_file(some).expect("the file");
    let doubled = std::iter::successors(Some(4 << 10), |left| Some(left * 2));
    let amounts = std::iter::once(0).chain(doubled.take_while(|&left| left <= LEFT_BYTES_MAX));
    for (epoch, left) in (1..).zip(amounts) {
        let ballast = disk.fill_up(left);
        on_the_full_disk(&site, &mut ledger, epoch).map_err(|why| format!("{left} bytes left: {why}"))?;
        std::fs::remove_file(ballast).expect("the ballast");
    }
    std::fs::remove_file(others).expect("the file");
    let again = site.reopen(u64::MAX).or_else(|told| {
        // sled may have lost its end, and a new store beside it need more than that. It says how much.
        let need = needed_bytes(&told).ok_or(told)?;
        std::fs::remove_file(&rest).expect("the file");
        disk.fill_up(need);
        count(FAULT, "stores given up, with the room that was asked for", need >> 20);
        site.reopen(u64::MAX - 1)
    });
    ledger.take(&again?.told);
    given_up_in_vain(&site)?;
    let judged = ledger.judge(&site.journal())?;
    Ok(judged.acknowledged)
}

/// What a refusal says that the store may need.
fn needed_bytes(told: &str) -> Option<u64> {
    let (_, told) = told.split_once("it may need ")?;
    let (mebibytes, _) = told.split_once(" MiB more in ")?;
    Some(mebibytes.parse::<u64>().ok()? << 20)
}

/// No store was moved to quarantine that only found no room: put back, none is recognised as sound.
fn given_up_in_vain(site: &Site) -> Result<(), String> {
    let Ok(quarantined) = std::fs::read_dir(site.journal().join("quarantine")) else { return Ok(()) };
    for store in quarantined.map(|entry| entry.expect("an entry")) {
        let elsewhere = tempfile::TempDir::new().expect("a temporary folder");
        let copy = site.copy(elsewhere.path());
        std::fs::remove_dir_all(copy.journal().join("sled")).expect("the store");
        std::fs::rename(
            copy.journal().join("quarantine").join(store.file_name()),
            copy.journal().join("sled"),
        )
        .expect("the store");
        let words = [copy.journal(), copy.keys()].map(|path| path.display().to_string());
        let ended = Process::start(std::iter::once("repeat".to_owned()).chain(words)).end();
        if !ended.told.iter().any(|line| line.starts_with("open ") && line.contains("StoreRebuilt")) {
            return Err(format!("{} was given up and is sound: {}", store.path().display(), ended.text()));
        }
    }
    Ok(())
}

/// Little or nothing is free: opening works or says why, and reading works.
fn on_the_full_disk(site: &Site, ledger: &mut Ledger, epoch: u64) -> Result<(), String> {
    let ended = site.writer(Load { epoch, threads: 1, batch: 16, batches: 100 }).end();
    ledger.take(&ended.told);
    let enough = ended.code == Some(0);
    let stopped = ended.code == Some(4) && ended.told("open ");
    let refused = ended.code == Some(1) && ended.told("failed ");
    if epoch == 1 && !(stopped && ended.told("full ")) {
        return Err(format!("the reserve was not used: {}", ended.text()));
    }
    if !enough && !((stopped || refused) && ended.text().contains(NO_SPACE)) {
        return Err(ended.text());
    }
    if refused {
        count(FAULT, "opening for writing on the full disk", "refused, and says why");
    }
    ledger.judge(&site.journal())?;
    let tail = Process::start(["tail".to_owned(), site.journal().display().to_string()]).end();
    if tail.code == Some(0) { Ok(()) } else { Err(format!("a reader: {}", tail.text())) }
}

/// Goal: what opening mended before it met the full disk is recorded with the rest. Once it was lost: the second attempt, with
/// the room of the reserve, found nothing wrong any more.
pub(crate) fn what_was_mended_is_recorded() -> Outcome {
    for (kind, disk) in Disk::each(FAULT_OF_FINDINGS, MEBIBYTES)? {
        let site = Site::create(&disk.root());
        site.writer(Load { epoch: 0, threads: 1, batch: 16, batches: 20 }).end();
        let torn = tear(&site)?;
        let ballast = disk.fill_up(0);
        let opened = Journal::open(&site.journal(), &site.keys(), LATER).map_err(|error| error.to_string());
        let (journal, opened) = opened.map_err(|why| format!("{kind}: {why}"))?;
        let told: Vec<_> = opened.findings.iter().map(|found| (found.finding, found.bytes)).collect();
        if opened.full.is_none() || told != [(Recovery::TornTailDropped, torn)] {
            return Err(format!("{kind}: opening tells {opened:?}"));
        }
        journal.close().map_err(|error| format!("{kind}: {error}"))?;
        let recorded = recoveries(&site)?;
        if recorded != opened.findings {
            return Err(format!("{kind}: recorded is {recorded:?}"));
        }
        std::fs::remove_file(ballast).expect("the ballast");
        site.reopen(1).map_err(|why| format!("{kind}: {why}"))?;
        Ledger::default().judge(&site.journal())?;
        count(
            FAULT_OF_FINDINGS,
            format!("{kind}: findings of the attempt without room, recorded"),
            told.len(),
        );
    }
    Ok(())
}

/// Leaves a piece of a commit behind the end of the log, as a crash does. Says how long it is.
fn tear(site: &Site) -> Result<u64, String> {
    const PIECE: &[u8] = b"WMCF, and not a commit";
    let log = site.journal().join("log").join(format!("{:020}.log", 0));
    let mut bytes = std::fs::read(&log).map_err(|error| error.to_string())?;
    let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    bytes[end..end + PIECE.len()].copy_from_slice(PIECE);
    std::fs::write(&log, bytes).map_err(|error| error.to_string())?;
    Ok(PIECE.len() as u64)
}

/// What openings recorded.
fn recoveries(site: &Site) -> Result<Vec<JournalRecovered>, String> {
    let reader = Reader::open(&site.journal()).map_err(|error| error.to_string())?;
    let mut found = Vec::new();
    for raw in reader.records(0..reader.size()) {
        let record = raw.map_err(|error| error.to_string())?.decode().map_err(|error| error.to_string())?;
        if let Record::Known(Recorded { event: Event::Run(RunEvent::JournalRecovered(event)), .. }) = record {
            found.push(event);
        }
    }
    Ok(found)
}

pub(crate) fn the_program_says_so() -> Outcome {
    for (kind, disk) in Disk::each(FAULT_OF_PROGRAM, MEBIBYTES)? {
        let (mut ends, mut enough) = (Vec::new(), 0);
        let site = ProgramSite::build(&disk);
        // From nothing at all to more than a run needs, so that the space ends at every place it can.
        for left in (0..).map(|blocks| blocks * BLOCK_BYTES).filter(|&left| is_looked_at(left)) {
            let place = |why| format!("{kind}, {left} bytes left: {why}");
            match site.run_with(&disk, left).map_err(place)? {
                Some(end) => ends.push(end),
                None => enough += 1,
            }
            if enough > 1 {
                break;
            }
        }
        if !ends.iter().any(|end| end == "run.failed") {
            return Err(format!("{kind}: no run said that it failed: {ends:?}"));
        }
        let recorded = ends.iter().filter(|end| end.starts_with("run.f")).count();
        count(
            FAULT_OF_PROGRAM,
            format!("{kind}: runs that ended with exit code 4, and went on with space"),
            ends.len(),
        );
        count(
            FAULT_OF_PROGRAM,
            format!("{kind}: of them recorded to their end, under a checkpoint"),
            recorded,
        );
    }
    Ok(())
}

/// Everyday a sample, but every block where a run begins that has not enough: just above the reserve and the first piece
/// of the log.
fn is_looked_at(left: u64) -> bool {
    const BEGUN: std::ops::Range<u64> = RESERVE_BYTES + (256 << 10)..RESERVE_BYTES + (320 << 10);
    campaign::is_full() || left.is_multiple_of(16 * BLOCK_BYTES) || BEGUN.contains(&left)
}

/// An estate to migrate, with journals on another disk.
struct ProgramSite {
    world: World,
}

impl ProgramSite {
    fn build(disk: &Disk) -> Self {
        let world = World::on_disk(PROGRAM);
        let scenario = Scenario::named("tiny").expect("a scenario");
        let estate = build(&scenario, 1, &world.path("hosts"), &mut |_| {}).expect("an estate");
        let plan = format!(
            "[migration]\nname = 'm'\n[content]\nsource = '{}'\ndestination = '{}'\n",
            estate.source.display(),
            estate.destination.display()
        );
        std::fs::write(world.path("migration.toml"), plan).expect("the plan");
        std::fs::create_dir(disk.root().join("journals")).expect("a folder");
        Self { world }
    }

    /// Runs with so many bytes left, then with all the space. Where it was too little: with what the journal ended, if there
    /// was one.
    fn run_with(&self, disk: &Disk, left: u64) -> Result<Option<String>, String> {
        let journal = disk.root().join("journals").join("m.journal");
        let ask = |words: &[&str]| {
            let ran = self.world.command(words).arg("--journal").arg(&journal).output().expect("a command");
            (ran.status.code(), String::from_utf8_lossy(&ran.stderr).into_owned())
        };
        let ballast = disk.fill_up(left);
        let (code, told) = ask(&["run"]);
        let stopped = code == Some(4) && told.contains(NO_SPACE);
        if !stopped && code != Some(0) {
            return Err(format!("run exits with {code:?}: {told}"));
        }
        let mut end = String::new();
        // Where there was no space for a journal there is none to look at.
        if journal.join("head").exists() {
            end = self.end_of(&journal)?;
            for reading in [&["journal", "verify"][..], &["status"], &["report", "audit"], &["rollback"]] {
                let (code, told) = ask(reading);
                if code != Some(0) {
                    return Err(format!("{reading:?} exits with {code:?}: {told}"));
                }
            }
        }
        std::fs::remove_file(ballast).expect("the ballast");
        for command in [&["run"][..], &["journal", "verify"]] {
            let (code, told) = ask(command);
            if code != Some(0) {
                return Err(format!("with space again {command:?} exits with {code:?}: {told}"));
            }
        }
        std::fs::remove_dir_all(&journal).expect("the journal");
        Ok(stopped.then_some(end))
    }

    /// The last event: either nothing was recorded, or the run has an end, and a checkpoint is over it.
    fn end_of(&self, journal: &Path) -> Result<String, String> {
        let words = ["journal", "log", "--reverse", "--limit", "1", "--json", "--journal"];
        let ran = self.world.command(words).arg(journal).output().expect("a command");
        let last: serde_json::Value =
            serde_json::from_slice(&ran.stdout).map_err(|error| error.to_string())?;
        let size = last["seq"].as_u64().map_or(0, |seq| seq + 1);
        let is_signed = journal.join("checkpoints").join(format!("{size:020}")).exists();
        match last["event"].as_str() {
            Some(end @ "run.journal-created") => Ok(end.to_owned()),
            Some(end @ ("run.failed" | "run.finished")) if is_signed => Ok(end.to_owned()),
            _ => Err(format!("on the full disk the journal ends with {last}, signed {is_signed}")),
        }
    }
}
