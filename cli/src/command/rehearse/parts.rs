//! The two halves of a rehearsal: each simulated server with its own plan, journal, keys and tools, and what is handed over
//! between them, by the commands a person would type.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use wsusmigrate_core::event::run::Role;
use wsusmigrate_fixtures::{Served, Serving};

use crate::adapter::host::{Tool, Tools};
use crate::command::rehearse::folder::Folder;
use crate::command::{journal, plan};
use crate::error::Failure;
use crate::exit::Exit;
use crate::place::Global;
use crate::show::Talk;

/// What a process of the rehearsal has to know of the tools of both servers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Toolboxes {
    source: Toolbox,
    destination: Toolbox,
}

/// The tools of one server.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Toolbox {
    host: PathBuf,
    wsus_tools: PathBuf,
    temporary: PathBuf,
}

impl Toolbox {
    fn of(served: &Served) -> Self {
        Self {
            host: served.tools.clone(),
            wsus_tools: served.wsus_tools.clone(),
            temporary: served.temporary.clone(),
        }
    }
}

impl Toolboxes {
    pub(super) fn of(serving: &Serving) -> Self {
        Self { source: Toolbox::of(serving.source()), destination: Toolbox::of(serving.destination()) }
    }

    /// Writes it where the process that crashes finds it.
    pub(super) fn save(&self, folder: &Folder) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(self).map_err(|error| defect(&error))?;
        std::fs::write(folder.tools(), text).map_err(|error| {
            Failure::new(Exit::Failed, format!("cannot write {}", folder.tools().display())).because(&error)
        })
    }

    /// Reads it; nothing where the estate has no servers.
    pub(super) fn load(folder: &Folder) -> Result<Option<Self>, Failure> {
        match std::fs::read(folder.tools()) {
            Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|error| defect(&error)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(defect(&error)),
        }
    }

    /// The tools of a server: this program again, being the tool.
    pub(super) fn tools(&self, role: Role) -> Result<Tools, Failure> {
        let program = std::env::current_exe().map_err(|error| defect(&error))?;
        let toolbox = match role {
            Role::Source => &self.source,
            Role::Destination => &self.destination,
        };
        let tool = |name: &str| Tool::new(&program).with("stand-in").with(&toolbox.host).with(name);
        Ok(Tools {
            powershell: tool("powershell"),
            wsusutil: tool("wsusutil"),
            wsus_tools: toolbox.wsus_tools.clone(),
            temporary: toolbox.temporary.clone(),
        })
    }
}

/// Hands over: the source's records up to the newest checkpoint, taken in by the destination; then the approval.
pub(super) fn hand_over(folder: &Folder, serving: &Serving, talk: Talk) -> Result<(), Failure> {
    let bundle = serving.store().join("source.tar");
    journal::export_bundle_to(&bundle, &global(folder, Role::Source, talk))?;
    let damaged = serving.carry_store().map_err(|error| {
        Failure::new(Exit::Failed, "the migration store cannot be carried").because(&error)
    })?;
    for path in damaged {
        talk.say(&format!("on the way a byte of {} was inverted", path.display()));
    }
    journal::import_bundle(&bundle, &global(folder, Role::Destination, talk))?;
    let destination = global(folder, Role::Destination, talk);
    let loaded = destination.load_plan()?;
    plan::approve(&loaded.plan, "rehearsal", "approved by the rehearsal itself", &destination)?;
    talk.say("handed over: the source's records were imported, the destination's plan is approved");
    Ok(())
}

/// The options of a command on one of the servers.
fn global(folder: &Folder, role: Role, talk: Talk) -> Global {
    Global {
        plan: folder.plan(role),
        journal: Some(folder.journal(role)),
        keys: Some(folder.keys(role)),
        json: talk.json,
    }
}

fn defect(error: &dyn std::error::Error) -> Failure {
    Failure::new(Exit::Failed, "the rehearsal's own files").because(error)
}
