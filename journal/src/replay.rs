//! The state at any moment: a projection folded over the records up to it.

use std::path::{Path, PathBuf};

use wsusmigrate_core::projection::Projection;
use wsusmigrate_core::unit::TimeMicros;

use crate::error::ReadError;
use crate::place::Place;
use crate::reader::RecordSource;
use crate::record::Record;
use crate::snapshot;

/// Up to where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Upto {
    /// Everything durable.
    Now,
    /// The first so many records.
    Size(u64),
    /// Everything before the first record that is later. Where a clock stepped back this may be less than every
    /// record with an earlier time; it is always a prefix, and always the same one.
    Time(TimeMicros),
}

/// A state and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replayed<P> {
    /// The state.
    pub state: P,
    /// Records folded.
    pub size: u64,
    /// Time of the last of them.
    pub time: Option<TimeMicros>,
    /// How many of those read now are of types this program does not know; they were passed over.
    pub unknown: u64,
}

/// Where a journal's snapshots stand.
#[must_use]
pub fn snapshots_dir(journal: &Path) -> PathBuf {
    Place::new(journal).snapshots()
}

/// Folds a projection, from the newest snapshot that agrees with the log where there is one.
pub fn replay<P: Projection>(
    source: &dyn RecordSource,
    snapshots: Option<&Path>,
    upto: Upto,
) -> Result<Replayed<P>, ReadError> {
    let size = match upto {
        Upto::Size(asked) if asked > source.size() => {
            return Err(ReadError::Beyond { asked, size: source.size() });
        }
        Upto::Size(size) => size,
        Upto::Now | Upto::Time(_) => source.size(),
    };
    // A snapshot does not say when its records were made, so a moment in time is folded from the beginning.
    let usable = snapshots.filter(|_| !matches!(upto, Upto::Time(_)));
    let mut replayed = usable
        .and_then(|folder| from_snapshot::<P>(source, folder, size))
        .unwrap_or_else(|| Replayed { state: P::default(), size: 0, time: None, unknown: 0 });
    for raw in source.records(replayed.size..size) {
        let raw = raw?;
        let record = raw.decode().map_err(|source| ReadError::Undecodable { seq: raw.seq(), source })?;
        let time = record.envelope().time;
        if matches!(upto, Upto::Time(until) if time > until) {
            break;
        }
        match record {
            Record::Known(recorded) => replayed.state.apply(&recorded),
            Record::Unknown(_) => replayed.unknown += 1,
        }
        replayed.size += 1;
        replayed.time = Some(time);
    }
    Ok(replayed)
}

fn from_snapshot<P: Projection>(source: &dyn RecordSource, folder: &Path, size: u64) -> Option<Replayed<P>> {
    let stream = source.identity().stream;
    snapshot::candidates::<P>(folder, P::NAME, P::VERSION, stream, size).find_map(|(label, state)| {
        // The leaf hash of the last record covers, through the chain, every record before it.
        let last = source.records(label.size.checked_sub(1)?..label.size).next()?.ok()?;
        if last.leaf() != label.leaf {
            return None;
        }
        let time = Some(last.decode().ok()?.envelope().time);
        Some(Replayed { state, size: label.size, time, unknown: 0 })
    })
}
