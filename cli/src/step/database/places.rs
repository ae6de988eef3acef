//! Facts of the places backups go to, before anything takes long.

use wsusmigrate_core::check::PlaceFacts;
use wsusmigrate_core::database::backup::{BackupFile, carried_file};
use wsusmigrate_core::database::facts::FileKind;
use wsusmigrate_core::database::space::{Need, Piece, Room};
use wsusmigrate_core::decide::is_backed_up;
use wsusmigrate_core::event::database::{BackupOf, BackupRecorded, FileRecorded};
use wsusmigrate_core::projection::Migration;

use crate::error::Failure;
use crate::step::context::Context;
use crate::step::database::engine::Engine;
use crate::step::database::{files, room, target};

/// Of the source, which writes its backup into the folder and into the store. One that was made already is carried only.
pub(super) fn of_source(
    context: &Context<'_>,
    engine: &mut Engine<'_>,
    state: Option<&Migration>,
) -> Result<PlaceFacts, Failure> {
    let made = state.filter(|state| is_backed_up(state) && !context.is_asked_again());
    let made = made.and_then(|state| state.database.backups.get(&BackupOf::Source));
    let (room, store_bytes) = match made {
        Some((_, made)) => (Room::default(), made.file_bytes),
        None => room::of_backup(context, engine)?,
    };
    Ok(PlaceFacts {
        folder: files::one_folder(context, engine)?,
        store: files::store_serves(context)?,
        store_bytes,
        room: Ok(room),
        targets: Vec::new(),
    })
}

/// Of the destination, which reads the store and writes into the folder and where SUSDB goes.
pub(super) fn of_destination(context: &Context<'_>, engine: &mut Engine<'_>) -> Result<PlaceFacts, Failure> {
    Ok(PlaceFacts {
        folder: files::one_folder(context, engine)?,
        store: files::store_serves(context)?,
        store_bytes: 0,
        room: room_of_destination(context, engine)?,
        targets: target::folders_there(context, engine)?,
    })
}

/// What the destination will need, as far as the source's journal tells.
fn room_of_destination(
    context: &Context<'_>,
    engine: &mut Engine<'_>,
) -> Result<Result<Room, String>, Failure> {
    let Ok(source) = context.source() else { return Ok(Err("the source's journal is not known".to_owned())) };
    let listed: Vec<_> = source.database.files.iter().map(listed).collect();
    let moves = match target::moves(context, engine, &listed)? {
        Ok(moves) => moves,
        Err(why) => return Ok(Err(why)),
    };
    let carried = match source.database.backups.get(&BackupOf::Source) {
        Some((_, backup)) => to_carry(context, backup)?,
        None => None,
    };
    room::of_restore(context, engine, &listed, &moves, carried, false).map(Ok)
}

/// The backup, where it was not carried yet.
fn to_carry(context: &Context<'_>, backup: &BackupRecorded) -> Result<Option<Need>, Failure> {
    let file = carried_file(backup.set_guid);
    if files::folder_here(context)?.join(&file).exists() {
        return Ok(None);
    }
    let bytes = if backup.file_bytes > 0 { backup.file_bytes } else { backup.compressed_bytes };
    let path = room::in_folder(context, &file)?;
    Ok(Some(Need { piece: Piece::CarriedBackup, path, bytes }))
}

/// A file of the source's SUSDB, as its backup will list it.
fn listed(file: &FileRecorded) -> BackupFile {
    BackupFile {
        logical_name: file.logical.to_string(),
        physical_name: file.physical.to_string(),
        kind: match file.kind.as_str() {
            "ROWS" => FileKind::Data,
            "LOG" => FileKind::Log,
            _ => FileKind::Other,
        },
        bytes: file.bytes,
        is_present: true,
    }
}
