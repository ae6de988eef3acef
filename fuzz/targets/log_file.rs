//! Any bytes as a log file with a head that believes them: reading and verifying end with records or with an error, and
//! what verifies can be read.
//!
//! The first byte says whether the checksums and the chain are put right before: otherwise hardly anything comes
//! past them.

#![no_main]

use std::cell::RefCell;
use std::fs;
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use wsusmigrate_journal::{Reader, RecordSource, verify};

const HEADER_BYTES: usize = 72;
const COMMIT_HEADER_BYTES: usize = 32;
const FRAME_BYTES: usize = 8;
const PAYLOAD_BYTES_MIN: usize = 44;

thread_local! {
    static FOLDER: RefCell<Option<TempDir>> = const { RefCell::new(None) };
}

/// How far the commits of a file go, as far as their lengths can be followed.
#[derive(Default)]
struct End {
    offset: usize,
    size: u64,
    commit: u64,
    leaf: [u8; 32],
}

fuzz_target!(|data: &[u8]| {
    let Some((how, log)) = data.split_first() else { return };
    let mut log = log.to_vec();
    let end = walk(&mut log, how & 1 == 1);
    FOLDER.with_borrow_mut(|folder| {
        let folder = folder.get_or_insert_with(|| tempfile::tempdir().expect("a temporary folder"));
        write(folder.path(), &log, &end);
        judge(folder.path());
    });
});

fn judge(journal: &Path) {
    let sound = verify(journal).is_ok_and(|verification| verification.is_sound());
    match Reader::open(journal) {
        Ok(reader) => {
            let mut records = reader.records(0..reader.size());
            let whole = records.all(|record| record.is_ok_and(|raw| raw.decode().is_ok()));
            assert!(whole || !sound, "what verifies cannot be read");
        }
        Err(error) => assert!(!sound, "what verifies cannot be opened: {error}"),
    }
}

fn write(journal: &Path, log: &[u8], end: &End) {
    fs::create_dir_all(journal.join("log")).expect("a folder");
    fs::write(journal.join(format!("log/{:020}.log", 0)), log).expect("a log file");
    let mut slot = b"WMHD\0\0\0\0".to_vec();
    slot.extend(2_u64.to_be_bytes());
    slot.extend(log.get(12..28).unwrap_or(&[0; 16]));
    slot.extend(end.size.to_be_bytes());
    slot.extend(0_u64.to_be_bytes());
    slot.extend((end.offset as u64).to_be_bytes());
    slot.extend(end.leaf);
    slot.extend(end.commit.to_be_bytes());
    let crc = crc32c::crc32c(&slot[8..]);
    slot[4..8].copy_from_slice(&crc.to_be_bytes());
    slot.resize(8192, 0);
    fs::write(journal.join("head"), slot).expect("a head");
}

/// Follows the lengths, putting checksums and chain right if asked to.
fn walk(log: &mut [u8], mend: bool) -> End {
    let mut end = End { offset: HEADER_BYTES, ..End::default() };
    if log.len() < HEADER_BYTES {
        return end;
    }
    if mend {
        put_crc(log, 68, 0, 68);
    }
    while let Some(header) = log.get(end.offset..end.offset + COMMIT_HEADER_BYTES) {
        if &header[..4] != b"WMCF" {
            break;
        }
        let (number, count) = (u64_at(header, 8), u32_at(header, 24));
        if mend {
            put_crc(log, end.offset + 4, end.offset + 8, end.offset + COMMIT_HEADER_BYTES);
        }
        let mut at = end.offset + COMMIT_HEADER_BYTES;
        for _ in 0..count {
            let Some(next) = record(log, at, mend, &mut end.leaf) else { return end };
            at = next;
        }
        end = End { offset: at, size: end.size + u64::from(count), commit: number, leaf: end.leaf };
    }
    end
}

/// Follows one record; where the next begins.
fn record(log: &mut [u8], at: usize, mend: bool, leaf: &mut [u8; 32]) -> Option<usize> {
    let length = u32_at(log.get(at..at + FRAME_BYTES)?, 0) as usize;
    let (start, end) = (at + FRAME_BYTES, at.checked_add(FRAME_BYTES)?.checked_add(length)?);
    if length < PAYLOAD_BYTES_MIN || end > log.len() {
        return None;
    }
    if mend {
        log[start + 12..start + PAYLOAD_BYTES_MIN].copy_from_slice(leaf);
        let crc = crc32c::crc32c_append(crc32c::crc32c(&log[at..at + 4]), &log[start..end]);
        log[at + 4..at + FRAME_BYTES].copy_from_slice(&crc.to_be_bytes());
    }
    *leaf = Sha256::new().chain_update([0]).chain_update(&log[start..end]).finalize().into();
    Some(end)
}

fn put_crc(log: &mut [u8], at: usize, from: usize, to: usize) {
    let crc = crc32c::crc32c(&log[from..to]);
    log[at..at + 4].copy_from_slice(&crc.to_be_bytes());
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) << 32 | u64::from(u32_at(bytes, at + 4))
}
