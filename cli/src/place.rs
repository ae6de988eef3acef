//! Where things lie when nobody says: the plan, the journal, the keys.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::config::{self, Loaded};
use crate::error::Failure;

/// The plan's name where nobody says.
const DEFAULT_PLAN: &str = "migration.toml";

/// Options every command takes.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Everywhere")]
pub struct Global {
    /// The plan
    #[arg(long, global = true, value_name = "FILE", default_value = DEFAULT_PLAN)]
    pub plan: PathBuf,
    /// The journal's folder [default: NAME.journal beside the plan; on Windows %ProgramData%\wsusmigrate\NAME]
    #[arg(long, global = true, value_name = "DIR")]
    pub journal: Option<PathBuf>,
    /// The folder of the signing keys, outside the journal's [default: the account's or the machine's state folder]
    #[arg(long, global = true, value_name = "DIR", env = "WSUSMIGRATE_KEYS")]
    pub keys: Option<PathBuf>,
    /// Answer in JSON
    #[arg(long, global = true)]
    pub json: bool,
}

impl Global {
    /// The plan, read and checked.
    pub fn load_plan(&self) -> Result<Loaded, Failure> {
        config::load(&self.plan)
    }

    /// The journal's folder: what was given, else the one the plan's name stands for.
    pub fn journal_folder(&self) -> Result<PathBuf, Failure> {
        match &self.journal {
            Some(folder) => Ok(folder.clone()),
            None => Ok(default_journal(&self.load_plan()?)),
        }
    }

    /// A command to type next, with the places that were named this time.
    #[must_use]
    pub fn with_places(&self, next: &str) -> String {
        let Some(command) = next.strip_prefix("wsusmigrate ") else { return next.to_owned() };
        let (command, remark) =
            command.split_once("   ").map_or((command, ""), |(command, remark)| (command, remark));
        let mut line = format!("wsusmigrate {command}");
        let plan = (self.plan != Path::new(DEFAULT_PLAN)).then_some(&self.plan);
        for (option, place) in
            [("--plan", plan), ("--journal", self.journal.as_ref()), ("--keys", self.keys.as_ref())]
        {
            if let Some(place) = place {
                let place = place.display().to_string();
                let quote = if place.contains(char::is_whitespace) { "\"" } else { "" };
                line = format!("{line} {option} {quote}{place}{quote}");
            }
        }
        if remark.is_empty() { line } else { format!("{line}   {remark}") }
    }

    /// The option that names a place on the command line, if one does. The environment does not count: it is set once
    /// for every command.
    #[must_use]
    pub fn named_place(&self) -> Option<&'static str> {
        let from_environment = std::env::var_os("WSUSMIGRATE_KEYS").map(PathBuf::from);
        if self.plan != Path::new(DEFAULT_PLAN) {
            Some("--plan")
        } else if self.journal.is_some() {
            Some("--journal")
        } else if self.keys.is_some() && self.keys != from_environment {
            Some("--keys")
        } else {
            None
        }
    }

    /// The folder of the signing keys.
    #[must_use]
    pub fn keys_folder(&self) -> PathBuf {
        self.keys.clone().unwrap_or_else(default_keys)
    }
}

/// The journal's folder of a plan.
#[must_use]
pub fn default_journal(loaded: &Loaded) -> PathBuf {
    let name = &loaded.plan.migration.name;
    match program_data() {
        Some(folder) => folder.join("wsusmigrate").join(name),
        None => loaded.file.parent().unwrap_or_else(|| Path::new("")).join(format!("{name}.journal")),
    }
}

fn default_keys() -> PathBuf {
    if let Some(folder) = program_data() {
        return folder.join("wsusmigrate-keys");
    }
    let state = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from);
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/state"));
    let state = state.filter(|folder| folder.is_absolute()).or_else(home);
    state.unwrap_or_else(|| PathBuf::from("/var/lib")).join("wsusmigrate/keys")
}

/// `%ProgramData%`, on Windows.
fn program_data() -> Option<PathBuf> {
    if cfg!(windows) { std::env::var_os("ProgramData").map(PathBuf::from) } else { None }
}
