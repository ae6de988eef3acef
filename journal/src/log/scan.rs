//! Finding the end of the log: every commit checked in full, with the chain and the tree carried along.

use std::path::Path;

use wsusmigrate_core::digest::Sha256;
use wsusmigrate_core::id::StreamId;

use super::cursor::{Cursor, Found, Position, SegmentError};
use super::frame::{NotAHeader, Records, SEGMENT_HEADER_BYTES};
use crate::disk::{self, FileError};
use crate::record::NO_LEAF;
use crate::tree::Tree;

/// A state between two commits.
#[derive(Clone, Debug)]
pub(crate) struct Point {
    pub(crate) at: Position,
    /// Leaf hash of the record before it.
    pub(crate) leaf: Sha256,
    pub(crate) tree: Tree,
}

impl Point {
    /// Before the first commit of all.
    pub(crate) fn start() -> Self {
        let at = Position { segment: 0, offset: SEGMENT_HEADER_BYTES as u64, next: 0, number: 1 };
        Self { at, leaf: NO_LEAF, tree: Tree::default() }
    }
}

/// Where the log ends, and how.
pub(crate) struct Scan {
    /// Behind the last sound commit.
    pub(crate) end: Point,
    /// Before the last sound commit, where the scan has seen one.
    pub(crate) before_last: Option<Point>,
    /// What stands there instead of a further commit; `None`: zeros or the end of the file.
    pub(crate) stop: Option<String>,
    /// The first record that is not sound, where a commit was there in part.
    pub(crate) bad_seq: u64,
    /// The stream the segments name.
    pub(crate) stream: Option<StreamId>,
    /// Commits seen.
    pub(crate) commits: u64,
}

/// Why the log could not even be looked at.
#[derive(Debug)]
pub(crate) enum ScanError {
    File(FileError),
    Newer(std::path::PathBuf, u16),
}

impl From<FileError> for ScanError {
    fn from(error: FileError) -> Self {
        Self::File(error)
    }
}

/// Walks from `start` to the end. `visit` sees each leaf hash with the tree that already holds it.
pub(crate) fn scan(
    log: &Path,
    start: Point,
    visit: &mut dyn FnMut(&Tree, &Sha256),
) -> Result<Scan, ScanError> {
    let bad_seq = start.at.next;
    let mut scan = Scan { end: start, before_last: None, stop: None, bad_seq, stream: None, commits: 0 };
    let mut cursor = match Cursor::open_at(log, scan.end.at) {
        Ok(cursor) => cursor,
        Err(error) => {
            scan.stop = Some(describe(error)?);
            return Ok(scan);
        }
    };
    scan.stream = Some(cursor.header().stream);
    let mut leaves = Vec::new();
    loop {
        scan.bad_seq = scan.end.at.next;
        match cursor.look()? {
            Found::Commit(commit) => {
                leaves.clear();
                let mut leaf = scan.end.leaf;
                for slot in Records::new(&commit.header, cursor.body(&commit)) {
                    match slot.record {
                        Ok(payload) if payload.previous() == leaf => {
                            leaf = payload.leaf();
                            leaves.push(leaf);
                        }
                        Ok(_) => {
                            scan.stop = Some("a record is not chained to the one before it".to_owned());
                        }
                        Err(defect) => scan.stop = Some(defect.to_string()),
                    }
                    if scan.stop.is_some() {
                        scan.bad_seq += leaves.len() as u64;
                        return Ok(scan);
                    }
                }
                scan.before_last = Some(scan.end.clone());
                scan.commits += 1;
                for leaf in &leaves {
                    scan.end.tree.push(*leaf);
                    visit(&scan.end.tree, leaf);
                }
                cursor.pass(&commit.header);
                (scan.end.leaf, scan.end.at) = (leaf, cursor.position());
            }
            Found::End => {
                let at = scan.end.at;
                match cursor.next_segment() {
                    Ok(false) => return Ok(scan),
                    Ok(true) if Some(cursor.header().stream) != scan.stream => {
                        scan.stop = Some("the next log file belongs to another stream".to_owned());
                        return Ok(scan);
                    }
                    Ok(true) if cursor.header().previous != scan.end.leaf => {
                        scan.stop = Some("the next log file is not chained to this one".to_owned());
                        return Ok(scan);
                    }
                    Ok(true) if tail_bytes(log, &at)? > 0 => {
                        scan.stop = Some("bytes stand behind the end of a log file that was full".to_owned());
                        return Ok(scan);
                    }
                    Ok(true) => scan.end.at = cursor.position(),
                    Err(error) => {
                        scan.stop = Some(describe(error)?);
                        return Ok(scan);
                    }
                }
            }
            Found::Bad(what) => {
                scan.stop = Some(what.to_owned());
                return Ok(scan);
            }
        }
    }
}

fn describe(error: SegmentError) -> Result<String, ScanError> {
    match error {
        SegmentError::File(error) if disk::is_missing(&error) => Ok("the log file is missing".to_owned()),
        SegmentError::File(error) => Err(error.into()),
        SegmentError::Header(NotAHeader::Newer(version), path) => Err(ScanError::Newer(path, version)),
        SegmentError::Header(NotAHeader::Damaged, _) => Ok("a log file's header is damaged".to_owned()),
    }
}

/// Bytes from a position to the last byte of that segment that is not zero.
pub(crate) fn tail_bytes(log: &Path, at: &Position) -> Result<u64, FileError> {
    let tail = super::mend::read_tail(log, at)?;
    Ok(tail.iter().rposition(|&byte| byte != 0).map_or(0, |last| last as u64 + 1))
}
