//! Where things stand inside a journal's folder.

use std::path::{Path, PathBuf};

/// The folder of a journal.
#[derive(Clone, Debug)]
pub(crate) struct Place(PathBuf);

impl Place {
    pub(crate) fn new(root: &Path) -> Self {
        Self(root.to_owned())
    }

    pub(crate) fn root(&self) -> &Path {
        &self.0
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.0.join("log")
    }

    /// A log being rebuilt from the store, until it takes the place of the log.
    pub(crate) fn log_rebuilt(&self) -> PathBuf {
        self.0.join("log.rebuilt")
    }

    pub(crate) fn head(&self) -> PathBuf {
        self.0.join("head")
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.0.join("sled")
    }

    pub(crate) fn lock(&self) -> PathBuf {
        self.0.join("lock")
    }

    pub(crate) fn checkpoints(&self) -> PathBuf {
        self.0.join("checkpoints")
    }

    pub(crate) fn snapshots(&self) -> PathBuf {
        self.0.join("snapshots")
    }

    pub(crate) fn quarantine(&self) -> PathBuf {
        self.0.join("quarantine")
    }

    /// Room that is given up when the disk is full.
    pub(crate) fn reserve(&self) -> PathBuf {
        self.0.join("reserve")
    }

    /// The same while it is being written.
    pub(crate) fn reserve_half_made(&self) -> PathBuf {
        self.0.join("reserve.tmp")
    }

    /// Says that a record was found damaged where opening did not look: the next opening looks at all of the log.
    pub(crate) fn suspect(&self) -> PathBuf {
        self.0.join("suspect")
    }

    /// A log segment, by the first sequence it holds.
    pub(crate) fn segment(log: &Path, first: u64) -> PathBuf {
        log.join(format!("{first:020}.log"))
    }
}

/// The number a file name of 20 digits and `suffix` stands for.
pub(crate) fn numbered(name: &std::ffi::OsStr, suffix: &str) -> Option<u64> {
    let digits = name.to_str()?.strip_suffix(suffix)?;
    (digits.len() == 20 && digits.bytes().all(|digit| digit.is_ascii_digit())).then(|| digits.parse().ok())?
}
