//! Why a script has no result, told apart by what no language changes: ids, categories, numbers.

use serde::Deserialize;
use thiserror::Error;

use crate::adapter::host::process::NotStarted;

const ACCESS_DENIED: i32 = 0x8007_0005_u32.cast_signed();
const SECURITY_EXCEPTION: i32 = 0x8013_150A_u32.cast_signed();

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
    /// PowerShell runs in a constrained language mode (`AppLocker`, WDAC).
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_told_apart_by_what_no_language_changes() {
        let told = |id: &str, category: &str, hresult| {
            ScriptError::from(Told {
                id: id.into(),
                category: category.into(),
                hresult,
                message: String::new(),
            })
        };
        assert!(matches!(told("x", "NotSpecified", Some(ACCESS_DENIED)), ScriptError::AccessDenied(_)));
        assert!(matches!(told("x", "NotSpecified", Some(SECURITY_EXCEPTION)), ScriptError::AccessDenied(_)));
        let missing = "Modules_ModuleNotFound,Microsoft.PowerShell.Commands.ImportModuleCommand";
        assert!(matches!(told(missing, "ResourceUnavailable", None), ScriptError::ModuleMissing(_)));
        assert!(matches!(told("x", "NotSpecified", Some(-1)), ScriptError::Failed(_)));
    }
}
