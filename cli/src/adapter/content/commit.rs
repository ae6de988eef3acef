//! From complete temporaries to durable files, a batch at a time, on a thread of its own.
//!
//! ```text
//!  workers ── temporaries of batch k ──► sync ──► rename k ──► (names of k durable by the sync of k+1) ──► report k
//! ```
//!
//! One group sync serves twice: it makes the bytes of this batch durable and the names of the one before. A batch is
//! reported only once its names are durable; where no further batch comes, a sync of its own settles it.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::Duration;

use wsusmigrate_core::event::content::FailureReason;

use super::copy::{Copier, Pending, Staged, SyncBy, obstructed};
use super::failure::Failure;
use super::job::{Done, Finished, Job, Outcome};
use super::pool::Round;
use crate::platform::{GroupSync, Overwrite};

/// How long a renamed batch waits for the sync of the next one.
const SETTLE_AFTER: Duration = Duration::from_millis(500);

/// Makes batches durable and reports them in the order they came.
pub(super) struct Committer {
    pub(super) copier: Arc<Copier>,
    pub(super) group: Option<GroupSync>,
    pub(super) staged: Receiver<Arc<Round<Copier>>>,
    pub(super) report: Sender<Finished>,
    /// Renamed, names not durable yet.
    pub(super) unsettled: Vec<Finished>,
    /// Batches submitted and not reported.
    pub(super) under_way: Arc<AtomicUsize>,
}

impl Committer {
    /// Until the pool and the engine are gone.
    pub(super) fn run(mut self) {
        loop {
            let round = if self.unsettled.is_empty() {
                self.staged.recv().map_err(|_| RecvTimeoutError::Disconnected)
            } else if self.unsettled.len() == self.under_way.load(Ordering::Acquire) {
                Err(RecvTimeoutError::Timeout) // no further batch whose sync could serve
            } else {
                self.staged.recv_timeout(SETTLE_AFTER)
            };
            match round {
                Ok(round) => self.commit(&round),
                Err(RecvTimeoutError::Timeout) => self.settle(),
                Err(RecvTimeoutError::Disconnected) => {
                    self.settle();
                    return;
                }
            }
        }
    }

    fn commit(&mut self, round: &Round<Copier>) {
        let pending = || round.answers().filter(|(_, staged)| matches!(staged, Staged::Temporary(_)));
        let files = pending().count();
        let mut synced = Ok(());
        if files > 0 {
            if round.note == SyncBy::Group {
                synced = self.sync_group();
            } else {
                self.settle();
            }
            if synced.is_ok() {
                self.copier.effects.synced(files);
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
        let mut finished = Finished { id: round.id, done: done.collect() };
        if files > 0 && round.note == SyncBy::File {
            let folders: BTreeSet<&[u8]> = pending().map(|(job, _)| job.path.folder()).collect();
            for folder in folders {
                if let Err(error) = self.copier.destination.sync(folder) {
                    doubt(&mut finished, |done| done.path.folder() == folder, &error);
                }
            }
            self.copier.effects.settled(files);
        }
        if (files == 0 || round.note == SyncBy::File) && self.unsettled.is_empty() {
            self.report(finished);
        } else {
            self.unsettled.push(finished);
        }
    }

    /// Renames one file. A crash before leaves a leftover, a crash after a right file without a recorded outcome.
    fn put_in_place(&self, job: &Job, pending: &Pending, synced: &io::Result<()>) -> Outcome {
        let name = job.path.file_name();
        let renamed = self.copier.destination.existing(job.path.folder()).and_then(|folder| {
            if let Err(error) = synced {
                let _ = folder.remove_file(&pending.name); // else a leftover, found by the next look
                return Err(again(error));
            }
            folder.rename(&pending.name, name, pending.overwrite).inspect_err(|_| {
                let _ = folder.remove_file(&pending.name);
            })
        });
        match renamed {
            Ok(()) => {
                self.copier.effects.renamed(&job.path);
                let replaced = pending.overwrite == Overwrite::Replace;
                Outcome::Copied { facts: pending.facts, attempts: pending.attempts, replaced }
            }
            Err(error) => {
                self.copier.progress.failure();
                self.why_not_renamed(job, &error).into()
            }
        }
    }

    fn why_not_renamed(&self, job: &Job, error: &io::Error) -> Failure {
        if error.kind() == io::ErrorKind::AlreadyExists {
            let folder = self.copier.destination.existing(job.path.folder());
            if let Ok(stat) = folder.and_then(|folder| folder.stat(job.path.file_name())) {
                return obstructed(stat.kind);
            }
        }
        Failure::destination(error)
    }

    /// Makes everything durable that stands at the destination, and with it the names of the batches before.
    fn sync_group(&mut self) -> io::Result<()> {
        let Some(group) = &self.group else { return Err(io::ErrorKind::Unsupported.into()) };
        let answer = group.sync();
        for mut finished in std::mem::take(&mut self.unsettled) {
            match &answer {
                Ok(()) => self.copier.effects.settled(copied(&finished)),
                Err(error) => doubt(&mut finished, |_| true, error),
            }
            self.report(finished);
        }
        answer
    }

    fn report(&self, finished: Finished) {
        self.under_way.fetch_sub(1, Ordering::AcqRel);
        let _ = self.report.send(finished); // nobody listens any more: the engine is being dropped
    }

    fn settle(&mut self) {
        if !self.unsettled.is_empty() {
            // The error is in the outcomes of the batches it concerns.
            let _ = self.sync_group();
        }
    }
}

fn copied(finished: &Finished) -> usize {
    finished.done.iter().filter(|done| matches!(done.outcome, Outcome::Copied { .. })).count()
}

/// What was renamed and could not be made durable is not a success: after a power cut it may be gone.
fn doubt(finished: &mut Finished, concerned: impl Fn(&Done) -> bool, error: &io::Error) {
    for done in finished.done.iter_mut().filter(|done| concerned(done)) {
        if matches!(done.outcome, Outcome::Copied { .. }) {
            let detail = format!("copied, but its name could not be made durable: {error}");
            done.outcome = Failure::new(FailureReason::System, detail).into();
        }
    }
}

/// An error once more, for a further file it concerns.
fn again(error: &io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(code) => io::Error::from_raw_os_error(code),
        None => io::Error::new(error.kind(), error.to_string()),
    }
}
