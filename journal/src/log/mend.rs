//! What stands behind the last sound commit: an append that was in flight, or damage.

use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use super::cursor::{Position, segments};
use super::frame::{COMMIT_HEADER_BYTES, COMMIT_MAGIC, CommitHeader, SEGMENT_HEADER_BYTES, is_sound};
use super::scan::{Scan, tail_bytes};
use super::writer::SEGMENT_BYTES_MAX;
use crate::disk::{self, At, FileError};
use crate::place::Place;
use crate::plain;

/// Everything of a segment behind a position; nothing where the file is missing. Bounded by the segment's maximum.
pub(crate) fn read_tail(log: &Path, at: &Position) -> Result<Vec<u8>, FileError> {
    let path = Place::segment(log, at.segment);
    let mut file = match plain::open(&path) {
        Ok(file) => file,
        Err(error) if disk::is_missing(&error) => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut tail = Vec::new();
    file.seek(SeekFrom::Start(at.offset)).at("read", &path)?;
    let read = file.take(SEGMENT_BYTES_MAX + 1).read_to_end(&mut tail);
    read.at_byte("read", &path, at.offset + tail.len() as u64)?;
    Ok(tail)
}

/// A whole commit with a later number behind the end: then the end is a hole, and what is missing was once there.
///
/// One commit is written and synced before the next begins, so a crash can never leave a later one without this
/// one. (An event whose text holds a whole well-formed commit could stand in a torn one and lead to a refusal; never
/// to a loss.)
pub(crate) fn later_commit(log: &Path, scan: &Scan) -> Result<Option<String>, FileError> {
    let at = scan.end.at;
    let tail = read_tail(log, &at)?;
    if let Some(found) = find_commit(&tail, at.number.saturating_add(1)) {
        let offset = at.offset + found as u64;
        return Ok(Some(format!("a later commit stands at byte {offset}, behind what is missing")));
    }
    for segment in segments(log)?.into_iter().filter(|&first| first > at.segment) {
        let path = Place::segment(log, segment);
        let start = Position { segment, offset: SEGMENT_HEADER_BYTES as u64, next: segment, number: 0 };
        // A segment that begins elsewhere, or that holds anything, was begun after what is missing.
        if segment != at.next || tail_bytes(log, &start)? > 0 {
            return Ok(Some(format!(
                "the later log file {} is there, behind what is missing",
                path.display()
            )));
        }
    }
    Ok(None)
}

/// How many records the log once had, by the whole commits behind what is missing: the head may be older than they are.
pub(crate) fn size_by_later_commits(log: &Path, scan: &Scan) -> Result<u64, FileError> {
    let at = scan.end.at;
    let last = segments(log)?.into_iter().rfind(|&first| first > at.segment);
    let start = |segment| Position { segment, offset: SEGMENT_HEADER_BYTES as u64, next: segment, number: 0 };
    let mut size = last.unwrap_or(0);
    for place in std::iter::once(at).chain(last.map(start)) {
        let bytes = read_tail(log, &place)?;
        let mut rest = &bytes[..];
        while let Some(found) = find_commit(rest, at.number.saturating_add(1)) {
            if let Some(header) = CommitHeader::parse(&rest[found..]) {
                size = size.max(header.end());
            }
            rest = &rest[found + COMMIT_HEADER_BYTES..];
        }
    }
    Ok(size)
}

/// Offset of the first whole commit with at least that number.
pub(crate) fn find_commit(bytes: &[u8], number_min: u64) -> Option<usize> {
    let mut at = 0;
    while let Some(found) = bytes[at..].windows(COMMIT_MAGIC.len()).position(|window| window == COMMIT_MAGIC)
    {
        at += found;
        if let Some(header) = CommitHeader::parse(&bytes[at..]).filter(|header| header.number >= number_min) {
            let start = at + COMMIT_HEADER_BYTES;
            let body = bytes.get(start..start + header.body_bytes as usize);
            if body.is_some_and(|body| is_sound(&header, body)) {
                return Some(at);
            }
        }
        at += 1;
    }
    None
}

/// What was removed behind the end.
#[derive(Default)]
pub(crate) struct Wiped {
    /// Bytes of an append in flight that were set to zero.
    pub(crate) bytes: u64,
    /// Log files that were being created, moved to quarantine.
    pub(crate) segments: u64,
}

/// Wipes an append in flight, and syncs what is adopted: after a kill it may exist only in the page cache, and
/// nothing may be done or signed on its strength before it is durable.
pub(crate) fn wipe_tail(log: &Path, scan: &Scan, quarantine: &Path) -> Result<Wiped, FileError> {
    let at = scan.end.at;
    let mut wiped = Wiped::default();
    for segment in segments(log)?.into_iter().filter(|&first| first > at.segment) {
        disk::quarantine(&Place::segment(log, segment), quarantine)?;
        wiped.segments += 1;
    }
    let path = Place::segment(log, at.segment);
    let file = disk::private().read(true).write(true).open(&path).at("open", &path)?;
    wiped.bytes = tail_bytes(log, &at)?;
    if wiped.bytes > 0 {
        // A crash in here leaves a shorter or patchier tail, which the next open wipes again.
        let length = usize::try_from(wiped.bytes).unwrap_or(usize::MAX);
        disk::write_at(&file, &vec![0; length], at.offset).at("wipe", &path)?;
    }
    file.sync_all().at("sync", &path)?;
    disk::sync_dir(log)?;
    Ok(wiped)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::frame::push_record;
    use crate::log::scan::{Point, scan};
    use crate::log::writer::LogWriter;
    use crate::record::{NO_LEAF, leaf_hash, place, unplaced};
    use wsusmigrate_core::digest::Sha256;
    use wsusmigrate_core::event::Kind;
    use wsusmigrate_core::id::StreamId;
    use wsusmigrate_core::unit::Seq;

    /// A commit of two records behind `previous`.
    fn commit(number: u64, first: u64, previous: &mut Sha256) -> Vec<u8> {
        let mut frame = vec![0; COMMIT_HEADER_BYTES];
        for seq in first..first + 2 {
            let mut payload = Vec::new();
            unplaced(Kind::RunStopRequested, &mut payload);
            payload.extend([0x5A; 40]);
            place(&mut payload, Seq(seq), previous);
            *previous = leaf_hash(&payload);
            push_record(&mut frame, &payload);
        }
        let body_bytes = u32::try_from(frame.len() - COMMIT_HEADER_BYTES).unwrap();
        let header = CommitHeader { number, first, records: 2, body_bytes };
        frame[..COMMIT_HEADER_BYTES].copy_from_slice(&header.encode());
        frame
    }

    /// A log of `commits` commits, its folder, and where the last begins and ends.
    fn log(commits: u64) -> (tempfile::TempDir, std::path::PathBuf, u64, u64) {
        let folder = tempfile::TempDir::new().unwrap();
        let log = folder.path().join("log");
        disk::create_dir(&log).unwrap();
        let mut writer = LogWriter::create(&log, StreamId::from_bytes([1; 16]), 0, NO_LEAF).unwrap();
        let (mut leaf, mut start) = (NO_LEAF, 0);
        for number in 0..commits {
            start = writer.end();
            let before = leaf;
            writer.append(&commit(number + 1, number * 2, &mut leaf), number * 2, before).unwrap();
        }
        let end = writer.end();
        (folder, log, start, end)
    }

    fn scanned(log: &Path) -> Scan {
        scan(log, Point::start(), &mut |_, _| {}).unwrap()
    }

    #[test]
    fn a_tail_torn_at_any_byte_is_wiped_and_nothing_else() {
        let (folder, log, start, end) = log(3);
        let path = Place::segment(&log, 0);
        let whole = std::fs::read(&path).unwrap();
        for torn in start..end {
            let mut bytes = whole.clone();
            bytes[usize::try_from(torn).unwrap()..usize::try_from(end).unwrap()].fill(0);
            std::fs::write(&path, &bytes).unwrap();
            let scan = scanned(&log);
            assert_eq!((scan.end.at.next, scan.end.at.offset), (4, start), "{torn}");
            assert_eq!(later_commit(&log, &scan).unwrap(), None);
            let wiped = wipe_tail(&log, &scan, &folder.path().join("quarantine")).unwrap();
            assert!(wiped.bytes <= torn - start);
            assert!(scanned(&log).stop.is_none());
            bytes[usize::try_from(start).unwrap()..].fill(0);
            assert!(std::fs::read(&path).unwrap() == bytes);
        }
    }

    #[test]
    fn a_hole_at_any_byte_before_the_last_commit_is_told_from_a_torn_tail() {
        let (_folder, log, start, _) = log(3);
        let path = Place::segment(&log, 0);
        let whole = std::fs::read(&path).unwrap();
        for hole in SEGMENT_HEADER_BYTES..usize::try_from(start).unwrap() {
            let mut bytes = whole.clone();
            bytes[hole] ^= 0xFF;
            std::fs::write(&path, &bytes).unwrap();
            assert!(later_commit(&log, &scanned(&log)).unwrap().is_some(), "{hole}");
        }
    }
}
