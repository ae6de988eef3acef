//! The signing key, in a folder of its own outside the journal: whoever copies the journal does not get it.
//!
//! `KEYS/<stream id>` is three lines of text: a header, the stream, the 32-byte Ed25519 seed in base64.
//! `KEYS/<stream id>.head` is the newest checkpoint, the head that is kept outside.

use std::fmt;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use base64::prelude::{BASE64_STANDARD, Engine};
use ed25519_dalek::Signer;
use wsusmigrate_core::id::StreamId;
use zeroize::{Zeroize, Zeroizing};

use crate::disk::{self, At, FileError};

const HEADER: &str = "wsusmigrate-signing-key-v1";

/// Why there is no signing key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// No key for this journal. Hint: put it back from a copy; key rotation comes with the proofs issue.
    #[error("there is no signing key for this journal at {}", .0.display())]
    Missing(PathBuf),
    /// The file is not a key of this stream.
    #[error("{} is not a signing key of this journal", .0.display())]
    NotAKey(PathBuf),
    /// It is a key, and not the one the journal's first record names.
    #[error("{} is not the key this journal was created with", .0.display())]
    OtherKey(PathBuf),
    /// The key folder must not be inside the journal's: a copy of the journal would carry its key.
    #[error("the key folder {} is inside the journal's folder", .0.display())]
    InsideJournal(PathBuf),
    /// The system gave no random bytes.
    #[error("the system gave no random bytes: {0}")]
    Random(String),
    /// A file operation failed.
    #[error(transparent)]
    File(#[from] FileError),
}

/// The key of one stream. Cannot be printed; its bytes are wiped when it is dropped.
pub(crate) struct SigningKey(ed25519_dalek::SigningKey);

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(not shown)")
    }
}

impl SigningKey {
    pub(crate) fn public(&self) -> [u8; 32] {
        self.0.verifying_key().to_bytes()
    }

    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }

    /// Draws a new key and stores it. An existing file is never replaced.
    pub(crate) fn create(keys: &Path, stream: StreamId) -> Result<Self, KeyError> {
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(seed.as_mut_slice()).map_err(|error| KeyError::Random(error.to_string()))?;
        let mut text = format!("{HEADER}\n{stream}\n");
        text.reserve_exact(64);
        BASE64_STANDARD.encode_string(*seed, &mut text);
        text.push('\n');
        let text = Zeroizing::new(text);
        disk::create_dir(keys)?;
        let path = path(keys, stream);
        let mut file = disk::private().write(true).create_new(true).open(&path).at("create", &path)?;
        // A crash from here to the sync leaves a key without a journal, which nobody reads.
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).at("write", &path)?;
        disk::sync_dir(keys)?;
        Ok(Self(ed25519_dalek::SigningKey::from_bytes(&seed)))
    }

    pub(crate) fn load(keys: &Path, stream: StreamId, public: &[u8; 32]) -> Result<Self, KeyError> {
        let path = path(keys, stream);
        let text = match fs::read_to_string(&path).at("read", &path) {
            Ok(text) => Zeroizing::new(text),
            Err(error) if disk::is_missing(&error) => return Err(KeyError::Missing(path)),
            Err(error) => return Err(error.into()),
        };
        let Some(mut seed) = parse(&text, stream) else { return Err(KeyError::NotAKey(path)) };
        let key = Self(ed25519_dalek::SigningKey::from_bytes(&seed));
        seed.zeroize();
        if key.public() == *public { Ok(key) } else { Err(KeyError::OtherKey(path)) }
    }
}

fn parse(text: &str, stream: StreamId) -> Option<[u8; 32]> {
    let mut lines = text.lines();
    let (header, of, seed) = (lines.next()?, lines.next()?, lines.next()?);
    if header != HEADER || of != stream.to_string() {
        return None;
    }
    let seed = Zeroizing::new(BASE64_STANDARD.decode(seed).ok()?);
    seed.as_slice().try_into().ok()
}

fn path(keys: &Path, stream: StreamId) -> PathBuf {
    keys.join(stream.to_string())
}

/// Where the head is kept outside the journal.
pub(crate) fn outside_head(keys: &Path, stream: StreamId) -> PathBuf {
    keys.join(format!("{stream}.head"))
}

/// Refuses a key folder inside the journal's folder, also through links.
pub(crate) fn refuse_inside(keys: &Path, journal: &Path) -> Result<(), KeyError> {
    let resolved = |path: &Path| {
        // The folder may not exist yet: its nearest ancestor that does decides.
        path.ancestors().find_map(|ancestor| {
            let rest = path.strip_prefix(ancestor).ok()?;
            let ancestor = if ancestor.as_os_str().is_empty() { Path::new(".") } else { ancestor };
            fs::canonicalize(ancestor).ok().map(|real| real.join(rest))
        })
    };
    match (resolved(keys), resolved(journal)) {
        (Some(inner), Some(outer)) if inner.starts_with(&outer) => {
            Err(KeyError::InsideJournal(keys.to_owned()))
        }
        _ => Ok(()),
    }
}
