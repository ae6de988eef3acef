//! A simulated server, and the adapter on top of it.

use std::path::PathBuf;
use std::time::Duration;

use tempfile::TempDir;
use wsusmigrate::adapter::host::{Host, Tool, Tools};
use wsusmigrate_fixtures::tools::{Fault, HostState, Planted, SimulatedHost, ToolName};

/// Longer than anything here takes, shorter than anybody waits.
pub(crate) const LONG: Duration = Duration::from_secs(30);

pub(crate) struct Bench {
    root: TempDir,
    pub(crate) simulated: SimulatedHost,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let state = HostState::with_wsus("NEWWSUS", "D:\\WSUS", "MICROSOFT##WID");
        let simulated = SimulatedHost::create(&root.path().join("new server"), &state).unwrap();
        Self { root, simulated }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    pub(crate) fn tools(&self) -> Tools {
        let tool = |name: &str| {
            Tool::new(env!("CARGO_BIN_EXE_wsusmigrate"))
                .with("stand-in")
                .with(self.simulated.dir())
                .with(name)
        };
        Tools {
            powershell: tool("powershell"),
            wsusutil: tool("wsusutil"),
            wsus_tools: self.root.path().to_owned(),
            temporary: self.simulated.temporary(),
        }
    }

    pub(crate) fn host(&self) -> Host {
        Host::open(self.tools(), &self.path("run/scripts"), Vec::new()).unwrap()
    }

    /// A server whose next call of a tool goes wrong.
    pub(crate) fn with(tool: ToolName, action: Option<&str>, fault: Fault) -> Self {
        let bench = Self::new();
        bench.simulated.plant(&[Planted { tool, action: action.map(str::to_owned), fault }]).unwrap();
        bench
    }
}
