//! Why a measurement cannot be made.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

/// Why a measurement cannot be made. One that went wrong is never a figure.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BenchError {
    /// A peer is not installed.
    #[error(
        "{tool} is not installed, and without it there is nothing to compare with: apt-get install {package}"
    )]
    Missing {
        /// What is called.
        tool: &'static str,
        /// The Debian package that has it.
        package: &'static str,
    },
    /// This executable cannot be found.
    #[error("this executable cannot be found again")]
    Myself {
        /// What the system says.
        source: io::Error,
    },
    /// A file or folder.
    #[error("cannot {what} {path}")]
    File {
        /// What was to be done.
        what: &'static str,
        /// With what.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A command cannot be started.
    #[error("cannot start {command}")]
    Start {
        /// Its words.
        command: String,
        /// What the system says.
        source: io::Error,
    },
    /// A command failed.
    #[error("{command} ended with {status}; its last words:\n{words}")]
    Failed {
        /// Its words.
        command: String,
        /// How.
        status: ExitStatus,
        /// The end of its standard error.
        words: String,
    },
    /// A run ended well without having done its work.
    #[error("{contender}: {complaint}")]
    Wrong {
        /// Whose.
        contender: String,
        /// What is missing.
        complaint: String,
    },
    /// The disk is too small even when all earlier copies are removed.
    #[error("{path} has {free} bytes free, {needed} are needed: name a larger disk with --dir")]
    Space {
        /// Where.
        path: PathBuf,
        /// What is there.
        free: u64,
        /// What is needed.
        needed: u64,
    },
    /// A scenario of this folder is wrong.
    #[error("a scenario cannot be used")]
    Scenario(#[from] wsusmigrate_fixtures::ScenarioError),
    /// A tree cannot be built.
    #[error("a tree cannot be built")]
    Build(#[from] wsusmigrate_fixtures::BuildError),
    /// A tree cannot be read.
    #[error("a tree cannot be read")]
    Digest(#[from] wsusmigrate_fixtures::DigestError),
    /// The engine by itself.
    #[error("the copy engine cannot go on")]
    Engine(#[from] wsusmigrate::adapter::content::EngineError),
    /// The engine's listing.
    #[error("a folder cannot be listed")]
    Scan(#[from] wsusmigrate::adapter::content::ScanError),
    /// A task of the journal's series.
    #[error("the task cannot be performed")]
    Task {
        /// What the journal or a peer's library says.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Figures or a task cannot be written or read.
    #[error("the figures cannot be written or read")]
    Json(#[from] serde_json::Error),
}

impl BenchError {
    /// For `map_err`: names what was to be done with which file.
    pub(crate) fn file(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::File { what, path: path.to_owned(), source }
    }
}
