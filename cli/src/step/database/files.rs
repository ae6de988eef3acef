//! Files of backups as this program reaches them: hashed, and proved to be what the engine sees.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use sha2::Digest as _;
use wsusmigrate_core::check::BackupFolder;
use wsusmigrate_core::database::EnginePath;
use wsusmigrate_core::database::statement;
use wsusmigrate_core::digest::Sha256;
use wsusmigrate_core::event::run::Role;

use crate::error::Failure;
use crate::exit::Exit;
use crate::platform;
use crate::progress::Records;
use crate::show::Talk;
use crate::step::context::Context;
use crate::step::database::engine::{Engine, row_failure};
use crate::step::database::room::in_folder;

/// Bytes that are read at once.
const CHUNK_BYTES: usize = 1 << 20;

/// The folder of backups as this program reaches it.
pub(super) fn folder_here(context: &Context<'_>) -> Result<PathBuf, Failure> {
    let plan = context.database()?;
    let folder = plan.backup_folder_here.as_deref().unwrap_or(&plan.backup_folder);
    Ok(context.request().loaded.resolve(folder))
}

/// The migration store.
pub(super) fn store(context: &Context<'_>) -> Result<PathBuf, Failure> {
    Ok(context.request().loaded.resolve(&context.database()?.store))
}

/// What the engine's account sees at a path.
pub(super) struct Seen {
    /// Whether a file is there.
    pub(super) is_file: bool,
    /// Whether the folder it would lie in is there.
    pub(super) has_folder: bool,
}

/// Asks the engine what is at a path.
pub(super) fn look_at(engine: &mut Engine<'_>, path: &EnginePath) -> Result<Seen, Failure> {
    let version = engine.version()?;
    let row = engine.one(&statement::file_exists(version, path))?;
    let row = row.ok_or_else(|| Failure::new(Exit::Failed, "the engine says nothing of a path"))?;
    // The columns of the older way have blanks in their names: all that counts is their order.
    let flags: Vec<_> = row
        .columns()
        .iter()
        .map(|column| row.bit(column))
        .collect::<Result<_, _>>()
        .map_err(|error| row_failure(&error))?;
    match flags[..] {
        [exists, is_folder, has_folder, ..] => Ok(Seen { is_file: exists && !is_folder, has_folder }),
        _ => Err(Failure::new(Exit::Failed, "the engine's answer about a path has too few columns")),
    }
}

/// Proves that the engine and this program speak of one folder.
pub(super) fn prove_one_folder(context: &Context<'_>, engine: &mut Engine<'_>) -> Result<(), Failure> {
    let folder = one_folder(context, engine)?;
    if !folder.serves(context.plan().migration.role) {
        return Err(Failure::new(Exit::Failed, folder.finding()).hint(folder.remedy()));
    }
    if matches!(folder, BackupFolder::Unwritable(_)) {
        context.talk().say(&format!("warn: {}", folder.finding()));
    }
    Ok(())
}

/// Whether the engine and this program speak of one folder: a file made here must be seen there, and this account must be able
/// to read there. The file is removed again.
pub(super) fn one_folder(context: &Context<'_>, engine: &mut Engine<'_>) -> Result<BackupFolder, Failure> {
    let folder = &context.database()?.backup_folder;
    let name = format!("wsusmigrate-{}.probe", std::process::id());
    let there = in_folder(context, &name)?;
    if !look_at(engine, &there)?.has_folder {
        return Ok(BackupFolder::Absent(format!("the engine finds no folder {folder}")));
    }
    let here = folder_here(context)?;
    if let Err(error) = fs::read_dir(&here) {
        let told = format!("{} cannot be read by this account: {error}", here.display());
        return Ok(BackupFolder::Apart(told));
    }
    let probe = here.join(name);
    if let Err(error) = OpenOptions::new().write(true).create_new(true).open(&probe) {
        let told = format!("{} cannot be written by this account: {error}", here.display());
        return Ok(BackupFolder::Unwritable(told));
    }
    let seen = look_at(engine, &there);
    let removed = fs::remove_file(&probe);
    if !seen?.is_file {
        return Ok(BackupFolder::Apart(format!("{folder} and {} are not one folder", here.display())));
    }
    removed.map_err(|error| io_failure("cannot remove", &probe, &error))?;
    Ok(BackupFolder::Proved(format!("the engine sees in {folder} what is written here")))
}

/// Whether the migration store serves its host: the source writes there, the destination reads. Says what it is, and what is
/// free in it where the system tells.
pub(super) fn store_serves(context: &Context<'_>) -> Result<Result<(String, Option<u64>), String>, Failure> {
    let store = store(context)?;
    let shown = store.display();
    let tried = match context.plan().migration.role {
        Role::Destination => fs::read_dir(&store).map(drop),
        Role::Source => {
            let probe = store.join(format!("wsusmigrate-{}.probe", std::process::id()));
            let made = OpenOptions::new().write(true).create_new(true).open(&probe);
            made.and_then(|_| fs::remove_file(&probe))
        }
    };
    let free = platform::free_space(&store).ok().map(|space| space.available_bytes);
    Ok(match tried {
        Ok(()) => Ok((format!("the migration store {shown}"), free)),
        Err(error) => Err(format!("the migration store {shown} does not serve: {error}")),
    })
}

/// SHA-256 and size of a file, read once.
pub(super) fn digest(path: &Path, talk: Talk) -> io::Result<(Sha256, u64)> {
    let mut file = File::open(path)?;
    let whole = file.metadata()?.len();
    let mut shown = Records::new("hashing", talk);
    let mut hasher = sha2::Sha256::new();
    let mut buffer = vec![0; CHUNK_BYTES];
    let mut bytes = 0;
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok((Sha256(hasher.finalize().into()), bytes));
        }
        hasher.update(&buffer[..read]);
        bytes += read as u64;
        shown.tell(bytes, whole);
    }
}

pub(super) fn io_failure(what: &str, path: &Path, error: &io::Error) -> Failure {
    Failure::new(Exit::Failed, format!("{what} {}", path.display())).because(error)
}
