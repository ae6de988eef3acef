//! `migration.toml`: reading it with errors that point, writing it with comments that explain.

mod keys;
mod read;
mod template;

pub use read::{Loaded, load};
pub use template::template;
