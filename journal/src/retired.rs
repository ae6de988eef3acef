//! A key that was replaced and stands in its place again, as when the key folder is restored from an older copy.
//!
//! Nobody can verify what it signs from then on: the log names another key, and both have signed that. So it is refused
//! before it signs anything. While the other key still waits beside it, a crash came in between, and the next checkpoint
//! puts that one in place.

use std::path::Path;

use wsusmigrate_core::event::run::KeyRotated;
use wsusmigrate_core::event::{Event, RunEvent};
use wsusmigrate_core::unit::Seq;

use crate::checkpoint::{self, Checkpoint, NotANote};
use crate::claim::Claim;
use crate::error::OpenError;
use crate::identity::Identity;
use crate::key::{self, SigningKey};
use crate::log::read::LogRecords;
use crate::open::from_read;
use crate::place::Place;
use crate::record::Record;

/// Refuses the key in place where one of the claims confirms that another has replaced it.
pub(crate) fn refuse(
    place: &Place,
    keys: &Path,
    claims: &[Claim],
    identity: &Identity,
    size: u64,
) -> Result<(), OpenError> {
    let file = key::path(keys, identity.stream);
    let Some(key) = key::read(&file, identity.stream)? else { return Ok(()) };
    // Also where none of the claims asks for it: what is no key would be met at the end of a run otherwise, where it signs.
    let waiting = key::read(&key::next(keys, identity.stream), identity.stream)?;
    let waiting = waiting.map(|next| next.public());
    for Claim { checkpoint, .. } in claims.iter().filter(|claim| claim.checkpoint.size <= size) {
        let Some((seq, rotation)) = replaced(place, &key, identity, checkpoint)? else { continue };
        if waiting != Some(rotation.new_key) {
            return Err(OpenError::RetiredKey { file, seq });
        }
    }
    Ok(())
}

/// Why a checkpoint is not signed by the key in place, where any checkpoint inside says that another has replaced it. An
/// error of another kind, or where nothing says so, stays what it is.
pub(crate) fn explain(
    error: OpenError,
    place: &Place,
    keys: &Path,
    identity: &Identity,
    size: u64,
) -> OpenError {
    if !matches!(error, OpenError::Checkpoint { source: NotANote::Signature, .. }) {
        return error;
    }
    let file = key::path(keys, identity.stream);
    let Ok(Some(key)) = key::read(&file, identity.stream) else { return error };
    let notes = checkpoint::list(&place.checkpoints()).unwrap_or_default();
    let notes = notes.into_iter().filter(|(of, _)| *of <= size);
    let read = notes.filter_map(|(_, file)| checkpoint::read(&file).ok()??.ok());
    let mut said = read.filter_map(|note| replaced(place, &key, identity, &note).ok()?);
    said.next().map_or(error, |(seq, _)| OpenError::RetiredKey { file, seq })
}

/// The rotation a checkpoint confirms, where it replaces this key: the record right before its end. Only one that more than
/// one key has signed can, so hardly ever is a record looked at.
fn replaced(
    place: &Place,
    key: &SigningKey,
    identity: &Identity,
    note: &Checkpoint,
) -> Result<Option<(Seq, KeyRotated)>, OpenError> {
    let Some(last) = note.size.checked_sub(1).filter(|_| note.has_several_signatures()) else {
        return Ok(None);
    };
    let Some(record) = LogRecords::new(&place.log(), last..note.size).next() else { return Ok(None) };
    // What cannot be decoded is for replay and verify to judge.
    let Ok(Record::Known(recorded)) = record.map_err(from_read)?.decode() else { return Ok(None) };
    let Event::Run(RunEvent::KeyRotated(rotation)) = recorded.event else { return Ok(None) };
    let origin = identity.origin();
    let signed = |key: &[u8; 32]| note.verify(&origin, key).is_ok();
    let is_so = rotation.old_key == key.public() && signed(&rotation.old_key) && signed(&rotation.new_key);
    Ok(is_so.then_some((recorded.seq, rotation)))
}
