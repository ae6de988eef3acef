//! The plans of a rehearsal, as an administrator would have written them for each server.

use std::fmt::Write as _;
use std::path::Path;

use wsusmigrate_core::event::run::Role;
use wsusmigrate_core::plan::BATCH_FILES_DEFAULT;
use wsusmigrate_fixtures::{Estate, Scenario, Served, Serving};

use crate::command::rehearse::folder::Folder;
use crate::config;
use crate::error::Failure;
use crate::exit::Exit;

/// Writes the plan of every server there is.
pub(super) fn write(
    folder: &Folder,
    scenario: &Scenario,
    estate: &Estate,
    serving: Option<&Serving>,
) -> Result<(), Failure> {
    let shown = |path: &Path| path.display().to_string();
    let batch_files = scenario.batch_files.unwrap_or(BATCH_FILES_DEFAULT);
    let content =
        config::template("rehearsal", &shown(&estate.source), &shown(&estate.destination), batch_files);
    let Some(serving) = serving else { return save(&folder.plan(Role::Destination), &content) };
    let store = shown(serving.store());
    for (role, served) in [(Role::Source, serving.source()), (Role::Destination, serving.destination())] {
        let text = content.replacen("[content]", &format!("role = \"{}\"\n\n[content]", role.word()), 1);
        let rests = role == Role::Source && scenario.database.as_ref().is_some_and(|it| it.quiesce);
        let rests = if rests { "quiesce = true\n" } else { "" };
        save(&folder.plan(role), &(text + &database(role, served, &store) + rests))?;
    }
    Ok(())
}

fn database(role: Role, served: &Served, store: &str) -> String {
    let mut text = String::from("\n[database]\n");
    let mut key = |name: &str, value: &str| {
        let _ = writeln!(text, "{name} = {}", toml::Value::String(value.to_owned()));
    };
    key("server", &served.server);
    key("encryption", served.encryption);
    if let Some(login) = &served.login {
        key("login", &login.name);
        key("password", &login.password);
    }
    key("store", store);
    key("backup_folder", &served.backup_folder.engine);
    key("backup_folder_here", &served.backup_folder.here.display().to_string());
    if role == Role::Destination {
        key("content_dir", &served.content_root.engine);
    }
    text
}

fn save(file: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(file, text).map_err(|error| {
        Failure::new(Exit::Failed, format!("cannot write {}", file.display())).because(&error)
    })
}
