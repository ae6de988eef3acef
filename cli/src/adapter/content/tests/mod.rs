//! The hands on real files: what each test puts into the world is what a server could hold.

mod copying;
mod failing;
mod flight;
mod listing;
mod reading_back;
mod replacing;
#[cfg(unix)]
mod system;

use std::fs;
use std::path::{Path, PathBuf};

use wsusmigrate_core::event::content::FailureReason;
use wsusmigrate_core::path::RelPath;

use super::*;
use crate::platform::Stat;

/// A source and a destination in a folder of their own.
struct World {
    root: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("source/WsusContent")).unwrap();
        Self { root }
    }

    fn source(&self) -> PathBuf {
        self.root.path().join("source")
    }

    fn destination(&self) -> PathBuf {
        self.root.path().join("destination")
    }

    /// Puts bytes under the name of their SHA-1 and returns the path.
    fn content(&self, bytes: &[u8]) -> String {
        let sha1 = digests(bytes).sha1;
        let path = format!("WsusContent/{}/{sha1}.cab", sha1.folder());
        put(&self.source().join(&path), bytes);
        path
    }

    /// A job as a fresh listing of the source would have it.
    fn job(&self, path: &str, destination: Found) -> Job {
        let stat = Stat::of(&fs::symlink_metadata(self.source().join(path)).unwrap()).unwrap();
        let name = path.rsplit('/').next().unwrap();
        let sha1 = name.split('.').next().and_then(|stem| stem.parse().ok());
        Job {
            from: None,
            item: 7,
            path: RelPath::from_bytes(path.as_bytes()).unwrap(),
            bytes: stat.bytes,
            modified: stat.modified,
            expected: sha1.map_or(Expectation::SameAsSource, Expectation::Digest),
            destination,
        }
    }

    fn setup(&self) -> Setup {
        Setup::new(self.source(), self.destination())
    }

    /// Copies one file that is absent.
    fn copy(&self, path: &str) -> Outcome {
        self.run(self.job(path, Found::Absent))
    }

    fn run(&self, job: Job) -> Outcome {
        run(self.setup(), vec![job]).remove(0).outcome
    }

    /// What the destination holds, every file with its bytes; nothing where it does not exist.
    fn landed(&self) -> Vec<(String, Vec<u8>)> {
        let mut landed = Vec::new();
        let mut folders = vec![self.destination()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten() {
                let path = entry.unwrap().path();
                if path.symlink_metadata().unwrap().is_dir() {
                    folders.push(path);
                } else {
                    let name =
                        path.strip_prefix(self.destination()).unwrap().to_str().unwrap().replace('\\', "/");
                    landed.push((name, fs::read(&path).unwrap_or_default()));
                }
            }
        }
        landed.sort();
        landed
    }
}

/// Runs jobs as one batch.
fn run(setup: Setup, jobs: Vec<Job>) -> Vec<Done> {
    let mut engine = Engine::start(setup).unwrap();
    engine.submit(Batch { id: 1, jobs }).unwrap();
    let finished = receive(&mut engine).unwrap();
    assert_eq!((finished.id, receive(&mut engine)), (1, None));
    finished.done
}

/// The next batch that is through; replacements are permitted.
fn receive(engine: &mut Engine) -> Option<Finished> {
    loop {
        match engine.receive().unwrap()? {
            Report::Replacing(batch) => batch.permit(),
            Report::Finished(finished) => return Some(finished),
        }
    }
}

fn put(path: &Path, bytes: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

fn digests(bytes: &[u8]) -> Digests {
    let mut hasher = Hasher::default();
    hasher.update(bytes);
    hasher.finish()
}

#[track_caller]
fn assert_failed(outcome: &Outcome, expected: FailureReason) {
    match outcome {
        Outcome::Failed { reason, detail, .. } if *reason == expected => assert!(!detail.is_empty()),
        _ => panic!("expected {expected:?}, got {outcome:?}"),
    }
}

/// Large enough to be written past the cache, with an end that is not a whole block.
fn large(seed: u8) -> Vec<u8> {
    (0..300_001_u32).map(|number| number.to_le_bytes()[usize::from(seed) % 3] ^ seed).collect()
}
