//! The scripts, and what their answers mean.

use std::ffi::OsString;
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use thiserror::Error;

use super::process::{Ended, Finished, NotStarted};

/// The scripts, by the names of their files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Script {
    /// Services and application pools.
    Services,
    /// What setup wrote into the registry.
    SetupRegistry,
}

/// Every file a script needs beside it, and the scripts.
pub(super) const FILES: [(&str, &str); 3] = [
    ("answer.ps1", include_str!("scripts/answer.ps1")),
    ("services.ps1", include_str!("scripts/services.ps1")),
    ("setup-registry.ps1", include_str!("scripts/setup-registry.ps1")),
];

/// How much of what a failed script printed is shown.
const SHOWN_CHARACTERS_MAX: usize = 400;

/// What an error says of itself when a policy keeps scripts from running; never translated.
const POLICY_ERRORS: [&str; 2] = ["PSSecurityException", "FullyQualifiedErrorId : UnauthorizedAccess"];

const ACCESS_DENIED: i32 = 0x8007_0005_u32.cast_signed();
const SECURITY_EXCEPTION: i32 = 0x8013_150A_u32.cast_signed();

impl Script {
    pub(super) const fn file(self) -> &'static str {
        match self {
            Self::Services => "services.ps1",
            Self::SetupRegistry => "setup-registry.ps1",
        }
    }

    /// How PowerShell is told to run it: nobody's profile, no questions, and only this file exempt from a policy that an
    /// administrator may lift.
    pub(super) fn arguments(self, folder: &Path) -> Vec<OsString> {
        let options = ["-NoLogo", "-NoProfile", "-NonInteractive", "-ExecutionPolicy", "Bypass", "-File"];
        options.iter().map(OsString::from).chain([folder.join(self.file()).into()]).collect()
    }
}

/// Why a script has no result.
#[derive(Debug, Error)]
pub enum ScriptError {
    /// PowerShell was not started.
    #[error(transparent)]
    NotStarted(#[from] NotStarted),
    /// It took too long and was ended.
    #[error("PowerShell did not answer in time and was ended")]
    TimedOut,
    /// It was ended by somebody else, or the system does not say how it ended.
    #[error("PowerShell was ended before it answered: {how}")]
    Cut {
        /// How.
        how: String,
    },
    /// It ended and said nothing.
    #[error("PowerShell said nothing and ended with exit code {code}; stderr: {stderr:?}")]
    Silent {
        /// Its exit code; 0 is no better than any other.
        code: i32,
        /// How its error output begins.
        stderr: String,
    },
    /// It said something else than the one JSON document.
    #[error(
        "PowerShell's answer (exit code {code}) is not what the script writes; it begins {stdout:?}, stderr {stderr:?}"
    )]
    Garbage {
        /// Its exit code.
        code: i32,
        /// How its output begins.
        stdout: String,
        /// How its error output begins.
        stderr: String,
    },
    /// It answered one thing and its exit code says the other.
    #[error("PowerShell's answer is {answer} and its exit code {code}")]
    Contradicted {
        /// The exit code.
        code: i32,
        /// What the answer says: a success, or a failure with its message.
        answer: String,
    },
    /// A policy keeps scripts from running, above what a parameter can lift (group policy `AllSigned` or `Restricted`).
    #[error("a policy keeps scripts from running: {said}")]
    PolicyRefused {
        /// How the refusal begins.
        said: String,
    },
    /// PowerShell runs in a constrained language mode (AppLocker, WDAC).
    #[error("PowerShell runs in a constrained language mode, in which the script cannot work")]
    ConstrainedLanguage,
    /// PowerShell is older than 3.0.
    #[error("PowerShell is older than 3.0")]
    TooOld,
    /// Something the script needs is not installed.
    #[error("the script lacks a module: {0}")]
    ModuleMissing(Told),
    /// This account may not do it.
    #[error("access denied: {0}")]
    AccessDenied(Told),
    /// What it is about does not exist.
    #[error("{0}")]
    NotFound(Told),
    /// It was done or begun, and what was waited for did not come in time.
    #[error("{0}")]
    WaitTimedOut(Told),
    /// Anything else the script reports.
    #[error("{0}")]
    Failed(Told),
}

