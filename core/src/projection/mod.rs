//! Projections: answers folded from the journal, one file a noun.
//!
//! Invariant: `apply` is total. A history that the status table refuses is refused before it gets here; an event a
//! projection does not care about changes nothing.

pub mod audit;
pub mod content;
pub mod database;
pub mod inventory;
mod migration;
pub mod preflight;
pub mod rollback;
pub mod run;
pub mod timeline;

pub use migration::Migration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::envelope::Recorded;

/// A fold over the records of a journal. Its state can be stored and thrown away at any moment.
pub trait Projection: Clone + Default + Serialize + DeserializeOwned {
    /// The name its snapshots carry.
    const NAME: &'static str;
    /// Raised whenever the state's shape or meaning changes: snapshots of another version are not read.
    const VERSION: u16;

    /// Takes the next record into account.
    fn apply(&mut self, recorded: &Recorded);
}
