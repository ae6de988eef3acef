//! The part of the table that concerns one run: its steps, what the worksheet and the checks counted, how it may end.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Why, require};
use crate::digest::Sha256;
use crate::event::inventory::InventoryFinished;
use crate::event::preflight::{CheckVerdict, PreflightFinished};
use crate::event::run::{Scope, Verdict};
use crate::step::Step;

/// What the run that is going on, or was the last, has recorded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunStatus {
    /// Which part of the plan it was asked for; none before the first run.
    pub scope: Option<Scope>,
    /// The plan it carries out.
    pub plan: Option<Sha256>,
    /// Whether somebody asked it to stop.
    pub stop_requested: bool,
    /// Its steps: how each ended, nothing for the one that is going on. A step that is not needed ended well.
    pub steps: BTreeMap<Step, Option<Verdict>>,
    /// Fields of the worksheet.
    pub fields: u64,
    /// Whether the worksheet is filled.
    pub inventoried: bool,
    /// Checks by what they said.
    pub checks: BTreeMap<CheckVerdict, u64>,
    /// Whether all checks were made.
    pub checked: bool,
}

impl RunStatus {
    pub(super) fn new(scope: Scope, plan: Sha256) -> Self {
        Self { scope: Some(scope), plan: Some(plan), ..Self::default() }
    }

    pub(super) fn begin(&mut self, step: Step) -> Result<(), Why> {
        require(!self.steps.contains_key(&step), "the step was carried out in this run before")?;
        self.steps.insert(step, None);
        Ok(())
    }

    pub(super) fn skip(&mut self, step: Step) -> Result<(), Why> {
        require(!self.steps.contains_key(&step), "the step was carried out in this run before")?;
        self.steps.insert(step, Some(Verdict::Complete));
        Ok(())
    }

    /// Ends a step. What the other steps recorded has been asked before.
    pub(super) fn finish(&mut self, step: Step, verdict: Verdict) -> Result<(), Why> {
        match step {
            Step::Inventory => {
                require(self.inventoried, "the worksheet is not filled")?;
                require(verdict == Verdict::Complete, "a worksheet that is filled is complete")?;
            }
            Step::Preflight => {
                require(self.checked, "not all checks were made")?;
                let stops = self.said(CheckVerdict::Stop) > 0;
                let follows = if stops { Verdict::Stopped } else { Verdict::Complete };
                require(verdict == follows, "the verdict differs from the checks")?;
            }
            Step::Content | Step::Database => {}
        }
        self.steps.insert(step, Some(verdict));
        Ok(())
    }

    /// Whether the run may end so.
    pub(super) fn may_finish(&self, verdict: Verdict) -> Result<(), Why> {
        let mut ends = self.steps.values();
        match verdict {
            Verdict::Complete => {
                require(ends.all(|end| *end == Some(Verdict::Complete)), "a step did not end well")
            }
            Verdict::Failures | Verdict::Stopped | Verdict::Waiting => {
                require(ends.any(|end| *end == Some(verdict)), "no step ended so")
            }
            Verdict::Interrupted => require(self.stop_requested, "nobody asked the run to stop"),
        }
    }

    pub(super) fn field(&mut self) -> Result<(), Why> {
        require(!self.inventoried, "the worksheet is filled")?;
        self.fields += 1;
        Ok(())
    }

    pub(super) fn inventoried(&mut self, end: &InventoryFinished) -> Result<(), Why> {
        require(!self.inventoried, "the worksheet is filled")?;
        require(u64::from(end.fields) == self.fields, "the count differs from the fields")?;
        self.inventoried = true;
        Ok(())
    }

    pub(super) fn check(&mut self, verdict: CheckVerdict) -> Result<(), Why> {
        require(!self.checked, "all checks were made")?;
        *self.checks.entry(verdict).or_default() += 1;
        Ok(())
    }

    pub(super) fn checked(&mut self, end: &PreflightFinished) -> Result<(), Why> {
        require(!self.checked, "all checks were made")?;
        let said = [CheckVerdict::Pass, CheckVerdict::Warn, CheckVerdict::Stop].map(|it| self.said(it));
        let counted = [end.passed, end.warned, end.stopped].map(u64::from);
        require(said == counted, "the counts differ from the checks")?;
        self.checked = true;
        Ok(())
    }

    /// Whether the checks stopped it.
    pub(super) fn is_barred(&self) -> bool {
        self.steps.get(&Step::Preflight) == Some(&Some(Verdict::Stopped))
    }

    fn said(&self, verdict: CheckVerdict) -> u64 {
        self.checks.get(&verdict).copied().unwrap_or(0)
    }
}
