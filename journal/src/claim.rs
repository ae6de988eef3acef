//! Checkpoints as claims about the log: kept outside with the key, and inside in `checkpoints/`.
//!
//! An older copy of the whole folder is sound in itself; only a claim from outside shows what is missing.

use std::path::{Path, PathBuf};

use wsusmigrate_core::digest::Sha256;
use wsusmigrate_core::id::StreamId;

use crate::checkpoint::{self, Checkpoint};
use crate::disk::FileError;
use crate::error::OpenError;
use crate::identity::Identity;
use crate::key;
use crate::place::Place;

/// A checkpoint and the file it stands in.
pub(crate) struct Claim {
    pub(crate) file: PathBuf,
    pub(crate) checkpoint: Checkpoint,
}

/// The newest checkpoint inside, and the one outside. One inside that is no note is passed over (`verify` names it);
/// one outside is what protects against a restored copy, so it must be readable where it exists.
pub(crate) fn gather(place: &Place, keys: &Path, stream: StreamId) -> Result<Vec<Claim>, OpenError> {
    let mut claims = Vec::new();
    let file = key::outside_head(keys, stream);
    match checkpoint::read(&file)? {
        Some(Ok(checkpoint)) => claims.push(Claim { file, checkpoint }),
        Some(Err(source)) => return Err(OpenError::Checkpoint { file, source }),
        None => {}
    }
    claims.extend(newest_inside(place)?);
    Ok(claims)
}

/// The newest readable checkpoint inside.
pub(crate) fn newest_inside(place: &Place) -> Result<Option<Claim>, FileError> {
    for (size, file) in checkpoint::list(&place.checkpoints())?.into_iter().rev() {
        match checkpoint::read(&file)? {
            Some(Ok(checkpoint)) if checkpoint.size == size => return Ok(Some(Claim { file, checkpoint })),
            _ => {}
        }
    }
    Ok(None)
}

/// Whether the claims are signed by the journal's key and true of its log. `root_at` knows the root at every
/// claimed size the log reaches.
pub(crate) fn check(
    claims: Vec<Claim>,
    identity: &Identity,
    size: u64,
    root_at: impl Fn(u64) -> Option<Sha256>,
) -> Result<(), OpenError> {
    for Claim { file, checkpoint } in claims {
        if let Err(source) = checkpoint.verify(identity) {
            return Err(OpenError::Checkpoint { file, source });
        }
        let claimed = checkpoint.size;
        if claimed > size {
            return Err(OpenError::OlderCopy { file, claimed, size });
        }
        if root_at(claimed) != Some(checkpoint.root) {
            return Err(OpenError::Contradiction { file, size: claimed });
        }
    }
    Ok(())
}
