//! Following a journal at full speed from a process of its own.
//!
//! ```text
//! seen SIZE                       every record below was read, and is what it must be
//! damage SEQ WHY                  never, as long as nobody damages anything
//! ```
//!
//! Ends when its standard input does, after one more look.

use std::io::Read;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use wsusmigrate_journal::{Reader, Record, RecordSource as _};
use wsusmigrate_tests::Mark;

use crate::{REFUSED, WELL, chain, tell};

pub(crate) fn tail(journal: &Path) -> u8 {
    let mut reader = match Reader::open(journal) {
        Ok(reader) => reader,
        Err(error) => {
            tell(&format!("damage 0 {}", chain(&error)));
            return REFUSED;
        }
    };
    let ending = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let _ = std::io::stdin().read_to_end(&mut Vec::new());
            ending.store(true, Ordering::Release);
        });
        let mut seen = 0;
        loop {
            let last = ending.load(Ordering::Acquire);
            match look(&mut reader, seen) {
                Ok(size) if size > seen => {
                    tell(&format!("seen {size}"));
                    seen = size;
                }
                Ok(_) => {}
                Err((seq, why)) => {
                    tell(&format!("damage {seq} {why}"));
                    return REFUSED;
                }
            }
            if last {
                return WELL;
            }
        }
    })
}

/// Reads what came since. Says how much there is now, or which record is not what it must be.
fn look(reader: &mut Reader, seen: u64) -> Result<u64, (u64, String)> {
    let size = reader.refresh().map_err(|error| (seen, chain(&error)))?;
    if size < seen {
        return Err((size, format!("the head went back from {seen} to {size}")));
    }
    let mut next = seen;
    for raw in reader.records(seen..size) {
        let raw = raw.map_err(|error| (next, chain(&error)))?;
        let record = raw.decode().map_err(|error| (next, chain(&error)))?;
        let Record::Known(recorded) = record else { return Err((next, "an unknown event".to_owned())) };
        if recorded.seq.0 != next {
            return Err((next, format!("record {} stands in its place", recorded.seq)));
        }
        if let Some(mark) = Mark::of(&recorded) {
            let expected = mark.event();
            if (recorded.envelope, recorded.event) != (expected.envelope, expected.event) {
                return Err((next, format!("other bytes than {mark:?}")));
            }
        }
        next += 1;
    }
    if next == size { Ok(size) } else { Err((next, format!("the records end before {size}"))) }
}
