//! Journals that are made here: where they stand, and the one everything is measured with.

use std::path::{Path, PathBuf};

use wsusmigrate_journal::{Append, Create, Expected, Journal, evidence};

use super::history::{BEGUN, History, MIGRATION, STREAM};
use super::peer::PeerError;
use super::task::Answer;

/// Files of the migration: what the state folded from its journal grows to.
pub(super) const FILES: u64 = 200_000;
/// Events of one append where many go together.
pub(super) const GROUP_EVENTS: usize = 256;
/// Appends that wait at once where full speed is wanted.
const IN_FLIGHT_MAX: usize = 16;

/// The journal's folder in a place of its own.
pub(super) fn dir(place: &Path) -> PathBuf {
    place.join("journal")
}

fn keys(place: &Path) -> PathBuf {
    place.join("keys")
}

pub(super) fn create(place: &Path) -> Result<Journal, PeerError> {
    let create = Create {
        migration: MIGRATION,
        name: "bench".into(),
        stream: STREAM,
        host: "WSUS-OLD".into(),
        program: env!("CARGO_PKG_VERSION").into(),
        time: BEGUN,
    };
    Ok(Journal::create(&dir(place), &keys(place), create)?)
}

pub(super) fn open(place: &Path) -> Result<Journal, PeerError> {
    Ok(Journal::open(&dir(place), &keys(place), BEGUN)?.0)
}

/// The history that goes into a journal; its evidence is written.
pub(super) fn history(place: &Path) -> Result<History, PeerError> {
    let evidence = evidence::write_bytes(&dir(place), b"wsusmigrate-list 1\n")?;
    Ok(History::new(FILES, evidence))
}

/// Appends `events` events at full speed: in groups, some of them in flight.
pub(super) fn append(journal: &Journal, history: &mut History, events: u64) -> Result<(), PeerError> {
    let mut in_flight = std::collections::VecDeque::new();
    let mut left = usize::try_from(events)?;
    while left > 0 {
        let batch: Vec<_> = history.by_ref().take(GROUP_EVENTS.min(left)).collect();
        left -= batch.len();
        if in_flight.len() == IN_FLIGHT_MAX {
            in_flight.pop_front().map(Append::wait).transpose()?;
        }
        in_flight.push_back(journal.append(batch, Expected::Any));
    }
    in_flight.into_iter().try_for_each(|append| append.wait().map(drop))?;
    Ok(())
}

/// A journal of `events` records in all, closed.
pub(super) fn generate(place: &Path, events: u64) -> Result<Answer, PeerError> {
    let begun = std::time::Instant::now();
    let journal = create(place)?;
    append(&journal, &mut history(place)?, events.saturating_sub(1))?;
    journal.close()?;
    Ok(Answer::new(events, begun.elapsed().as_secs_f64()))
}
