//! One file: looked at, read and hashed in one pass while it is written beside its final name.
//!
//! A crash anywhere in here leaves at most one temporary file a worker; the destination's own files are untouched
//! until the batch is committed (`commit.rs`).

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use wsusmigrate_core::content::Expectation;
use wsusmigrate_core::event::content::{FailureReason, FoundFile};

use super::effects::Effects;
use super::failure::Failure;
use super::folders::Folders;
use super::hash::{Digests, Hasher};
use super::job::{Facts, Found, Job, Mismatched, Outcome};
use super::limit::Limit;
use super::pool::Work;
use super::progress::Progress;
use super::temporary::temporary_name;
use crate::platform::{self, Buffer, Folder, Kind, Stat, Target};

/// How much is read, hashed and written at once.
const BUFFER_BYTES: usize = 1024 * 1024;

/// Files from this size on are worth a word to the system about how they will be read.
const LARGE_BYTES: u64 = 1024 * 1024;

const ATTEMPTS_MAX: u8 = 2;

/// What a worker leaves for the commit of the batch.
pub(super) enum Staged {
    /// The file's outcome, without any effect at the destination.
    Settled(Outcome),
    /// A complete temporary, waiting to be made durable and renamed.
    Temporary(Pending),
}

/// A complete temporary.
pub(super) struct Pending {
    pub(super) name: Vec<u8>,
    /// The file that stands in its place and is to be replaced; nothing where none may be.
    pub(super) replaces: Option<FoundFile>,
    pub(super) facts: Facts,
    pub(super) attempts: u8,
}

/// When the bytes of a batch become durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SyncBy {
    /// All at once, when the batch is committed.
    Group,
    /// File by file, on the worker that wrote it.
    File,
}

/// What all workers share.
pub(super) struct Copier {
    pub(super) source: Folders,
    pub(super) destination: Folders,
    /// The destination lies on a local file system.
    pub(super) local: bool,
    pub(super) limit: Limit,
    pub(super) stop: Arc<AtomicBool>,
    pub(super) progress: Arc<Progress>,
    pub(super) effects: Arc<dyn Effects>,
}

impl Work for Copier {
    type Job = Job;
    type Note = SyncBy;
    type Answer = Staged;
    type Scratch = Buffer;

    fn scratch(&self) -> Buffer {
        Buffer::new(BUFFER_BYTES)
    }

    fn perform(&self, buffer: &mut Buffer, job: &Job, sync: &SyncBy) -> Staged {
        if self.stop.load(Ordering::Relaxed) {
            return Staged::Settled(Outcome::Left);
        }
        let staged = self.stage(buffer, job, *sync).unwrap_or_else(|failure| Staged::Settled(failure.into()));
        match staged {
            Staged::Temporary(_) => self.effects.staged(&job.path),
            Staged::Settled(Outcome::Failed { .. }) => self.progress.failure(),
            Staged::Settled(_) => {}
        }
        self.progress.file();
        staged
    }

    fn broken(&self, _job: &Job) -> Staged {
        self.progress.failure();
        Staged::Settled(
            Failure::new(FailureReason::System, "a defect of this program stopped the copy").into(),
        )
    }
}

/// How one reading of the source ended.
enum Attempt {
    Right(Facts),
    Wrong(Digests),
    Changed(String),
}

/// What stands at the destination.
enum InPlace {
    Right(Facts),
    Wrong(FoundFile),
    Gone,
}

impl Copier {
    fn stage(&self, buffer: &mut Buffer, job: &Job, sync: SyncBy) -> Result<Staged, Failure> {
        let replaces = match job.destination {
            Found::Absent => None,
            Found::Present { otherwise } => match (self.look(buffer, job, otherwise)?, otherwise) {
                (InPlace::Right(facts), _) => return Ok(Staged::Settled(Outcome::Verified { facts })),
                (InPlace::Gone, _) => None,
                (InPlace::Wrong(found), Mismatched::Replace) => Some(found),
                (InPlace::Wrong(_), Mismatched::Refuse) => {
                    return Err(Failure::new(
                        FailureReason::Conflict,
                        "the destination holds a file of this name with other bytes",
                    ));
                }
            },
        };
        self.copy(buffer, job, sync, replaces).map(Staged::Temporary)
    }

