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

impl Limits {
    /// The limits of a plan, which says how long a statement that acts may take.
    #[must_use]
    pub const fn of_plan(act: Duration) -> Self {
        Self {
            connect: Duration::from_secs(30),
            answer: Duration::from_mins(5),
            act,
            cancel: Duration::from_secs(30),
        }
    }

    /// The limits of whoever only looks on: an answer that comes late tells nothing any more.
    #[must_use]
    pub const fn of_watcher() -> Self {
        let short = Duration::from_secs(3);
        Self { connect: short, answer: short, act: short, cancel: Duration::from_secs(1) }
    }
}

/// A limit as people are told of it.
pub(super) fn told(limit: Duration) -> String {
    if limit < Duration::from_secs(1) {
        format!("{} ms", limit.as_millis())
    } else {
        format!("{} s", limit.as_secs())
    }
}
