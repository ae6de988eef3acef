//! Checkpoints: C2SP `tlog-checkpoint` in a C2SP `signed-note`, Ed25519.
//!
//! ```text
//! wsusmigrate/<migration>/<host>/<stream>     the origin, and the key's name
//! 4096                                        records covered
//! <base64 of the RFC 6962 root>
//!
//! — <key name> <base64 of key hash (4 bytes) and signature (64 bytes)>
//! ```
//!
//! Signatures of keys we do not know (cosignatures) are kept as they are.

use std::fs;
use std::path::{Path, PathBuf};

use base64::prelude::{BASE64_STANDARD, Engine};
use ed25519_dalek::{Signature, VerifyingKey};
use sha2::{Digest, Sha256};
use wsusmigrate_core::digest::Sha256 as Hash;

use crate::disk::{self, At, FileError};
use crate::error::CheckpointError;
use crate::identity::Identity;
use crate::key::Pair;
use crate::place::{self, Place};
use crate::plain;

/// The longest note that is read, in bytes.
pub(crate) const NOTE_BYTES_MAX: u64 = 64 << 10;

/// A signed statement: these are the first `size` records, this is their root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log it speaks of.
    pub origin: String,
    /// Records covered.
    pub size: u64,
    /// RFC 6962 root over their leaf hashes.
    pub root: Hash,
    /// The whole note, signatures included, as it is stored.
    pub text: String,
}

/// Why a text is not a valid checkpoint.
#[derive(Debug, thiserror::Error)]
pub enum NotANote {
    /// Not of the form of C2SP signed-note and tlog-checkpoint.
    #[error("it is not a checkpoint note: {0}")]
    Form(&'static str),
    /// It speaks of another log.
    #[error("it belongs to {0}")]
    OtherOrigin(String),
    /// The journal's key did not sign it, or what it signed was changed.
    #[error("its signature is not by the journal's key")]
    Signature,
}

impl Checkpoint {
    /// Reads a note. Signatures are not checked.
    pub fn parse(text: &str) -> Result<Self, NotANote> {
        if !text.ends_with('\n') {
            // What a cut of one byte leaves would be read like the whole.
            return Err(NotANote::Form("it does not end with a newline"));
        }
        if text.chars().any(|c| c.is_control() && c != '\n') {
            // Readers differ in what they make of a carriage return; a note says the same to all, or nothing.
            return Err(NotANote::Form("it holds control characters"));
        }
        let (body, _) = split(text).ok_or(NotANote::Form("no blank line before the signatures"))?;
        let mut lines = body.lines();
        let origin = lines.next().filter(|origin| !origin.is_empty());
        let origin = origin.ok_or(NotANote::Form("no origin"))?.to_owned();
        let size = lines.next().ok_or(NotANote::Form("no size"))?;
        let number: u64 = size.parse().map_err(|_| NotANote::Form("the size is not a number"))?;
        if number.to_string() != size {
            return Err(NotANote::Form("the size is not written canonically"));
        }
        let root = lines.next().and_then(|root| BASE64_STANDARD.decode(root).ok());
        let root = root.and_then(|root| root.try_into().ok()).ok_or(NotANote::Form("no root"))?;
        Ok(Self { origin, size: number, root: Hash(root), text: text.to_owned() })
    }

    /// Whether a key signed it as the key of this origin.
    pub fn verify(&self, origin: &str, key: &[u8; 32]) -> Result<(), NotANote> {
        if self.origin != origin {
            return Err(NotANote::OtherOrigin(self.origin.clone()));
        }
        let hash = key_hash(origin, key);
        let key = VerifyingKey::from_bytes(key).map_err(|_| NotANote::Signature)?;
        let (body, signatures) = split(&self.text).ok_or(NotANote::Signature)?;
        let signed = signatures.lines().any(|line| {
            let Some((name, value)) = line.strip_prefix("— ").and_then(|line| line.rsplit_once(' ')) else {
                return false;
            };
            let Ok(value) = BASE64_STANDARD.decode(value) else { return false };
            let Some((of, signature)) = value.split_first_chunk::<4>() else { return false };
            let Ok(signature) = Signature::from_slice(signature) else { return false };
            name == origin && *of == hash && key.verify_strict(body.as_bytes(), &signature).is_ok()
        });
        if signed { Ok(()) } else { Err(NotANote::Signature) }
    }

    /// Whether more than one key may have signed it.
    pub(crate) fn has_several_signatures(&self) -> bool {
        split(&self.text).is_some_and(|(_, signatures)| signatures.lines().count() > 1)
    }

    /// A note without signatures yet.
    pub(crate) fn unsigned(identity: &Identity, size: u64, root: Hash) -> Self {
        let origin = identity.origin();
        let text = format!("{origin}\n{size}\n{}\n\n", BASE64_STANDARD.encode(root.0));
        Self { origin, size, root, text }
    }

