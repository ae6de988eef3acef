//! Replay: every record read, decoded and folded, in one pass and one thread.

use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use serde::{Deserialize, Serialize};
use wsusmigrate_core::projection::Projection;
use wsusmigrate_core::projection::audit::Audit;
use wsusmigrate_core::projection::content::ContentState;
use wsusmigrate_journal::{RawRecord, ReadError, Reader, Record, RecordSource as _, Upto, replay};

use super::peer::{self, Kind, PeerError};
use super::task::Answer;
use super::{MEMORY, memory};

/// Into what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Fold {
    /// The content step's progress: a map of all files.
    Content,
    /// The auditor's counts: next to nothing, so that reading and decoding are what is measured.
    Audit,
    /// The auditor's counts, and each record's leaf hash against the one the next record carries.
    AuditHashed,
}

pub(super) fn perform(kind: Kind, dir: &Path, fold: Fold) -> Result<Answer, PeerError> {
    match (fold, kind) {
        (Fold::Content, _) => timed::<ContentState>(|state| all(kind, dir, state)),
        (Fold::Audit, _) => timed::<Audit>(|state| all(kind, dir, state)),
        (Fold::AuditHashed, Kind::Journal) => timed::<Audit>(|state| hashed(dir, state)),
        (Fold::AuditHashed, _) => Err("only the journal has leaf hashes".into()),
    }
}

fn timed<P: Projection>(fold: impl FnOnce(&mut P) -> Result<u64, PeerError>) -> Result<Answer, PeerError> {
    let mut state = P::default();
    let begun = Instant::now();
    let events = fold(&mut state)?;
    let answer = Answer::new(events, begun.elapsed().as_secs_f64());
    let mut answer = answer.figure(MEMORY, memory::peak_mib());
    let mut sum = Sum(0);
    serde_json::to_writer(&mut sum, &state)?;
    answer.result = format!("{events} records, state {:08X}", sum.0);
    Ok(answer)
}

/// Replays as the program does, or the same from a peer's store.
fn all<P: Projection>(kind: Kind, dir: &Path, state: &mut P) -> Result<u64, PeerError> {
    if kind == Kind::Journal {
        let replayed = replay::<P>(&Reader::open(dir)?, None, Upto::Now)?;
        *state = replayed.state;
        return Ok(replayed.size);
    }
    let mut events = 0;
    peer::scan(kind, dir, &mut |payload| {
        let raw = RawRecord::from_payload(payload).ok_or("a record is too short")?;
        apply(&raw, state)?;
        events += 1;
        Ok(())
    })?;
    Ok(events)
}

fn hashed(dir: &Path, state: &mut Audit) -> Result<u64, PeerError> {
    let reader = Reader::open(dir)?;
    let (mut leaf, mut other) = (None, None);
    reader.visit(0..reader.size(), &mut |view| {
        if leaf.is_some_and(|leaf| leaf != view.previous()) {
            other = Some(view.seq());
            return Ok(ControlFlow::Break(()));
        }
        leaf = Some(view.leaf());
        let record = view.decode().map_err(|source| ReadError::Undecodable { seq: view.seq(), source })?;
        if let Record::Known(recorded) = record {
            state.apply(&recorded);
        }
        Ok(ControlFlow::Continue(()))
    })?;
    match other {
        None => Ok(reader.size()),
        Some(seq) => Err(format!("record {seq} carries another hash of the one before it").into()),
    }
}

fn apply<P: Projection>(raw: &RawRecord, state: &mut P) -> Result<(), PeerError> {
    match raw.decode()? {
        Record::Known(recorded) => state.apply(&recorded),
        Record::Unknown(_) => return Err("a record is not known".into()),
    }
    Ok(())
}

/// A checksum over what is written into it.
struct Sum(u32);

impl Write for Sum {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = crc32c::crc32c_append(self.0, bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
