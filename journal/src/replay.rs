//! The state at any moment: a projection folded over the records up to it.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use wsusmigrate_core::projection::Projection;
use wsusmigrate_core::unit::TimeMicros;

use crate::crew::Crew;
use crate::error::ReadError;
use crate::place::Place;
use crate::reader::RecordSource;
use crate::record::{Record, RecordView};
use crate::snapshot;

/// Records that are decoded together.
const STRETCH_RECORDS: usize = 512;
/// Fewer records than this are decoded before other threads have started.
const CREW_RECORDS_MIN: u64 = 4_096;

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
    let range = replayed.size..size;
    let much = range.end - range.start >= CREW_RECORDS_MIN;
    let mut crew = if much { Crew::new(Stretch::decode) } else { Crew::alone(Stretch::decode) };
    let (mut stretch, mut spare) = (Stretch::default(), Stretch::default());
    let (mut flow, mut failed) = (ControlFlow::Continue(()), None);
    let visited = source.visit(range, &mut |view| {
        stretch.add(view);
        if stretch.is_full()
            && let Some(mut decoded) = crew.give(std::mem::replace(&mut stretch, std::mem::take(&mut spare)))
        {
            match replayed.take(&mut decoded, upto) {
                Ok(next) => flow = next,
                Err(error) => (flow, failed) = (ControlFlow::Break(()), Some(error)),
            }
            spare = decoded.into_spare();
        }
        Ok(flow)
    });
    if let Some(error) = failed {
        return Err(error);
    }
    // What was read before an error comes first, and may end before it: a moment in time does not hang on what stands
    // behind it.
    let mut decoded = crew.give(stretch);
    while flow.is_continue() {
        let Some(mut next) = decoded.take().or_else(|| crew.take()) else { break };
        flow = replayed.take(&mut next, upto)?;
    }
    if flow.is_continue() {
        visited?;
    }
    Ok(replayed)
}

impl<P: Projection> Replayed<P> {
    /// Folds what was decoded, as far as it is asked for.
    fn take(&mut self, decoded: &mut Decoded, upto: Upto) -> Result<ControlFlow<()>, ReadError> {
        for record in &decoded.records {
            let time = record.envelope().time;
            if matches!(upto, Upto::Time(until) if time > until) {
                return Ok(ControlFlow::Break(()));
            }
            match record {
                Record::Known(recorded) => self.state.apply(recorded),
                Record::Unknown(_) => self.unknown += 1,
            }
            self.size += 1;
            self.time = Some(time);
        }
        match decoded.failed.take() {
            Some(error) => Err(error),
            None => Ok(ControlFlow::Continue(())),
        }
    }
}

/// Records that follow one another, as they are stored.
#[derive(Default)]
struct Stretch {
    payloads: Vec<u8>,
    ends: Vec<usize>,
    /// Records of an earlier stretch that were folded. They are dropped by the hand that decodes the next ones, and
    /// their place is used again: memory is let go of where it is taken, and the folding thread does neither.
    spent: Vec<Record>,
}

/// Records that follow one another, up to the first that cannot be decoded.
struct Decoded {
    records: Vec<Record>,
    failed: Option<ReadError>,
    /// The emptied stretch they came from.
    stretch: Stretch,
}

impl Stretch {
    fn add(&mut self, view: RecordView<'_>) {
        self.payloads.extend(view.bytes());
        self.ends.push(self.payloads.len());
    }

    fn is_full(&self) -> bool {
        self.ends.len() == STRETCH_RECORDS
    }

    fn decode(mut self) -> Decoded {
        let mut records = std::mem::take(&mut self.spent);
        records.clear();
        let (mut start, mut failed) = (0, None);
        for &end in &self.ends {
            // What was added was a view, so it is one again.
            let Some(view) = RecordView::new(&self.payloads[start..end]) else { continue };
            start = end;
            match view.decode() {
                Ok(record) => records.push(record),
                Err(source) => {
                    failed = Some(ReadError::Undecodable { seq: view.seq(), source });
                    break;
                }
            }
        }
        self.payloads.clear();
        self.ends.clear();
        Decoded { records, failed, stretch: self }
    }
}

impl Decoded {
    /// What can be used again.
    fn into_spare(self) -> Stretch {
        Stretch { spent: self.records, ..self.stretch }
    }
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
