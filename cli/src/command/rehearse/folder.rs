//! The folder of a rehearsal: everything below it, nothing outside.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use wsusmigrate_core::event::run::Role;

use crate::error::Failure;
use crate::exit::Exit;

/// The file that says: what is here is a rehearsal and may be replaced by the next one.
const MARKER: &str = "rehearsal-of-wsusmigrate";

/// The folder of a rehearsal.
pub(super) struct Folder {
    root: PathBuf,
}

impl Folder {
    pub(super) fn of(dir: &Path) -> Result<Self, Failure> {
        let root = std::path::absolute(dir)
            .map_err(|error| Failure::new(Exit::Usage, "not a folder's name").because(&error))?;
        Ok(Self { root })
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn hosts(&self) -> PathBuf {
        self.root.join("hosts")
    }

    /// The journal of a server: the destination's where everybody looks for it, the source's in a folder of its own.
    pub(super) fn journal(&self, role: Role) -> PathBuf {
        self.of_role(role).join("journal")
    }

    pub(super) fn keys(&self, role: Role) -> PathBuf {
        self.of_role(role).join("keys")
    }

    pub(super) fn plan(&self, role: Role) -> PathBuf {
        self.of_role(role).join("migration.toml")
    }

    /// Where the tools of the simulated servers are told.
    pub(super) fn tools(&self) -> PathBuf {
        self.root.join("tools.json")
    }

    fn of_role(&self, role: Role) -> PathBuf {
        match role {
            Role::Source => self.root.join("source"),
            Role::Destination => self.root.clone(),
        }
    }

    /// Makes room: an earlier rehearsal is removed, anything else is refused.
    ///
    /// The answer keeps other rehearsals away as long as it lives.
    pub(super) fn prepare(&self) -> Result<File, Failure> {
        let failed = |error: io::Error| {
            Failure::new(Exit::Failed, format!("cannot prepare {}", self.root.display()))
                .because(&error)
                .hint("Choose another folder with --dir DIR.")
        };
        fs::create_dir_all(&self.root).map_err(failed)?;
        let marker = self.root.join(MARKER);
        let holds_something = fs::read_dir(&self.root).map_err(failed)?.next().is_some();
        if holds_something && !marker.is_file() {
            return Err(Failure::new(
                Exit::Usage,
                format!("{} holds something that is not a rehearsal", self.root.display()),
            )
            .hint("Choose another folder with --dir DIR; nothing was touched."));
        }
        let claim = File::options().write(true).create(true).truncate(false).open(&marker).map_err(failed)?;
        claim.try_lock().map_err(|error| {
            Failure::new(Exit::Usage, format!("a rehearsal is running in {}", self.root.display()))
                .because(&error)
                .hint("Wait for it, or choose another folder with --dir DIR.")
        })?;
        let destination = Role::Destination;
        for folder in
            [self.hosts(), self.journal(destination), self.keys(destination), self.of_role(Role::Source)]
        {
            absent_is_fine(fs::remove_dir_all(folder)).map_err(failed)?;
        }
        for file in [self.plan(destination), self.tools()] {
            absent_is_fine(fs::remove_file(file)).map_err(failed)?;
        }
        fs::create_dir(self.of_role(Role::Source)).map_err(failed)?;
        (&claim)
            .write_all(b"Made by `wsusmigrate rehearse`; the next rehearsal here replaces it.\n")
            .map_err(failed)?;
        Ok(claim)
    }
}

fn absent_is_fine(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
