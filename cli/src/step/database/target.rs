//! The target of the restore: which file it reads, where its files go, what stands there.

use wsusmigrate_core::database::backup::{BackupFile, carried_file};
use wsusmigrate_core::database::facts::DatabaseFile;
use wsusmigrate_core::database::restore::{TargetFolders, targets};
use wsusmigrate_core::database::statement::MoveFile;
use wsusmigrate_core::database::{DATABASE, EnginePath};
use wsusmigrate_core::event::database::BackupRecorded;

use crate::error::Failure;
use crate::executor::Recorder;
use crate::exit::Exit;
use crate::step::context::Context;
use crate::step::database::engine::Engine;
use crate::step::database::files;

/// The carried backup, as the destination's engine names it.
pub(super) fn carried(context: &Context<'_>, recorded: &BackupRecorded) -> Result<EnginePath, Failure> {
    let file = carried_file(recorded.set_guid);
    context.database()?.in_backup_folder(&file).map_err(|error| Failure::new(Exit::Usage, error.to_string()))
}

/// Where files go: the plan's folders, else the instance's own; nothing where neither says.
fn folders(context: &Context<'_>, engine: &mut Engine<'_>) -> Result<Option<TargetFolders>, Failure> {
    let planned = context.database()?.restore_folders();
    let (data, log) = planned.map_err(|error| Failure::new(Exit::Usage, error.to_string()))?;
    Ok(match (data, log) {
        (Some(data), Some(log)) => Some(TargetFolders { data, log }),
        (data, log) => {
            let facts = engine.facts()?;
            let master = engine.files("master")?;
            let own = TargetFolders::of_instance(&facts, &master);
            own.map(|own| TargetFolders { data: data.unwrap_or(own.data), log: log.unwrap_or(own.log) })
        }
    })
}

/// Those folders, and whether the engine finds them.
pub(super) fn folders_there(
    context: &Context<'_>,
    engine: &mut Engine<'_>,
) -> Result<Vec<(String, bool)>, Failure> {
    let Some(TargetFolders { data, log }) = folders(context, engine)? else { return Ok(Vec::new()) };
    let mut found: Vec<(String, bool)> = Vec::new();
    for folder in [data, log] {
        let shown = folder.to_string();
        if found.iter().any(|(known, _)| *known == shown) {
            continue;
        }
        // Of a folder the engine tells by what would lie in it.
        let inside =
            folder.join("SUSDB.mdf").map_err(|error| Failure::new(Exit::Usage, error.to_string()))?;
        found.push((shown, files::look_at(engine, &inside)?.has_folder));
    }
    Ok(found)
}

/// Where each file of the backup goes, or why nothing can be said.
pub(super) fn moves(
    context: &Context<'_>,
    engine: &mut Engine<'_>,
    listed: &[BackupFile],
) -> Result<Result<Vec<MoveFile>, String>, Failure> {
    let Some(folders) = folders(context, engine)? else {
        return Ok(Err(
            "the instance does not say where its files lie: set database.data_folder and log_folder".into(),
        ));
    };
    Ok(targets(listed, &folders).map_err(|error| error.to_string()))
}

/// What stands where the files would go.
pub(super) struct Standing {
    /// Targets that exist.
    pub(super) existing: Vec<EnginePath>,
    /// The files of the database that is dropped: the one there now, or the one that was.
    pub(super) dropped: Vec<EnginePath>,
    /// Targets whose folder the engine does not find.
    pub(super) folderless: Vec<EnginePath>,
}

/// Looks, as the engine's account.
pub(super) fn standing(
    engine: &mut Engine<'_>,
    recorder: &Recorder,
    moves: &[MoveFile],
) -> Result<Standing, Failure> {
    let (mut existing, mut folderless) = (Vec::new(), Vec::new());
    for file in moves {
        let seen = files::look_at(engine, &file.target)?;
        existing.extend(seen.is_file.then(|| file.target.clone()));
        folderless.extend((!seen.has_folder).then(|| file.target.clone()));
    }
    let there = engine.files(DATABASE)?;
    let mut dropped: Vec<_> = there.iter().filter_map(DatabaseFile::engine_path).collect();
    let before = recorder.state().database.before_files.iter();
    dropped.extend(before.filter_map(|file| EnginePath::new(file.physical.as_str()).ok()));
    Ok(Standing { existing, dropped, folderless })
}
