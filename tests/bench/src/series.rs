//! A series: its contenders in turn, pair after pair.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::sys::statvfs::statvfs;
use serde::Serialize;

use crate::cache::Cache;
use crate::contender::{self, Contender};
use crate::error::BenchError;
use crate::quiet;
use crate::stats::Spread;
use crate::tree::Tree;

/// What stays free on the disk: a full one is slow, and others work there too.
const RESERVE_BYTES: u64 = 4 << 30;

/// How long to wait after removing many files. An ext4 without a journal walks around the inodes of files removed in
/// the last minute (`RECENTCY_MIN`): in one profile of a copy of small files that was 42 % of a worker's time.
const REMOVED_REMEMBERED: Duration = Duration::from_secs(65);

/// What is to be measured.
pub(crate) struct Series<'a> {
    /// Its name, for `--only`.
    pub(crate) name: &'static str,
    /// What is worked on.
    pub(crate) tree: &'a Tree,
    /// Where the files lie that a cold or warm cache is about.
    pub(crate) cached: Vec<PathBuf>,
    /// What the cache holds before each run.
    pub(crate) cache: Cache,
    /// Our program.
    pub(crate) ours: &'a dyn Contender,
    /// Whom it is compared with, and how many times as long they must take.
    pub(crate) peers: Vec<(&'a dyn Contender, f64)>,
    /// The most seconds ours may take, where that is the goal.
    pub(crate) seconds_max: Option<f64>,
}

/// What was measured.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Measured {
    pub(crate) series: &'static str,
    pub(crate) tree: String,
    pub(crate) files: usize,
    pub(crate) bytes: u64,
    pub(crate) cache: Cache,
    /// Ours first.
    pub(crate) contenders: Vec<Runs>,
    /// The most seconds ours may take.
    pub(crate) seconds_max: Option<f64>,
    /// How often earlier copies had to be removed to make room.
    pub(crate) clearings: usize,
}

/// The runs of one contender.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Runs {
    pub(crate) name: &'static str,
    pub(crate) seconds: Vec<f64>,
    pub(crate) spread: Option<Spread>,
    /// Its seconds by ours, pair by pair; nothing for ours.
    pub(crate) ratios: Vec<f64>,
    pub(crate) ratio: Option<Spread>,
    /// The ratio that is the goal.
    pub(crate) ratio_min: Option<f64>,
    /// The share of processor time others used just before each run.
    pub(crate) others: Vec<f64>,
}

impl Series<'_> {
    /// Measures `pairs` pairs in new folders below `copies`, which stay: removing slows what follows.
    pub(crate) fn measure(
        &self,
        copies: &Path,
        pairs: usize,
        patience: Duration,
    ) -> Result<Measured, BenchError> {
        let dir = copies.join(format!("{}-{}", self.name, self.cache.word()));
        let all: Vec<_> = [self.ours].into_iter().chain(self.peers.iter().map(|(peer, _)| *peer)).collect();
        let mut seconds = vec![Vec::new(); all.len()];
        let mut others = vec![Vec::new(); all.len()];
        let mut clearings = 0;
        for pair in 0..pairs {
            clearings += usize::from(make_room(copies, all.iter().map(|it| it.bytes()).sum())?);
            for (at, contender) in all.iter().enumerate() {
                let dir = dir.join(format!("{pair}-{at}"));
                fs::create_dir_all(&dir).map_err(BenchError::file("create", &dir))?;
                contender.prepare(&dir)?;
                for folder in &self.cached {
                    self.cache.prepare(folder)?;
                }
                others[at].push(quiet::wait(patience));
                let taken = contender::time(*contender, &dir)?;
                let (name, cache) = (self.name, self.cache.word());
                eprintln!("{name}, {cache}, pair {}: {} {taken:.2} s", pair + 1, contender.name());
                seconds[at].push(taken);
            }
        }
        let goals = [None].into_iter().chain(self.peers.iter().map(|(_, goal)| Some(*goal)));
        let contenders = all.iter().zip(goals).zip(&seconds).zip(others);
        Ok(Measured {
            series: self.name,
            tree: self.tree.name.clone(),
            files: self.tree.files,
            bytes: self.tree.bytes,
            cache: self.cache,
            contenders: contenders
                .map(|(((contender, goal), taken), others)| {
                    runs(contender.name(), taken, &seconds[0], goal, others)
                })
                .collect(),
            seconds_max: self.seconds_max,
            clearings,
        })
    }
}

fn runs(name: &'static str, seconds: &[f64], ours: &[f64], goal: Option<f64>, others: Vec<f64>) -> Runs {
    let ratios: Vec<f64> = match goal {
        Some(_) => seconds.iter().zip(ours).map(|(theirs, ours)| theirs / ours).collect(),
        None => Vec::new(),
    };
    Runs {
        name,
        seconds: seconds.to_vec(),
        spread: Spread::of(seconds),
        ratio: Spread::of(&ratios),
        ratios,
        ratio_min: goal,
        others,
    }
}

/// Removes earlier copies where the next pair would not fit beside them; says whether it did.
pub(crate) fn make_room(copies: &Path, needed: u64) -> Result<bool, BenchError> {
    fs::create_dir_all(copies).map_err(BenchError::file("create", copies))?;
    let needed = needed + RESERVE_BYTES;
    if free(copies)? >= needed {
        return Ok(false);
    }
    clear(copies)?;
    fs::create_dir_all(copies).map_err(BenchError::file("create", copies))?;
    let free = free(copies)?;
    if free < needed {
        return Err(BenchError::Space { path: copies.to_owned(), free, needed });
    }
    Ok(true)
}

fn free(dir: &Path) -> Result<u64, BenchError> {
    let vfs = statvfs(dir).map_err(std::io::Error::from).map_err(BenchError::file("look at", dir))?;
    Ok(vfs.blocks_available() * vfs.fragment_size())
}

/// Removes all copies, and waits until the file system has forgotten them.
pub(crate) fn clear(copies: &Path) -> Result<(), BenchError> {
    if !copies.exists() {
        return Ok(());
    }
    remove(copies)?;
    eprintln!("earlier copies removed; waiting until the file system has forgotten them");
    quiet::pause(REMOVED_REMEMBERED);
    Ok(())
}

/// Removes all copies, durably: the last act, after which nothing is timed.
pub(crate) fn remove(copies: &Path) -> Result<(), BenchError> {
    if copies.exists() {
        fs::remove_dir_all(copies).map_err(BenchError::file("remove", copies))?;
        nix::unistd::sync();
    }
    Ok(())
}
