//! The cost of appending and opening as a journal grows.

use std::path::Path;
use std::time::Instant;

use wsusmigrate_journal::{Expected, Journal};

use super::history::History;
use super::journals::{self, GROUP_EVENTS};
use super::peer::PeerError;
use super::task::Answer;

/// Events appended one by one, and in groups, at each size.
const ALONE: u64 = 500;
const GROUPED: u64 = 32 * GROUP_EVENTS as u64;

pub(super) fn perform(dir: &Path, sizes: &[u64]) -> Result<Answer, PeerError> {
    let mut journal = journals::create(dir)?;
    let mut history = journals::history(dir)?;
    let mut answer = Answer::new(sizes.last().copied().unwrap_or(0), 0.0);
    for size in sizes {
        let fill = size.saturating_sub(journal.size());
        journals::append(&journal, &mut history, fill)?;
        // Closed and opened again: each size is measured from the same state.
        journal.close()?;
        let opening = Instant::now();
        journal = journals::open(dir)?;
        let open = opening.elapsed().as_secs_f64();
        // Until then an event that may be there already waits; one that is known to be new does not.
        journal.settled()?;
        let settled = opening.elapsed().as_secs_f64();
        let alone = rate(&journal, &mut history, ALONE, 1)?;
        let grouped = rate(&journal, &mut history, GROUPED, GROUP_EVENTS)?;
        answer = answer
            .figure(format!("at {size}: open, ms"), open * 1e3)
            .figure(format!("at {size}: until the store was compared with the log, ms"), settled * 1e3)
            .figure(format!("at {size}: append-1, events/s"), alone)
            .figure(format!("at {size}: append-256, events/s"), grouped);
    }
    journal.close()?;
    Ok(answer)
}

/// One appender, each append waited for.
fn rate(journal: &Journal, history: &mut History, events: u64, group: usize) -> Result<f64, PeerError> {
    let events: Vec<_> = history.by_ref().take(usize::try_from(events)?).collect();
    let batches: Vec<_> = events.chunks(group).map(<[_]>::to_vec).collect();
    let begun = Instant::now();
    for batch in batches {
        journal.append(batch, Expected::Any).wait()?;
    }
    Ok(events.len() as f64 / begun.elapsed().as_secs_f64())
}
