//! Given events, when a decision is asked for, then what follows: histories as data.

#![allow(dead_code, unreachable_pub)] // each test target uses its part
#![allow(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    clippy::wildcard_imports
)]

pub mod database;
pub mod susdb;
pub mod told;
pub mod undone;

use wsusmigrate_core::decide::{self, ContentNext, Next, Request};
use wsusmigrate_core::digest::{Sha1, Sha256};
use wsusmigrate_core::envelope::{Envelope, Recorded};
use wsusmigrate_core::event::Event;
use wsusmigrate_core::event::content::*;
use wsusmigrate_core::event::database::{Connected, EngineKind, Protection};
use wsusmigrate_core::event::inventory::InventoryFinished;
use wsusmigrate_core::event::preflight::{CheckVerdict, Checked, PreflightFinished};
use wsusmigrate_core::event::run::*;
use wsusmigrate_core::id::{ActionId, EventId, MigrationId, RunId, StreamId};
use wsusmigrate_core::path::{PathRef, RelPath};
use wsusmigrate_core::projection::{Migration, Projection};
use wsusmigrate_core::status::{IllegalHistory, Status};
use wsusmigrate_core::step::Step;
use wsusmigrate_core::unit::{ModifiedNanos, Seq, TimeMicros};

/// A history that grows.
#[derive(Default)]
pub struct History {
    pub records: Vec<Recorded>,
}

pub fn migration() -> MigrationId {
    MigrationId::from_random([1; 16])
}

pub fn run(n: u8) -> RunId {
    RunId::from_random([n; 16])
}

pub fn action(name: &str) -> ActionId {
    ActionId::derive(migration(), "test", name.as_bytes())
}

pub fn path(text: &str) -> PathRef {
    PathRef::of(&RelPath::from_bytes(text.as_bytes()).unwrap())
}

impl History {
    /// Adds an event that belongs to no action.
    pub fn and(self, event: impl Into<Event>) -> Self {
        self.push(None, event.into())
    }

    /// Adds an event of an action.
    pub fn of(self, action: ActionId, event: impl Into<Event>) -> Self {
        self.push(Some(action), event.into())
    }

    fn push(mut self, action: Option<ActionId>, event: Event) -> Self {
        let seq = Seq(self.records.len() as u64);
        let id = EventId::of_observation(migration(), "test", &seq.0.to_be_bytes());
        let time = TimeMicros(1_000_000 * i64::try_from(seq.0).unwrap());
        let envelope = Envelope { id, time, action, causation: None };
        self.records.push(Recorded { seq, envelope, event });
        self
    }

    /// The status after all of it, or the first event that cannot follow.
    pub fn status(&self) -> Result<Status, IllegalHistory> {
        let mut status = Status::default();
        self.records.iter().try_for_each(|record| status.advance(record))?;
        Ok(status)
    }

    /// Why the last event cannot follow; everything before it must. After a refusal the status is as before.
    #[track_caller]
    pub fn refusal(&self) -> &'static str {
        let (last, legal) = self.records.split_last().expect("an event");
        let mut status = Status::default();
        for record in legal {
            status.advance(record).unwrap_or_else(|illegal| panic!("refused too early: {illegal}"));
        }
        let before = status.clone();
        let illegal = status.advance(last).expect_err("the history is legal");
        assert_eq!(status, before, "a refused event changed the status");
        illegal.why
    }

    /// Adds a whole pass over a manifest of its worklist alone.
    pub fn passing(self, files: u32) -> Self {
        self.and(manifest_of(files)).and(pass(files))
    }

    /// Adds the end of a step that recorded nothing else.
    pub fn through(self, step: Step, verdict: Verdict) -> Self {
        let begun = self.and(StepStarted { step });
        let done = match (step, verdict) {
            (Step::Inventory, _) => begun.and(InventoryFinished { fields: 0 }),
            (Step::Preflight, Verdict::Stopped) => begun
                .and(checked(CheckVerdict::Stop))
                .and(PreflightFinished { passed: 0, warned: 0, stopped: 1 }),
            (Step::Preflight, _) => begun.and(PreflightFinished { passed: 0, warned: 0, stopped: 0 }),
            (Step::Content, _) => begun.passing(0).and(pass_end(0, 0)),
            (Step::Database, _) => begun,
        };
        done.and(finished_step(step, verdict))
    }

    /// The state after all of it; the history must be legal.
    #[track_caller]
    pub fn state(&self) -> Migration {
        self.status().expect("the history is legal");
        let mut state = Migration::default();
        self.records.iter().for_each(|record| state.apply(record));
        state
    }

    #[track_caller]
    pub fn next(&self, request: Request) -> Option<Next> {
        decide::decide(&self.state(), request)
    }

    #[track_caller]
    pub fn content_next(&self, request: Request) -> Option<ContentNext> {
        decide::decide_content(&self.state(), request)
    }
}