    /// Hashes the destination's file and compares it with what is promised, or else with the source.
    /// One that is to be replaced is hashed in any case: what is about to be overwritten is recorded before.
    fn look(&self, buffer: &mut Buffer, job: &Job, otherwise: Mismatched) -> Result<InPlace, Failure> {
        let opened = self
            .destination
            .existing(job.path.folder())
            .and_then(|folder| folder.stat(job.path.file_name()).map(|stat| (folder, stat)));
        let (folder, stat) = match opened {
            Ok(opened) => opened,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(InPlace::Gone),
            Err(error) => return Err(Failure::destination(&error)),
        };
        if stat.kind != Kind::File {
            return Err(obstructed(stat.kind));
        }
        let is_compared = matches!(job.expected, Expectation::Encrypted | Expectation::SameAsSource);
        let wrong_size = is_compared && stat.bytes != job.bytes;
        let unread = FoundFile { bytes: stat.bytes, sha1: None, sha256: None, modified: stat.modified };
        if wrong_size && otherwise == Mismatched::Refuse {
            return Ok(InPlace::Wrong(unread));
        }
        let found = match self.hash(buffer, &folder, job.path.file_name()) {
            Ok(facts) => facts,
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                return Err(Failure::destination(&error));
            }
            // Unreadable is not right: whether it may be replaced is the policy's question.
            Err(_) => return Ok(InPlace::Wrong(unread)),
        };
        let right = match job.expected {
            Expectation::Digest(sha1) => found.digests.sha1 == sha1,
            Expectation::Recorded(sha256) => found.digests.sha256 == sha256,
            Expectation::Encrypted | Expectation::SameAsSource if wrong_size => false,
            Expectation::Encrypted | Expectation::SameAsSource => {
                let at_source = job.at_source();
                let source = self.source.existing(at_source.folder());
                let source = source.and_then(|folder| self.hash(buffer, &folder, at_source.file_name()));
                source.map_err(|error| Failure::source(&error))?.digests == found.digests
            }
        };
        Ok(if right { InPlace::Right(found) } else { InPlace::Wrong(found.into()) })
    }

    /// Hashes a file as it stands.
    fn hash(&self, buffer: &mut Buffer, folder: &Folder, name: &[u8]) -> io::Result<Facts> {
        let mut file = folder.open_file(name)?;
        let stat = Stat::of(&file.metadata()?)?;
        let mut hasher = Hasher::default();
        let mut bytes = 0;
        loop {
            let piece = self.read(&mut file, buffer)?;
            if piece.is_empty() {
                return Ok(Facts { bytes, digests: hasher.finish(), modified: stat.modified });
            }
            hasher.update(piece);
            bytes += piece.len() as u64;
        }
    }

    /// Copies to a temporary, from the beginning a second time where the first did not match.
    fn copy(
        &self,
        buffer: &mut Buffer,
        job: &Job,
        sync: SyncBy,
        replaces: Option<FoundFile>,
    ) -> Result<Pending, Failure> {
        let (name, at_source) = (job.path.file_name(), job.at_source());
        let source = self.source.existing(at_source.folder()).map_err(|error| Failure::source(&error))?;
        let mut wrong_before = None;
        for attempts in 1..=ATTEMPTS_MAX {
            let file = open_source(&source, at_source.file_name(), attempts > 1)?;
            let folder = self.destination.ensured(job.path.folder()).map_err(|e| Failure::destination(&e))?;
            let mut temporary = Temporary::create(&folder, name, file.1.bytes, self.local)?;
            let last = attempts == ATTEMPTS_MAX;
            match self.attempt(buffer, job, sync, file, &mut temporary, attempts)? {
                Attempt::Right(facts) => {
                    return Ok(Pending { name: temporary.keep(), replaces, facts, attempts });
                }
                Attempt::Wrong(found) if wrong_before == Some(found) => {
                    let told = match job.expected {
                        Expectation::Recorded(_) => format!("SHA-256 {}", found.sha256),
                        Expectation::Digest(_) | Expectation::Encrypted | Expectation::SameAsSource => {
                            format!("SHA-1 {}", found.sha1)
                        }
                    };
                    let detail = format!("the source was read twice and has {told} both times");
                    return Err(Failure::digest(FailureReason::DamagedAtSource, found.sha1, detail));
                }
                Attempt::Wrong(found) if last => {
                    let detail = "the source was read twice and gave different bytes".to_owned();
                    return Err(Failure::digest(FailureReason::MismatchAfterCopy, found.sha1, detail));
                }
                Attempt::Changed(how) if last => {
                    return Err(Failure::new(FailureReason::ChangedWhileCopied, how));
                }
                Attempt::Wrong(found) => wrong_before = Some(found),
                Attempt::Changed(_) => {}
            }
        }
        Err(Failure::new(FailureReason::System, "no attempt was made"))
    }

    /// One reading of the source into a temporary.
    fn attempt(
        &self,
        buffer: &mut Buffer,
        job: &Job,
        sync: SyncBy,
        (mut source, before): (File, Stat),
        temporary: &mut Temporary<'_>,
        attempt: u8,
    ) -> Result<Attempt, Failure> {
        // A file that is not as it was listed gets the second attempt: as it is now, if it stays so.
        if attempt == 1 && (before.bytes, before.modified) != (job.bytes, job.modified) {
            return Ok(Attempt::Changed(change("since it was listed", (job.bytes, job.modified), before)));
        }
        let written = |answer: io::Result<()>| answer.map_err(|error| Failure::destination(&error));
        let mut hasher = Hasher::default();
        let mut bytes = 0;
        // The size is known, so the end needs no reading of its own; growth shows in the look afterwards.
        while bytes < before.bytes {
            let piece = self.read(&mut source, buffer).map_err(|error| Failure::source(&error))?;
            if piece.is_empty() {
                break;
            }
            hasher.update(piece);
            written(temporary.target.write(piece))?;
            bytes += piece.len() as u64;
            self.progress.copied(piece.len());
        }
        let digests = hasher.finish();
        let after = source.metadata().and_then(|metadata| Stat::of(&metadata));
        let after = after.map_err(|error| Failure::source(&error))?;
        if after != before || bytes != before.bytes {
            return Ok(Attempt::Changed(change("while it was read", (before.bytes, before.modified), after)));
        }
        match job.expected {
            Expectation::Digest(sha1) if sha1 != digests.sha1 => return Ok(Attempt::Wrong(digests)),
            Expectation::Recorded(sha256) if sha256 != digests.sha256 => return Ok(Attempt::Wrong(digests)),
            Expectation::Digest(_)
            | Expectation::Recorded(_)
            | Expectation::Encrypted
            | Expectation::SameAsSource => {}
        }
        let file = temporary.target.file();
        written(file.set_times(platform::times_of(before.modified)))?;
        if sync == SyncBy::File {
            written(file.sync_all())?;
        }
        Ok(Attempt::Right(Facts { bytes, digests, modified: before.modified }))
    }

    fn read<'buffer>(&self, file: &mut File, buffer: &'buffer mut Buffer) -> io::Result<&'buffer [u8]> {
        let room = buffer.room();
        let piece = self.limit.piece_bytes(room.len());
        let read = loop {
            match file.read(&mut room[..piece]) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                answer => break answer?,
            }
        };
        self.limit.take(read);
        self.progress.read(read);
        Ok(&room[..read])
    }
}

