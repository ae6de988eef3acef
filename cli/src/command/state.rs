//! Reading a journal without its lock: what `status`, `report`, `rollback` and `replay` begin with.

use wsusmigrate_core::projection::Migration;
use wsusmigrate_journal::{RawRecord, ReadError, Reader, Record, Replayed, Upto, replay, snapshots_dir};

use crate::error::Failure;
use crate::exit::Exit;
use crate::place::Global;

/// What to do where the durable head alone is missing or unreadable.
pub(super) const HEAD_ANEW: &str =
    "`wsusmigrate run` writes the head anew from the log; nothing is lost by it.";

/// Opens the journal for reading; works beside a run.
pub(super) fn reader(global: &Global) -> Result<Reader, Failure> {
    let folder = global.journal_folder()?;
    Reader::open(&folder).map_err(|error| read_failure(&error))
}

/// The state of the migration at a moment.
pub(super) fn state(global: &Global, upto: Upto) -> Result<Migration, Failure> {
    let folder = global.journal_folder()?;
    let reader = reader(global)?;
    let replayed: Replayed<Migration> =
        replay(&reader, Some(&snapshots_dir(&folder)), upto).map_err(|error| read_failure(&error))?;
    Ok(replayed.state)
}

/// What a record says.
pub(super) fn decode(raw: &RawRecord) -> Result<Record, Failure> {
    raw.decode().map_err(|source| read_failure(&ReadError::Undecodable { seq: raw.seq(), source }))
}

/// A record that was asked for and is not there.
pub(super) fn no_record(asked: &dyn std::fmt::Display, size: u64) -> Failure {
    Failure::new(Exit::Usage, format!("there is no record {asked}: the journal has {size}"))
        .hint("`wsusmigrate journal log` lists them; numbers begin with 0.")
}

/// A journal that cannot be read, with what to do about it.
pub(super) fn read_failure(error: &ReadError) -> Failure {
    if let ReadError::Beyond { asked, size } = error {
        // What is asked for ends before a number; people ask for the one before it. The greatest number has none behind it:
        // there it may have been that one, or the one before.
        let record = match *asked {
            u64::MAX => "with so great a number".to_owned(),
            asked => asked.saturating_sub(1).to_string(),
        };
        return no_record(&record, *size);
    }
    let (exit, hint) = match error {
        ReadError::NotFound { .. } => {
            (Exit::Usage, "Begin with `wsusmigrate run`, or name the journal with --journal DIR.")
        }
        ReadError::Unborn(_) => (Exit::Usage, "The next `wsusmigrate run` begins it anew."),
        ReadError::NoHead { .. } => (Exit::JournalDamaged, HEAD_ANEW),
        ReadError::Damaged { .. } => (
            Exit::JournalDamaged,
            "`wsusmigrate journal verify` says what is damaged; where sled/ is whole, `wsusmigrate run` rebuilds log/.",
        ),
        ReadError::NewerFormat { .. } => (Exit::Usage, "Use the newer program that wrote it."),
        _ => (Exit::Failed, "`wsusmigrate journal verify` says more."),
    };
    Failure::new(exit, "cannot read the journal").because(error).hint(hint)
}
