//! The executor: asks core what comes next, records the intent, lets a step act, records the outcome.
//!
//! ```text
//!   open (= recovery) ─► interruption found? ─► run.started ─► decide ─► step ─► … ─► run.finished
//! ```
//!
//! Invariant: nothing is appended that the status table refuses, and nothing is done on the strength of an event
//! that is not durable yet.

mod aside;
mod failures;
mod last_words;
mod open;
mod reads;
mod recorder;
mod session;
mod source;

pub use aside::{Aside, account};
pub use failures::{append_failure, file_failure};
pub use open::{Opened, create_journal, open_journal, open_with_new_store};
pub use reads::{Asked, Reads};
pub use recorder::{Draft, Recorder};
pub(crate) use session::note_stop;
pub use session::{Boundaries, Done, NoBoundaries, Request, carry_out};
pub use source::{source_state, source_state_at};
