//! Lists as evidence: written as they are made, read as far as they are needed.

use std::io::{self, BufRead as _, BufReader, Read};
use std::ops::Range;
use std::path::Path;

use wsusmigrate_core::content::{Entry, LIST_HEADER, line, parse_line};
use wsusmigrate_core::digest::Sha256;
use wsusmigrate_journal::evidence;

use crate::error::Failure;
use crate::executor::file_failure;
use crate::exit::Exit;

/// Writes a list; it is durable when this returns.
pub(super) fn write(journal: &Path, entries: &[Entry]) -> Result<Sha256, Failure> {
    evidence::write(journal, Lines::new(entries)).map_err(|error| file_failure(&error))
}

/// Reads the entries of a range. The whole file is read, because its digest is proved at its end.
pub(super) fn read(journal: &Path, list: Sha256, range: Range<u64>) -> Result<Vec<Entry>, Failure> {
    Ok(read_ranges(journal, list, &[range])?.concat())
}

/// Reads the entries of several ranges in one go through the file: one answer a range, in their order.
pub(super) fn read_ranges(
    journal: &Path,
    list: Sha256,
    ranges: &[Range<u64>],
) -> Result<Vec<Vec<Entry>>, Failure> {
    let file = evidence::open(journal, list).map_err(|error| file_failure(&error))?;
    let damaged = |why: &dyn std::error::Error| {
        Failure::new(
            Exit::JournalDamaged,
            format!("the list {list} in the journal's evidence folder is damaged"),
        )
        .because(why)
        .hint("Restore evidence/ from a copy of the journal's folder.")
    };
    // Batches of one pass do not overlap, those of two passes over the same list may: a line goes to each that has it.
    let mut order: Vec<_> = (0..ranges.len()).collect();
    order.sort_by_key(|&range| ranges[range].start);
    let mut waiting = order.into_iter().peekable();
    let mut within = Vec::new();
    let mut entries = vec![Vec::new(); ranges.len()];
    for (at, line) in (0_u64..).zip(BufReader::new(file).split(b'\n').skip(1)) {
        let line = line.map_err(|error| damaged(&error))?;
        while let Some(range) = waiting.next_if(|&range| ranges[range].start <= at) {
            within.push(range);
        }
        within.retain(|&range| ranges[range].end > at);
        if !within.is_empty() {
            let entry = parse_line(&line).map_err(|error| damaged(&error))?;
            for &range in &within {
                entries[range].push(entry.clone());
            }
        }
    }
    Ok(entries)
}

/// The text of a list, made as it is read.
struct Lines<'a> {
    rest: std::slice::Iter<'a, Entry>,
    buffer: Vec<u8>,
    read: usize,
}

impl<'a> Lines<'a> {
    fn new(entries: &'a [Entry]) -> Self {
        Self { rest: entries.iter(), buffer: format!("{LIST_HEADER}\n").into_bytes(), read: 0 }
    }
}

impl Read for Lines<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.read == self.buffer.len() {
            self.buffer.clear();
            self.read = 0;
            while self.buffer.len() < out.len() {
                let Some(entry) = self.rest.next() else { break };
                line(entry, &mut self.buffer);
            }
        }
        let len = out.len().min(self.buffer.len() - self.read);
        out[..len].copy_from_slice(&self.buffer[self.read..self.read + len]);
        self.read += len;
        Ok(len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wsusmigrate_core::content::ListDigest;
    use wsusmigrate_core::path::RelPath;
    use wsusmigrate_core::unit::ModifiedNanos;

    #[test]
    fn a_range_of_a_list_reads_back_and_its_name_is_its_digest() {
        let journal = tempfile::tempdir().unwrap();
        let entries: Vec<_> = (0..500)
            .map(|at| Entry {
                path: RelPath::from_bytes(format!("W/{at}\u{e4}").into_bytes()).unwrap(),
                bytes: at,
                modified: ModifiedNanos(-5),
            })
            .collect();
        let list = write(journal.path(), &entries).unwrap();
        let mut digest = ListDigest::with_header();
        for entry in &entries {
            digest.add(entry);
        }
        assert_eq!(digest.finish(), list);
        assert_eq!(read(journal.path(), list, 100..110).unwrap(), entries[100..110]);
        assert_eq!(read(journal.path(), list, 0..9999).unwrap(), entries);
        let ranges = [200..300, 0..10, 5..205, 400..400];
        let read = read_ranges(journal.path(), list, &ranges).unwrap();
        assert_eq!(read, [&entries[200..300], &entries[..10], &entries[5..205], &[]].map(<[Entry]>::to_vec));
    }
}
