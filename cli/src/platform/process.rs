//! Processes as they are remembered, and the encodings of what they print.

use std::io;

/// A process that can be recognised later, even by another run of this program: its number alone is used again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its number.
    pub id: u32,
    /// When it started, in the system's own terms; only good for comparing. On Linux the boot's id and clock ticks
    /// since then, on Windows the creation time.
    pub started: String,
}

impl Process {
    /// The process of a number as it runs now; nothing where there is none.
    pub fn of(id: u32) -> io::Result<Option<Self>> {
        Ok(super::started(id)?.map(|started| Self { id, started }))
    }

    /// Whether this very process still runs. One that has ended and was not yet asked for its exit code does not.
    pub fn is_running(&self) -> io::Result<bool> {
        Ok(super::started(self.id)?.is_some_and(|started| started == self.started))
    }
}

/// The encodings a Windows tool may print in where it says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodePage {
    /// That of consoles.
    Oem,
    /// That of files.
    Ansi,
}
