//! The part of the table that concerns other journals' streams: each only grows, under the key it came with.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Why, require};
use crate::digest::Sha256;
use crate::event::run::StreamImported;
use crate::id::StreamId;

/// The streams that were taken in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Streams {
    /// The journal's own.
    own: Option<StreamId>,
    /// The others, as the newest import left each.
    imported: BTreeMap<StreamId, ImportedStream>,
}

/// How far a stream was taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportedStream {
    /// Records, from its first on.
    pub size: u64,
    /// RFC 6962 root over them.
    pub root: Sha256,
    /// SHA-256 of the public key that signed for them.
    pub key: Sha256,
}

impl Streams {
    /// How far a stream was taken in, if it was.
    #[must_use]
    pub fn get(&self, stream: StreamId) -> Option<&ImportedStream> {
        self.imported.get(&stream)
    }

    /// Every stream that was taken in, in the order of the ids.
    pub fn iter(&self) -> impl Iterator<Item = (StreamId, &ImportedStream)> {
        self.imported.iter().map(|(stream, imported)| (*stream, imported))
    }

    pub(super) fn begin(&mut self, own: StreamId) {
        self.own = Some(own);
    }

    pub(super) fn import(&mut self, event: &StreamImported) -> Result<(), Why> {
        require(self.own != Some(event.stream), "a journal does not import its own stream")?;
        require(event.size > 0, "an imported stream has records")?;
        if let Some(before) = self.imported.get(&event.stream) {
            require(before.key == event.key, "the stream was imported under another key")?;
            require(before.size < event.size, "the stream does not grow")?;
        }
        let imported = ImportedStream { size: event.size, root: event.root, key: event.key };
        self.imported.insert(event.stream, imported);
        Ok(())
    }
}
