//! What a WSUS migration *is*: events, decisions and projections as pure values.
//!
//! Vocabulary: an **event** is something that happened and is in the journal; a **projection** folds events into
//! an answer; a **decision** turns projections into the next actions. The hands that act live in the `wsusmigrate`
//! package, the memory in `wsusmigrate-journal`.
//!
//! Invariant: nothing here performs I/O, asks a clock or rolls dice. `.clippy.toml` beside this crate enforces it.

pub mod check;
mod coded;
pub mod content;
pub mod database;
pub mod decide;
pub mod digest;
pub mod envelope;
pub mod event;
pub mod id;
pub mod path;
pub mod plan;
pub mod postinstall;
pub mod projection;
pub mod report;
pub mod rollback;
pub mod status;
pub mod step;
pub mod text;
pub mod unit;
