//! Files that people name for what a command makes: whole or not at all, for their owner only, and outside the journal's
//! folder, which is its own.

use std::io::{self, BufWriter, Write as _};
use std::path::Path;

use wsusmigrate_journal::FileError;
use wsusmigrate_journal::outside::{self, There};

use crate::error::Failure;
use crate::exit::Exit;
use crate::place::Global;
use crate::platform;
use crate::show::{self, Answer, Body};

/// Writes an answer to a new file instead of standard output.
pub(super) fn answer(file: &Path, body: Body, json: bool, global: &Global) -> Result<Answer, Failure> {
    refuse_inside_journal(file, global)?;
    let mut failed = None;
    let written = outside::write(file, There::Kept, |to| {
        let mut out = BufWriter::new(to);
        match show::write(body, json, &mut out)? {
            Ok(()) => out.flush(),
            Err(failure) => {
                failed = Some(failure);
                Err(io::Error::other("what was to be written could not be read"))
            }
        }
    });
    match (written, failed) {
        (Ok(()), _) => Ok(Answer::well(Body::Nothing)),
        (Err(_), Some(failure)) => Err(failure),
        (Err(error), None) => Err(unwritable(file, &error)),
    }
}

/// Writes bytes to a new file.
pub(super) fn bytes(file: &Path, bytes: &[u8]) -> Result<(), Failure> {
    outside::write(file, There::Kept, |to| to.write_all(bytes)).map_err(|error| unwritable(file, &error))
}

/// Refuses a name that is taken.
pub(super) fn refuse_there(file: &Path) -> Result<(), Failure> {
    outside::refuse(file).map_err(|error| unwritable(file, &error))
}

/// Refuses a place in the journal's folder.
pub(super) fn refuse_inside_journal(file: &Path, global: &Global) -> Result<(), Failure> {
    if !platform::is_inside(file, &global.journal_folder()?).unwrap_or(false) {
        return Ok(());
    }
    Err(Failure::new(Exit::Usage, format!("{} would lie in the journal's folder", file.display()))
        .hint("Name a place outside it: what lies in there is the journal's own."))
}

fn unwritable(file: &Path, error: &FileError) -> Failure {
    let hint = if error.source.kind() == io::ErrorKind::AlreadyExists {
        "Choose a new file with --out FILE; what is there is not written over."
    } else {
        "Nothing is left of it. Check the path, the space and the rights of the account."
    };
    Failure::new(Exit::Failed, format!("cannot write {}", file.display())).because(&error.source).hint(hint)
}