/// An error as a script tells it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Told {
    /// PowerShell's `FullyQualifiedErrorId`, or a word of the script's.
    pub id: String,
    /// PowerShell's category, such as `PermissionDenied`.
    pub category: String,
    /// The system's number, where there is one.
    pub hresult: Option<i32>,
    /// In the host's language.
    pub message: String,
}

impl std::fmt::Display for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)?;
        match self.hresult {
            Some(number) => write!(f, " ({}, 0x{number:08X})", self.id),
            None => write!(f, " ({})", self.id),
        }
    }
}

impl ScriptError {
    /// Whether what was asked for may have happened, in whole or in part: then somebody has to look. Even an orderly
    /// failure is reported after the attempt.
    #[must_use]
    pub const fn is_unknown(&self) -> bool {
        match self {
            Self::TimedOut
            | Self::Cut { .. }
            | Self::Silent { .. }
            | Self::Garbage { .. }
            | Self::Contradicted { .. }
            | Self::WaitTimedOut(_)
            | Self::Failed(_) => true,
            Self::NotStarted(_)
            | Self::PolicyRefused { .. }
            | Self::ConstrainedLanguage
            | Self::TooOld
            | Self::ModuleMissing(_)
            | Self::AccessDenied(_)
            | Self::NotFound(_) => false,
        }
    }
}

#[derive(Deserialize)]
struct Answer<T> {
    ok: bool,
    result: Option<T>,
    error: Option<Told>,
}

/// What a script answered.
pub(super) fn read<T: DeserializeOwned>(finished: &Finished) -> Result<T, ScriptError> {
    let code = match &finished.ended {
        Ended::Done { code } => *code,
        Ended::TimedOut => return Err(ScriptError::TimedOut),
        Ended::Killed { signal } => return Err(ScriptError::Cut { how: format!("signal {signal}") }),
        Ended::Untold { error } => return Err(ScriptError::Cut { how: error.clone() }),
    };
    let (stdout, stderr) = (finished.stdout.text(), finished.stderr.text());
    let garbage = || ScriptError::Garbage { code, stdout: beginning(&stdout), stderr: beginning(&stderr) };
    if POLICY_ERRORS.iter().any(|id| stderr.contains(id)) && stdout.trim().is_empty() {
        return Err(ScriptError::PolicyRefused { said: beginning(&stderr) });
    }
    if stdout.trim().is_empty() {
        return Err(ScriptError::Silent { code, stderr: beginning(&stderr) });
    }
    let answer: Answer<T> = serde_json::from_str(stdout.trim()).map_err(|_| garbage())?;
    match (answer, code) {
        (Answer { ok: true, result: Some(result), error: None }, 0) => Ok(result),
        (Answer { ok: false, result: None, error: Some(told) }, 1) => Err(told.into()),
        (Answer { ok: true, result: Some(_), error: None }, _) => {
            Err(ScriptError::Contradicted { code, answer: "a success".to_owned() })
        }
        (Answer { ok: false, result: None, error: Some(told) }, _) => {
            Err(ScriptError::Contradicted { code, answer: format!("a failure: {told}") })
        }
        (_, _) => Err(garbage()),
    }
}

impl From<Told> for ScriptError {
    fn from(told: Told) -> Self {
        match (told.id.as_str(), told.category.as_str(), told.hresult) {
            ("constrained-language", ..) => Self::ConstrainedLanguage,
            ("powershell-too-old", ..) => Self::TooOld,
            ("not-found", ..) => Self::NotFound(told),
            ("wait-timeout", ..) => Self::WaitTimedOut(told),
            ("module-missing", ..) => Self::ModuleMissing(told),
            (id, ..) if id.starts_with("Modules_ModuleNotFound") => Self::ModuleMissing(told),
            (_, "PermissionDenied", _) | (_, _, Some(ACCESS_DENIED | SECURITY_EXCEPTION)) => {
                Self::AccessDenied(told)
            }
            (_, _, _) => Self::Failed(told),
        }
    }
}

fn beginning(text: &str) -> String {
    text.trim().chars().take(SHOWN_CHARACTERS_MAX).collect()
}
