//! The trees that are copied: built once by the fixtures, named as WSUS names its content.

use std::fs;
use std::path::{Path, PathBuf};

use wsusmigrate_fixtures::{Scenario, build, digests};

use crate::contender::counted;
use crate::error::BenchError;

/// Any: the trees are the same every time.
const SEED: u64 = 1;

/// A tree on the disk.
#[derive(Clone, Debug)]
pub(crate) struct Tree {
    /// Its scenario's name.
    pub(crate) name: String,
    /// The folder that holds `WsusContent`.
    pub(crate) root: PathBuf,
    /// Files in it.
    pub(crate) files: usize,
    /// Their sizes together.
    pub(crate) bytes: u64,
    /// Its digests as `sha1sum -c` takes them.
    pub(crate) sums: PathBuf,
}

impl Tree {
    /// 3,000 files, 4 GB.
    pub(crate) fn large_mix(dir: &Path, quick: bool) -> Result<Self, BenchError> {
        let mut scenario = Scenario::parse(include_str!("../scenarios/large-mix.toml"))?;
        if quick {
            shrink(&mut scenario, 10);
        }
        Self::of(&scenario, dir)
    }

    /// 20,000 files of 10 KB.
    pub(crate) fn small_files(dir: &Path, quick: bool) -> Result<Self, BenchError> {
        let mut scenario = Scenario::parse(include_str!("../scenarios/small-files.toml"))?;
        if quick {
            shrink(&mut scenario, 10);
        }
        Self::of(&scenario, dir)
    }

    /// 200,000 files: the scenario `huge` of the rehearsal.
    pub(crate) fn huge(dir: &Path, quick: bool) -> Result<Self, BenchError> {
        let mut scenario = Scenario::named("huge")?;
        if quick {
            shrink(&mut scenario, 20);
        }
        Self::of(&scenario, dir)
    }

    fn of(scenario: &Scenario, dir: &Path) -> Result<Self, BenchError> {
        let dir = dir.join("trees").join(format!("{}-{}", scenario.name, scenario.content.files));
        eprintln!("tree {} ({} files)", scenario.name, scenario.content.files);
        let estate = build(scenario, SEED, &dir, &mut |_| {})?;
        let sums = dir.join("sums.sha1");
        if !sums.exists() {
            let lines = digests(&estate.source)?;
            let lines = lines.iter().map(|file| format!("{}  {}\n", file.sha1.to_lowercase(), file.path));
            fs::write(&sums, lines.collect::<String>()).map_err(BenchError::file("write", &sums))?;
        }
        let (files, bytes) = counted(&estate.source)?;
        Ok(Self { name: scenario.name.clone(), root: estate.source, files, bytes, sums })
    }
}

/// The same mix, `times` fewer files and bytes.
fn shrink(scenario: &mut Scenario, times: u32) {
    scenario.content.files /= times;
    scenario.content.bytes /= u64::from(times);
    scenario.packages.files /= times;
}
