//! The durable, tamper-evident, replayable log of a WSUS migration.
//!
//! A **journal** is a folder with one writer and any number of readers. Its **log** is the commit point: one thread
//! writes whatever waits, syncs once, publishes the **durable head** and acknowledges. The **store** (sled) follows
//! and can be rebuilt from the log, as the log can from it. Each record carries the **leaf hash** of the one before
//! it; the same hashes are the leaves of an RFC 6962 Merkle tree whose root is signed in **checkpoints**.
//!
//! ```text
//! append ─► queue ─► committer: frame ─► fdatasync ─► head ─► observers ─► answer
//!                        │                             │
//!                        └► filler (zeros ahead)       ├─► follower ─► sled/
//!                                                      └─► readers: replay, verify, status
//! ```
//! Invariants: nothing is acknowledged before it is durable; readers never lock, and trust the log up to the head;
//! opening for writing is recovery; nothing that is not trusted any more is deleted, it moves to `quarantine/`.
//! This crate asks no clock and prints nothing. `docs/FORMAT.md` has the bytes.

mod append;
mod batch;
pub mod bundle;
mod bytes;
pub mod checkpoint;
mod claim;
mod codec;
mod committer;
mod confirmation;
mod crew;
mod disk;
pub mod error;
pub mod evidence;
mod findings;
mod group;
mod head;
mod identity;
mod index;
mod journal;
mod key;
mod log;
mod observe;
mod open;
pub mod outside;
mod place;
mod plain;
mod proof;
mod queue;
mod reader;
mod record;
mod replay;
mod reserve;
mod retired;
mod ring;
mod seal;
mod selection;
mod snapshot;
mod store;
pub mod streams;
mod tail;
mod tree;
mod tree_snapshot;
mod verify;
mod wire;

pub use append::Append;
pub use append::Appended;
pub use append::Expected;
pub use batch::BATCH_BYTES_MAX;
pub use batch::BATCH_EVENTS_MAX;
pub use batch::Batch;
pub use checkpoint::Checkpoint;
pub use checkpoint::verifier_key;
pub use codec::RECORD_BYTES_MAX;
pub use error::AppendError;
pub use error::CheckpointError;
pub use error::CloseError;
pub use error::Damage;
pub use error::DecodeError;
pub use error::FileError;
pub use error::KeyError;
pub use error::OpenError;
pub use error::ReadError;
pub use identity::Identity;
pub use index::ACTION_ITEMS_MAX;
pub use journal::Create;
pub use journal::Journal;
pub use journal::Opened;
pub use observe::Observer;
pub use proof::Consistency;
pub use proof::Inclusion;
pub use proof::NotProved;
pub use proof::prove_consistency;
pub use proof::prove_inclusion;
pub use reader::Reader;
pub use reader::RecordSource;
pub use record::RawRecord;
pub use record::Record;
pub use record::RecordView;
pub use record::Unknown;
pub use replay::Replayed;
pub use replay::Upto;
pub use replay::replay;
pub use replay::snapshots_dir;
pub use reserve::RESERVE_BYTES;
pub use ring::KeyRing;
pub use ring::NotConfirmed;
pub use selection::Direction;
pub use selection::Query;
pub use selection::Selection;
pub use tail::Tail;
pub use tree::Tree;
pub use verify::Elsewhere;
pub use verify::Finding;
pub use verify::LeftOut;
pub use verify::Outside;
pub use verify::Severity;
pub use verify::Verification;
pub use verify::verify;
pub use verify::verify_against;
pub use verify::verify_bytes;
pub use verify::verify_snapshots;
pub use verify::verify_with;
