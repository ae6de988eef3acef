//! Signing checkpoints: what is about to be signed is durable first, so that no two roots are ever signed for one size,
//! and so is the head, so that nobody is shown a checkpoint of records that readers do not see.
//!
//! ```text
//!  head ─► <stream>.signing ─► signature ─► checkpoints/<size> ─► <stream>.head
//! ```

use std::sync::{MutexGuard, PoisonError};

use wsusmigrate_core::digest::Sha256;

use super::Journal;
use crate::checkpoint::{self, Checkpoint};
use crate::disk::{self, Durability};
use crate::error::{CheckpointError, ReadError};
use crate::head;
use crate::key::{self, Pair, SigningKey};

impl Journal {
    /// Signs a checkpoint over everything durable, stores it in `checkpoints/` and beside the key. Signatures of others
    /// that a note of the same words has there are kept.
    pub fn checkpoint(&self) -> Result<Checkpoint, CheckpointError> {
        // Held until everything is stored, so that the head outside never goes back.
        let mut last = self.live.checkpoint();
        self.finish_rotation()?;
        let (size, root) = self.root();
        let key = self.key();
        let checkpoint = self.sign(size, root, &[&key.pair])?;
        *last = Some((size, root));
        Ok(checkpoint)
    }

    /// Whether everything durable is under a checkpoint. The head outside is written last: where it says so, the rest
    /// was written before it.
    pub(super) fn is_signed(&self) -> bool {
        let outside = checkpoint::read(&key::outside_head(&self.keys, self.identity.stream));
        matches!(outside, Ok(Some(Ok(head))) if (head.size, head.root) == self.root())
    }

    /// The RFC 6962 root over the first `size` records.
    pub fn root_at(&self, size: u64) -> Result<Sha256, ReadError> {
        Ok(self.point_at(size)?.1)
    }

    /// The public key that signs today.
    #[must_use]
    pub fn public_key(&self) -> [u8; 32] {
        self.key().public()
    }

    pub(super) fn key(&self) -> MutexGuard<'_, SigningKey> {
        self.key.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn sign(&self, size: u64, root: Sha256, by: &[&Pair]) -> Result<Checkpoint, CheckpointError> {
        let mut checkpoint = Checkpoint::unsigned(&self.identity, size, root);
        // It was published before the size was known here.
        head::sync(&self.place.head())?;
        self.announce(&checkpoint)?;
        // A crash here leaves the promise never to sign another root for this size, and no signature.
        for key in by {
            checkpoint.sign(key);
        }
        let checkpoint = checkpoint::store(&self.place, checkpoint)?;
        // A crash here leaves the head outside at an earlier checkpoint of the same log, which is still true.
        let outside = key::outside_head(&self.keys, self.identity.stream);
        disk::write_atomic(&outside, Durability::Synced, checkpoint.text.as_bytes())?;
        Ok(checkpoint)
    }

    /// Makes durable what is about to be signed, or refuses it. Sizes only grow, so the last one is enough.
    fn announce(&self, checkpoint: &Checkpoint) -> Result<(), CheckpointError> {
        let file = key::intent(&self.keys, self.identity.stream);
        let size = checkpoint.size;
        match checkpoint::read(&file)? {
            Some(Ok(before)) if before.size == size && before.root != checkpoint.root => {
                return Err(CheckpointError::SecondRoot { file, size });
            }
            Some(Ok(before)) if before.size > size => {
                return Err(CheckpointError::Backwards { file, size, before: before.size });
            }
            Some(Err(source)) => return Err(CheckpointError::Intent { file, source }),
            Some(Ok(_)) | None => {}
        }
        // Also where it says so already: after a kill it may stand in the system's memory alone.
        Ok(disk::write_atomic(&file, Durability::Synced, checkpoint.text.as_bytes())?)
    }
}
