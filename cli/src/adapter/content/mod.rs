//! The hands that touch update files: listing, copying, reading back, tidying up.
//!
//! This layer knows files, not events. It returns data; the step turns it into events and waits for the journal.
//!
//! ```text
//!  scan ──► Listing ──► (the step: worklist, batches, intents)
//!                              │ Batch
//!                              ▼
//!        workers: look, read + hash + write a temporary ──► commit: sync, rename, sync ──► Finished, in order
//!                                                                       └─► Replacing ─► the step's permit
//! ```
//!
//! Invariants: no link is followed on either side below the roots; nothing at the destination is replaced before the
//! right bytes are durable beside it and the step has recorded what is replaced; an outcome is reported only once it is durable; no file is held in memory whole.

mod absent;
mod commit;
mod copy;
mod effects;
mod engine;
mod failure;
mod folders;
mod gate;
mod hash;
mod job;
mod leftovers;
mod limit;
mod pool;
mod progress;
mod read_back;
mod report;
mod scan;
mod settle;
mod standing;
mod temporary;

#[cfg(test)]
mod tests;

pub use absent::is_absent;
pub use effects::Effects;
pub use effects::NoEffects;
pub use engine::Engine;
pub use engine::EngineError;
pub use engine::IN_FLIGHT_BATCHES_MAX;
pub use engine::Setup;
pub use engine::WORKERS_DEFAULT;
pub use engine::WORKERS_MAX;
pub use hash::Digests;
pub use hash::Hasher;
pub use job::Batch;
pub use job::Done;
pub use job::Facts;
pub use job::Finished;
pub use job::Found;
pub use job::Job;
pub use job::Mismatched;
pub use job::Outcome;
pub use job::Replacement;
pub use leftovers::Leftover;
pub use leftovers::RemovedLeftovers;
pub use leftovers::remove_leftovers;
pub use progress::Counts;
pub use progress::Progress;
pub use read_back::Checked;
pub use read_back::Exception;
pub use read_back::ReadBack;
pub use read_back::ReadBackSetup;
pub use read_back::Recorded;
pub use report::Replacing;
pub use report::Report;
pub use scan::Entry;
pub use scan::Hint;
pub use scan::Ignored;
pub use scan::Listing;
pub use scan::ScanError;
pub use scan::Side;
pub use scan::scan;
pub use settle::settle;
pub use standing::standing;
pub use temporary::TEMPORARY_SUFFIX;
pub use temporary::is_temporary;
pub use temporary::temporary_path;
pub use wsusmigrate_core::content::Expectation;
