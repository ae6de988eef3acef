//! Files of backups as this program reaches them: copied with their digest, hashed, and proved to be what the engine sees.

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
use crate::platform::{self, Folder, Overwrite};
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
    pour(path, &mut io::sink(), "hashing", talk)
}

/// How a copy ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Copied {
    /// It lies under its name, or the same bytes did.
    There(Sha256, u64),
    /// What was read is not what was wanted: nothing was put under the name.
    Different(Sha256),
    /// Something else stands under the name, and was left as it is.
    Occupied(Sha256),
}

/// Copies a file, where nothing stands under its new name: beside it, synced, then renamed without ever replacing anything.
/// Whatever stands there already is hashed instead: the same bytes are as good as a copy.
///
/// A crash leaves nothing, or a file named `.wsusmigrate-tmp`, which the next attempt makes anew, or the whole copy.
pub(super) fn copy_new(from: &Path, to: &Path, wanted: Option<Sha256>, talk: Talk) -> io::Result<Copied> {
    let (Some(parent), Some(name)) = (to.parent(), to.file_name()) else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it has no name in a folder"));
    };
    if fs::symlink_metadata(to).is_ok() {
        return standing(from, to, wanted, talk);
    }
    let temporary = to.with_extension("wsusmigrate-tmp");
    match fs::remove_file(&temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut out = OpenOptions::new().write(true).create_new(true).open(&temporary)?;
    let (found, bytes) = pour(from, &mut out, "copying", talk)?;
    if wanted.is_some_and(|wanted| found != wanted) {
        drop(out);
        fs::remove_file(&temporary)?;
        return Ok(Copied::Different(found));
    }
    out.sync_all()?;
    drop(out);
    let folder = Folder::open_root(parent)?;
    let renamed = folder.rename(&bytes_of(&temporary)?, &bytes_of(Path::new(name))?, Overwrite::Refuse);
    match renamed {
        // Somebody was faster: what stands there now is looked at, and what was copied goes.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            fs::remove_file(&temporary)?;
            standing(from, to, wanted, talk)
        }
        Err(error) => Err(error),
        Ok(()) => {
            folder.sync()?;
            Ok(Copied::There(found, bytes))
        }
    }
}

/// Whether what stands under a name is what would be copied there.
fn standing(from: &Path, to: &Path, wanted: Option<Sha256>, talk: Talk) -> io::Result<Copied> {
    let wanted = match wanted {
        Some(wanted) => wanted,
        None => digest(from, talk)?.0,
    };
    let (found, bytes) = digest(to, talk)?;
    Ok(match found == wanted {
        true => Copied::There(found, bytes),
        false if is_one_file(from, to) => Copied::Different(found),
        false => Copied::Occupied(found),
    })
}

fn is_one_file(from: &Path, to: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().ok();
    real(from).is_some_and(|from| real(to) == Some(from))
}

/// The last part of a path, as folders take it.
fn bytes_of(path: &Path) -> io::Result<Vec<u8>> {
    let name = platform::from_os(path.file_name().unwrap_or_default());
    name.map(|name| name.as_bytes().to_vec())
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))
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

#[cfg(test)]
mod tests {
    //! Goal: a copy never costs a file that was there. Method: one for each thing that may stand under the name.

    use super::*;

    const TALK: Talk = Talk { json: true };

    struct Place {
        dir: tempfile::TempDir,
        wanted: Sha256,
    }

    impl Place {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            fs::write(dir.path().join("SUSDB.bak"), "backup").unwrap();
            let (wanted, bytes) = digest(&dir.path().join("SUSDB.bak"), TALK).unwrap();
            assert_eq!(bytes, 6);
            Self { dir, wanted }
        }

        fn path(&self, name: &str) -> PathBuf {
            self.dir.path().join(name)
        }

        fn copy(&self, wanted: Option<Sha256>) -> Copied {
            copy_new(&self.path("SUSDB.bak"), &self.path("SUSDB-1.bak"), wanted, TALK).unwrap()
        }

        fn names(&self) -> Vec<String> {
            let names = fs::read_dir(self.dir.path()).unwrap();
            let mut names: Vec<_> = names.map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
            names.sort();
            names
        }
    }

    #[test]
    fn what_lies_under_a_free_name_afterwards_is_the_copy() {
        for wanted in [true, false] {
            let place = Place::new();
            fs::write(place.path("SUSDB-1.wsusmigrate-tmp"), "what a crash left").unwrap();
            let copied = place.copy(wanted.then_some(place.wanted));
            assert_eq!(copied, Copied::There(place.wanted, 6));
            assert_eq!(fs::read(place.path("SUSDB-1.bak")).unwrap(), b"backup");
            assert_eq!(place.names(), ["SUSDB-1.bak", "SUSDB.bak"]);
        }
    }

    #[test]
    fn another_file_under_the_name_is_left_as_it_is() {
        for wanted in [true, false] {
            let place = Place::new();
            fs::write(place.path("SUSDB-1.bak"), "somebody's").unwrap();
            let copied = place.copy(wanted.then_some(place.wanted));
            assert!(matches!(copied, Copied::Occupied(found) if found != place.wanted), "{copied:?}");
            assert_eq!(fs::read(place.path("SUSDB-1.bak")).unwrap(), b"somebody's");
            assert_eq!(place.names(), ["SUSDB-1.bak", "SUSDB.bak"]);
        }
    }

    #[test]
    fn the_same_bytes_under_the_name_are_as_good_as_a_copy() {
        let place = Place::new();
        fs::write(place.path("SUSDB-1.bak"), "backup").unwrap();
        assert_eq!(place.copy(Some(place.wanted)), Copied::There(place.wanted, 6));
    }

    #[test]
    fn what_is_not_what_was_recorded_is_put_nowhere() {
        let place = Place::new();
        fs::write(place.path("SUSDB.bak"), "beckup").unwrap();
        let copied = place.copy(Some(place.wanted));
        assert!(matches!(copied, Copied::Different(found) if found != place.wanted), "{copied:?}");
        assert_eq!(place.names(), ["SUSDB.bak"]);
        let one = place.path("SUSDB.bak");
        let copied = copy_new(&one, &one, Some(place.wanted), TALK).unwrap();
        assert!(matches!(copied, Copied::Different(_)), "{copied:?}");
    }
}
