//! Checkpoints as claims about the log: kept outside with the key, and inside in `checkpoints/`.
//!
//! An older copy of the whole folder is sound in itself; only a claim from outside shows what is missing.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use wsusmigrate_core::digest::Sha256;
use wsusmigrate_core::id::StreamId;

use crate::checkpoint::{self, Checkpoint, NotANote};
use crate::error::OpenError;
use crate::identity::Identity;
use crate::key::{self, SigningKey};
use crate::place::Place;
use crate::ring::KeyRing;

/// A checkpoint and the file it stands in.
pub(crate) struct Claim {
    pub(crate) file: PathBuf,
    pub(crate) checkpoint: Checkpoint,
    /// By whom it must be signed.
    signer: Signer,
}

enum Signer {
    /// One of the journal's keys; the present one and those it has replaced are these.
    Key(Rc<SigningKey>),
    /// Nobody: it was about to be signed. Nobody can have seen it, and the log held its records all the same.
    Nobody,
    /// Nobody knows: there is no key. As with another journal's key, opening ends as soon as it looks for it.
    Unknown,
}

/// The newest checkpoint inside, the one outside, and what was last about to be signed. Each is written whole or not at
/// all, so one that is no note was changed: whoever breaks its form must not fare better than who breaks its signature.
/// Only what confirms a rotation is passed over, because it is put back from its copy beside the key.
pub(crate) fn gather(place: &Place, keys: &Path, stream: StreamId) -> Result<Vec<Claim>, OpenError> {
    let key = key::read(&key::path(keys, stream), stream)?.map(Rc::new);
    let signer = || key.clone().map_or(Signer::Unknown, Signer::Key);
    let mut claims = Vec::new();
    let outside = [(key::outside_head(keys, stream), signer()), (key::intent(keys, stream), Signer::Nobody)];
    for (file, signer) in outside {
        match checkpoint::read(&file)? {
            Some(Ok(checkpoint)) => claims.push(Claim { file, checkpoint, signer }),
            Some(Err(source)) => return Err(OpenError::Checkpoint { file, source }),
            None => {}
        }
    }
    let retired = key.iter().flat_map(|key| &key.retired);
    let confirming: Vec<u64> = retired.map(|retired| retired.seq.next().0).collect();
    claims.extend(newest_inside(place, &confirming)?.map(|claim| Claim { signer: signer(), ..claim }));
    Ok(claims)
}

/// The newest checkpoint inside. One that cannot be read is passed over where it is of a size in `restored`.
pub(crate) fn newest_inside(place: &Place, restored: &[u64]) -> Result<Option<Claim>, OpenError> {
    for (size, file) in checkpoint::list(&place.checkpoints())?.into_iter().rev() {
        let source = match checkpoint::read(&file)? {
            Some(Ok(checkpoint)) if checkpoint.size == size => {
                return Ok(Some(Claim { file, checkpoint, signer: Signer::Unknown }));
            }
            Some(Ok(_)) => NotANote::Form("its name states another size"),
            Some(Err(source)) => source,
            None => continue,
        };
        if !restored.contains(&size) {
            return Err(OpenError::Checkpoint { file, source });
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
    let origin = identity.origin();
    for Claim { file, checkpoint, signer } in claims {
        let signed = match signer {
            Signer::Key(key) if key.first() == identity.public_key => {
                KeyRing::of_key(&key, origin.clone()).verify(&checkpoint)
            }
            _ if checkpoint.origin == origin => Ok(()),
            _ => Err(NotANote::OtherOrigin(checkpoint.origin.clone())),
        };
        if let Err(source) = signed {
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
