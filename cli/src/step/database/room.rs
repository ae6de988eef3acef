//! Room for backups and for a restore, volume by volume.

use wsusmigrate_core::database::backup::BackupFile;
use wsusmigrate_core::database::space::{self, Need, Piece, Room, Volume};
use wsusmigrate_core::database::statement::{self, MoveFile};
use wsusmigrate_core::database::{DATABASE, EnginePath};

use crate::error::Failure;
use crate::exit::Exit;
use crate::platform;
use crate::step::context::Context;
use crate::step::database::engine::Engine;
use crate::step::database::files;

/// Room for the backup of the source's SUSDB.
pub(super) fn of_backup(context: &Context<'_>, engine: &mut Engine<'_>) -> Result<(Room, u64), Failure> {
    let bytes = space::backup_bytes_max(&engine.files(DATABASE)?);
    let need = Need { piece: Piece::Backup, path: in_folder(context, "SUSDB.bak")?, bytes };
    Ok((Room::judge(&volumes(context, engine)?, &[need], &[]), bytes))
}

/// Room for what the destination writes: the backup that is `carried`, where it is not there yet, the safety backup of what is
/// there, unless that is what a cut restore left (`is_leftover`), and the restored files.
pub(super) fn of_restore(
    context: &Context<'_>,
    engine: &mut Engine<'_>,
    listed: &[BackupFile],
    moves: &[MoveFile],
    carried: Option<Need>,
    is_leftover: bool,
) -> Result<Room, Failure> {
    let there = engine.files(DATABASE)?;
    let mut needs: Vec<_> = carried.into_iter().collect();
    if !there.is_empty() && !is_leftover {
        let (path, bytes) = (in_folder(context, "SUSDB-own.bak")?, space::backup_bytes_max(&there));
        needs.push(Need { piece: Piece::SafetyBackup, path, bytes });
    }
    needs.extend(space::restored(listed, moves));
    Ok(Room::judge(&volumes(context, engine)?, &needs, &there))
}

/// A file in the folder of backups.
pub(super) fn in_folder(context: &Context<'_>, file: &str) -> Result<EnginePath, Failure> {
    let path = context.database()?.in_backup_folder(file);
    path.map_err(|error| Failure::new(Exit::Usage, error.to_string()))
}

/// The volumes the engine tells of, which are those its databases lie on. Where the folder of backups lies on none of them, this
/// program measures there itself.
fn volumes(context: &Context<'_>, engine: &mut Engine<'_>) -> Result<Vec<Volume>, Failure> {
    let version = engine.version()?;
    let rows = engine.asked(&statement::free_space(version))?.unwrap_or_default();
    let mut volumes = Volume::from_rows(&rows);
    let mount = in_folder(context, "SUSDB.bak")?.folder();
    if !space::is_told(&volumes, &mount)
        && let Ok(measured) = platform::free_space(&files::folder_here(context)?)
    {
        volumes.push(Volume { mount, free_bytes: measured.available_bytes });
    }
    Ok(volumes)
}
