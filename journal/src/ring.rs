//! The public keys of a journal, and from which size on each counts.
//!
//! The first is named by the first record. A record `run.key-rotated` names the next; it counts from the checkpoint
//! right behind that record on, and only if both keys have signed that checkpoint. A record that somebody without the
//! key has added therefore changes nothing.

use std::ops::ControlFlow;

use wsusmigrate_core::event::run::KeyRotated;
use wsusmigrate_core::event::{Event, Kind, RunEvent};
use wsusmigrate_core::unit::Seq;

use crate::checkpoint::{Checkpoint, NotANote};
use crate::error::ReadError;
use crate::identity::Identity;
use crate::key::SigningKey;
use crate::reader::{Reader, RecordSource};
use crate::record::Record;

/// The public keys of a journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRing {
    origin: String,
    first: [u8; 32],
    /// Each counts for checkpoints that cover its record.
    later: Vec<(Seq, [u8; 32])>,
}

/// Why a rotation does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotConfirmed {
    /// It replaces a key that did not count.
    #[error("the key it replaces is not the journal's")]
    OtherKey,
    /// There is no checkpoint right behind it, or not both keys have signed it.
    #[error("no checkpoint right behind it is signed by both keys")]
    NotSigned,
}

impl KeyRing {
    /// The ring of a journal without rotations.
    #[must_use]
    pub fn new(identity: &Identity) -> Self {
        Self { origin: identity.origin(), first: identity.public_key, later: Vec::new() }
    }

    /// The name all of them sign under.
    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    /// What the key's own file says.
    pub(crate) fn of_key(key: &SigningKey, origin: String) -> Self {
        let after = key.retired.iter().skip(1).map(|retired| retired.public).chain([key.public()]);
        let later = key.retired.iter().map(|retired| retired.seq).zip(after).collect();
        Self { origin, first: key.first(), later }
    }

    /// Reads the rotations of a journal, and of each whether it counts. Goes through every record.
    pub fn read(reader: &Reader) -> Result<Self, ReadError> {
        let mut ring = Self::new(reader.identity());
        let mut rotations = Vec::new();
        reader.visit(0..reader.size(), &mut |record| {
            if record.name() == Some(Kind::RunKeyRotated.name())
                && let Ok(Record::Known(recorded)) = record.decode()
                && let Event::Run(RunEvent::KeyRotated(event)) = recorded.event
            {
                rotations.push((recorded.seq, event));
            }
            Ok(ControlFlow::Continue(()))
        })?;
        for (seq, event) in rotations {
            let note = reader.checkpoint_of(seq.next().0)?;
            // One that does not count is named by `verify`; whatever its key signed is refused.
            let _ = ring.rotate(seq, &event, note.as_ref());
        }
        Ok(ring)
    }

    /// Takes in a rotation, if the checkpoint right behind it confirms it.
    pub(crate) fn rotate(
        &mut self,
        seq: Seq,
        event: &KeyRotated,
        note: Option<&Checkpoint>,
    ) -> Result<(), NotConfirmed> {
        if event.old_key != *self.newest() {
            return Err(NotConfirmed::OtherKey);
        }
        let both = |note: &&Checkpoint| {
            let signed = |key| note.verify(&self.origin, key).is_ok();
            note.size == seq.next().0 && signed(&event.old_key) && signed(&event.new_key)
        };
        note.filter(both).ok_or(NotConfirmed::NotSigned)?;
        self.later.push((seq, event.new_key));
        Ok(())
    }

    /// The key that signs a checkpoint of this size.
    #[must_use]
    pub fn in_force(&self, size: u64) -> &[u8; 32] {
        let later = self.later.iter().rev().find(|(seq, _)| seq.0 < size);
        later.map_or(&self.first, |(_, key)| key)
    }

    /// The key that signs today.
    #[must_use]
    pub fn newest(&self) -> &[u8; 32] {
        self.later.last().map_or(&self.first, |(_, key)| key)
    }

    /// Whether the key that counts at its size has signed a checkpoint of this journal.
    pub fn verify(&self, checkpoint: &Checkpoint) -> Result<(), NotANote> {
        checkpoint.verify(&self.origin, self.in_force(checkpoint.size))
    }
}
