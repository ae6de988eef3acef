//! The checks as they were last made.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::envelope::Recorded;
use crate::event::preflight::{CheckVerdict, Checked};
use crate::event::{Event, PreflightEvent, RunEvent};
use crate::projection::Projection;
use crate::text::Text;

/// The checks of the last run that made them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checks {
    /// By dotted name.
    pub checks: BTreeMap<Text, Checked>,
}

impl Checks {
    /// How many checks say `verdict`.
    #[must_use]
    pub fn count(&self, verdict: CheckVerdict) -> usize {
        self.checks.values().filter(|check| check.verdict == verdict).count()
    }
}

impl Projection for Checks {
    const NAME: &'static str = "preflight";
    const VERSION: u16 = 1;

    fn apply(&mut self, recorded: &Recorded) {
        match &recorded.event {
            Event::Preflight(PreflightEvent::Checked(check)) => {
                self.checks.insert(check.check.clone(), check.clone());
            }
            // What an earlier run found says nothing about today.
            Event::Run(RunEvent::Started(_)) => self.checks.clear(),
            Event::Preflight(PreflightEvent::PreflightFinished(_))
            | Event::Run(_)
            | Event::Inventory(_)
            | Event::Content(_)
            | Event::Database(_) => {}
        }
    }
}
