//! This server, beyond files and SUSDB: its services, its registry, and the tools WSUS brings along.
//!
//! ```text
//! Host ─► services, setup, machine ─► PowerShell script ─┐
//!      ─► post_install ────────────────────────────────► Request ─► Running ─► Finished      (a child process, no shell)
//! ```
//!
//! Vocabulary
//! - A [`Tool`] is a program with what always stands first in its arguments; [`Tools`] says where this server's are.
//! - A [`Request`] is one call of a tool; [`Running`] the child while it works; [`Finished`] what became of it.
//! - A **script** is one of the `.ps1` files in `scripts/`: its request is one JSON document on stdin, its answer one on
//!   stdout. What was asked for stands in the document, never in the script's text.
//!
//! Invariants
//! 1. Nothing goes through a shell: arguments are passed as they are.
//! 2. What a tool says is believed only in the form it promised: silence, other output and an exit code that contradicts
//!    the answer are failures, and [`ScriptError::is_unknown`] says when the effect may have happened all the same.
//! 3. A child never sees the environment variables that hold secrets, and outlives this program: it is recognised by
//!    [`crate::platform::Process`], and asked nothing.

mod accounts;
mod open;
mod process;
mod script;
mod services;
mod setup;
mod text;
mod tools;
mod wsusutil;

pub use open::Host;
pub use process::Ended;
pub use process::Finished;
pub use process::Limits;
pub use process::NotStarted;
pub use process::Output;
pub use process::Request;
pub use process::Running;
pub use script::ScriptError;
pub use script::Told;
pub use services::Change;
pub use services::Service;
pub use services::ServiceState;
pub use services::StartType;
pub use services::State;
pub use setup::RegistryValue;
pub use setup::Secret;
pub use setup::Setup;
pub use text::decode;
pub use tools::Tool;
pub use tools::Tools;
pub use wsusutil::LogFile;
pub use wsusutil::PostInstalled;
pub use wsusutil::PostInstalling;
