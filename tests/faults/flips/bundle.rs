//! Single bits and ends of a bundle: a stranger's file, of which the reader believes nothing.

use std::fs;
use std::path::Path;

use tempfile::TempDir;
use wsusmigrate_journal::Reader;
use wsusmigrate_journal::bundle::export;

use super::examiner::{Examiner, Found};
use super::{FAULT, FAULT_OF_TRUNCATION, sample};
use crate::Outcome;
use crate::campaign::{self, Dice};
use crate::counts::count;

const BLOCK_BYTES: usize = 512;

/// One byte of a bundle, and where damage there has to be found.
struct Place {
    at: usize,
    entry: String,
    /// The record that suffers, where it is one.
    record: Option<u64>,
}

/// A stretch of a bundle that belongs to one entry, and in a log to one record: a commit's header to its first.
struct Stretch {
    end: usize,
    entry: String,
    record: Option<u64>,
}

/// The stretches of a bundle, in order, worked out from docs/FORMAT.md and not with the code under test.
struct Layout(Vec<Stretch>);

impl Layout {
    fn of(bytes: &[u8]) -> Self {
        let (mut stretches, mut at, mut seq) = (Vec::new(), 0, 0);
        while bytes[at] != 0 {
            let text = |range| std::str::from_utf8(&bytes[range]).expect("text");
            let entry = text(at..at + 100).trim_end_matches('\0').to_owned();
            let size = usize::from_str_radix(text(at + 124..at + 135), 8).expect("a length");
            let content = at + BLOCK_BYTES;
            let mut push = |end, record| stretches.push(Stretch { end, entry: entry.clone(), record });
            push(content, None);
            if entry.starts_with("log/") {
                log(bytes, content, content + size, &mut seq, &mut push);
            }
            at = content + size.next_multiple_of(BLOCK_BYTES);
            push(at, None);
        }
        stretches.push(Stretch { end: bytes.len(), entry: "the end".to_owned(), record: None });
        Self(stretches)
    }

    fn place(&self, at: usize) -> Place {
        let stretch = self.0.iter().find(|stretch| at < stretch.end).expect("an offset inside");
        Place { at, entry: stretch.entry.clone(), record: stretch.record }
    }
}

/// The records of a log file; `push` is told the end of each stretch and its record.
fn log(bytes: &[u8], start: usize, end: usize, seq: &mut u64, push: &mut dyn FnMut(usize, Option<u64>)) {
    let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().expect("four bytes")) as usize;
    let mut at = start + 72;
    push(at, Some(*seq));
    while at < end {
        let records = number(at + 24);
        at += 32;
        push(at, Some(*seq));
        for _ in 0..records {
            at += 8 + number(at);
            push(at, Some(*seq));
            *seq += 1;
        }
    }
}

/// Whether what was found stands where the byte is.
fn judge(place: &Place, found: &[Found], file: &Path) -> Result<(), String> {
    let Place { at, entry, record } = place;
    let [found] = found else { return Err(format!("byte {at} of {entry}: found {found:?}")) };
    let named = found.what.contains(entry.as_str())
        // The checkpoint's entry is named after its size, which has to be believed first.
        || entry.starts_with("checkpoints/") && found.what.contains("the checkpoint");
    let right = found.file == file && named && record.is_none_or(|record| found.seq == Some(record));
    if right { Ok(()) } else { Err(format!("byte {at} of {entry}, record {record:?}: found {found:?}")) }
}

pub(crate) fn of_a_bundle() -> Outcome {
    let (flips, cuts) = (campaign::size(10_000, 300), campaign::size(1_000, 60));
    let folder = TempDir::new().expect("a temporary folder");
    let site = sample(folder.path());
    let file = folder.path().join("bundle.tar");
    let reader = Reader::open(&site.journal()).expect("a journal");
    export(&reader, None, &file).expect("a bundle");
    let sound = fs::read(&file).expect("a bundle");
    let layout = Layout::of(&sound);
    let mut examiner = Examiner::of_bundle(&file);
    examiner.expect_sound()?;
    let mut dice = Dice::of("flips of a bundle");
    let anywhere = |dice: &mut Dice| usize::try_from(dice.below(sound.len() as u64)).expect("an offset");
    for number in 0..flips {
        let place = layout.place(anywhere(&mut dice));
        let mut bytes = sound.clone();
        bytes[place.at] ^= 1 << dice.below(8);
        fs::write(&file, bytes).expect("a file");
        judge(&place, &examiner.look()?, &file).map_err(|why| format!("flip {number}: {why}"))?;
    }
    for number in 0..cuts {
        let place = Place { record: None, ..layout.place(anywhere(&mut dice)) };
        fs::write(&file, &sound[..place.at]).expect("a file");
        // An entry that does not fit is known by its header: the cut is found in it, or before.
        judge(&place, &examiner.look()?, &file).map_err(|why| format!("cut {number}: {why}"))?;
    }
    fs::write(&file, &sound).expect("a file");
    examiner.expect_sound()?;
    examiner.end()?;
    count(FAULT, "single bits of a bundle, detected and located", flips);
    count(FAULT_OF_TRUNCATION, "ends of a bundle cut off, detected and located", cuts);
    Ok(())
}
