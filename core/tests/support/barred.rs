//! A run of the world that a check stops.

use wsusmigrate_core::decide::{Next, Request, decide};
use wsusmigrate_core::event::inventory::InventoryFinished;
use wsusmigrate_core::event::preflight::{CheckVerdict, PreflightFinished};
use wsusmigrate_core::event::run::{StepStarted, Verdict};
use wsusmigrate_core::step::Step;

use super::World;
use crate::support::{checked, everything, finished_step};

impl World {
    /// Whether a run enters the step although a check stops it.
    pub(super) fn is_entered(&mut self) -> bool {
        self.note(StepStarted { step: Step::Inventory });
        self.note(InventoryFinished { fields: 0 });
        self.note(finished_step(Step::Inventory, Verdict::Complete));
        self.note(StepStarted { step: Step::Preflight });
        self.note(checked(CheckVerdict::Stop));
        self.note(PreflightFinished { passed: 0, warned: 0, stopped: 1 });
        self.note(finished_step(Step::Preflight, Verdict::Stopped));
        let request = Request { role: self.role, database: Some(self.request), ..everything() };
        match decide(&self.state, request) {
            Some(Next::Perform(Step::Database)) => true,
            Some(Next::Finish(Verdict::Stopped)) => false,
            next => panic!("{next:?} behind a check that stops: {:?}", self.told),
        }
    }
}
