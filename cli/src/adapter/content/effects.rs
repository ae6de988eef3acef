//! The durable effects of the engine, as somebody sees them who wants to stop between two of them.

use wsusmigrate_core::event::database::Operation;
use wsusmigrate_core::path::RelPath;

/// Told of each effect right after it happened, on the thread that did it. A rehearsal ends the process in here; the
/// engine must be resumable after every one of them.
pub trait Effects: Send + Sync {
    /// The bytes of a file stand complete under its temporary name, not yet durable.
    fn staged(&self, _path: &RelPath) {}

    /// The bytes of this many temporaries are durable. A crash here leaves leftovers.
    fn synced(&self, _files: usize) {}

    /// A file has its final name, perhaps not durably. A crash here leaves a right file without a recorded outcome.
    fn renamed(&self, _path: &RelPath) {}

    /// This many final names are durable; their outcomes are about to be reported.
    fn settled(&self, _files: usize) {}

    /// A leftover was removed.
    fn removed(&self, _path: &RelPath) {}

    /// The child process of an operation stands ready and is held back: that it does is not recorded.
    fn held(&self, _operation: Operation) {}

    /// An operation on SUSDB came to an end, its outcome is not recorded.
    fn acted(&self, _operation: Operation) {}
}

/// Watches nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoEffects;

impl Effects for NoEffects {}
