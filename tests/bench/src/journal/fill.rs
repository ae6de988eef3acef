//! Copies of a journal's records in the peers' stores, for the series that read.

use std::path::Path;
use std::time::Instant;

use wsusmigrate_journal::{Reader, RecordSource as _};

use super::peer::{self, Kind, PeerError};
use super::task::Answer;

/// Records of one commit.
const GROUP_RECORDS: usize = 4_096;

/// Copies everything.
pub(super) fn fill(kind: Kind, journal: &Path, dir: &Path) -> Result<Answer, PeerError> {
    let begun = Instant::now();
    let reader = Reader::open(journal)?;
    let mut store = peer::open(kind, dir)?.ok_or("the journal is filled by itself")?;
    let (mut first, mut group) = (0, Vec::with_capacity(GROUP_RECORDS));
    for raw in reader.records(0..reader.size()) {
        group.push(raw?.payload().into());
        if group.len() == GROUP_RECORDS {
            store.commit(first, &group)?;
            first += group.len() as u64;
            group.clear();
        }
    }
    if !group.is_empty() {
        store.commit(first, &group)?;
    }
    drop(store);
    Ok(Answer::new(reader.size(), begun.elapsed().as_secs_f64()))
}
