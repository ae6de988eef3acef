//! The log, rebuilt from the store: for when `log/` is lost and `sled/` is not.

use std::path::Path;

use wsusmigrate_core::digest::Sha256;

use super::{Applied, Store, StoreError};
use crate::disk::{self, At, FileError};
use crate::log::frame::{COMMIT_HEADER_BYTES, CommitHeader, push_record};
use crate::log::writer::LogWriter;
use crate::record::NO_LEAF;

/// Bytes of records that go into one commit.
const COMMIT_BYTES: usize = 1 << 20;

/// Why the store cannot give the log back.
#[derive(Debug)]
pub(crate) enum RebuildError {
    /// It does not hold an unbroken chain.
    Broken(String),
    File(FileError),
}

impl From<FileError> for RebuildError {
    fn from(error: FileError) -> Self {
        Self::File(error)
    }
}

impl From<StoreError> for RebuildError {
    fn from(error: StoreError) -> Self {
        Self::Broken(error.what)
    }
}

/// Writes everything the store holds into a new log folder, checking the chain from the first record on, and the
/// leaf hash at `known` where one is known from elsewhere. A crash leaves a folder that the next attempt replaces.
pub(crate) fn rebuild_log(
    store: &Store,
    applied: &Applied,
    known: Option<(u64, Sha256)>,
    target: &Path,
) -> Result<(), RebuildError> {
    if target.exists() {
        std::fs::remove_dir_all(target).at("remove", target)?;
    }
    disk::create_dir(target)?;
    let mut writer = LogWriter::create(target, applied.stream, 0, NO_LEAF)?;
    let (mut next, mut leaf, mut number) = (0, NO_LEAF, 1);
    while next < applied.size {
        let (first, before) = (next, leaf);
        let mut frame = vec![0; COMMIT_HEADER_BYTES];
        while next < applied.size && frame.len() < COMMIT_BYTES {
            let pack = store.pack(next)?;
            if pack.is_empty() {
                return Err(RebuildError::Broken(format!("the store does not hold record {next}")));
            }
            for record in pack.iter().take_while(|record| record.seq().0 < applied.size) {
                if record.seq().0 != next || record.previous() != leaf {
                    return Err(RebuildError::Broken(format!("the store's record {next} is not chained")));
                }
                leaf = record.leaf();
                next += 1;
                if known.is_some_and(|(size, expected)| size == next && expected != leaf) {
                    return Err(RebuildError::Broken(format!(
                        "the store's record {} is another one",
                        next - 1
                    )));
                }
                push_record(&mut frame, record.payload());
            }
        }
        let header = CommitHeader {
            number,
            first,
            records: u32::try_from(next - first).unwrap_or(u32::MAX),
            body_bytes: u32::try_from(frame.len() - COMMIT_HEADER_BYTES).unwrap_or(u32::MAX),
        };
        frame[..COMMIT_HEADER_BYTES].copy_from_slice(&header.encode());
        writer.append(&frame, first, before)?;
        number += 1;
    }
    if leaf == applied.leaf {
        Ok(())
    } else {
        Err(RebuildError::Broken("the store's end is another".to_owned()))
    }
}
