//! Opening a journal and handing in every event it holds again: each must be recognised, whatever the store was like.
//!
//! ```text
//! open SIZE FINDING,... · repeated EVENTS · closed
//! failed WHY
//! wrong WHY                       an event was not recognised, or written again
//! ```

use std::path::Path;

use wsusmigrate_core::envelope::Proposed;
use wsusmigrate_core::unit::TimeMicros;
use wsusmigrate_journal::{Expected, Journal, Record, RecordSource as _};

use crate::{REFUSED, STOPPED, WELL, chain, tell};

const BATCH_EVENTS: usize = 256;

pub(crate) fn repeat(journal: &Path, keys: &Path) -> u8 {
    let failed = |error: &dyn std::error::Error| {
        tell(&format!("failed {}", chain(error)));
        REFUSED
    };
    let (journal, opened) = match Journal::open(journal, keys, TimeMicros(0)) {
        Ok(opened) => opened,
        Err(error) => return failed(&error),
    };
    let of_store = match journal.settled() {
        Ok(found) => found,
        Err(error) => return failed(&error),
    };
    let findings = opened.findings.iter().chain(&of_store);
    let findings: Vec<_> = findings.map(|found| format!("{:?}", found.finding)).collect();
    tell(&format!("open {} {}", opened.size, findings.join(",")));
    let events = match events(&journal) {
        Ok(events) => events,
        Err(error) => return failed(&*error),
    };
    for batch in events.chunks(BATCH_EVENTS) {
        match journal.append(batch.to_vec(), Expected::Any).wait() {
            Ok(at) if at.repeated as usize == batch.len() => {}
            Ok(at) => {
                tell(&format!("wrong {} of {} events were recognised", at.repeated, batch.len()));
                return STOPPED;
            }
            Err(error) => {
                tell(&format!("wrong {}", chain(&error)));
                return STOPPED;
            }
        }
    }
    tell(&format!("repeated {}", events.len()));
    match journal.close() {
        Ok(()) => {
            tell("closed");
            WELL
        }
        Err(error) => failed(&error),
    }
}

/// Everything in the journal but its own first record.
fn events(journal: &Journal) -> Result<Vec<Proposed>, Box<dyn std::error::Error>> {
    let reader = journal.reader()?;
    let mut events = Vec::new();
    for raw in reader.records(1..reader.size()) {
        if let Record::Known(recorded) = raw?.decode()? {
            events.push(Proposed { envelope: recorded.envelope, event: recorded.event });
        }
    }
    Ok(events)
}
