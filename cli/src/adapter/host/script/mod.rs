//! The scripts, what their answers mean, and why there is none.

mod answer;
mod error;
mod file;

pub(super) use answer::read;
pub(super) use file::FILES;
pub(super) use file::Script;

pub use error::ScriptError;
pub use error::Told;
