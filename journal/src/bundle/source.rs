//! A journal's folder as the source of a bundle.

use std::io::Read;
use std::path::Path;

use wsusmigrate_core::digest::Sha256;

use super::Portable;
use crate::checkpoint::Checkpoint;
use crate::disk::{At, FileError};
use crate::error::ReadError;
use crate::evidence;
use crate::plain;
use crate::reader::{Reader, RecordSource as _};

impl Portable for Reader {
    fn place(&self) -> &Path {
        self.folder().root()
    }

    fn checkpoint_at(&self, size: u64) -> Result<Option<Checkpoint>, ReadError> {
        let note = self.checkpoint_of(size)?;
        Ok(note.filter(|note| note.size == size && size <= self.size()))
    }

    fn evidence(&self, digest: Sha256) -> Result<(u64, Box<dyn Read + '_>), FileError> {
        let path = evidence::path(self.folder().root(), digest);
        let file = plain::open(&path)?;
        let bytes = file.metadata().at("read", &path)?.len();
        Ok((bytes, Box::new(file)))
    }
}
