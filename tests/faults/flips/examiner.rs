//! A verifier in a process of its own, with as much memory as it needs and no more.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process::{FAULTED, Process};

/// Address space for a verifier or a writer of a small journal. Most of it are the stacks of sled's threads.
const ADDRESS_SPACE_BYTES: u64 = 1 << 30;

/// One finding.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) severity: String,
    pub(crate) seq: Option<u64>,
    pub(crate) file: PathBuf,
    #[allow(dead_code, reason = "shown where a finding is not the one expected")]
    pub(crate) what: String,
}

pub(crate) struct Examiner(Process);

impl Examiner {
    pub(crate) fn start(journal: &Path) -> Self {
        let mut command = limited();
        command.arg("verify").arg(journal);
        Self(Process::of(command))
    }

    /// One that looks at a bundle.
    pub(crate) fn of_bundle(bundle: &Path) -> Self {
        let mut command = limited();
        command.arg("verify-bundle").arg(bundle);
        Self(Process::of(command))
    }

    /// Verifies once.
    pub(crate) fn look(&mut self) -> Result<Vec<Found>, String> {
        self.0.say("once more");
        let mut found = Vec::new();
        loop {
            let line = self.0.next().map_err(|error| format!("the verifier ended or hangs: {error}"))?;
            if line == "done" {
                return Ok(found);
            }
            found.push(parse(line).ok_or_else(|| format!("the verifier said {line:?}"))?);
        }
    }

    /// Verifies what nobody has damaged, or has been put right again.
    pub(crate) fn expect_sound(&mut self) -> Result<(), String> {
        let found = self.look()?;
        if found.is_empty() { Ok(()) } else { Err(format!("nothing is damaged, and yet: {found:?}")) }
    }

    /// Ends it: it must have lasted so long.
    pub(crate) fn end(self) -> Result<(), String> {
        let ended = self.0.end();
        if ended.code == Some(0) { Ok(()) } else { Err(ended.text()) }
    }
}

/// `found SEVERITY SEQ OFFSET FILE \t WHAT`.
fn parse(line: &str) -> Option<Found> {
    let (place, what) = line.strip_prefix("found ")?.split_once('\t')?;
    let mut words = place.splitn(4, ' ');
    let (severity, seq, _offset) = (words.next()?.to_owned(), words.next()?, words.next()?);
    let file = PathBuf::from(words.next()?);
    Some(Found { severity, seq: seq.parse().ok(), file, what: what.to_owned() })
}

/// The program under fault with its limit, where the system has one.
pub(crate) fn limited() -> Command {
    if cfg!(target_os = "linux") {
        let mut command = Command::new("prlimit");
        command.arg(format!("--as={ADDRESS_SPACE_BYTES}")).arg(FAULTED);
        command
    } else {
        Command::new(FAULTED)
    }
}
