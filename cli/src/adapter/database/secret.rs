//! The password of a SQL login: read where the plan says, kept in memory that is wiped, printed nowhere.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;
use wsusmigrate_core::database::connection::SecretSource;
use zeroize::Zeroizing;

/// The longest password that is read, in bytes: SQL Server takes 128 characters.
const SECRET_BYTES_MAX: u64 = 1024;

/// A password. It has no `Debug`, no `Display` and no way into anything that is stored.
pub struct Secret(Zeroizing<String>);

/// Why a password could not be had. What was read is in none of these.
#[derive(Debug, Error)]
pub enum SecretError {
    /// The variable is not set, or no text.
    #[error("the environment variable that database.password names is not set")]
    NoVariable,
    /// The file cannot be read.
    #[error("the password file{shown} cannot be read")]
    File {
        /// Which file, where it may be said.
        shown: Shown,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The file holds no password.
    #[error("the password file{0} must hold one line of text, at most {SECRET_BYTES_MAX} bytes")]
    Shape(Shown),
    /// Nobody is at a terminal.
    #[error("the password can be asked for at a terminal only")]
    NoTerminal(#[source] io::Error),
}

/// A password file as errors name it. Who writes `file:` before the password itself names no folder that is there: a path
/// without one is not shown.
#[derive(Debug)]
pub struct Shown(Option<PathBuf>);

impl Shown {
    fn of(file: &Path) -> Self {
        let folder = file.parent().filter(|folder| folder.parent().is_some() && folder.is_dir());
        Self(folder.map(|_| file.to_owned()))
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_ref().map_or(Ok(()), |path| write!(f, " {}", path.display()))
    }
}

impl Secret {
    /// Whether the password may be had where the plan says, before anything is written: who typed the password itself in the
    /// place of a name learns it here. A person is asked later.
    pub fn look_for(source: &SecretSource) -> Result<(), SecretError> {
        match source {
            SecretSource::Environment(name) => {
                std::env::var_os(name).map(|_| ()).ok_or(SecretError::NoVariable)
            }
            SecretSource::File(path) => Self::from_file(Path::new(path)).map(|_| ()),
            SecretSource::Prompt => Ok(()),
        }
    }

    /// Reads the password where it is. `login` is shown at the prompt.
    pub fn read(source: &SecretSource, login: &str) -> Result<Self, SecretError> {
        let text = match source {
            SecretSource::Environment(name) => std::env::var(name).map_err(|_| SecretError::NoVariable)?,
            SecretSource::File(path) => return Self::from_file(Path::new(path)),
            SecretSource::Prompt => {
                rpassword::prompt_password(format!("Password of the SQL login {login}: "))
                    .map_err(SecretError::NoTerminal)?
            }
        };
        Ok(Self(Zeroizing::new(text)))
    }

    fn from_file(path: &Path) -> Result<Self, SecretError> {
        let shown = || Shown::of(path);
        let unreadable = |source| SecretError::File { shown: shown(), source };
        if std::fs::metadata(path).map_err(unreadable)?.len() > SECRET_BYTES_MAX {
            return Err(SecretError::Shape(shown()));
        }
        let text = Zeroizing::new(std::fs::read_to_string(path).map_err(unreadable)?);
        let line = text.strip_prefix('\u{FEFF}').unwrap_or(&text).trim_end_matches(['\r', '\n']);
        if line.is_empty() || line.contains(['\r', '\n']) {
            return Err(SecretError::Shape(shown()));
        }
        Ok(Self(Zeroizing::new(line.to_owned())))
    }

    /// The password, for the login alone.
    pub(super) fn expose(&self) -> &str {
        &self.0
    }
}
