//! The checks before anything is touched.

use serde::{Deserialize, Serialize};

use crate::coded::coded;
use crate::event::noun;
use crate::text::Text;

noun! {
    /// What happens while the checks are made.
    PreflightEvent in Preflight {
        /// One check.
        Checked => PreflightChecked;
        /// The end.
        PreflightFinished => PreflightFinished;
    }
}

/// One named check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checked {
    /// Dotted name of the check, such as `content.free-space`.
    pub check: Text,
    /// What it says.
    pub verdict: CheckVerdict,
    /// The evidence: what was found.
    pub finding: Text,
    /// What to do about it; empty where it passed.
    pub remedy: Text,
}

coded! {
    /// What a check says.
    CheckVerdict {
        /// Nothing in the way.
        Pass = 1, "pass";
        /// The migration may go on; somebody should look.
        Warn = 2, "warn";
        /// The migration must not go on.
        Stop = 3, "stop";
    }
}

/// All checks were made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreflightFinished {
    /// Checks that passed.
    pub passed: u32,
    /// Checks that warn.
    pub warned: u32,
    /// Checks that stop.
    pub stopped: u32,
}
