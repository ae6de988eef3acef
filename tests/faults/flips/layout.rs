//! Where the bytes of a journal are and which record each belongs to, worked out from docs/FORMAT.md and not with the
//! code under test.

use std::fmt;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::campaign::Dice;

const SEGMENT_HEADER_BYTES: usize = 72;
const COMMIT_HEADER_BYTES: usize = 32;
const RECORD_HEADER_BYTES: usize = 8;
const HEAD_SLOTS: [Range<usize>; 2] = [0..96, 4_096..4_192];

/// A byte of a file, or a length it is cut to.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) file: PathBuf,
    pub(crate) at: usize,
    /// The record that suffers, where the file holds records.
    pub(crate) record: Option<u64>,
}

/// A stretch of a file that belongs to one record, or is one thing.
struct Stretch {
    file: PathBuf,
    bytes: Range<usize>,
    record: Option<u64>,
    /// The first record of the commit it belongs to: what a cut within it leaves out first.
    commit: Option<u64>,
}

/// The stretches of a journal.
pub(crate) struct Layout {
    log: Vec<Stretch>,
    head: Vec<Stretch>,
    notes: Vec<Stretch>,
    free: Vec<Stretch>,
}

impl Layout {
    pub(crate) fn of(journal: &Path) -> Self {
        let (log, behind) = log(&journal.join("log").join(format!("{:020}.log", 0)));
        let head = journal.join("head");
        let slots = HEAD_SLOTS.map(|slot| plain(&head, slot));
        let between = [96..4_096, 4_192..8_192].map(|gap| plain(&head, gap));
        let notes = fs::read_dir(journal.join("checkpoints")).expect("the checkpoints");
        let notes = notes.map(|note| whole(&note.expect("a checkpoint").path()));
        let free = between.into_iter().chain([behind]).collect();
        Self { log, head: slots.into(), notes: notes.collect(), free }
    }

    /// A byte that means something: in the log most of the time.
    pub(crate) fn content(&self, dice: &mut Dice) -> Place {
        let stretches = match dice.below(10) {
            0 => &self.head,
            1 => &self.notes,
            _ => &self.log,
        };
        byte_of(stretches, dice, |stretch| stretch.record)
    }

    /// A byte that means nothing.
    pub(crate) fn free(&self, dice: &mut Dice) -> Place {
        let stretch = &self.free[usize::try_from(dice.below(self.free.len() as u64)).expect("an index")];
        byte_of(std::slice::from_ref(stretch), dice, |_| None)
    }

    /// A length within what means something.
    pub(crate) fn length(&self, dice: &mut Dice) -> Place {
        let stretches = match dice.below(10) {
            0 => &self.head,
            1..3 => &self.notes,
            _ => &self.log,
        };
        byte_of(stretches, dice, |stretch| stretch.commit)
    }
}

/// A byte of several stretches, each byte as likely as any other.
fn byte_of(stretches: &[Stretch], dice: &mut Dice, record: impl Fn(&Stretch) -> Option<u64>) -> Place {
    let total: usize = stretches.iter().map(|stretch| stretch.bytes.len()).sum();
    let mut left = usize::try_from(dice.below(total as u64)).expect("an offset");
    for stretch in stretches {
        if left < stretch.bytes.len() {
            let at = stretch.bytes.start + left;
            return Place { file: stretch.file.clone(), at, record: record(stretch) };
        }
        left -= stretch.bytes.len();
    }
    unreachable!("the offset lies within the stretches")
}

/// The stretches of a log file, and the zeros behind its end.
fn log(file: &Path) -> (Vec<Stretch>, Stretch) {
    let bytes = fs::read(file).expect("the log");
    let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
    let (mut found, mut at, mut seq) = (Vec::new(), 0, 0);
    let mut push = |bytes: Range<usize>, record, commit| {
        let (record, commit) = (Some(record), Some(commit));
        found.push(Stretch { file: file.to_owned(), bytes, record, commit });
    };
    push(0..SEGMENT_HEADER_BYTES, 0, 0);
    at += SEGMENT_HEADER_BYTES;
    while bytes[at..].starts_with(b"WMCF") {
        let (first, records) = (seq, u64::from(number(at + 24)));
        push(at..at + COMMIT_HEADER_BYTES, first, first);
        at += COMMIT_HEADER_BYTES;
        while seq < first + records {
            let end = at + RECORD_HEADER_BYTES + number(at) as usize;
            push(at..end, seq, first);
            (at, seq) = (end, seq + 1);
        }
    }
    (found, plain(file, at..bytes.len()))
}

fn whole(file: &Path) -> Stretch {
    let length = fs::metadata(file).expect("a file").len();
    plain(file, 0..usize::try_from(length).expect("a length"))
}

fn plain(file: &Path, bytes: Range<usize>) -> Stretch {
    Stretch { file: file.to_owned(), bytes, record: None, commit: None }
}

impl Place {
    pub(crate) fn is_head(&self) -> bool {
        self.file.ends_with("head")
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "byte {} of {}", self.at, self.file.display())
    }
}
