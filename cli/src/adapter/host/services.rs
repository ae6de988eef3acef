//! Services and the application pool: their state, and how they start.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::open::Host;
use super::script::{Script, ScriptError};

/// What PowerShell itself may need: it starts in seconds, on a busy old server in many.
const STARTUP: Duration = Duration::from_mins(1);

/// A service or an application pool that a migration stops and starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// WSUS itself (`WsusService`).
    Wsus,
    /// The web server (`W3SVC`).
    Web,
    /// The application pool of WSUS's web services (`WsusPool`).
    Pool,
}

/// The state of a service. Pools know the first four.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Stopped.
    Stopped,
    /// On its way to running.
    StartPending,
    /// On its way to stopped.
    StopPending,
    /// Running; of a pool: started.
    Running,
    /// On its way from paused to running.
    ContinuePending,
    /// On its way to paused.
    PausePending,
    /// Paused.
    Paused,
}

/// How a service starts. A pool's is automatic or manual (`autoStart`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StartType {
    /// By the boot loader: drivers only.
    Boot,
    /// By the kernel: drivers only.
    System,
    /// With the system.
    Automatic,
    /// Some time after the system.
    AutomaticDelayed,
    /// When asked for.
    Manual,
    /// Never.
    Disabled,
}

/// What a service is at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct ServiceState {
    /// Whether there is such a service; the rest is `None` where not.
    pub exists: bool,
    /// Its state; `None` also where the system gives one that has no name here.
    pub state: Option<State>,
    /// How it starts.
    pub start_type: Option<StartType>,
}

/// A service before and after it was changed; equal where it was already so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Change {
    /// Before.
    pub before: ServiceState,
    /// After.
    pub after: ServiceState,
}

impl Service {
    /// Its name in the system.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Wsus => "WsusService",
            Self::Web => "W3SVC",
            Self::Pool => "WsusPool",
        }
    }

    const fn kind(self) -> &'static str {
        match self {
            Self::Wsus | Self::Web => "service",
            Self::Pool => "app-pool",
        }
    }
}

impl Host {
    /// What a service is now. One that does not exist is an answer, not an error.
    pub fn service(&self, service: Service) -> Result<ServiceState, ScriptError> {
        let request = json!({"action": "query", "kind": service.kind(), "name": service.name()});
        self.ask::<Change>(Script::Services, &request, STARTUP).map(|change| change.after)
    }

    /// Stops a service and waits until it has, at most as long as given.
    pub fn stop(&self, service: Service, timeout: Duration) -> Result<Change, ScriptError> {
        self.turn(service, "stop", timeout)
    }

    /// Starts a service and waits until it has, at most as long as given.
    pub fn start(&self, service: Service, timeout: Duration) -> Result<Change, ScriptError> {
        self.turn(service, "start", timeout)
    }

    /// Sets how a service starts. For a pool everything but automatic means manual.
    pub fn set_start_type(&self, service: Service, start_type: StartType) -> Result<Change, ScriptError> {
        let request = json!({
            "action": "set-start-type", "kind": service.kind(), "name": service.name(), "start_type": start_type,
        });
        self.ask(Script::Services, &request, STARTUP)
    }

    fn turn(&self, service: Service, action: &str, timeout: Duration) -> Result<Change, ScriptError> {
        let timeout_ms = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
        let request = json!({
            "action": action, "kind": service.kind(), "name": service.name(), "timeout_ms": timeout_ms,
        });
        self.ask(Script::Services, &request, timeout.saturating_add(STARTUP))
    }
}
