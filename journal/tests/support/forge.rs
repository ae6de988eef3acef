//! Records that no writer would append: framing, checksums, chain and head are right, whatever they say.

use std::fs;

use wsusmigrate_journal::{RawRecord, RecordSource as _};

use super::Bench;

/// Where the head's slots begin.
const SLOTS: [usize; 2] = [0, 4096];

/// The newest slot of the head, and where it stands.
fn slot(head: &[u8]) -> (usize, Vec<u8>) {
    let generation = |at: usize| u64_at(head, at + 8);
    let at = SLOTS.into_iter().max_by_key(|at| generation(*at)).unwrap();
    (at, head[at..at + 96].to_vec())
}

/// Appends one commit of these payloads to a closed journal. Each gets its place: sequence and the hash before it.
pub fn append(bench: &Bench, payloads: impl IntoIterator<Item = Vec<u8>>) {
    let path = bench.dir().join("head");
    let mut head = fs::read(&path).unwrap();
    let (at, mut slot) = slot(&head);
    let (first, segment, end) = (u64_at(&slot, 32), u64_at(&slot, 40), u64_at(&slot, 48));
    let mut leaf: [u8; 32] = slot[56..88].try_into().unwrap();
    let (mut body, mut seq) = (Vec::new(), first);
    for mut payload in payloads {
        payload[4..12].copy_from_slice(&seq.to_be_bytes());
        payload[12..44].copy_from_slice(&leaf);
        leaf = RawRecord::from_payload(payload.clone()).unwrap().leaf().0;
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        let crc = crc32c::crc32c_append(crc32c::crc32c(&length), &payload);
        body.extend([&length[..], &crc.to_be_bytes(), &payload].concat());
        seq += 1;
    }
    let commit = u64_at(&slot, 88) + 1;
    let count = u32::try_from(seq - first).unwrap();
    let mut header = [commit.to_be_bytes(), first.to_be_bytes()].concat();
    header.extend([count, u32::try_from(body.len()).unwrap()].map(u32::to_be_bytes).concat());
    let crc = crc32c::crc32c(&header).to_be_bytes();
    let frame = [&b"WMCF"[..], &crc, &header, &body].concat();
    let log = bench.log().join(format!("{segment:020}.log"));
    let mut bytes = fs::read(&log).unwrap();
    let start = usize::try_from(end).unwrap();
    bytes.resize(bytes.len().max(start + frame.len()), 0);
    bytes[start..start + frame.len()].copy_from_slice(&frame);
    fs::write(log, bytes).unwrap();
    let generation = u64_at(&slot, 8) + 1;
    for (at, number) in [(8, generation), (32, seq), (48, end + frame.len() as u64), (88, commit)] {
        slot[at..at + 8].copy_from_slice(&number.to_be_bytes());
    }
    slot[56..88].copy_from_slice(&leaf);
    let crc = crc32c::crc32c(&slot[8..]);
    slot[4..8].copy_from_slice(&crc.to_be_bytes());
    let other = SLOTS[usize::from(at == SLOTS[0])];
    head[other..other + 96].copy_from_slice(&slot);
    fs::write(path, head).unwrap();
}

/// The payload of a record.
pub fn payload(bench: &Bench, seq: u64) -> Vec<u8> {
    bench.reader().records(seq..seq + 1).next().unwrap().unwrap().payload().to_vec()
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_be_bytes(bytes[at..at + 8].try_into().unwrap())
}
