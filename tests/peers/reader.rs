//! The second reader, as a process.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// `read_journal.py` and what runs it.
pub(crate) struct Reader {
    script: PathBuf,
}

impl Reader {
    /// The reader, where there is Python; under `CI` there has to be.
    pub(crate) fn find() -> Option<Self> {
        let there = Command::new("python3").arg("--version").output().is_ok_and(|it| it.status.success());
        if !there {
            assert!(std::env::var_os("CI").is_none(), "python3 is not to be had");
            println!("\n*** peers DID NOT RUN: python3 is not to be had ***\n");
        }
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/read_journal.py");
        there.then_some(Self { script })
    }

    /// What it prints, whatever its exit code; both must agree.
    pub(crate) fn run<'a>(&self, args: impl IntoIterator<Item = &'a OsStr>) -> Value {
        // It leaves no compiled modules in the source tree.
        let output = Command::new("python3").arg("-B").arg(&self.script).args(args).output().unwrap();
        let said: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
        assert_eq!(said["sound"], output.status.success(), "{said}");
        said
    }
}