fn open_source(folder: &Folder, name: &[u8], fresh: bool) -> Result<(File, Stat), Failure> {
    let opened = folder.open_file(name).and_then(|file| {
        let stat = Stat::of(&file.metadata()?)?;
        Ok((file, stat))
    });
    let (file, stat) = opened.map_err(|error| Failure::source(&error))?;
    if stat.kind != Kind::File {
        return Err(Failure::new(FailureReason::Unreadable, "it is not a file any more"));
    }
    if fresh || stat.bytes >= LARGE_BYTES {
        platform::prepare_reading(&file, fresh);
    }
    Ok((file, stat))
}

fn change(when: &str, (bytes, modified): (u64, wsusmigrate_core::unit::ModifiedNanos), now: Stat) -> String {
    format!("changed {when}: {bytes} bytes of {modified}, then {} bytes of {}", now.bytes, now.modified)
}

/// What stands where the file should go.
pub(super) fn obstructed(kind: Kind) -> Failure {
    let (reason, what) = match kind {
        Kind::File => (FailureReason::Conflict, "a file that was not there when the destination was listed"),
        other => (FailureReason::Obstructed, named(other)),
    };
    Failure::new(reason, format!("{what} stands where the file should go"))
}

/// A kind of entry as people read it.
pub(super) const fn named(kind: Kind) -> &'static str {
    match kind {
        Kind::File => "a file",
        Kind::Folder => "a folder",
        Kind::SymbolicLink => "a symbolic link",
        Kind::ReparsePoint => "a junction or another reparse point",
        Kind::Special => "a socket, pipe or device",
    }
}

/// A file under its temporary name, removed again unless it is kept.
struct Temporary<'folder> {
    folder: &'folder Folder,
    name: Vec<u8>,
    target: Target,
    kept: bool,
}

impl<'folder> Temporary<'folder> {
    fn create(folder: &'folder Folder, name: &[u8], bytes: u64, local: bool) -> Result<Self, Failure> {
        let name = temporary_name(name);
        let target = match Target::create(folder, &name, bytes, local) {
            // A leftover of an interrupted run that nobody removed. Only a file or link of our own suffix goes.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                folder.remove_file(&name).and_then(|()| Target::create(folder, &name, bytes, local))
            }
            answer => answer,
        };
        let target = target.map_err(|error| Failure::destination(&error))?;
        Ok(Self { folder, name, target, kept: false })
    }

    fn keep(mut self) -> Vec<u8> {
        self.kept = true;
        std::mem::take(&mut self.name)
    }
}

impl Drop for Temporary<'_> {
    fn drop(&mut self) {
        if !self.kept {
            // What cannot be removed is a leftover, found and named by the next look at the destination. On Windows
            // an open file may be removed because std opens with share-delete.
            let _ = self.folder.remove_file(&self.name);
        }
    }
}