    /// Adds a signature in the name of the origin.
    pub(crate) fn sign(&mut self, key: &Pair) {
        let Some((body, _)) = split(&self.text) else { return };
        let mut value = key_hash(&self.origin, &key.public()).to_vec();
        value.extend(key.sign(body.as_bytes()));
        self.text.extend(["— ", &self.origin, " ", &BASE64_STANDARD.encode(value), "\n"]);
    }

    /// Whether both say the same, whoever signed them.
    #[must_use]
    pub fn says_the_same(&self, other: &Self) -> bool {
        split(&self.text).map(|(body, _)| body) == split(&other.text).map(|(body, _)| body)
    }

    /// This note with the signature lines another one of the same body has, byte for byte, before its own.
    pub(crate) fn with_signatures_of(mut self, other: &Self) -> Self {
        let Some((_, own)) = split(&self.text) else { return self };
        let known = split(&other.text).map_or("", |(_, signatures)| signatures);
        let new = own.split_inclusive('\n').filter(|line| !known.split_inclusive('\n').any(|it| it == *line));
        self.text = new.fold(other.text.clone(), |text, line| text + line);
        self
    }
}

/// A public key as other tools take it (C2SP signed-note): name, key hash, and type and key in base64.
#[must_use]
pub fn verifier_key(origin: &str, key: &[u8; 32]) -> String {
    let hash = key_hash(origin, key).iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    format!("{origin}+{hash}+{}", BASE64_STANDARD.encode([&[0x01][..], key].concat()))
}

/// The signed body, with its last newline, and the signature lines.
fn split(text: &str) -> Option<(&str, &str)> {
    let blank = text.rfind("\n\n")?;
    Some((&text[..=blank], &text[blank + 2..]))
}

/// C2SP signed-note's number of the Ed25519 algorithm.
pub(crate) const ED25519: u8 = 1;

/// C2SP signed-note: the first four bytes of SHA-256(name || 0x0A || 0x01 || public key).
pub(crate) fn key_hash(name: &str, public: &[u8; 32]) -> [u8; 4] {
    let digest =
        Sha256::new().chain_update(name).chain_update([0x0A, ED25519]).chain_update(public).finalize();
    [digest[0], digest[1], digest[2], digest[3]]
}

/// Reads one note file; `None` where there is none.
pub(crate) fn read(path: &Path) -> Result<Option<Result<Checkpoint, NotANote>>, FileError> {
    let bytes = match plain::read(path, NOTE_BYTES_MAX + 1) {
        Ok(bytes) if bytes.len() as u64 > NOTE_BYTES_MAX => {
            return Ok(Some(Err(NotANote::Form("it is too long"))));
        }
        Ok(bytes) => bytes,
        Err(error) if disk::is_missing(&error) => return Ok(None),
        Err(error) if plain::is_other(&error) => {
            return Ok(Some(Err(NotANote::Form("it is not a regular file"))));
        }
        Err(error) => return Err(error),
    };
    Ok(Some(match String::from_utf8(bytes) {
        Ok(text) => Checkpoint::parse(&text),
        Err(_) => Err(NotANote::Form("it is not text")),
    }))
}

/// Where the checkpoint of a size stands.
pub(crate) fn file(place: &Place, size: u64) -> PathBuf {
    place.checkpoints().join(format!("{size:020}"))
}

/// Writes a note into the checkpoint folder, durably. Signatures that a note of the same words has there are kept; one
/// of the same size and other words is never replaced.
pub(crate) fn store(place: &Place, checkpoint: Checkpoint) -> Result<Checkpoint, CheckpointError> {
    let file = file(place, checkpoint.size);
    let checkpoint = match read(&file)? {
        None => checkpoint,
        Some(Ok(there)) if there.says_the_same(&checkpoint) => checkpoint.with_signatures_of(&there),
        Some(Ok(there)) if there.size == checkpoint.size => {
            return Err(CheckpointError::SecondRoot { file, size: checkpoint.size });
        }
        Some(_) => {
            disk::quarantine(&file, &place.quarantine())?;
            checkpoint
        }
    };
    disk::write_atomic(&file, disk::Durability::Synced, checkpoint.text.as_bytes())?;
    Ok(checkpoint)
}

/// The checkpoint files of a folder, by size.
pub(crate) fn list(folder: &Path) -> Result<Vec<(u64, PathBuf)>, FileError> {
    let entries = match fs::read_dir(folder).at("list", folder) {
        Ok(entries) => entries,
        Err(error) if disk::is_missing(&error) => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.at("list", folder)?;
        if let Some(size) = place::numbered(&entry.file_name(), "") {
            found.push((size, entry.path()));
        }
    }
    found.sort_unstable();
    Ok(found)
}
