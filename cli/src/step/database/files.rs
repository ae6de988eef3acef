//! Files of backups as this program reaches them: copied with their digest, hashed, and proved to be what the engine sees.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use sha2::Digest as _;
use wsusmigrate_core::database::EnginePath;
use wsusmigrate_core::database::statement;
use wsusmigrate_core::digest::Sha256;

use crate::error::Failure;
use crate::exit::Exit;
use crate::progress::Records;
use crate::show::Talk;
use crate::step::context::Context;
use crate::step::database::engine::{Engine, row_failure};

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

/// Proves that the engine and this program speak of one folder: a file made here must be seen there. Where this account
/// may not write, that is told and nothing is proved.
pub(super) fn prove_one_folder(context: &Context<'_>, engine: &mut Engine<'_>) -> Result<(), Failure> {
    let plan = context.database()?;
    let name = format!("wsusmigrate-{}.probe", std::process::id());
    let there = plan.in_backup_folder(&name).map_err(|error| Failure::new(Exit::Usage, error.to_string()))?;
    if !look_at(engine, &there)?.has_folder {
        return Err(Failure::new(
            Exit::Failed,
            format!("the engine finds no folder {}", plan.backup_folder),
        )
        .hint("database.backup_folder is a folder of the engine's host, and the engine's account needs rights there."));
    }
    let here = folder_here(context)?.join(&name);
    if let Err(error) = OpenOptions::new().write(true).create_new(true).open(&here) {
        context.talk().say(&format!("warn: {} cannot be written by this account: {error}", here.display()));
        return Ok(());
    }
    let seen = look_at(engine, &there);
    let removed = fs::remove_file(&here);
    if !seen?.is_file {
        return Err(Failure::new(
            Exit::Failed,
            format!("{} and {} are not one folder", plan.backup_folder, here.parent().unwrap_or(&here).display()),
        )
        .hint("database.backup_folder is how the engine's host names it, database.backup_folder_here how this host does."));
    }
    removed.map_err(|error| io_failure("cannot remove", &here, &error))
}

/// SHA-256 and size of a file, read once.
pub(super) fn digest(path: &Path, talk: Talk) -> io::Result<(Sha256, u64)> {
    pour(path, &mut io::sink(), "hashing", talk)
}

/// Copies a file: under a temporary name, synced, then renamed. What stood under the name is replaced whole or not at all.
pub(super) fn copy(from: &Path, to: &Path, talk: Talk) -> io::Result<(Sha256, u64)> {
    let temporary = to.with_extension("wsusmigrate-tmp");
    let mut out = File::create(&temporary)?;
    let poured = pour(from, &mut out, "copying", talk)?;
    out.sync_all()?;
    drop(out);
    fs::rename(&temporary, to)?;
    if let Some(folder) = to.parent() {
        crate::platform::Folder::open_root(folder)?.sync()?;
    }
    Ok(poured)
}

fn pour(from: &Path, out: &mut dyn io::Write, what: &'static str, talk: Talk) -> io::Result<(Sha256, u64)> {
    let mut file = File::open(from)?;
    let whole = file.metadata()?.len();
    let mut shown = Records::new(what, talk);
    let mut hasher = sha2::Sha256::new();
    let mut buffer = vec![0; CHUNK_BYTES];
    let mut bytes = 0;
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok((Sha256(hasher.finalize().into()), bytes));
        }
        hasher.update(&buffer[..read]);
        out.write_all(&buffer[..read])?;
        bytes += read as u64;
        shown.tell(bytes, whole);
    }
}

pub(super) fn io_failure(what: &str, path: &Path, error: &io::Error) -> Failure {
    Failure::new(Exit::Failed, format!("{what} {}", path.display())).because(error)
}
