//! What the proofs share: a world of their own for a program under test, and the history it left.
//!
//! A **world** is a temporary folder and an environment in which nothing of the machine's user counts. The
//! **history** is what a journal says after the fact, with the judgements every test ends with. The **load** is what
//! the journal is filled with where only its durability is in question.

mod console;
mod history;
mod load;
#[cfg(unix)]
mod servers;
mod standing;
mod trees;
mod waiting;
mod world;

pub use console::{Answered, Console};
pub use history::History;
pub use load::Mark;
pub use load::new_journal;
#[cfg(unix)]
pub use servers::Servers;
pub use standing::Standing;
pub use trees::differences;
pub use waiting::wait_until;
pub use world::World;
