//! The steps: what each does between its start and its end, on this host.

mod connector;
mod content;
mod context;
mod database;
mod inventory;
mod listings;
pub mod preflight;

use wsusmigrate_core::event::run::Verdict;
use wsusmigrate_core::step::Step;

pub use connector::refuse_without_password;
pub use context::{Context, check_destination};
pub use database::look_at_way_back;
pub(crate) use database::{Engine, Media};
pub use listings::{Folders, Listings};

use crate::error::Failure;
use crate::executor::Recorder;

/// Carries out a step that has been recorded as started.
pub fn perform(step: Step, recorder: &mut Recorder, context: &Context<'_>) -> Result<Verdict, Failure> {
    match step {
        Step::Inventory => inventory::perform(recorder, context),
        Step::Preflight => preflight::perform(recorder, context),
        Step::Content => content::perform(recorder, context),
        Step::Database => database::perform(recorder, context),
    }
}
