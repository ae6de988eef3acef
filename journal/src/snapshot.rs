//! States as files, so that opening and replaying need not begin at the first record.
//!
//! Anything wrong with one means that it is not used: other version, other stream, made by a program that knows other
//! events, cut short, a flipped bit, a leaf hash the log does not have. They may be deleted at any moment.

use std::fs;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use wsusmigrate_core::digest::Sha256 as Hash;
use wsusmigrate_core::event::REGISTRY;
use wsusmigrate_core::id::StreamId;

use crate::bytes::{array_at, u16_at, u64_at};
use crate::codec;
use crate::disk::{self, At, FileError};
use crate::place;
use crate::plain;

const MAGIC: [u8; 8] = *b"WSUSMSNP";
const FORMAT_VERSION: u16 = 2;
/// Length of the header behind the name.
const FIXED_BYTES: usize = 2 + REGISTRY_BYTES + 16 + 8 + 32 + 32;
/// Length of the registry's digest.
const REGISTRY_BYTES: usize = 8;
/// A name is a short word; a longer one is damage.
const NAME_BYTES_MAX: usize = 64;
/// How many of a name are kept.
const KEPT: usize = 2;

/// What a snapshot is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Label {
    pub(crate) stream: StreamId,
    /// Records folded.
    pub(crate) size: u64,
    /// Leaf hash of the last of them.
    pub(crate) leaf: Hash,
    /// RFC 6962 root over them.
    pub(crate) root: Hash,
}

/// Writes a snapshot and removes all but the newest two of its name.
pub(crate) fn write(
    folder: &Path,
    name: &'static str,
    version: u16,
    label: &Label,
    state: &impl Serialize,
) -> Result<(), FileError> {
    let path = path(folder, name, label.size);
    // Not synced: the checksum tells a torn one, and it is no loss.
    disk::write_atomic_with(&path, disk::Durability::Disposable, |file| {
        let mut out = Hashing { inner: BufWriter::with_capacity(256 << 10, file), hash: Sha256::new() };
        out.write_all(&header(name, version, label))?;
        codec::encode_state(state, &mut out).map_err(|error| io::Error::other(error.to_string()))?;
        let digest: [u8; 32] = out.hash.finalize().into();
        out.inner.write_all(&digest)?;
        out.inner.flush()
    })?;
    for (_, old) in list(folder, name)?.into_iter().rev().skip(KEPT) {
        fs::remove_file(&old).at("remove", &old)?;
    }
    Ok(())
}

/// Where the snapshot of a name over so many records stands.
pub(crate) fn path(folder: &Path, name: &str, size: u64) -> PathBuf {
    folder.join(format!("{name}-{size:020}.snapshot"))
}

/// SHA-256 of a state as a snapshot would hold it.
pub(crate) fn digest(state: &impl Serialize) -> Result<Hash, FileError> {
    let mut out = Hashing { inner: io::sink(), hash: Sha256::new() };
    let encoded = codec::encode_state(state, &mut out).map_err(|error| io::Error::other(error.to_string()));
    encoded.at("encode", Path::new("a state"))?;
    Ok(Hash(out.hash.finalize().into()))
}

/// The snapshots of a name that cover at most `size_max` records, newest first, as far as they are sound.
pub(crate) fn candidates<S: DeserializeOwned>(
    folder: &Path,
    name: &'static str,
    version: u16,
    stream: StreamId,
    size_max: u64,
) -> impl Iterator<Item = (Label, S)> {
    let files = list(folder, name).unwrap_or_default();
    files
        .into_iter()
        .rev()
        .filter(move |(size, _)| *size <= size_max)
        .filter_map(move |(size, path)| read(&path, name, version).filter(|(label, _)| label.size == size))
        .filter(move |(label, _)| label.stream == stream)
}

/// Which events this program knows. A newer program folds what an older one would have to pass over: the older one
/// must not take its state, or it would never see that there are records it does not know, and would go on writing.
fn registry() -> [u8; REGISTRY_BYTES] {
    let mut hash = Sha256::new();
    for line in REGISTRY {
        hash.update(line.code.to_be_bytes());
        hash.update(line.version.to_be_bytes());
    }
    let digest: [u8; 32] = hash.finalize().into();
    array_at(&digest, 0)
}

