//! How long is waited for what.

use std::time::Duration;

/// How long is waited for what. Nothing waits without one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// For a connection, its login included.
    pub connect: Duration,
    /// For the next part of an answer that is read.
    pub answer: Duration,
    /// For the whole of a statement that acts: a backup or a restore may take hours and say nothing.
    pub act: Duration,
    /// For the server's word that a statement was cancelled.
    pub cancel: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(30),
            answer: Duration::from_mins(5),
            act: Duration::from_hours(12),
            cancel: Duration::from_secs(30),
        }
    }
}
