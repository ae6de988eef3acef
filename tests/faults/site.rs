//! A journal with its keys, in a folder that may be on any disk.

use std::path::{Path, PathBuf};

use wsusmigrate_journal::Journal;
use wsusmigrate_tests::new_journal;

use crate::process::{Ended, Process};

/// A folder with `journal` and `keys`.
pub(crate) struct Site(PathBuf);

/// How a writer appends.
#[derive(Clone, Copy)]
pub(crate) struct Load {
    pub(crate) epoch: u64,
    pub(crate) threads: u64,
    /// Events of a batch.
    pub(crate) batch: u64,
    /// Batches of a thread.
    pub(crate) batches: u64,
}

impl Site {
    /// A new journal below a folder, closed.
    pub(crate) fn create(root: &Path) -> Self {
        let site = Self(root.to_owned());
        let journal = Journal::create(&site.journal(), &site.keys(), new_journal()).expect("a new journal");
        journal.close().expect("a journal that closes");
        site
    }

    /// One that is there already.
    pub(crate) fn at(root: &Path) -> Self {
        Self(root.to_owned())
    }

    pub(crate) fn root(&self) -> &Path {
        &self.0
    }

    pub(crate) fn journal(&self) -> PathBuf {
        self.0.join("journal")
    }

    pub(crate) fn keys(&self) -> PathBuf {
        self.0.join("keys")
    }

    /// The words that make the program append here.
    pub(crate) fn words(&self, load: Load) -> Vec<String> {
        let Load { epoch, threads, batch, batches } = load;
        let mut words =
            vec!["write".to_owned(), self.journal().display().to_string(), self.keys().display().to_string()];
        words.extend([epoch, threads, batch, batches].map(|number| number.to_string()));
        words
    }

    /// A process that appends here.
    pub(crate) fn writer(&self, load: Load) -> Process {
        Process::start(self.words(load))
    }

    /// A process that follows what is appended.
    pub(crate) fn tail(&self) -> Process {
        Process::start(["tail".to_owned(), self.journal().display().to_string()])
    }

    /// Opens, appends one event, closes: what must work whatever happened before.
    pub(crate) fn reopen(&self, epoch: u64) -> Result<Ended, String> {
        let ended = self.writer(Load { epoch, threads: 1, batch: 1, batches: 1 }).end();
        let well = ended.code == Some(0) && ended.told("ack ") && ended.told("closed");
        if well { Ok(ended) } else { Err(format!("it did not open again: {}", ended.text())) }
    }

    /// Copies everything to another folder.
    pub(crate) fn copy(&self, root: &Path) -> Self {
        copy_tree(&self.0, root);
        Self(root.to_owned())
    }
}

pub(crate) fn copy_tree(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("an entry").is_dir() {
            copy_tree(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a copy");
        }
    }
}
