//! `wsusutil postinstall`: called, waited for, and its log found.

mod log;

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use wsusmigrate_core::postinstall::{Command, Evidence, Log, Storage};

use super::open::Host;
use super::process::{Ended, Finished, Limits, NotStarted, Request, Running};
use crate::platform::Process;

pub use log::LogFile;

/// It prints three lines, and a stack at worst.
const OUTPUT_BYTES_MAX: usize = 256 << 10;

/// A post-installation at work.
#[derive(Debug)]
pub struct PostInstalling {
    running: Running,
    since: SystemTime,
    temporary: PathBuf,
}

/// What became of a post-installation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostInstalled {
    /// The child.
    pub finished: Finished,
    /// The log it left: the one it named, else the newest.
    pub log: Option<LogFile>,
    /// What it printed, as text.
    output: String,
    /// The log, as text.
    log_text: String,
}

impl Host {
    /// Starts the post-installation, held back until it is waited for. `since` is when it was decided on: a log from before is not of this one.
    pub fn post_install(
        &self,
        command: &Command,
        since: SystemTime,
        timeout: Duration,
    ) -> Result<PostInstalling, NotStarted> {
        let request = Request {
            tool: self.tools.wsusutil.clone(),
            arguments: command.arguments().into_iter().map(Into::into).collect(),
            folder: Some(self.tools.wsus_tools.clone()),
            input: Vec::new(),
            is_attended: true,
            limits: Limits { timeout, kept_bytes_max: OUTPUT_BYTES_MAX },
            hidden_variables: self.hidden_variables.clone(),
        };
        let temporary = self.tools.temporary.clone();
        Ok(PostInstalling { running: request.start()?, since, temporary })
    }

    /// The newest log a post-installation has written since a moment: what a later run finds of one nobody waited for.
    #[must_use]
    pub fn post_install_log(&self, since: SystemTime) -> Option<LogFile> {
        LogFile::newest(&self.tools.temporary, since)
    }
}

impl PostInstalling {
    /// The child, so that it can be written down, and recognised after a crash.
    #[must_use]
    pub fn process(&self) -> &Process {
        self.running.process()
    }

    /// Waits for its end and looks for its log.
    #[must_use]
    pub fn wait(self) -> PostInstalled {
        let finished = self.running.wait();
        let output = finished.stdout.text() + &finished.stderr.text();
        let log =
            LogFile::named_in(&output, self.since).or_else(|| LogFile::newest(&self.temporary, self.since));
        let log_text = log.as_ref().map(LogFile::text).unwrap_or_default();
        PostInstalled { finished, log, output, log_text }
    }
}

impl PostInstalled {
    /// What it is proved by, together with the registry as read afterwards.
    #[must_use]
    pub fn evidence<'a>(
        &'a self,
        roles: Option<&'a std::collections::BTreeMap<String, u32>>,
        storage: Storage,
    ) -> Evidence<'a> {
        let exit_code = match self.finished.ended {
            Ended::Done { code } => Some(code),
            Ended::Killed { .. } | Ended::TimedOut | Ended::Untold { .. } => None,
        };
        let log = self.log.as_ref().map(|log| Log { text: &self.log_text, is_newer: log.is_newer });
        let is_outlived = self.finished.is_outlived;
        Evidence { exit_code, is_outlived, output: &self.output, log, roles, storage }
    }
}
