//! Whether the kept states are what the log comes to.
//!
//! A snapshot's checksum tells a flipped bit, not a forged state: whoever can write the folder can make both. So what
//! reports are answered from is held against the log itself.

use std::path::Path;

use wsusmigrate_core::projection::Projection;

use super::{Finding, Severity};
use crate::error::ReadError;
use crate::place::Place;
use crate::reader::{Reader, RecordSource as _};
use crate::replay::{Upto, replay};
use crate::snapshot::{self, Label};

/// Folds the log anew up to each snapshot of a projection that a replay would begin with, and compares the states.
/// O(records) for each; a projection has at most two. What comes back is damage, and empty where all is well.
pub fn verify_snapshots<P: Projection>(dir: &Path) -> Result<Vec<Finding>, ReadError> {
    let reader = Reader::open(dir)?;
    let folder = Place::new(dir).snapshots();
    let stream = reader.identity().stream;
    let mut findings = Vec::new();
    for (label, state) in snapshot::candidates::<P>(&folder, P::NAME, P::VERSION, stream, reader.size()) {
        if !is_used(&reader, &label)? {
            continue;
        }
        let replayed = replay::<P>(&reader, None, Upto::Size(label.size))?;
        if snapshot::digest(&replayed.state)? != snapshot::digest(&state)? {
            findings.push(Finding {
                severity: Severity::Damage,
                seq: None,
                event: None,
                file: snapshot::path(&folder, P::NAME, label.size),
                offset: None,
                what: format!(
                    "the snapshot is not what the first {} records come to; the log is right, remove the snapshot",
                    label.size
                ),
            });
        }
    }
    Ok(findings)
}

/// Whether a replay would begin with it: the log has its last record.
fn is_used(reader: &Reader, label: &Label) -> Result<bool, ReadError> {
    let Some(last) = label.size.checked_sub(1) else { return Ok(false) };
    let last = reader.records(last..label.size).next().transpose()?;
    Ok(last.is_some_and(|last| last.leaf() == label.leaf))
}
