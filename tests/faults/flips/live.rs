//! Flips in a whole folder as a rehearsal leaves it: log, head, checkpoints, evidence, snapshots and sled.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use wsusmigrate_journal::{Reader, RecordSource as _};
use wsusmigrate_tests::World;

use super::examiner::{Examiner, limited};
use crate::Outcome;
use crate::campaign::{self, Dice};
use crate::counts::count;
use crate::process::{Ended, Process};
use crate::site::Site;

const FAULT: &str = "flips, live folder";
const PROGRAM: &str = env!("CARGO_BIN_EXE_wsusmigrate-tested");

/// The parts of a folder, each as likely as any other.
const PARTS: [&str; 6] = ["log", "head", "checkpoints", "evidence", "snapshots", "sled"];

pub(crate) fn of_a_live_folder() -> Outcome {
    let flips = campaign::size(1_000, 24);
    let world = World::on_disk(PROGRAM);
    let ran = world.command(["rehearse", "--scenario", "tiny", "--dir", "r"]).output().expect("a rehearsal");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let sound = Site::at(&world.path("r"));
    let mut dice = Dice::of(FAULT);
    let mut counts = BTreeMap::<(&str, &str), u64>::new();
    for number in 0..flips {
        let folder = TempDir::new().expect("a temporary folder");
        let copy = Site::at(folder.path());
        crate::site::copy_tree(&sound.journal(), &copy.journal());
        crate::site::copy_tree(&sound.keys(), &copy.keys());
        let part = dice.one_of(&PARTS);
        let (file, at, bit) = flip(&copy.journal().join(part), &mut dice);
        let verdict = judge(&copy, &sound, part, &file)
            .map_err(|why| format!("flip {number}, bit {bit} of byte {at} of {}: {why}", file.display()))?;
        *counts.entry((part, verdict)).or_default() += 1;
    }
    for ((part, verdict), flips) in counts {
        count(FAULT, format!("bits of `{part}`: {verdict}"), flips);
    }
    Ok(())
}

/// Flips one bit of one file of a part; free bytes of log and head are left to the flips of a copy.
fn flip(part: &Path, dice: &mut Dice) -> (PathBuf, usize, u64) {
    let mut files = Vec::new();
    list(part, &mut files);
    files.retain(|file| fs::metadata(file).is_ok_and(|metadata| metadata.len() > 0));
    files.sort();
    let file = files.swap_remove(usize::try_from(dice.below(files.len() as u64)).expect("an index"));
    let mut bytes = fs::read(&file).expect("a file");
    let meaning = match part.file_name().and_then(|name| name.to_str()) {
        Some("log") => bytes.iter().rposition(|&byte| byte != 0).expect("records"),
        Some("head") => 96,
        _ => bytes.len(),
    };
    let at = usize::try_from(dice.below(meaning as u64)).expect("an offset");
    let bit = dice.below(8);
    bytes[at] ^= 1 << bit;
    fs::write(&file, bytes).expect("a file");
    (file, at, bit)
}

fn list(path: &Path, files: &mut Vec<PathBuf>) {
    if path.is_file() {
        files.push(path.to_owned());
        return;
    }
    for entry in fs::read_dir(path).expect("a folder") {
        list(&entry.expect("an entry").path(), files);
    }
}

/// What became of a flip, or what should not have.
fn judge(copy: &Site, sound: &Site, part: &str, file: &Path) -> Result<&'static str, String> {
    let mut examiner = Examiner::start(&copy.journal());
    let found = examiner.look()?;
    examiner.end()?;
    let located = found.iter().any(|found| found.file == file && found.severity != "Note");
    let is_copy = matches!(part, "snapshots" | "sled");
    match (is_copy, located) {
        (true, false) if found.is_empty() => {}
        (false, true) => {}
        _ => return Err(format!("the verifier found {found:?}")),
    }
    let mut repeat = limited();
    repeat.arg("repeat").arg(copy.journal()).arg(copy.keys());
    let ended = Process::of(repeat).end();
    match ended.code {
        Some(0) => same_records(sound, copy)?,
        // Refused: nothing was opened, and nothing is lost that was not lost before.
        Some(1) if !is_copy && ended.told("failed ") => {
            return Ok("located by the verifier, opening refused");
        }
        _ => return Err(ended.text()),
    }
    Ok(match (is_copy, rebuilt(&ended)) {
        (false, true) => "located by the verifier, rebuilt at opening",
        (false, false) => "located by the verifier, without effect on opening",
        (true, true) => "found at opening, rebuilt from the log",
        (true, false) => "without effect: every event there and recognised",
    })
}

fn rebuilt(ended: &Ended) -> bool {
    let line = ended.told.iter().find(|line| line.starts_with("open "));
    line.is_some_and(|line| !line.trim_end().ends_with(|last: char| last.is_ascii_digit()))
}

/// Every record of the one stands in the other, byte for byte.
fn same_records(sound: &Site, copy: &Site) -> Result<(), String> {
    let (before, after) = (open(sound)?, open(copy)?);
    if after.size() < before.size() {
        return Err(format!("{} records of {} are left", after.size(), before.size()));
    }
    let pairs = before.records(0..before.size()).zip(after.records(0..before.size()));
    for (before, after) in pairs {
        let (before, after) = (before.map_err(|e| e.to_string())?, after.map_err(|e| e.to_string())?);
        if before != after {
            return Err(format!("record {} has other bytes", before.seq()));
        }
    }
    Ok(())
}

fn open(site: &Site) -> Result<Reader, String> {
    Reader::open(&site.journal()).map_err(|error| error.to_string())
}