pub fn everything() -> Request {
    Request {
        scope: Scope::Everything,
        role: Role::Destination,
        database: None,
        stored_on_microsoft_update: false,
        read_back: true,
    }
}

/// A journal with a run going on.
pub fn running() -> History {
    History::default().and(created()).and(started(1))
}

/// A journal with a run in the content step.
pub fn in_content() -> History {
    running().and(StepStarted { step: Step::Content })
}

/// A journal with a pass of `files` files going on and one batch of them open.
pub fn in_batch(files: u32) -> History {
    in_content().passing(files).of(action("batch"), batch(files))
}

pub fn created() -> JournalCreated {
    JournalCreated {
        migration: migration(),
        name: "test".into(),
        stream: StreamId::from_random([2; 16]),
        host: "host".into(),
        program: "0".into(),
        public_key: [0; 32],
    }
}

pub fn started(n: u8) -> Started {
    Started {
        run: run(n),
        host: "host".into(),
        account: r"CONTOSO\alice".into(),
        sid: "S-1-5-21-1".into(),
        program: "0".into(),
        system: "test".into(),
        process: 1,
        plan: Sha256([0; 32]),
        scope: Scope::Everything,
        utc_offset_s: None,
    }
}

pub fn finished_step(step: Step, verdict: Verdict) -> StepFinished {
    StepFinished { step, verdict }
}

pub fn manifest() -> ManifestRecorded {
    manifest_of(2)
}

pub fn manifest_of(files: u32) -> ManifestRecorded {
    ManifestRecorded {
        source: "S".into(),
        destination: "D".into(),
        manifest: Sha256([1; 32]),
        files: files.into(),
        bytes: u64::from(files) * 10,
        content_files: files.into(),
        package_files: 0,
        unexpected_files: 0,
        ignored_entries: 0,
    }
}

pub fn ignored(what: IgnoredEntry) -> EntryIgnored {
    EntryIgnored { path: path("ignored"), what, detail: "".into() }
}

pub fn checked(verdict: CheckVerdict) -> Checked {
    Checked { check: "c".into(), verdict, finding: "".into(), remedy: "".into() }
}

pub fn pass(files: u32) -> PassStarted {
    PassStarted {
        manifest: Sha256([1; 32]),
        worklist: Sha256([2; 32]),
        files: files.into(),
        bytes: u64::from(files) * 10,
        unchanged_files: 0,
        unchanged_bytes: 0,
        recheck: false,
    }
}

pub fn batch(files: u32) -> BatchStarted {
    batch_from(0, files)
}

pub fn batch_from(first: u64, files: u32) -> BatchStarted {
    BatchStarted {
        worklist: Sha256([2; 32]),
        first,
        files,
        bytes: u64::from(files) * 10,
        range: Sha256([3; 32]),
        found_before: vec![0],
    }
}

