//! Copying a tree so that it is hashed and durable: ours with every file journaled, and those who do the same.

use std::path::Path;
use std::process::Command;

use crate::args;
use crate::contender::{Contender, counted};
use crate::content::migration;
use crate::error::BenchError;
use crate::role;
use crate::tree::Tree;

/// `wsusmigrate run --no-read-back`: copied, verified against the names, durable, every file in the journal.
pub(super) struct Ours<'a> {
    pub(super) args: &'a args::Content,
    pub(super) tree: &'a Tree,
}

/// `rsync -a`, then `sync`: durable, not verified.
pub(super) struct Rsync<'a> {
    pub(super) tree: &'a Tree,
}

/// `cp -r`, `sync`, `sha1sum -c`: durable and verified, from the cache.
pub(super) struct Cp<'a> {
    pub(super) tree: &'a Tree,
}

/// Our engine without plan, checks and journal.
pub(super) struct Engine<'a> {
    pub(super) tree: &'a Tree,
}

impl Contender for Ours<'_> {
    fn name(&self) -> &'static str {
        "wsusmigrate run"
    }
    fn bytes(&self) -> u64 {
        self.tree.bytes
    }
    fn prepare(&self, dir: &Path) -> Result<(), BenchError> {
        migration::init(self.args, &self.tree.root, dir)
    }
    fn commands(&self, dir: &Path) -> Result<Vec<Command>, BenchError> {
        Ok(vec![migration::command(self.args, dir, &["run", "--no-read-back"])?])
    }
    fn check(&self, dir: &Path, _told: &str) -> Result<(), BenchError> {
        complete(self, self.tree, &migration::destination(dir))?;
        let log = migration::command(self.args, dir, &["journal", "log", "--json"])?.output();
        let log = log.map_err(|source| BenchError::Start { command: "journal log".to_owned(), source })?;
        let text = String::from_utf8_lossy(&log.stdout);
        let journaled = text.lines().filter(|line| line.contains("\"content.file-copied\"")).count();
        if journaled == self.tree.files {
            return Ok(());
        }
        Err(self.wrong(format!("{journaled} of {} files are in the journal", self.tree.files)))
    }
}

impl Contender for Rsync<'_> {
    fn name(&self) -> &'static str {
        "rsync -a; sync"
    }
    fn bytes(&self) -> u64 {
        self.tree.bytes
    }
    fn commands(&self, dir: &Path) -> Result<Vec<Command>, BenchError> {
        let mut rsync = Command::new("rsync");
        rsync.arg("-a").arg(self.tree.root.join("")).arg(dir.join("copy").join(""));
        Ok(vec![rsync, Command::new("sync")])
    }
    fn check(&self, dir: &Path, _told: &str) -> Result<(), BenchError> {
        complete(self, self.tree, &dir.join("copy"))
    }
}

impl Contender for Cp<'_> {
    fn name(&self) -> &'static str {
        "cp -r; sync; sha1sum -c"
    }
    fn bytes(&self) -> u64 {
        self.tree.bytes
    }
    fn commands(&self, dir: &Path) -> Result<Vec<Command>, BenchError> {
        let copy = dir.join("copy");
        let mut cp = Command::new("cp");
        cp.arg("-r").arg(&self.tree.root).arg(&copy);
        let mut sums = Command::new("sha1sum");
        sums.arg("--check").arg("--quiet").arg(&self.tree.sums).current_dir(&copy);
        Ok(vec![cp, Command::new("sync"), sums])
    }
    fn check(&self, dir: &Path, _told: &str) -> Result<(), BenchError> {
        complete(self, self.tree, &dir.join("copy"))
    }
}

impl Contender for Engine<'_> {
    fn name(&self) -> &'static str {
        "the engine, no journal"
    }
    fn bytes(&self) -> u64 {
        self.tree.bytes
    }
    fn commands(&self, dir: &Path) -> Result<Vec<Command>, BenchError> {
        let mut engine = role::engine()?;
        engine.arg(&self.tree.root).arg(dir.join("copy"));
        Ok(vec![engine])
    }
    fn check(&self, dir: &Path, _told: &str) -> Result<(), BenchError> {
        complete(self, self.tree, &dir.join("copy"))
    }
}

fn complete(contender: &dyn Contender, tree: &Tree, copy: &Path) -> Result<(), BenchError> {
    let (files, bytes) = counted(copy)?;
    if (files, bytes) == (tree.files, tree.bytes) {
        return Ok(());
    }
    let (all, all_bytes) = (tree.files, tree.bytes);
    Err(contender.wrong(format!("the copy has {files} files, {bytes} bytes instead of {all}, {all_bytes}")))
}
