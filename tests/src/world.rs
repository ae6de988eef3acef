//! A folder and an environment in which nothing of the machine's user counts.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// The length of every world's path.
const ROOT_COLUMNS: usize = 72;

/// A temporary folder with a program to run in it. Everything is removed when it is dropped.
#[derive(Debug)]
pub struct World {
    folder: TempDir,
    root: PathBuf,
    program: PathBuf,
}

/// What has to be free where worlds stand in memory: many do at once.
#[cfg(target_os = "linux")]
const MEMORY_BYTES_MIN: u64 = 4 << 30;

/// A folder in memory, where the system has one with room from which programs may be started. A process that is killed leaves
/// there what it leaves on a disk; what a power cut leaves is the business of `tests/faults`, on disks of its own. `CI` and
/// campaigns take the disk: what only a real file system says is seen there.
#[cfg(target_os = "linux")]
fn memory() -> Option<&'static Path> {
    use nix::sys::statvfs::{FsFlags, statvfs};
    let folder = Path::new("/dev/shm");
    let is_asked_for = |variable: &&str| std::env::var_os(variable).is_some();
    if ["CI", "CAMPAIGN", "TMPDIR"].iter().any(is_asked_for) {
        return None;
    }
    let told = statvfs(folder).ok()?;
    let free = told.blocks_available() * told.fragment_size();
    (free >= MEMORY_BYTES_MIN && !told.flags().contains(FsFlags::ST_NOEXEC)).then_some(folder)
}

#[cfg(not(target_os = "linux"))]
fn memory() -> Option<&'static Path> {
    None
}

impl World {
    /// A new world for a program: in memory, where that is to be had.
    ///
    /// # Panics
    /// If the system gives no temporary folder.
    #[must_use]
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self::within(memory().map_or_else(tempfile::tempdir, tempfile::tempdir_in), program.into())
    }

    /// A new world on the disk, for what the disk itself is asked.
    ///
    /// # Panics
    /// If the system gives no temporary folder.
    #[must_use]
    pub fn on_disk(program: impl Into<PathBuf>) -> Self {
        Self::within(tempfile::tempdir(), program.into())
    }

    fn within(folder: std::io::Result<TempDir>, program: PathBuf) -> Self {
        let folder = folder.expect("a temporary folder");
        // The name the program will show: systems put links before their temporary folders.
        let root = folder.path().canonicalize().expect("the folder that was just made");
        let root = PathBuf::from(root.to_string_lossy().trim_start_matches(r"\\?\"));
        // As long on every machine: where text wraps must not depend on where temporary folders are.
        let padding = ROOT_COLUMNS.saturating_sub(root.to_string_lossy().chars().count() + 1).max(1);
        let root = root.join("w".repeat(padding));
        std::fs::create_dir(&root).expect("a folder in the folder that was just made");
        Self { folder, root, program }
    }

    /// The temporary folder it is in, which nothing else is.
    #[must_use]
    pub fn temporary(&self) -> &Path {
        self.folder.path()
    }

    /// Its folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A path below its folder.
    #[must_use]
    pub fn path(&self, below: impl AsRef<Path>) -> PathBuf {
        self.root.join(below)
    }

    /// The program, ready to be started in the folder: no terminal, no colour, UTC, and a home of its own.
    #[must_use]
    pub fn command<A: AsRef<std::ffi::OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Command {
        let mut command = Command::new(&self.program);
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy();
            if name.starts_with("WSUSMIGRATE_") || name.starts_with("CLICOLOR") || name.starts_with("LC_") {
                command.env_remove(&*name);
            }
        }
        let home = self.path("account");
        command
            .args(args)
            .current_dir(&self.root)
            .stdin(Stdio::null())
            .env("HOME", &home)
            .env("XDG_STATE_HOME", home.join("state"))
            .env("ProgramData", home.join("ProgramData"))
            .env("TZ", "UTC")
            .env("LANG", "C")
            .env("NO_COLOR", "1")
            .env_remove("COLUMNS");
        command
    }

    /// Keeps the folder for somebody who wants to look; says where it is.
    #[must_use]
    pub fn keep(mut self) -> PathBuf {
        self.folder.disable_cleanup(true);
        self.root
    }
}
