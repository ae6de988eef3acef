//! The durable head: how far the log may be trusted, for readers that hold no lock.
//!
//! Two slots, written in turn, each with a checksum: a crash while one is written leaves the other. The head is
//! published after the log's fdatasync and is itself not synced, so after a power cut it may be behind the log. It
//! is never ahead of it. Before a checkpoint is signed it is synced: what was signed is not beyond it.

use std::fs::File;
use std::path::{Path, PathBuf};

use wsusmigrate_core::digest::Sha256;
use wsusmigrate_core::id::StreamId;

use crate::bytes::{array_at, u32_at, u64_at};
use crate::disk::{self, At, FileError};
use crate::plain;

const MAGIC: [u8; 4] = *b"WMHD";
const SLOT_BYTES: usize = 96;
/// Slots stand this far apart: on no medium we know do they share a sector or a page.
const SLOT_STRIDE: usize = 4096;
const SLOTS: usize = 2;
const FILE_BYTES: usize = SLOT_STRIDE * SLOTS;

/// What a slot says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    /// Raised by one with every publication; its parity chooses the slot.
    pub(crate) generation: u64,
    pub(crate) stream: StreamId,
    /// Durable records.
    pub(crate) size: u64,
    /// First sequence of the segment that holds the end.
    pub(crate) segment: u64,
    /// Offset of the end in that segment.
    pub(crate) end: u64,
    /// Leaf hash of the last record.
    pub(crate) leaf: Sha256,
    /// Number of the last commit.
    pub(crate) commit: u64,
}

impl Head {
    fn encode(&self) -> [u8; SLOT_BYTES] {
        let mut bytes = [0; SLOT_BYTES];
        bytes[..4].copy_from_slice(&MAGIC);
        bytes[8..16].copy_from_slice(&self.generation.to_be_bytes());
        bytes[16..32].copy_from_slice(self.stream.as_bytes());
        bytes[32..40].copy_from_slice(&self.size.to_be_bytes());
        bytes[40..48].copy_from_slice(&self.segment.to_be_bytes());
        bytes[48..56].copy_from_slice(&self.end.to_be_bytes());
        bytes[56..88].copy_from_slice(&self.leaf.0);
        bytes[88..].copy_from_slice(&self.commit.to_be_bytes());
        let crc = crc32c::crc32c(&bytes[8..]);
        bytes[4..8].copy_from_slice(&crc.to_be_bytes());
        bytes
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.get(..SLOT_BYTES)?;
        (bytes[..4] == MAGIC && crc32c::crc32c(&bytes[8..]) == u32_at(bytes, 4)).then(|| Self {
            generation: u64_at(bytes, 8),
            stream: StreamId::from_bytes(array_at(bytes, 16)),
            size: u64_at(bytes, 32),
            segment: u64_at(bytes, 40),
            end: u64_at(bytes, 48),
            leaf: Sha256(array_at(bytes, 56)),
            commit: u64_at(bytes, 88),
        })
    }
}

/// What the head file holds.
pub(crate) struct Slots {
    /// The newer valid slot.
    pub(crate) newest: Option<Head>,
    /// Slots that are neither valid nor untouched.
    pub(crate) damaged: usize,
}

/// Reads the head file. A missing file is one without valid slots.
pub(crate) fn read(path: &Path) -> Result<Slots, FileError> {
    let bytes = match plain::read(path, FILE_BYTES as u64) {
        Ok(bytes) => bytes,
        Err(error) if disk::is_missing(&error) => return Ok(Slots { newest: None, damaged: 0 }),
        Err(error) => return Err(error),
    };
    let slot = |number: usize| bytes.get(number * SLOT_STRIDE..).unwrap_or_default();
    let slots = [slot(0), slot(1)];
    let touched = |bytes: &&[u8]| bytes.iter().take(SLOT_BYTES).any(|&byte| byte != 0) || bytes.is_empty();
    Ok(Slots {
        newest: slots.iter().filter_map(|bytes| Head::parse(bytes)).max_by_key(|head| head.generation),
        damaged: slots.iter().filter(|bytes| touched(bytes) && Head::parse(bytes).is_none()).count(),
    })
}

/// Makes what was published last durable, whoever publishes.
pub(crate) fn sync(path: &Path) -> Result<(), FileError> {
    let file = disk::private().read(true).write(true).open(path).at("open", path)?;
    file.sync_all().at("sync", path)
}

/// The head file, open for publishing.
pub(crate) struct Publisher {
    path: PathBuf,
    file: File,
    last: Head,
}

impl Publisher {
    /// Opens or creates the file and publishes `head` durably: in both slots, so that no older word remains.
    pub(crate) fn start(path: PathBuf, mut head: Head) -> Result<Self, FileError> {
        let mut bytes = vec![0; FILE_BYTES];
        for _ in 0..SLOTS {
            head.generation += 1;
            let slot = slot_at(head.generation);
            bytes[slot..slot + SLOT_BYTES].copy_from_slice(&head.encode());
        }
        // With its name those of the folders beside it become durable, which a killed process may have made.
        disk::write_atomic(&path, disk::Durability::Synced, &bytes)?;
        let file = disk::private().read(true).write(true).open(&path).at("open", &path)?;
        Ok(Self { path, file, last: head })
    }

    /// Publishes a new durable position. Not synced: see above.
    pub(crate) fn publish(&mut self, head: Head) -> Result<(), FileError> {
        self.last = Head { generation: self.last.generation + 1, ..head };
        let slot = slot_at(self.last.generation) as u64;
        disk::write_at(&self.file, &self.last.encode(), slot).at("write", &self.path)
    }

    /// Makes what was published last durable, at close.
    pub(crate) fn sync(&self) -> Result<(), FileError> {
        self.file.sync_all().at("sync", &self.path)
    }
}

fn slot_at(generation: u64) -> usize {
    if generation.is_multiple_of(2) { 0 } else { SLOT_STRIDE }
}
