//! Journals in temporary folders.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::too_many_lines,
    reason = "each test file uses its part; tests may unwrap"
)]

pub mod forge;
pub mod samples;

use std::path::{Path, PathBuf};

use tempfile::TempDir;
use wsusmigrate_core::envelope::Proposed;
use wsusmigrate_core::event::run::Recovery;
use wsusmigrate_journal::{
    Create, Expected, Journal, OpenError, Opened, Reader, Record, RecordSource, Verification, verify,
    verify_bytes,
};

/// A folder with a journal and, beside it, its keys.
pub struct Bench {
    root: TempDir,
}

impl Bench {
    pub fn new() -> Self {
        Self { root: TempDir::new().unwrap() }
    }

    pub fn dir(&self) -> PathBuf {
        self.root.path().join("journal")
    }

    pub fn keys(&self) -> PathBuf {
        self.root.path().join("keys")
    }

    /// The folder around both.
    pub fn root(&self) -> &Path {
        self.root.path()
    }

    pub fn log(&self) -> PathBuf {
        self.dir().join("log")
    }

    pub fn create(&self) -> Journal {
        Journal::create(&self.dir(), &self.keys(), create()).unwrap()
    }

    pub fn try_open(&self) -> Result<(Journal, Opened), OpenError> {
        Journal::open(&self.dir(), &self.keys(), samples::TIME)
    }

    /// Opens and expects these findings, that about the store included.
    pub fn open(&self, findings: &[Recovery]) -> Journal {
        let (journal, found) = self.open_and_find();
        assert_eq!(found, findings);
        journal
    }

    /// Opens, and waits for what is found about the store.
    pub fn open_and_find(&self) -> (Journal, Vec<Recovery>) {
        let (journal, opened) = self.try_open().unwrap();
        let of_store = journal.settled().unwrap();
        let found = opened.findings.iter().chain(&of_store).map(|finding| finding.finding).collect();
        (journal, found)
    }

    /// A closed journal with its first record and `count` more, in batches of `batch`.
    pub fn filled(count: u64, batch: u64) -> Self {
        let bench = Self::new();
        let journal = bench.create();
        fill(&journal, 0..count, batch);
        journal.close().unwrap();
        bench
    }

    pub fn verify(&self) -> Verification {
        verify(&self.dir()).unwrap()
    }

    /// The check every test ends with. The bytes alone say the same of everything that is signed.
    pub fn assert_sound(&self) -> Verification {
        let verification = self.verify();
        assert!(verification.is_sound(), "{:#?}", verification.findings);
        let bytes = verify_bytes(&self.dir()).unwrap();
        assert!(bytes.is_sound(), "{:#?}", bytes.findings);
        assert_eq!((bytes.root, bytes.checkpoint), (verification.root, verification.checkpoint.clone()));
        verification
    }

    pub fn reader(&self) -> Reader {
        Reader::open(&self.dir()).unwrap()
    }

    /// A copy of journal and keys.
    pub fn copy(&self) -> Self {
        let other = Self::new();
        copy_tree(self.root.path(), other.root.path());
        other
    }
}

pub fn create() -> Create {
    Create {
        migration: samples::MIGRATION,
        name: "test".into(),
        stream: samples::STREAM,
        host: "WSUS OLD+1".into(),
        program: "0.1.0".into(),
        time: samples::TIME,
    }
}

pub fn fill(journal: &Journal, numbers: std::ops::Range<u64>, batch: u64) {
    let numbers: Vec<_> = numbers.collect();
    for batch in numbers.chunks(usize::try_from(batch).unwrap()) {
        let batch = batch.iter().map(|number| samples::copied(*number)).collect();
        journal.append(batch, Expected::Any).wait().unwrap();
    }
}

/// Everything in the journal as it was proposed, without the first record and those of recoveries.
pub fn read(reader: &Reader) -> Vec<Proposed> {
    let mut events = Vec::new();
    for raw in reader.records(0..reader.size()) {
        let Record::Known(recorded) = raw.unwrap().decode().unwrap() else { panic!("unknown") };
        if !recorded.event.kind().name().starts_with("run.journal-") {
            events.push(Proposed { envelope: recorded.envelope, event: recorded.event });
        }
    }
    events
}

pub fn copy_tree(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_tree(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
