//! Being told of every durable record.

use wsusmigrate_core::unit::Seq;

/// Somebody who wants to know of every record as soon as it is durable: progress, a crash rehearsal.
pub trait Observer: Send + Sync {
    /// Called by the committer's thread, once for each record and in order, when the record is durable and readers
    /// see it, before whoever appended it is told. It holds everything up: it should take no time, and it must not
    /// wait for an append.
    fn durable(&self, seq: Seq);
}
