//! Where the programs of this server are.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// A program, with what always stands first in its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tool {
    /// The program.
    pub program: PathBuf,
    /// Arguments in front of those of every call.
    pub leading: Vec<OsString>,
}

impl Tool {
    /// A program that takes its arguments as they are.
    #[must_use]
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self { program: program.into(), leading: Vec::new() }
    }

    /// Adds an argument in front of those of every call.
    #[must_use]
    pub fn with(mut self, argument: impl Into<OsString>) -> Self {
        self.leading.push(argument.into());
        self
    }
}

/// The programs of one server, and where they leave their logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tools {
    /// The PowerShell that belongs to Windows.
    pub powershell: Tool,
    /// WSUS's own tool.
    pub wsusutil: Tool,
    /// The folder `wsusutil` is started in: `Tools` of WSUS.
    pub wsus_tools: PathBuf,
    /// Where `wsusutil` writes its logs: the temporary folder of this account.
    pub temporary: PathBuf,
}

impl Tools {
    /// Where Windows and WSUS put them: `System32\WindowsPowerShell\v1.0` (the name of every version up to 5.1) and
    /// `%ProgramFiles%\Update Services\Tools`.
    #[must_use]
    pub fn of_system() -> Self {
        let windows = folder_of("SystemRoot", r"C:\Windows");
        let wsus_tools = folder_of("ProgramFiles", r"C:\Program Files").join("Update Services").join("Tools");
        Self {
            powershell: Tool::new(
                ["System32", "WindowsPowerShell", "v1.0", "powershell.exe"]
                    .iter()
                    .fold(windows, |path, part| path.join(part)),
            ),
            wsusutil: Tool::new(wsus_tools.join("wsusutil.exe")),
            wsus_tools,
            temporary: env::temp_dir(),
        }
    }
}

fn folder_of(variable: &str, usual: &str) -> PathBuf {
    env::var_os(variable).map_or_else(|| Path::new(usual).to_owned(), PathBuf::from)
}
