//! The heavy part of verifying, on threads of its own: checksums, leaf hashes, subtree roots, decoding.
//!
//! ```text
//!  walk ── sheaf 0, 2, 4 … ──► hand 0 ──► answers ──┐
//!       ── sheaf 1, 3, 5 … ──► hand 1 ──► answers ──┴─► walk, in the order the sheaves were given
//! ```
//!
//! A *sheaf* is a few commits that follow one another in one log file. The crew says what a sheaf is where it is
//! sound; of one that is not, it says only that, and the walk looks at it record by record.

use std::num::NonZero;
use std::panic::resume_unwind;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use wsusmigrate_core::digest::Sha256;

use crate::log::frame::{COMMIT_HEADER_BYTES, CommitHeader, Records};
use crate::record::Record;
use crate::tree;

/// A sheaf is given away once it has so many bytes; it holds at most one commit more.
const SHEAF_BYTES_GOAL: usize = 128 << 10;
/// Sheaves that wait for one hand. With the largest commits there are, 4 MiB, that is what bounds the memory.
const WAITING_MAX: usize = 2;
/// Hands at most: beyond this, reading the log is what takes the time.
const HANDS_MAX: usize = 8;

/// Commits that follow one another in one log file.
pub(super) struct Sheaf {
    /// The log file.
    pub(super) path: Arc<Path>,
    /// Their bodies, one after the other.
    pub(super) bodies: Vec<u8>,
    /// The header of each, and its offset in the log file.
    pub(super) commits: Vec<(CommitHeader, u64)>,
}

/// A sheaf and what it holds.
pub(super) struct Answer {
    pub(super) sheaf: Sheaf,
    /// `None`: something about it is not as it should be.
    pub(super) sound: Option<Sound>,
}

/// What a sound sheaf holds.
pub(super) struct Sound {
    /// The leaf hash its first record names as the one before.
    pub(super) previous: Sha256,
    /// The leaf hash of its last record.
    pub(super) leaf: Sha256,
    /// The complete subtrees its records fill: heights and roots.
    pub(super) subtrees: Vec<(u32, Sha256)>,
    /// Its records and their offsets in the log file.
    pub(super) records: Vec<(Record, u64)>,
}

impl Sheaf {
    pub(super) fn new(path: &Arc<Path>) -> Self {
        Self { path: Arc::clone(path), bodies: Vec::new(), commits: Vec::new() }
    }

    pub(super) fn is_full(&self) -> bool {
        self.bodies.len() >= SHEAF_BYTES_GOAL
    }

    /// Takes what it holds, if anything, and leaves an empty one.
    pub(super) fn take(&mut self) -> Option<Self> {
        let empty = Self::new(&self.path);
        (!self.commits.is_empty()).then(|| std::mem::replace(self, empty))
    }

    pub(super) fn add(&mut self, header: CommitHeader, offset: u64, body: &[u8]) {
        self.commits.push((header, offset));
        self.bodies.extend(body);
    }

    /// Each commit's header, offset and body.
    pub(super) fn commits(&self) -> impl Iterator<Item = (&CommitHeader, u64, &[u8])> {
        let mut rest = &self.bodies[..];
        self.commits.iter().map(move |(header, offset)| {
            let (body, after) = rest.split_at(header.body_bytes as usize);
            rest = after;
            (header, *offset, body)
        })
    }

    /// The first sequence, and the one after the last.
    pub(super) fn range(&self) -> Option<(u64, u64)> {
        Some((self.commits.first()?.0.first, self.commits.last()?.0.end()))
    }

    fn look(&self) -> Option<Sound> {
        let (mut previous, mut leaves, mut records) = (None, Vec::new(), Vec::new());
        for (header, offset, body) in self.commits() {
            for slot in Records::new(header, body) {
                let payload = slot.record.ok()?;
                let named = payload.previous();
                if leaves.last().is_some_and(|leaf| *leaf != named) {
                    return None;
                }
                previous.get_or_insert(named);
                leaves.push(payload.leaf());
                records.push((payload.decode().ok()?, offset + (COMMIT_HEADER_BYTES + slot.at) as u64));
            }
        }
        let (first, leaf) = (self.range()?.0, *leaves.last()?);
        Some(Sound { previous: previous?, leaf, subtrees: tree::subtrees(first, &mut leaves), records })
    }
}

/// The threads, and what they have been given.
pub(super) struct Crew {
    hands: Vec<Hand>,
    given: usize,
    taken: usize,
}

struct Hand {
    sheaves: Option<SyncSender<Sheaf>>,
    answers: Receiver<Answer>,
    thread: Option<JoinHandle<()>>,
}

impl Crew {
    /// As many hands as there are processors.
    pub(super) fn new() -> Self {
        let hands = thread::available_parallelism().map_or(1, NonZero::get).min(HANDS_MAX);
        Self { hands: (0..hands).map(|_| Hand::new()).collect(), given: 0, taken: 0 }
    }

    /// Gives a sheaf away. Where everybody has enough to do, the oldest answer is waited for and handed back.
    pub(super) fn give(&mut self, sheaf: Sheaf) -> Option<Answer> {
        let oldest = (self.given - self.taken == WAITING_MAX * self.hands.len()).then(|| self.take());
        let at = self.given % self.hands.len();
        self.hands[at].give(sheaf);
        self.given += 1;
        oldest.flatten()
    }

    /// Waits for the oldest answer; `None` where everything given was taken.
    pub(super) fn take(&mut self) -> Option<Answer> {
        if self.given == self.taken {
            return None;
        }
        let at = self.taken % self.hands.len();
        self.taken += 1;
        Some(self.hands[at].take())
    }
}

impl Hand {
    fn new() -> Self {
        let (sheaves, work) = sync_channel::<Sheaf>(WAITING_MAX);
        let (done, answers) = sync_channel(WAITING_MAX);
        let thread = thread::spawn(move || {
            for sheaf in work {
                let sound = sheaf.look();
                if done.send(Answer { sheaf, sound }).is_err() {
                    return; // the walk ended early
                }
            }
        });
        Self { sheaves: Some(sheaves), answers, thread: Some(thread) }
    }

    fn give(&mut self, sheaf: Sheaf) {
        if self.sheaves.as_ref().is_none_or(|sheaves| sheaves.send(sheaf).is_err()) {
            self.fall();
        }
    }

    fn take(&mut self) -> Answer {
        loop {
            match self.answers.recv() {
                Ok(answer) => return answer,
                Err(_) => self.fall(),
            }
        }
    }

    /// The thread is gone though nobody ended it: a panic, which goes on here.
    fn fall(&mut self) {
        match self.thread.take().map(JoinHandle::join) {
            Some(Err(panic)) => resume_unwind(panic),
            Some(Ok(())) | None => unreachable!("a hand works until its sheaves end"),
        }
    }
}

impl Drop for Hand {
    fn drop(&mut self) {
        self.sheaves = None;
        while self.answers.recv().is_ok() {}
        if let Some(thread) = self.thread.take() {
            let _ = thread.join(); // a panic was told where its answer was missed
        }
    }
}
