//! Lines sorted with a memory that does not grow with them: pieces are sorted and written out, then merged.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{self, BufRead as _, BufReader, BufWriter, Seek as _, Write as _};
use std::ops::Range;
use std::path::{Path, PathBuf};

use wsusmigrate_journal::evidence::Scratch;

use crate::error::Failure;
use crate::executor::file_failure;
use crate::exit::Exit;

/// What is held before it is written out, in bytes: about 200,000 lines of a key with a GUID.
pub(super) const HELD_BYTES_MAX: usize = 32 << 20;

/// Sorts lines by their bytes: n log n comparisons, each line written and read once where all of them are not held.
pub(super) struct Sorter {
    journal: PathBuf,
    held_max: usize,
    bytes: Vec<u8>,
    lines: Vec<Range<usize>>,
    runs: Vec<Scratch>,
}

impl Sorter {
    /// A sorter without lines; what it cannot hold goes into the journal's folder for as long as it sorts.
    pub(super) fn new(journal: &Path) -> Self {
        Self::holding(journal, HELD_BYTES_MAX)
    }

    fn holding(journal: &Path, held_max: usize) -> Self {
        Self { journal: journal.to_owned(), held_max, bytes: Vec::new(), lines: Vec::new(), runs: Vec::new() }
    }

    /// Adds a line, its LF included.
    pub(super) fn add(&mut self, line: &[u8]) -> Result<(), Failure> {
        if !self.bytes.is_empty() && self.bytes.len() + line.len() > self.held_max {
            self.write_out()?;
        }
        let start = self.bytes.len();
        self.bytes.extend(line);
        self.lines.push(start..self.bytes.len());
        Ok(())
    }

    /// Gives every line, in order.
    pub(super) fn finish(
        mut self,
        each: &mut dyn FnMut(&[u8]) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        if self.runs.is_empty() {
            self.sort();
            return self.lines.iter().try_for_each(|line| each(&self.bytes[line.clone()]));
        }
        self.write_out()?;
        merge(std::mem::take(&mut self.runs), each)
    }

    fn sort(&mut self) {
        let bytes = &self.bytes;
        self.lines.sort_unstable_by(|one, other| bytes[one.clone()].cmp(&bytes[other.clone()]));
    }

    /// Writes what is held into a run of its own.
    fn write_out(&mut self) -> Result<(), Failure> {
        self.sort();
        let run = Scratch::create(&self.journal).map_err(|error| file_failure(&error))?;
        let mut run = BufWriter::new(run);
        let mut write = || {
            self.lines.iter().try_for_each(|line| run.write_all(&self.bytes[line.clone()]))?;
            run.flush()?;
            run.get_mut().rewind()
        };
        write().map_err(|error| scratch_failure(&error))?;
        let run = run.into_inner().map_err(|error| scratch_failure(error.error()))?;
        self.runs.push(run);
        self.bytes.clear();
        self.lines.clear();
        Ok(())
    }
}

/// Gives the lines of sorted runs, in order.
fn merge(runs: Vec<Scratch>, each: &mut dyn FnMut(&[u8]) -> Result<(), Failure>) -> Result<(), Failure> {
    let mut runs: Vec<_> = runs.into_iter().map(BufReader::new).collect();
    let mut heads = BinaryHeap::new();
    for at in 0..runs.len() {
        push(&mut runs, at, Vec::new(), &mut heads)?;
    }
    while let Some(Reverse((line, at))) = heads.pop() {
        each(&line)?;
        push(&mut runs, at, line, &mut heads)?;
    }
    Ok(())
}

type Heads = BinaryHeap<Reverse<(Vec<u8>, usize)>>;

/// Takes the next line of a run, if it has one, into a buffer that was used before.
fn push(
    runs: &mut [BufReader<Scratch>],
    at: usize,
    mut line: Vec<u8>,
    heads: &mut Heads,
) -> Result<(), Failure> {
    line.clear();
    let read = runs[at].read_until(b'\n', &mut line).map_err(|error| scratch_failure(&error))?;
    if read > 0 {
        heads.push(Reverse((line, at)));
    }
    Ok(())
}

fn scratch_failure(error: &io::Error) -> Failure {
    Failure::new(Exit::Failed, "rows cannot be sorted: a file in the journal's folder cannot be used")
        .because(error)
        .hint("Check the disk and the journal's folder, then `wsusmigrate run`.")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same lines come out in order, whether they were held or not, and nothing is left behind.
    #[test]
    fn lines_come_in_order_however_many_are_held() {
        let journal = tempfile::tempdir().unwrap();
        let lines: Vec<_> =
            (0_u32..1_000).map(|at| format!("{:08X}\tx\n", at.wrapping_mul(0x9E37_79B1))).collect();
        let mut expected = lines.clone();
        expected.push(lines[3].clone());
        expected.sort();
        for held_max in [400, 5_000, HELD_BYTES_MAX] {
            let mut sorter = Sorter::holding(journal.path(), held_max);
            for line in lines.iter().chain([&lines[3]]) {
                sorter.add(line.as_bytes()).unwrap();
            }
            assert_eq!(sorter.runs.is_empty(), held_max == HELD_BYTES_MAX);
            let mut sorted = Vec::new();
            let take = &mut |line: &[u8]| {
                sorted.push(String::from_utf8(line.to_vec()).unwrap());
                Ok(())
            };
            sorter.finish(take).unwrap();
            assert_eq!(sorted, expected, "{held_max}");
        }
        let left = std::fs::read_dir(journal.path().join("evidence")).unwrap().count();
        assert_eq!(left, 0);
    }
}
