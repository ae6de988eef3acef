//! Goal: what the program learns from its tools is what they did, and every way a tool can go wrong is told apart.
//! Method: real children: small commands of the shell for the process adapter, the stand-ins for PowerShell and
//! `wsusutil`, with every fault they know.
#![expect(clippy::unwrap_used, reason = "a test may unwrap, in its helpers too")]

mod bench;
mod powershell;
#[cfg(unix)]
mod process;
mod wsusutil;
