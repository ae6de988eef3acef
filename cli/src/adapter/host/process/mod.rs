//! One call of a tool as a child process: started, recognised, waited for, and ended with all it started.

mod capture;
mod run;

use std::ffi::OsString;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use thiserror::Error;

use super::tools::Tool;
use crate::platform::held;

pub use capture::Output;
pub use run::Ended;
pub use run::Finished;
pub use run::Running;

/// One call of a tool.
#[derive(Clone, Debug)]
pub struct Request {
    /// The program.
    pub tool: Tool,
    /// What follows its leading arguments, each as it is.
    pub arguments: Vec<OsString>,
    /// The folder it works in; that of this program where there is none.
    pub folder: Option<PathBuf>,
    /// What it reads; its input ends there.
    pub input: Vec<u8>,
    /// Whether nothing of its work may go on unseen: then it does nothing before [`Running::wait`], and what it leaves running
    /// is waited for as it is itself, and ended when its time is up.
    pub is_attended: bool,
    /// How long, and how much.
    pub limits: Limits,
    /// Environment variables it must not see: those the plan names as sources of secrets, and what would mislead it.
    pub hidden_variables: Vec<String>,
}

/// How long a call may take, and how much of what it prints is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// From the moment somebody waits for it.
    pub timeout: Duration,
    /// Of each of its two outputs; the rest is counted and hashed.
    pub kept_bytes_max: usize,
}

/// Why a tool was not started: there is no effect.
#[derive(Debug, Error)]
pub enum NotStarted {
    /// There is no such program.
    #[error("{program} is not there")]
    Missing {
        /// The program.
        program: PathBuf,
    },
    /// The folder it should work in is not there.
    #[error("{program} cannot be started in {folder}: there is no such folder")]
    NoFolder {
        /// The program.
        program: PathBuf,
        /// The folder.
        folder: PathBuf,
    },
    /// This account may not run it.
    #[error("{program} may not be run by this account")]
    Denied {
        /// The program.
        program: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The system did not start it.
    #[error("{program} cannot be started")]
    System {
        /// The program.
        program: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

impl Request {
    /// Starts the tool. It gets no input before [`Running::wait`]; one that is attended does nothing at all until whoever
    /// called has written down that it runs, and never does anything where that did not come to pass.
    pub fn start(self) -> Result<Running, NotStarted> {
        let command =
            if self.is_attended { held(&self.tool.program) } else { Ok(Command::new(&self.tool.program)) };
        let failed = |program, source| not_started(program, self.folder.as_deref(), source);
        let mut command = command.map_err(|source| failed(self.tool.program.clone(), source))?;
        command.args(&self.tool.leading).args(&self.arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        for variable in &self.hidden_variables {
            command.env_remove(variable);
        }
        if let Some(folder) = &self.folder {
            command.current_dir(folder);
        }
        Running::start(&mut command, self.input, self.limits, self.is_attended)
            .map_err(|source| failed(self.tool.program.clone(), source))
    }
}

fn not_started(program: PathBuf, folder: Option<&Path>, source: io::Error) -> NotStarted {
    // The system gives one answer for a missing program and a missing folder.
    match (source.kind(), folder.filter(|folder| !folder.is_dir())) {
        (ErrorKind::NotFound | ErrorKind::NotADirectory, Some(folder)) => {
            NotStarted::NoFolder { program, folder: folder.to_owned() }
        }
        (ErrorKind::NotFound, None) => NotStarted::Missing { program },
        (ErrorKind::PermissionDenied, _) => NotStarted::Denied { program, source },
        _ => NotStarted::System { program, source },
    }
}
