//! A checkpoint that was kept where whoever rewrote the journal could not reach it.

use std::path::{Path, PathBuf};

use crate::checkpoint::{self, Checkpoint};
use crate::error::ReadError;

/// A checkpoint kept outside the journal, and the file it stands in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elsewhere {
    /// The file.
    pub file: PathBuf,
    /// What it holds.
    pub checkpoint: Checkpoint,
}

impl Elsewhere {
    /// Reads it; `None` where there is no such file.
    pub fn read(file: &Path) -> Result<Option<Self>, ReadError> {
        let file = file.to_owned();
        match checkpoint::read(&file)? {
            None => Ok(None),
            Some(Ok(checkpoint)) => Ok(Some(Self { file, checkpoint })),
            Some(Err(source)) => Err(ReadError::Checkpoint { file, source }),
        }
    }
}
