//! The list of a table's keys and row digests, as evidence: written as it is made, walked as it is read.
//!
//! ```text
//! wsusmigrate-rows 1
//! tbTargetInTargetGroup<TAB>TargetGroupID, TargetID, IsExplicitMember
//! 03A0...<TAB>5C0F...
//! ```
//!
//! A line a row, in the order of the keys; the lines are those of [`KeyedDigest`].

use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use wsusmigrate_core::database::parity::{KEY_LINE_MAX, KeyedDigest};
use wsusmigrate_core::digest::Sha256;
use wsusmigrate_journal::evidence;

use crate::error::Failure;
use crate::executor::file_failure;

const HEADER: &str = "wsusmigrate-rows 1";
const SEPARATOR: &str = ", ";
/// How much is read at a time.
const BUFFER_BYTES: usize = 64 << 10;

/// A list that is being written.
pub(super) struct ListWriter(evidence::Writer);

impl ListWriter {
    /// Begins the list of a table's rows.
    pub(super) fn create(journal: &Path, table: &str, columns: &[String]) -> Result<Self, Failure> {
        let mut writer = evidence::Writer::create(journal).map_err(|error| file_failure(&error))?;
        let head = format!("{HEADER}\n{table}\t{}\n", columns.join(SEPARATOR));
        writer.add(head.as_bytes()).map_err(|error| file_failure(&error))?;
        Ok(Self(writer))
    }

    /// Adds a line, its LF included.
    pub(super) fn add(&mut self, line: &[u8]) -> Result<(), Failure> {
        self.0.add(line).map_err(|error| file_failure(&error))
    }

    /// Ends the list; it is durable when this returns.
    pub(super) fn finish(self) -> Result<Sha256, Failure> {
        self.0.finish().map_err(|error| file_failure(&error))
    }
}

/// A list that is being walked. What ends it too early is told by [`ListReader::end`].
pub(super) struct ListReader<R> {
    reader: BufReader<R>,
    columns: Vec<String>,
    line: Vec<u8>,
    fault: Option<String>,
}

impl<R: Read> ListReader<R> {
    /// Begins to read the list of a table.
    pub(super) fn open(reader: R, table: &str) -> Result<Self, String> {
        let mut list = Self {
            reader: BufReader::with_capacity(BUFFER_BYTES, reader),
            columns: Vec::new(),
            line: Vec::new(),
            fault: None,
        };
        if !list.read_line()? || list.line != HEADER.as_bytes() {
            return Err(format!("it does not begin with `{HEADER}`"));
        }
        list.read_line()?;
        let head = String::from_utf8(std::mem::take(&mut list.line)).unwrap_or_default();
        match head.split_once('\t') {
            Some((of, columns)) if of == table => {
                list.columns = columns.split(SEPARATOR).map(str::to_owned).collect();
                Ok(list)
            }
            Some(_) | None => Err(format!("it is not a list of {table}")),
        }
    }

    /// The columns of the rows.
    pub(super) fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Whether every line that was read was one of a list.
    pub(super) fn end(self) -> Result<(), String> {
        self.fault.map_or(Ok(()), Err)
    }

    /// Reads a line without its LF; `false` at the end. No line is held beyond its maximum.
    fn read_line(&mut self) -> Result<bool, String> {
        self.line.clear();
        let mut limited = (&mut self.reader).take(KEY_LINE_MAX as u64 + 1);
        let read = limited.read_until(b'\n', &mut self.line).map_err(|error| error.to_string())?;
        if read > 0 && self.line.pop() != Some(b'\n') {
            return Err("a line is too long, or cut off".to_owned());
        }
        Ok(read > 0)
    }
}

impl<R: Read> Iterator for ListReader<R> {
    type Item = KeyedDigest;

    fn next(&mut self) -> Option<KeyedDigest> {
        if self.fault.is_some() {
            return None;
        }
        let read = self.read_line().and_then(|more| {
            let row = more.then(|| KeyedDigest::parse_line(&self.line));
            row.transpose().map_err(|error| error.to_string())
        });
        read.unwrap_or_else(|fault| {
            self.fault = Some(fault);
            None
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wsusmigrate_core::database::parity::RowKey;
    use wsusmigrate_core::database::row::Cell;

    fn row(number: i64) -> KeyedDigest {
        KeyedDigest { key: RowKey::of(&[Cell::Int(number)]).unwrap(), digest: Sha256([7; 32]) }
    }

    #[test]
    fn a_list_is_walked_as_it_was_written_and_its_name_is_its_digest() {
        let journal = tempfile::tempdir().unwrap();
        let columns = ["TargetID".to_owned(), "Name".to_owned()];
        let mut writer = ListWriter::create(journal.path(), "tbTarget", &columns).unwrap();
        let rows: Vec<_> = (0..3_000).map(row).collect();
        let mut line = Vec::new();
        for row in &rows {
            line.clear();
            row.line(&mut line);
            writer.add(&line).unwrap();
        }
        let digest = writer.finish().unwrap();
        assert!(evidence::verify(journal.path(), digest).unwrap());
        let file = evidence::open(journal.path(), digest).unwrap();
        let mut list = ListReader::open(file, "tbTarget").unwrap();
        assert_eq!(list.columns(), columns);
        assert_eq!(list.by_ref().collect::<Vec<_>>(), rows);
        assert_eq!(list.end(), Ok(()));
    }

    #[test]
    fn what_is_no_list_is_told() {
        let open = |text: &'static str| ListReader::open(text.as_bytes(), "tbTarget").map(drop);
        assert!(open("").unwrap_err().contains("does not begin"));
        assert!(open("wsusmigrate-rows 2\n").unwrap_err().contains("does not begin"));
        assert!(open("wsusmigrate-rows 1\ntbFile\tFileDigest\n").unwrap_err().contains("tbTarget"));
        assert_eq!(open("wsusmigrate-rows 1\ntbTarget\tTargetID\n"), Ok(()));
    }

    #[test]
    fn a_list_that_breaks_off_is_no_shorter_list() {
        let mut line = Vec::new();
        row(1).line(&mut line);
        let head = "wsusmigrate-rows 1\ntbTarget\tTargetID\n";
        let cut = [head.as_bytes(), &line, &line[..20]].concat();
        let long = [head.as_bytes(), &line, &vec![b'0'; 2 * KEY_LINE_MAX]].concat();
        let other = [head.as_bytes(), &line, b"no key\n"].concat();
        for bytes in [cut, long, other] {
            let mut list = ListReader::open(&bytes[..], "tbTarget").unwrap();
            assert_eq!(list.by_ref().count(), 1);
            assert!(list.end().is_err());
        }
    }
}
