//! The checks, in words.

use wsusmigrate_core::event::PreflightEvent;

/// What happened, in one line.
pub(super) fn line(event: &PreflightEvent) -> String {
    match event {
        PreflightEvent::Checked(it) => format!("check {}: {}: {}", it.check, it.verdict.word(), it.finding),
        PreflightEvent::PreflightFinished(it) => {
            format!("checks made: {} pass, {} warn, {} stop", it.passed, it.warned, it.stopped)
        }
    }
}
