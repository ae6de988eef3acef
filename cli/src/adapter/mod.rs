//! The hands that act on the world, one folder or file a noun.

pub mod content;
pub mod host;
