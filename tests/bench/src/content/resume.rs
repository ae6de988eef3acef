//! Going on where nothing is left to do: what every top-up begins with.

use std::path::Path;
use std::process::Command;

use crate::args;
use crate::contender::Contender;
use crate::content::migration;
use crate::error::BenchError;

/// `wsusmigrate run` on a complete copy.
pub(super) struct Ours<'a> {
    pub(super) args: &'a args::Content,
    pub(super) copy: &'a Path,
}

impl Contender for Ours<'_> {
    fn name(&self) -> &'static str {
        "wsusmigrate run, nothing to do"
    }
    fn commands(&self, _dir: &Path) -> Result<Vec<Command>, BenchError> {
        Ok(vec![migration::command(self.args, self.copy, &["run"])?])
    }
    fn check(&self, _dir: &Path, told: &str) -> Result<(), BenchError> {
        if told.contains("nothing to do") {
            return Ok(());
        }
        Err(self.wrong(format!("it did not say that nothing is to be done, but: {told}")))
    }
}
