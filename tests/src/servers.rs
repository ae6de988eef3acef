//! The simulated servers of an estate, running: the program is started on one of them, as a person there would start it.
//!
//! What it finds on a server is what is installed there: `%SystemRoot%` and `%ProgramFiles%` lead to a PowerShell and a
//! `wsusutil` that are the stand-ins of that server.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::World;
use wsusmigrate_fixtures::sql::instance::Instance;
use wsusmigrate_fixtures::sql::tds::Cut;
use wsusmigrate_fixtures::tools::{RegistryValue, SETUP_KEY, SimulatedHost};
use wsusmigrate_fixtures::{Estate, Reach, Scenario, Served, Serving, build};

/// The servers, and on which of them one is.
pub struct Servers {
    serving: Serving,
    folders: [PathBuf; 2],
    here: usize,
    variables: Vec<(String, String)>,
}

/// The servers' folders: old and new.
const NAMES: [&str; 2] = ["old", "new"];

impl Servers {
    /// Builds the estate of a scenario, starts its servers, and writes a plan for each.
    ///
    /// # Panics
    /// If there is no such scenario.
    pub fn start(scenario: &str, world: &World) -> io::Result<Self> {
        Self::start_with(&Scenario::named(scenario).expect("a scenario"), world, None, None)
    }

    /// The same of any scenario; connections to the engines are cut where `cut` says, and encrypted as the plans say with
    /// `encryption`, where that is not what such an engine is usually asked for.
    pub fn start_with(
        scenario: &Scenario,
        world: &World,
        cut: Option<&Cut>,
        encryption: Option<&str>,
    ) -> io::Result<Self> {
        let estate = build(scenario, 1, &world.path("hosts"), &mut |_| {}).map_err(io::Error::other)?;
        let serving = estate.serve_cutting(Reach::AsInTheField, cut).map_err(io::Error::other)?;
        let folders = NAMES.map(|name| world.path(name));
        let program = world.command(Vec::<String>::new()).get_program().to_owned();
        for ((folder, served), role) in
            folders.iter().zip([serving.source(), serving.destination()]).zip(["source", "destination"])
        {
            fs::create_dir_all(folder)?;
            let encryption = encryption.unwrap_or(served.encryption);
            let plan = plan(role, &estate, served, serving.store(), encryption);
            fs::write(folder.join("migration.toml"), plan)?;
            let powershell = folder.join("Windows/System32/WindowsPowerShell/v1.0/powershell.exe");
            install(&powershell, &program, served, "powershell")?;
            let wsusutil = folder.join("Program Files/Update Services/Tools/wsusutil.exe");
            install(&wsusutil, &program, served, "wsusutil")?;
        }
        Ok(Self { serving, folders, here: 0, variables: Vec::new() })
    }

    /// Goes to a server: `old` or `new`.
    ///
    /// # Panics
    /// If it is neither.
    pub fn go(&mut self, server: &str) {
        self.here = NAMES.iter().position(|name| *name == server).expect("old or new");
    }

    /// Sets a text among WSUS's own registry values on the server the script is at. `ADDRESS` stands for where its engine
    /// answers, which differs from run to run.
    pub fn registry(&self, name: &str, value: &str) -> io::Result<()> {
        let served = self.served();
        let address = served.server.strip_prefix("tcp:").unwrap_or(&served.server);
        let value = RegistryValue::String(value.replace("ADDRESS", address));
        SimulatedHost::at(&served.tools)
            .change(|state| {
                state.registry.entry(SETUP_KEY.to_owned()).or_default().insert(name.to_owned(), value)
            })
            .map(drop)
    }

    /// The server one is at, as it was set up.
    #[must_use]
    pub fn served(&self) -> &Served {
        if self.here == 0 { self.serving.source() } else { self.serving.destination() }
    }

    /// Its engine, to be asked or disturbed behind the program's back.
    #[must_use]
    pub fn instance(&self) -> &Instance {
        if self.here == 0 { self.serving.source_instance() } else { self.serving.destination_instance() }
    }

    /// Its services, its registry, and what goes wrong with its tools.
    #[must_use]
    pub fn host(&self) -> SimulatedHost {
        SimulatedHost::at(&self.served().tools)
    }

    /// Sets an environment variable for the commands that follow.
    pub fn set(&mut self, name: &str, value: &str) {
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    /// A command, started on the server the script is at.
    #[must_use]
    pub fn at(&self, mut command: Command) -> Command {
        let folder = &self.folders[self.here];
        command
            .current_dir(folder)
            .env("SystemRoot", folder.join("Windows"))
            .env("ProgramFiles", folder.join("Program Files"))
            .env("TMPDIR", &self.served().temporary)
            .envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }
}

/// A tool of a server: the program under test, being it.
fn install(file: &Path, program: &std::ffi::OsStr, served: &Served, tool: &str) -> io::Result<()> {
    fs::create_dir_all(file.parent().expect("a folder above"))?;
    let [program, host] = [Path::new(program), &served.tools].map(|path| path.display().to_string());
    fs::write(file, format!("#!/bin/sh\nexec '{program}' stand-in '{host}' {tool} \"$@\"\n"))?;
    fs::set_permissions(file, fs::Permissions::from_mode(0o755))
}

/// A plan as an administrator of that server writes it.
fn plan(role: &str, estate: &Estate, served: &Served, store: &Path, encryption: &str) -> String {
    let mut text = String::new();
    let mut key = |name: &str, value: &str| {
        let _ = writeln!(text, "{name} = '{value}'");
    };
    let here = |path: &Path| path.display().to_string();
    key("server", &served.server);
    key("encryption", encryption);
    if let Some(login) = &served.login {
        key("login", &login.name);
        key("password", &login.password);
    }
    key("store", &here(store));
    key("backup_folder", &served.backup_folder.engine);
    key("backup_folder_here", &here(&served.backup_folder.here));
    if role == "destination" {
        key("content_dir", &served.content_root.engine);
    }
    let (source, destination) = (here(&estate.source), here(&estate.destination));
    format!(
        "[migration]\nname = 'm'\nrole = '{role}'\n\n[content]\nsource = '{source}'\ndestination = '{destination}'\n\n\
         [database]\n{text}"
    )
}
