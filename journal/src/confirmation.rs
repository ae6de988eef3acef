//! The checkpoints that confirm another key. Without one of them nothing that the later keys have signed can be verified,
//! so each is kept twice: in `checkpoints/`, and beside the key as `<stream>.<size>`.

use std::path::Path;

use wsusmigrate_core::event::run::{JournalRecovered, Recovery};
use wsusmigrate_core::id::StreamId;
use wsusmigrate_core::unit::Seq;

use crate::checkpoint::{self, Checkpoint};
use crate::disk::{self, Durability, FileError};
use crate::error::{CheckpointError, OpenError};
use crate::identity::Identity;
use crate::key::{self, SigningKey};
use crate::place::Place;

/// One key in the place of another.
struct Rotation {
    seq: Seq,
    keys: [[u8; 32]; 2],
}

impl Rotation {
    /// The rotations that the key's file speaks of, oldest first.
    fn all(key: &SigningKey) -> impl Iterator<Item = Self> {
        let after = key.retired.iter().skip(1).map(|retired| retired.public).chain([key.public()]);
        key.retired.iter().zip(after).map(|(old, new)| Self { seq: old.seq, keys: [old.public, new] })
    }

    /// The note of a file, where it is the one that both keys have signed.
    fn confirmed_by(&self, origin: &str, file: &Path) -> Result<Option<Checkpoint>, FileError> {
        let Some(Ok(note)) = checkpoint::read(file)? else { return Ok(None) };
        let signed = self.keys.iter().all(|key| note.verify(origin, key).is_ok());
        Ok((signed && note.size == self.seq.next().0).then_some(note))
    }
}

/// Keeps the note beside the key.
pub(crate) fn keep(keys: &Path, stream: StreamId, note: &Checkpoint) -> Result<(), FileError> {
    disk::write_atomic(&key::confirming(keys, stream, note.size), Durability::Synced, note.text.as_bytes())
}

/// Sees to it that each rotation is confirmed in both places. Whatever was put back into `checkpoints/` is a finding,
/// also where this fails behind it.
pub(crate) fn restore(
    place: &Place,
    keys: &Path,
    key: &SigningKey,
    identity: &Identity,
    findings: &mut Vec<JournalRecovered>,
) -> Result<(), OpenError> {
    let (origin, stream) = (identity.origin(), identity.stream);
    for rotation in Rotation::all(key) {
        let size = rotation.seq.next().0;
        let (file, beside) = (checkpoint::file(place, size), key::confirming(keys, stream, size));
        let kept = rotation.confirmed_by(&origin, &beside)?;
        match (rotation.confirmed_by(&origin, &file)?, kept) {
            (Some(_), Some(_)) => {}
            // As after a rotation by a program that kept it in one place alone.
            (Some(note), None) => keep(keys, stream, &note)?,
            (None, kept) => {
                let newest = || rotation.confirmed_by(&origin, &key::outside_head(keys, stream));
                let kept = kept.map_or_else(newest, |kept| Ok(Some(kept)))?;
                let seq = rotation.seq;
                let note = kept.ok_or_else(|| OpenError::Unconfirmed { file: file.clone(), seq })?;
                keep(keys, stream, &note)?;
                findings.push(put_back(place, &file, note)?);
            }
        }
    }
    Ok(())
}

/// Puts a note back into `checkpoints/`. What stands there is not signed by both keys; signatures of others are taken over.
fn put_back(place: &Place, file: &Path, note: Checkpoint) -> Result<JournalRecovered, OpenError> {
    let what = match checkpoint::read(file)? {
        None => "missing",
        Some(Ok(there)) if there.says_the_same(&note) => "without the signatures of both keys",
        Some(_) => {
            disk::quarantine(file, &place.quarantine())?;
            "another one"
        }
    };
    let size = note.size;
    checkpoint::store(place, note).map_err(|error| match error {
        CheckpointError::File(error) => OpenError::File(error),
        _ => OpenError::Contradiction { file: file.to_owned(), size },
    })?;
    let detail = format!("the checkpoint of {size} records, which confirms another key, was {what}").into();
    Ok(JournalRecovered { finding: Recovery::CheckpointRestored, records: 0, bytes: 0, detail })
}