pub fn facts() -> FileFacts {
    FileFacts {
        bytes: 10,
        sha1: Sha1([4; 20]),
        sha256: Sha256([5; 32]),
        modified: ModifiedNanos(6),
        naming: Naming::Digest,
    }
}

pub fn found(digest: u8) -> FoundFile {
    let (sha1, sha256) = (Some(Sha1([digest; 20])), Some(Sha256([digest; 32])));
    FoundFile { bytes: 7, sha1, sha256, modified: ModifiedNanos(3) }
}

/// Intent to replace a file whose digests are this byte over and over.
pub fn replacing(item: u32, name: &str, digest: u8) -> ReplacementStarted {
    ReplacementStarted { item, path: path(name), found: found(digest) }
}

pub fn replaced(item: u32, name: &str) -> FileCopied {
    FileCopied { replaced: true, ..copied(item, name) }
}

/// The run is found interrupted, and the next one has looked at this batch and begins a pass.
pub fn interrupted_in(history: History, run_number: u8, batch: &str, files: u32) -> History {
    history
        .and(InterruptionFound { run: run(run_number), in_doubt: 1 })
        .and(started(run_number + 1))
        .and(StepStarted { step: Step::Content })
        .of(action(batch), BatchReconciled { recorded: 0, happened: files, not: 0, leftovers: 0 })
        .passing(files)
}

pub fn copied(item: u32, name: &str) -> FileCopied {
    FileCopied { item, path: path(name), file: facts(), attempts: 1, replaced: false }
}

pub fn verified(item: u32, name: &str, origin: Origin) -> FileVerified {
    FileVerified { item, path: path(name), file: facts(), origin }
}

pub fn failed(item: u32, name: &str) -> FileFailed {
    FileFailed {
        item,
        path: path(name),
        bytes: 10,
        reason: FailureReason::DamagedAtSource,
        found: None,
        detail: "x".into(),
    }
}

pub fn batch_end(copied: u32, verified: u32, failed: u32, left: u32) -> BatchFinished {
    BatchFinished { copied, verified, failed, left }
}

/// The end of a pass that copied files of ten bytes and did nothing else.
pub fn pass_end(copied: u64, left: u64) -> PassFinished {
    PassFinished { copied, copied_bytes: copied * 10, verified: 0, failed: 0, left }
}

pub fn read_back(files: u64, from: u64, list: u8) -> ReadBackStarted {
    ReadBackStarted { list: Sha256([list; 32]), files, bytes: files * 10, from }
}

pub fn read_batch(first: u64, files: u32, exceptions: u32) -> ReadBackRecorded {
    ReadBackRecorded { first, files, bytes: u64::from(files) * 10, exceptions, around_cache: 0 }
}

pub fn mismatched(name: &str) -> ReadBackMismatched {
    ReadBackMismatched {
        path: path(name),
        what: Mismatch::Different,
        expected: Sha256([5; 32]),
        found: Some(Sha256([6; 32])),
        detail: "".into(),
    }
}

pub fn settled(how: Settlement) -> SuspicionSettled {
    SuspicionSettled { path: path("a"), how, sha256: Sha256([5; 32]) }
}

pub fn read_back_end(files: u64, exceptions: u64, left: u64) -> ReadBackFinished {
    ReadBackFinished { files, bytes: files * 10, exceptions, left }
}

pub fn reconciled() -> BatchReconciled {
    BatchReconciled { recorded: 0, happened: 1, not: 1, leftovers: 0 }
}

/// An engine of Windows Internal Database.
pub fn connected(server: &str) -> Connected {
    Connected {
        address: r"\\.\pipe\MICROSOFT##WID\tsql\query".into(),
        kind: EngineKind::Wid,
        server: server.into(),
        edition: "Windows Internal Database (64-bit)".into(),
        version: "15.0.2000.5".into(),
        internal_version: 904,
        login: r"CONTOSO\alice".into(),
        session: 51,
        protection: Protection::None,
    }
}
