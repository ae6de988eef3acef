//! Whether a journal is ended for good. One that is is not opened for writing.

use std::path::Path;

use wsusmigrate_core::event::run::{JournalRecovered, JournalSealed, Recovery};
use wsusmigrate_core::event::{Event, RunEvent};

use crate::checkpoint;
use crate::confirmation;
use crate::error::OpenError;
use crate::journal::{Attempt, Journal};
use crate::key::{self, SigningKey};
use crate::log::read::LogRecords;
use crate::open::{Mended, from_read};
use crate::record::Record;

/// What the seal says, where a log of so many records has one. A seal is the last record or none: the table of
/// histories lets nothing follow it.
pub(crate) fn at_end(log: &Path, size: u64) -> Result<Option<JournalSealed>, OpenError> {
    let Some(last) = LogRecords::new(log, size.saturating_sub(1)..size).next() else { return Ok(None) };
    Ok(match last.map_err(from_read)?.decode() {
        Ok(Record::Known(recorded)) => match recorded.event {
            Event::Run(RunEvent::JournalSealed(seal)) => Some(seal),
            _ => None,
        },
        // What cannot be decoded is for replay and verify to judge.
        Ok(Record::Unknown(_)) | Err(_) => None,
    })
}

/// Refuses to open a sealed journal, after what an interrupted sealing left undone is done: the head published, the last
/// checkpoint signed. Nothing is appended, not even what opening found.
pub(crate) fn refuse(
    attempt: &Attempt<'_>,
    mended: Mended,
    findings: &[JournalRecovered],
    seal: &JournalSealed,
) -> OpenError {
    let keys = attempt.keys;
    let dir = attempt.place.root().to_owned();
    let size = mended.end.at.next;
    let head_lost = findings.iter().any(|found| found.finding == Recovery::HeadRebuilt);
    let stream = mended.identity.stream;
    // Written last of all. Where there is no key, nothing can be signed any more.
    let outside = checkpoint::read(&key::outside_head(keys, stream));
    let signed =
        matches!(outside, Ok(Some(Ok(head))) if head.size == size) || !key::path(keys, stream).exists();
    if (head_lost || !signed)
        && let Err(error) = conclude(attempt, mended)
    {
        return error;
    }
    OpenError::Sealed { dir, account: seal.account.to_string(), reason: seal.reason.to_string() }
}

fn conclude(attempt: &Attempt<'_>, mended: Mended) -> Result<(), OpenError> {
    let key = SigningKey::load(attempt.keys, mended.identity.stream, &mended.identity.public_key)?;
    // Nothing can be recorded of it.
    confirmation::restore(attempt.place, attempt.keys, &key, &mended.identity, &mut Vec::new())?;
    // It takes nothing: its queue is closed from the beginning on.
    let (journal, _) = Journal::start(attempt, key, mended)?;
    journal.close().map_err(|error| OpenError::SealUnfinished(Box::new(error)))
}
