//! The scripts as files, and how PowerShell is told to run one.

use std::ffi::OsString;
use std::path::Path;

/// The scripts, by the names of their files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::adapter::host) enum Script {
    /// The machine's own accounts.
    Accounts,
    /// Services and application pools.
    Services,
    /// What setup wrote into the registry.
    SetupRegistry,
}

/// Every file a script needs beside it, and the scripts.
pub(in crate::adapter::host) const FILES: [(&str, &str); 4] = [
    ("accounts.ps1", include_str!("../scripts/accounts.ps1")),
    ("answer.ps1", include_str!("../scripts/answer.ps1")),
    ("services.ps1", include_str!("../scripts/services.ps1")),
    ("setup-registry.ps1", include_str!("../scripts/setup-registry.ps1")),
];

impl Script {
    pub(in crate::adapter::host) const fn file(self) -> &'static str {
        match self {
            Self::Accounts => "accounts.ps1",
            Self::Services => "services.ps1",
            Self::SetupRegistry => "setup-registry.ps1",
        }
    }

    /// How PowerShell is told to run it: nobody's profile, no questions, and only this file exempt from a policy that an
    /// administrator may lift.
    pub(in crate::adapter::host) fn arguments(self, folder: &Path) -> Vec<OsString> {
        let options = ["-NoLogo", "-NoProfile", "-NonInteractive", "-ExecutionPolicy", "Bypass", "-File"];
        options.iter().map(OsString::from).chain([folder.join(self.file()).into()]).collect()
    }
}
