//! Journals of a program that does not exist yet: other bytes, and every checksum and hash over them right.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use wsusmigrate_journal::RawRecord;

const HEADER_BYTES: usize = 72;
const COMMIT_HEADER_BYTES: usize = 32;
const FRAME_BYTES: usize = 8;
/// Where the head's slots begin.
const SLOTS: [usize; 2] = [0, 4096];

fn first_log_file(journal: &Path) -> PathBuf {
    journal.join(format!("log/{:020}.log", 0))
}

/// Changes the payload of the last record, and the log and the head with it. What else states the old one, checkpoints,
/// store and states, goes: the newer program would have made its own. Returns how many records there are.
pub(crate) fn last_record(journal: &Path, keys: &Path, change: impl FnOnce(&mut Vec<u8>)) -> u64 {
    let path = first_log_file(journal);
    let mut log = fs::read(&path).unwrap();
    let (commit, frame, end) = last(&log);
    let mut payload = log[frame.start + FRAME_BYTES..frame.end].to_vec();
    change(&mut payload);
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let crc = crc32c::crc32c_append(crc32c::crc32c(&length), &payload);
    let record = [&length[..], &crc.to_be_bytes(), &payload].concat();
    let grown = record.len() - frame.len();
    assert_eq!(frame.end, end, "it is the last of its commit");
    let body = u32_at(&log, commit + 28) + u32::try_from(grown).unwrap();
    log[commit + 28..commit + COMMIT_HEADER_BYTES].copy_from_slice(&body.to_be_bytes());
    put_crc(&mut log, commit + 4, commit + 8..commit + COMMIT_HEADER_BYTES);
    // Behind the end are zeros, ahead of the writer: as long as what comes in.
    log.splice(frame.start..frame.end + grown.min(log.len() - frame.end), record);
    fs::write(&path, log).unwrap();
    let raw = RawRecord::from_payload(payload).unwrap();
    let size = raw.seq().0 + 1;
    let mut head = fs::read(journal.join("head")).unwrap();
    for slot in
        SLOTS.into_iter().filter(|slot| head[slot + 32..slot + 40] == size.to_be_bytes()).collect::<Vec<_>>()
    {
        head[slot + 48..slot + 56].copy_from_slice(&((end + grown) as u64).to_be_bytes());
        head[slot + 56..slot + 88].copy_from_slice(&raw.leaf().0);
        put_crc(&mut head, slot + 4, slot + 8..slot + 96);
    }
    fs::write(journal.join("head"), head).unwrap();
    for folder in ["checkpoints", "sled", "snapshots"] {
        fs::remove_dir_all(journal.join(folder)).unwrap();
        fs::create_dir(journal.join(folder)).unwrap();
    }
    for entry in fs::read_dir(keys).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "head" || extension == "signing") {
            fs::remove_file(path).unwrap();
        }
    }
    size
}

/// States another format version in the header of the first log file.
pub(crate) fn format_version(journal: &Path, version: u16) {
    let path = first_log_file(journal);
    let mut log = fs::read(&path).unwrap();
    log[8..10].copy_from_slice(&version.to_be_bytes());
    put_crc(&mut log, 68, 0..68);
    fs::write(path, log).unwrap();
}

/// Where the last commit begins, its last record with its frame, and where it ends.
fn last(log: &[u8]) -> (usize, Range<usize>, usize) {
    let (mut commit, mut frame, mut at) = (0, 0..0, HEADER_BYTES);
    while log.get(at..at + 4) == Some(b"WMCF") {
        commit = at;
        let count = u32_at(log, at + 24);
        at += COMMIT_HEADER_BYTES;
        for _ in 0..count {
            frame = at..at + FRAME_BYTES + u32_at(log, at) as usize;
            at = frame.end;
        }
    }
    (commit, frame, at)
}

fn put_crc(bytes: &mut [u8], at: usize, over: Range<usize>) {
    let crc = crc32c::crc32c(&bytes[over]);
    bytes[at..at + 4].copy_from_slice(&crc.to_be_bytes());
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap())
}
