//! The database step, 3.3: no plan asks for it yet, so that no run comes here.

use wsusmigrate_core::event::run::Verdict;

use crate::error::Failure;
use crate::executor::Recorder;
use crate::exit::Exit;
use crate::step::Context;

/// Carries out the step.
pub(super) fn perform(_: &mut Recorder, _: &Context<'_>) -> Result<Verdict, Failure> {
    Err(Failure::new(Exit::Failed, "no plan asks for the database step; this is a defect of the program"))
}
