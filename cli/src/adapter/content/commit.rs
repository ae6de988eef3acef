//! From complete temporaries to durable files, a batch at a time, on a thread of its own.
//!
//! ```text
//!  workers ── temporaries of batch k ──► sync ──► rename k ──► (names of k durable by the sync of k+1) ──► report k
//!                                             └─► replaces anything? ask, wait for the permit ─┘
//! ```
//!
//! One group sync serves twice: it makes the bytes of this batch durable and the names of the one before. A batch is
//! reported only once its names are durable; where no further batch comes, a sync of its own settles it. Names that
//! cannot be made durable end the thread: whether the files stand there after a power cut, nobody knows.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::Duration;

use wsusmigrate_core::event::content::{FailureReason, FoundFile};

use super::copy::{Copier, Pending, Staged, SyncBy, obstructed};
use super::failure::Failure;
use super::job::{Done, Finished, Job, Outcome, Replacement};
use super::pool::Round;
use super::report::{Message, Permit};
use crate::platform::{Folder, GroupSync, Kind, Overwrite};

/// How long a renamed batch waits for the sync of the next one.
const SETTLE_AFTER: Duration = Duration::from_millis(500);

/// Makes batches durable and reports them in the order they came.
pub(super) struct Committer {
    pub(super) copier: Arc<Copier>,
    pub(super) group: Option<GroupSync>,
    pub(super) staged: Receiver<Arc<Round<Copier>>>,
    pub(super) report: Sender<Message>,
    /// One permit for each batch that asked for one; closed by an owner who grants no more.
    pub(super) permits: Receiver<Permit>,
    /// Renamed, names not durable yet.
    pub(super) unsettled: Vec<Finished>,
    /// Batches submitted and not reported.
    pub(super) under_way: Arc<AtomicUsize>,
}

/// Why no further batch is completed. What is staged stays under its temporary names, for the next look.
enum End {
    /// So many files were renamed, and the system could not make their names durable.
    Undurable(usize, io::Error),
    /// The owner permits no replacement: it is gone, or cannot record any.
    Refused,
}

impl Committer {
    /// Until the pool and the engine are gone, or nothing more can be made durable.
    pub(super) fn run(mut self) {
        if let Err(End::Undurable(files, error)) = self.complete_all() {
            let _ = self.report.send(Message::Undurable { files, error }); // nobody listens any more
        }
    }

    fn complete_all(&mut self) -> Result<(), End> {
        loop {
            let round = if self.unsettled.is_empty() {
                self.staged.recv().map_err(|_| RecvTimeoutError::Disconnected)
            } else if self.unsettled.len() == self.under_way.load(Ordering::Acquire) {
                Err(RecvTimeoutError::Timeout) // no further batch whose sync could serve
            } else {
                self.staged.recv_timeout(SETTLE_AFTER)
            };
            match round {
                Ok(round) => self.commit(&round)?,
                Err(RecvTimeoutError::Timeout) => self.settle()?,
                Err(RecvTimeoutError::Disconnected) => return self.settle(),
            }
        }
    }

    fn commit(&mut self, round: &Round<Copier>) -> Result<(), End> {
        let files = pending(round).count();
        let mut synced = Ok(());
        if files > 0 {
            if round.note == SyncBy::Group {
                synced = self.sync_group()?;
            } else {
                self.settle()?;
            }
            if synced.is_ok() {
                self.copier.effects.synced(files);
                self.ask(round)?;
            }
        }
        let done = round.answers().map(|(job, staged)| Done {
            item: job.item,
            path: job.path.clone(),
            outcome: match staged {
                Staged::Settled(outcome) => outcome.clone(),
                Staged::Temporary(pending) => self.put_in_place(job, pending, &synced),
            },
        });
        let finished = Finished { id: round.id, done: done.collect() };
        if files > 0 && round.note == SyncBy::File {
            let folders: BTreeSet<&[u8]> = pending(round).map(|(job, _)| job.path.folder()).collect();
            let durable = folders.into_iter().try_for_each(|folder| self.copier.destination.sync(folder));
            durable.map_err(|error| End::Undurable(copied(&finished), error))?;
            self.copier.effects.settled(files);
        }
        if (files == 0 || round.note == SyncBy::File) && self.unsettled.is_empty() {
            self.report(finished);
        } else {
            self.unsettled.push(finished);
        }
        Ok(())
    }

