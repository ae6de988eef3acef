//! The signing key, in a folder of its own outside the journal: whoever copies the journal does not get it.
//!
//! `KEYS/<stream id>` is text: a header, the stream, the 32-byte Ed25519 seed in base64, and a line for each key it has
//! replaced. `.next` behind the name: a key about to replace it. `.signing`: what is about to be signed.
//! `.head`: the newest checkpoint, the head that is kept outside. `.<size>`: the checkpoint that confirms a rotation.

use std::fmt;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use base64::prelude::{BASE64_STANDARD, Engine};
use ed25519_dalek::Signer;
use wsusmigrate_core::id::StreamId;
use wsusmigrate_core::unit::Seq;
use zeroize::Zeroizing;

use crate::disk::{self, At, Durability, FileError};
use crate::plain;

const HEADER: &str = "wsusmigrate-signing-key-v1";
/// Begins the line of a key that was replaced.
const RETIRED: &str = "retired";
/// Longer than any file of keys: room for hundreds of retired ones.
const FILE_BYTES_MAX: usize = 64 << 10;
/// The longest header, stream and seed with their newlines.
const TEXT_BYTES: usize = 128;
/// The longest line of a retired key.
const RETIRED_BYTES: usize = 80;

/// Why there is no signing key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// No key for this journal. Hint: put it back from a copy; a lost key cannot be rotated.
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

/// A key pair. Cannot be printed; its bytes are wiped when it is dropped.
pub(crate) struct Pair(ed25519_dalek::SigningKey);

impl fmt::Debug for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pair(not shown)")
    }
}

impl Pair {
    fn draw() -> Result<Self, KeyError> {
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(seed.as_mut_slice()).map_err(|error| KeyError::Random(error.to_string()))?;
        Ok(Self(ed25519_dalek::SigningKey::from_bytes(&seed)))
    }

    pub(crate) fn public(&self) -> [u8; 32] {
        self.0.verifying_key().to_bytes()
    }

    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

/// A key that was replaced: it signed until the record that says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Retired {
    pub(crate) seq: Seq,
    pub(crate) public: [u8; 32],
}

/// The key of one stream, and the public parts of those before it, oldest first.
#[derive(Debug)]
pub(crate) struct SigningKey {
    pub(crate) pair: Pair,
    pub(crate) retired: Vec<Retired>,
}

impl SigningKey {
    pub(crate) fn public(&self) -> [u8; 32] {
        self.pair.public()
    }

    /// The public key the journal was created with.
    pub(crate) fn first(&self) -> [u8; 32] {
        self.retired.first().map_or_else(|| self.public(), |first| first.public)
    }

    /// Draws a new key and stores it. An existing file is never replaced.
    pub(crate) fn create(keys: &Path, stream: StreamId) -> Result<Self, KeyError> {
        let key = Self { pair: Pair::draw()?, retired: Vec::new() };
        disk::create_dir(keys)?;
        let path = path(keys, stream);
        let mut file = disk::private().write(true).create_new(true).open(&path).at("create", &path)?;
        // A crash from here to the sync leaves a key without a journal, which nobody reads.
        let text = key.text(stream);
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).at("write", &path)?;
        disk::sync_dir(keys)?;
        Ok(key)
    }

    /// Draws the key that is to follow this one from the record `seq` on, and stores it beside it.
    pub(crate) fn create_next(&self, keys: &Path, stream: StreamId, seq: Seq) -> Result<Self, KeyError> {
        let mut retired = self.retired.clone();
        retired.push(Retired { seq, public: self.public() });
        let key = Self { pair: Pair::draw()?, retired };
        disk::write_atomic(&next(keys, stream), Durability::Synced, key.text(stream).as_bytes())?;
        Ok(key)
    }

    fn text(&self, stream: StreamId) -> Zeroizing<String> {
        let seed = Zeroizing::new(self.pair.0.to_bytes());
        // With room for all of it: a text that grows would leave copies of the seed behind.
        let room = TEXT_BYTES + self.retired.len() * RETIRED_BYTES;
        let mut text = Zeroizing::new(String::with_capacity(room));
        text.extend([HEADER, "\n", &stream.to_string(), "\n"]);
        BASE64_STANDARD.encode_string(*seed, &mut text);
        text.push('\n');
        for Retired { seq, public } in &self.retired {
            text.extend([RETIRED, " ", &seq.to_string(), " ", &BASE64_STANDARD.encode(public), "\n"]);
        }
        debug_assert!(text.len() <= room, "it did not grow");
        text
    }

    /// Reads the key of a stream whose first record names `public`.
    pub(crate) fn load(keys: &Path, stream: StreamId, public: &[u8; 32]) -> Result<Self, KeyError> {
        let path = path(keys, stream);
        let key = read(&path, stream)?.ok_or_else(|| KeyError::Missing(path.clone()))?;
        if key.first() == *public { Ok(key) } else { Err(KeyError::OtherKey(path)) }
    }
}

/// Reads a file of keys; `None` where there is none.
pub(crate) fn read(path: &Path, stream: StreamId) -> Result<Option<SigningKey>, KeyError> {
    let file = match plain::open(path) {
        Ok(file) => file,
        Err(error) if disk::is_missing(&error) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    // With room for all of it: a buffer that grows leaves copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(FILE_BYTES_MAX));
    file.take(FILE_BYTES_MAX as u64).read_to_end(&mut bytes).at("read", path)?;
    let key = std::str::from_utf8(&bytes).ok().and_then(|text| parse(text, stream));
    Ok(Some(key.ok_or_else(|| KeyError::NotAKey(path.to_owned()))?))
}

fn parse(text: &str, stream: StreamId) -> Option<SigningKey> {
    let mut lines = text.lines();
    let (header, of, seed) = (lines.next()?, lines.next()?, lines.next()?);
    if header != HEADER || of != stream.to_string() {
        return None;
    }
    let seed = Zeroizing::new(BASE64_STANDARD.decode(seed).ok()?);
    let mut bytes = Zeroizing::new([0; 32]);
    bytes.copy_from_slice(seed.get(..32).filter(|_| seed.len() == 32)?);
    let pair = Pair(ed25519_dalek::SigningKey::from_bytes(&bytes));
    let retired = lines.map(|line| {
        let (seq, public) = line.strip_prefix(RETIRED)?.strip_prefix(' ')?.split_once(' ')?;
        let public = BASE64_STANDARD.decode(public).ok()?.try_into().ok()?;
        Some(Retired { seq: Seq(seq.parse().ok()?), public })
    });
    Some(SigningKey { pair, retired: retired.collect::<Option<_>>()? })
}

/// Where the key stands.
pub(crate) fn path(keys: &Path, stream: StreamId) -> PathBuf {
    keys.join(stream.to_string())
}

/// Where a key waits that is to take the place of the present one.
pub(crate) fn next(keys: &Path, stream: StreamId) -> PathBuf {
    keys.join(format!("{stream}.next"))
}

/// Where is said what is about to be signed.
pub(crate) fn intent(keys: &Path, stream: StreamId) -> PathBuf {
    keys.join(format!("{stream}.signing"))
}

/// Where the head is kept outside the journal.
pub(crate) fn outside_head(keys: &Path, stream: StreamId) -> PathBuf {
    keys.join(format!("{stream}.head"))
}

/// Where the checkpoint of this size, which confirms a rotation, is kept a second time.
pub(crate) fn confirming(keys: &Path, stream: StreamId, size: u64) -> PathBuf {
    keys.join(format!("{stream}.{size:020}"))
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
