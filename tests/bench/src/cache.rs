//! The state of the page cache before a run.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use nix::fcntl::{PosixFadviseAdvice, posix_fadvise};
use serde::Serialize;

use crate::error::BenchError;

/// What the cache holds before a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Cache {
    /// Nothing of the tree.
    Cold,
    /// All of it.
    Warm,
}

impl Cache {
    /// Its word in tables.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Cold => "cold",
            Self::Warm => "warm",
        }
    }

    /// Brings the cache into this state. Everything written before is on the disk afterwards, so that no run pays
    /// for the one before.
    pub(crate) fn prepare(self, tree: &Path) -> Result<(), BenchError> {
        nix::unistd::sync();
        match self {
            Self::Cold if may_drop() => {
                let path = Path::new("/proc/sys/vm/drop_caches");
                let drop = |mut file: File| file.write_all(b"3\n");
                OpenOptions::new()
                    .write(true)
                    .open(path)
                    .and_then(drop)
                    .map_err(BenchError::file("write", path))
            }
            Self::Cold => each_file(tree, &|file| {
                posix_fadvise(&file, 0, 0, PosixFadviseAdvice::POSIX_FADV_DONTNEED).map_err(io::Error::from)
            }),
            Self::Warm => each_file(tree, &|mut file| io::copy(&mut file, &mut io::sink()).map(|_| ())),
        }
    }
}

/// How cold is made here, for the report.
pub(crate) fn cold_by() -> &'static str {
    if may_drop() {
        "drop_caches"
    } else {
        "posix_fadvise on each file of the tree (not root: names and inodes stay cached)"
    }
}

fn may_drop() -> bool {
    nix::unistd::geteuid().is_root()
}

fn each_file(folder: &Path, act: &dyn Fn(File) -> io::Result<()>) -> Result<(), BenchError> {
    for entry in fs::read_dir(folder).map_err(BenchError::file("list", folder))? {
        let path = entry.map_err(BenchError::file("list", folder))?.path();
        if path.is_dir() {
            each_file(&path, act)?;
        } else {
            File::open(&path).and_then(act).map_err(BenchError::file("read", &path))?;
        }
    }
    Ok(())
}
