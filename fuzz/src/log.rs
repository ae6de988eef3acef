//! Following a log file of any bytes, and putting its checksums and its chain right on the way.

use sha2::{Digest, Sha256};

/// The header of a log file; its checksum stands at its end.
pub const HEADER_BYTES: usize = 72;
const COMMIT_HEADER_BYTES: usize = 32;
const FRAME_BYTES: usize = 8;
const PAYLOAD_BYTES_MIN: usize = 44;

/// How far the commits of a file go, as far as their lengths can be followed.
pub struct End {
    /// Where the last whole commit ends.
    pub offset: usize,
    /// Records up to there.
    pub size: u64,
    /// The number of that commit.
    pub commit: u64,
    /// The leaf hash of the last record that could be followed.
    pub leaf: [u8; 32],
}

/// Follows the lengths from the record on that comes behind `leaf`, putting checksums and chain right if asked to.
pub fn walk(log: &mut [u8], mend: bool, leaf: [u8; 32]) -> End {
    let mut end = End { offset: HEADER_BYTES, size: 0, commit: 0, leaf };
    if log.len() < HEADER_BYTES {
        return end;
    }
    if mend {
        put_crc(log, HEADER_BYTES - 4, 0, HEADER_BYTES - 4);
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