    /// Tells the owner what the batch is about to replace, and waits for the permit. A crash before the permit leaves
    /// leftovers beside files that are as they were.
    fn ask(&self, round: &Round<Copier>) -> Result<(), End> {
        let replaces = |(job, pending): (&Job, &Pending)| {
            let found = pending.replaces?;
            Some(Replacement { item: job.item, path: job.path.clone(), found })
        };
        let files: Vec<_> = pending(round).filter_map(replaces).collect();
        if files.is_empty() {
            return Ok(());
        }
        let asked = self.report.send(Message::Replacing { id: round.id, files });
        asked.map_err(|_| End::Refused)?;
        self.permits.recv().map(|Permit| ()).map_err(|_| End::Refused)
    }

    fn put_in_place(&self, job: &Job, pending: &Pending, synced: &io::Result<()>) -> Outcome {
        match self.rename(job, pending, synced) {
            Ok(()) => {
                self.copier.effects.renamed(&job.path);
                let replaced = pending.replaces.is_some();
                Outcome::Copied { facts: pending.facts, attempts: pending.attempts, replaced }
            }
            Err(failure) => {
                self.copier.progress.failure();
                if let Ok(folder) = self.copier.destination.existing(job.path.folder()) {
                    let _ = folder.remove_file(&pending.name); // else a leftover, found by the next look
                }
                failure.into()
            }
        }
    }

    /// Renames one file. A crash before leaves a leftover, a crash after a right file without a recorded outcome.
    fn rename(&self, job: &Job, pending: &Pending, synced: &io::Result<()>) -> Result<(), Failure> {
        synced.as_ref().map_err(Failure::destination)?;
        let folder = self.copier.destination.existing(job.path.folder());
        let folder = folder.map_err(|error| Failure::destination(&error))?;
        let name = job.path.file_name();
        let overwrite = match &pending.replaces {
            None => Overwrite::Refuse,
            Some(found) => {
                still_there(&folder, name, found)?;
                Overwrite::Replace
            }
        };
        folder.rename(&pending.name, name, overwrite).map_err(|error| {
            let stands = folder.stat(name).ok().filter(|_| error.kind() == io::ErrorKind::AlreadyExists);
            stands.map_or_else(|| Failure::destination(&error), |stat| obstructed(stat.kind))
        })
    }

    /// Makes everything durable that stands at the destination, and with it the names of the batches before. An error
    /// is the caller's to tell where it concerns nothing but temporaries.
    fn sync_group(&mut self) -> Result<io::Result<()>, End> {
        let Some(group) = &self.group else { return Ok(Err(io::ErrorKind::Unsupported.into())) };
        let renamed = self.unsettled.iter().map(copied).sum();
        let answer = match group.sync() {
            Err(error) if renamed > 0 => return Err(End::Undurable(renamed, error)),
            answer => answer,
        };
        for finished in std::mem::take(&mut self.unsettled) {
            let files = copied(&finished);
            if files > 0 {
                self.copier.effects.settled(files);
            }
            self.report(finished);
        }
        Ok(answer)
    }

    fn report(&self, finished: Finished) {
        self.under_way.fetch_sub(1, Ordering::AcqRel);
        let _ = self.report.send(Message::Finished(finished)); // nobody listens any more: the engine is being dropped
    }

    fn settle(&mut self) -> Result<(), End> {
        if !self.unsettled.is_empty() {
            let _ = self.sync_group()?; // an error that concerns no name concerns nobody
        }
        Ok(())
    }
}

/// The temporaries of a batch.
fn pending(round: &Round<Copier>) -> impl Iterator<Item = (&Job, &Pending)> {
    round.answers().filter_map(|(job, staged)| match staged {
        Staged::Temporary(pending) => Some((job, pending)),
        Staged::Settled(_) => None,
    })
}

fn copied(finished: &Finished) -> usize {
    finished.done.iter().filter(|done| matches!(done.outcome, Outcome::Copied { .. })).count()
}

/// What is about to be replaced must be what was found: that is what the owner was told.
fn still_there(folder: &Folder, name: &[u8], found: &FoundFile) -> Result<(), Failure> {
    let changed = || {
        let detail = "the file that was to be replaced has changed since it was looked at";
        Failure::new(FailureReason::Conflict, detail)
    };
    match folder.stat(name) {
        Ok(stat) if stat.kind != Kind::File => Err(obstructed(stat.kind)),
        Ok(stat) if (stat.bytes, stat.modified) == (found.bytes, found.modified) => Ok(()),
        Ok(_) => Err(changed()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(changed()),
        Err(error) => Err(Failure::destination(&error)),
    }
}
