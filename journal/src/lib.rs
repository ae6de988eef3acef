//! The journal.
mod bytes;
pub mod checkpoint;
pub mod codec;
mod disk;
pub mod error;
mod head;
mod identity;
mod key;
mod log;
mod place;
mod record;
mod tree;
mod wire;
pub use codec::RECORD_BYTES_MAX;
pub const ACTION_ITEMS_MAX: usize = 1 << 20;
