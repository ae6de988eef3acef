//! Goal: a bit that flips and an end that is cut off are found and located, whatever file they are in; nothing panics,
//! aborts or asks for more memory than it was given.
//!
//! Method: single bits and lengths drawn by dice in a copy of a journal (log, head, checkpoints; a flip also in what the
//! format calls free), then in a whole live folder as a rehearsal leaves it. The verifier and the writer work under a
//! limit on their address space. Found means: named by the verifier with file and record; or, in the store and the
//! snapshots, which are copies, found at opening, or without any effect: everything is there and every event that is
//! handed in again is recognised.

mod bundle;
mod examiner;
mod layout;
mod live;

use std::path::Path;

use tempfile::TempDir;

use crate::Outcome;
use crate::campaign::{self, Dice};
use crate::counts::count;
use crate::site::{Load, Site};

use examiner::{Examiner, Found};
use layout::{Layout, Place};

pub(crate) use bundle::of_a_bundle;
pub(crate) use live::of_a_live_folder;

const FAULT: &str = "flips";
const FAULT_OF_TRUNCATION: &str = "truncations";

/// A closed journal with commits of several sizes and a few checkpoints.
fn sample(root: &Path) -> Site {
    let site = Site::create(root);
    for (epoch, batch) in [1, 3, 16].into_iter().enumerate() {
        let load = Load { epoch: epoch as u64, threads: 1, batch, batches: 6 };
        assert_eq!(site.writer(load).end().code, Some(0), "a journal to damage");
    }
    site
}

pub(crate) fn of_a_copy() -> Outcome {
    let flips = campaign::size(10_000, 300);
    let folder = TempDir::new().expect("a temporary folder");
    let site = sample(folder.path());
    let layout = Layout::of(&site.journal());
    let mut examiner = Examiner::start(&site.journal());
    examiner.expect_sound()?;
    let mut dice = Dice::of(FAULT);
    for number in 0..flips {
        let (place, bit) = (layout.content(&mut dice), dice.below(8));
        let found = flipped(&mut examiner, &place, bit)?;
        judge(&place, &found).map_err(|why| format!("flip {number}, bit {bit} of {place}: {why}"))?;
    }
    let free = free_flips(&layout, &mut examiner, &mut dice, flips / 20)?;
    examiner.expect_sound()?;
    examiner.end()?;
    count(FAULT, "single bits of log, head and checkpoints, detected and located", flips);
    count(FAULT, "bits of the log's zeros behind its end, noted there", free.noted);
    count(FAULT, "bits of the head outside its slots, which nobody reads", free.unread);
    Ok(())
}

/// Changes one bit, has the journal verified, changes it back.
fn flipped(examiner: &mut Examiner, place: &Place, bit: u64) -> Result<Vec<Found>, String> {
    let sound = std::fs::read(&place.file).expect("a file");
    let mut bytes = sound.clone();
    bytes[place.at] ^= 1 << bit;
    std::fs::write(&place.file, bytes).expect("a file");
    let found = examiner.look();
    std::fs::write(&place.file, sound).expect("a file");
    found
}

/// Whether what is wrong at a place was found there.
fn judge(place: &Place, found: &[Found]) -> Result<(), String> {
    let here = found.iter().filter(|found| found.file == place.file);
    let located = match place.record {
        // A record's damage is the first that is named, and damage, not a warning.
        Some(seq) => {
            let first = here.filter(|found| found.severity == "Damage").filter_map(|found| found.seq).min();
            first == Some(seq)
        }
        None => here.count() > 0,
    };
    if located { Ok(()) } else { Err(format!("expected record {:?}, found {found:?}", place.record)) }
}

struct Free {
    noted: u64,
    unread: u64,
}

/// Bits that mean nothing: zeros ahead of the writer, and what lies between the head's slots.
fn free_flips(layout: &Layout, examiner: &mut Examiner, dice: &mut Dice, flips: u64) -> Result<Free, String> {
    let mut free = Free { noted: 0, unread: 0 };
    for _ in 0..flips {
        let place = layout.free(dice);
        let found = flipped(examiner, &place, dice.below(8))?;
        if let Some(damage) = found.iter().find(|found| found.severity != "Note") {
            return Err(format!("{place} means nothing, and yet: {damage:?}"));
        }
        match found.iter().any(|found| found.file == place.file) {
            true => free.noted += 1,
            false if place.is_head() => free.unread += 1,
            false => return Err(format!("{place}: nobody noticed")),
        }
    }
    Ok(free)
}

pub(crate) fn truncations_of_a_copy() -> Outcome {
    let cuts = campaign::size(1_000, 60);
    let folder = TempDir::new().expect("a temporary folder");
    let site = sample(folder.path());
    let layout = Layout::of(&site.journal());
    let mut examiner = Examiner::start(&site.journal());
    examiner.expect_sound()?;
    let mut dice = Dice::of(FAULT_OF_TRUNCATION);
    for number in 0..cuts {
        let place = layout.length(&mut dice);
        let sound = std::fs::read(&place.file).expect("a file");
        std::fs::write(&place.file, &sound[..place.at]).expect("a file");
        let found = examiner.look();
        std::fs::write(&place.file, sound).expect("a file");
        judge(&place, &found?).map_err(|why| format!("cut {number}, {place}: {why}"))?;
    }
    examiner.expect_sound()?;
    examiner.end()?;
    count(FAULT_OF_TRUNCATION, "ends of log, head and checkpoints cut off, detected and located", cuts);
    Ok(())
}