fn header(name: &str, version: u16, label: &Label) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    bytes.extend(FORMAT_VERSION.to_be_bytes());
    bytes.extend(u16::try_from(name.len()).unwrap_or(u16::MAX).to_be_bytes());
    bytes.extend(name.as_bytes());
    bytes.extend(version.to_be_bytes());
    bytes.extend(registry());
    bytes.extend(label.stream.as_bytes());
    bytes.extend(label.size.to_be_bytes());
    bytes.extend(label.leaf.0);
    bytes.extend(label.root.0);
    bytes
}

fn read<S: DeserializeOwned>(path: &Path, name: &str, version: u16) -> Option<(Label, S)> {
    check(path)?;
    let mut input = BufReader::with_capacity(256 << 10, plain::open(path).ok()?);
    let mut start = [0; 12];
    input.read_exact(&mut start).ok()?;
    let length = usize::from(u16_at(&start, 10));
    if start[..8] != MAGIC || u16_at(&start, 8) != FORMAT_VERSION || length > NAME_BYTES_MAX {
        return None;
    }
    let mut rest = vec![0; length + FIXED_BYTES];
    input.read_exact(&mut rest).ok()?;
    let (of, fixed) = rest.split_at(length);
    if of != name.as_bytes() || u16_at(fixed, 0) != version || array_at(fixed, 2) != registry() {
        return None;
    }
    let label = Label {
        stream: StreamId::from_bytes(array_at(fixed, 10)),
        size: u64_at(fixed, 26),
        leaf: Hash(array_at(fixed, 34)),
        root: Hash(array_at(fixed, 66)),
    };
    Some((label, codec::decode_state(&mut input).ok()?))
}

/// Whether the SHA-256 at the end is that of everything before it. Before anything is decoded, so that damaged
/// bytes never reach the decoder.
fn check(path: &Path) -> Option<()> {
    let mut file = plain::open(path).ok()?;
    let length = file.metadata().ok()?.len().checked_sub(32)?;
    if length > codec::SNAPSHOT_BYTES_MAX as u64 {
        return None;
    }
    let mut hash = Hashing { inner: io::sink(), hash: Sha256::new() };
    let copied = io::copy(&mut (&mut file).take(length), &mut hash).ok()?;
    let mut digest = [0; 32];
    file.read_exact(&mut digest).ok()?;
    let computed: [u8; 32] = hash.hash.finalize().into();
    (copied == length && computed == digest).then_some(())
}

/// The files of a name, by size.
fn list(folder: &Path, name: &str) -> Result<Vec<(u64, PathBuf)>, FileError> {
    let entries = match fs::read_dir(folder).at("list", folder) {
        Ok(entries) => entries,
        Err(error) if disk::is_missing(&error) => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.at("list", folder)?;
        let file = entry.file_name();
        let size = file.to_str().and_then(|file| file.strip_prefix(name)?.strip_prefix('-'));
        if let Some(size) = size.and_then(|size| place::numbered(size.as_ref(), ".snapshot")) {
            found.push((size, entry.path()));
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// Passes bytes on and hashes them.
struct Hashing<W> {
    inner: W,
    hash: Sha256,
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hash.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests may unwrap")]

    use super::*;

    /// A program that knows fewer events must not start from a state that has folded more.
    #[test]
    fn a_snapshot_of_a_program_that_knows_other_events_is_not_used() {
        let folder = tempfile::tempdir().unwrap();
        let stream = StreamId::from_bytes([7; 16]);
        let label = Label { stream, size: 5, leaf: Hash([1; 32]), root: Hash([2; 32]) };
        write(folder.path(), "state", 1, &label, &42_u64).unwrap();
        let found = || candidates::<u64>(folder.path(), "state", 1, stream, 9).collect::<Vec<_>>();
        assert_eq!(found(), [(label, 42)]);
        let path = folder.path().join(format!("state-{:020}.snapshot", 5));
        let mut bytes = fs::read(&path).unwrap();
        let end = bytes.len() - 32;
        bytes[12 + "state".len() + 2] ^= 1;
        let digest: [u8; 32] = Sha256::digest(&bytes[..end]).into();
        bytes[end..].copy_from_slice(&digest);
        fs::write(&path, bytes).unwrap();
        assert_eq!(found(), []);
    }
}
