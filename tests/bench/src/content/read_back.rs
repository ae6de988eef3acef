//! Proving what stands on the disk: the read-back against `sha1sum -c`.

use std::path::Path;
use std::process::Command;

use crate::args;
use crate::contender::Contender;
use crate::content::migration;
use crate::error::BenchError;
use crate::tree::Tree;

/// `wsusmigrate run --only content.verify` on a complete copy; SHA-256, around the cache, journaled.
pub(super) struct Ours<'a> {
    pub(super) args: &'a args::Content,
    pub(super) copy: &'a Path,
}

/// `sha1sum -c` on the same copy.
pub(super) struct Sums<'a> {
    pub(super) tree: &'a Tree,
    pub(super) copy: &'a Path,
}

impl Contender for Ours<'_> {
    fn name(&self) -> &'static str {
        "wsusmigrate run --only content.verify"
    }
    fn commands(&self, _dir: &Path) -> Result<Vec<Command>, BenchError> {
        Ok(vec![migration::command(self.args, self.copy, &["run", "--only", "content.verify"])?])
    }
}

impl Contender for Sums<'_> {
    fn name(&self) -> &'static str {
        "sha1sum -c"
    }
    fn commands(&self, _dir: &Path) -> Result<Vec<Command>, BenchError> {
        let mut sums = Command::new("sha1sum");
        sums.arg("--check").arg("--quiet").arg(&self.tree.sums);
        sums.current_dir(migration::destination(self.copy));
        Ok(vec![sums])
    }
}
