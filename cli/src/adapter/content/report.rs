//! What the engine tells its owner, and the permit it asks for.

use std::io;
use std::sync::mpsc::Sender;

use super::job::{Finished, Replacement};

/// What [`super::Engine::receive`] has to tell.
#[derive(Debug)]
pub enum Report<'engine> {
    /// A batch is about to replace files, and waits.
    Replacing(Replacing<'engine>),
    /// A batch is through.
    Finished(Finished),
}

/// A batch that is about to replace files. Nothing of it is renamed before [`Replacing::permit`]; dropped without it,
/// the engine completes no further batch.
#[derive(Debug)]
pub struct Replacing<'engine> {
    /// [`super::Batch::id`].
    pub id: u64,
    /// The files that stand there now, in the order of the jobs; never empty.
    pub files: Vec<Replacement>,
    pub(super) permits: &'engine mut Option<Sender<Permit>>,
    pub(super) permitted: bool,
}

impl Replacing<'_> {
    /// Lets the batch go on: what it replaces is recorded.
    pub fn permit(mut self) {
        if let Some(permits) = self.permits {
            let _ = permits.send(Permit); // the thread that waits is gone: the next `receive` says so
        }
        self.permitted = true;
    }
}

impl Drop for Replacing<'_> {
    fn drop(&mut self) {
        if !self.permitted {
            *self.permits = None;
        }
    }
}

/// Leave for one batch to replace what it named.
#[derive(Debug)]
pub(super) struct Permit;

/// From the thread that completes batches.
pub(super) enum Message {
    Replacing { id: u64, files: Vec<Replacement> },
    Finished(Finished),
    Undurable { files: usize, error: io::Error },
}
