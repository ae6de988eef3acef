//! Stored shapes of the checks' events.

use wsusmigrate_core::event::preflight;

use crate::wire::frozen::frozen;

frozen! {
    Checked for preflight::Checked { check: String, verdict: u8, finding: String, remedy: String }

    PreflightFinished for preflight::PreflightFinished { passed: u32, warned: u32, stopped: u32 }
}
