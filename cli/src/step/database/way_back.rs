//! Looking whether the conditions of the way back hold now. Nothing is changed and nothing recorded.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use wsusmigrate_core::database::EnginePath;
use wsusmigrate_core::digest::Sha256;
use wsusmigrate_core::event::database::Operation;
use wsusmigrate_core::event::run::Role;
use wsusmigrate_core::id::Guid;
use wsusmigrate_core::projection::Migration;
use wsusmigrate_core::projection::database::OwnBackup;
use wsusmigrate_core::rollback::{SusdbNow, World, safety_backup};

use crate::adapter::host::Host;
use crate::error::Failure;
use crate::step::context::Context;
use crate::step::database::engine::Engine;
use crate::step::database::media::Media;
use crate::step::database::probe::in_one_line;
use crate::step::database::{files, services};

/// The world as it is now. What cannot be looked at says why.
#[must_use]
pub fn look(state: &Migration, context: &Context<'_>) -> World {
    let own = safety_backup(&state.database);
    let none = || Err("no safety backup was recorded".to_owned());
    let mut engine = context.connector().map(|connector| Engine::new(connector, context.reads()));
    let mut asked = |ask: &mut dyn FnMut(&mut Engine<'_>) -> Result<(), Failure>| match &mut engine {
        Ok(engine) => ask(engine).map_err(|failure| in_one_line(&failure)),
        Err(failure) => Err(in_one_line(failure)),
    };
    let (mut susdb, mut set, mut folders) = (None, None, Vec::new());
    let susdb_asked = asked(&mut |engine| {
        susdb = engine.susdb()?.map(|found| SusdbNow {
            database: found.database_guid,
            family: found.family_guid,
            state: found.facts.state,
        });
        Ok(())
    });
    let set_asked = asked(&mut |engine| {
        set = own.map(|own| set_on_medium(own, engine)).transpose()?.flatten();
        Ok(())
    });
    let folders_asked = asked(&mut |engine| {
        folders = folders_of(state, engine)?;
        Ok(())
    });
    let readable = |root: &Path| fs::read_dir(root).map(drop).map_err(|error| error.to_string());
    World {
        susdb: susdb_asked.map(|()| susdb),
        backup_file: own.map_or_else(none, |own| digest(own, context)),
        backup_set: set_asked.map(|()| set),
        folders: folders_asked.map(|()| folders),
        stopped: context
            .host()
            .map_err(|failure| in_one_line(&failure))
            .and_then(|host| stopped(host, context)),
        destination: readable(&context.folders().destination),
        source: readable(&context.folders().source),
    }
}

/// The digest of its file; nothing where it is gone.
fn digest(own: &OwnBackup, context: &Context<'_>) -> Result<Option<Sha256>, String> {
    let path = Path::new(own.backup.program_path.as_str());
    match files::digest(path, context.talk()) {
        Ok((digest, _)) => Ok(Some(digest)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("{}: {error}", path.display())),
    }
}

/// The set at the place of the safety backup; nothing where there is none, or no medium.
fn set_on_medium(own: &OwnBackup, engine: &mut Engine<'_>) -> Result<Option<Guid>, Failure> {
    let Ok(path) = EnginePath::new(own.backup.engine_path.as_str()) else { return Ok(None) };
    let media = Media::read(engine, &path)?;
    let at = media.sets.iter().find(|set| u32::from(set.position) == own.backup.position);
    Ok(at.and_then(|set| set.guid))
}

fn folders_of(state: &Migration, engine: &mut Engine<'_>) -> Result<Vec<(String, bool)>, Failure> {
    let paths =
        state.database.before_files.iter().filter_map(|file| EnginePath::new(file.physical.as_str()).ok());
    let (mut seen, mut folders) = (BTreeSet::new(), Vec::new());
    for path in paths {
        let folder = path.folder().to_string();
        if seen.insert(folder.clone()) {
            folders.push((folder, files::look_at(engine, &path)?.has_folder));
        }
    }
    Ok(folders)
}

fn stopped(host: &Host, context: &Context<'_>) -> Result<bool, String> {
    let operation = match context.plan().migration.role {
        Role::Source => Operation::Quiesce,
        Role::Destination => Operation::StopServices,
    };
    services::are_stopped(operation, host).map_err(|error| error.to_string())
}
