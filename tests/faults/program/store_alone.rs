//! sled without the log in front of it: what its own `flush` promises.
//!
//! ```text
//! ack NUMBER          `flush` returned well behind this event
//! there EVENTS        how many were found, from the first on without a gap
//! failed WHY
//! ```

use std::path::Path;

use crate::{REFUSED, WELL, tell};

/// A quarter of a kilobyte, as an event is.
const VALUE: [u8; 250] = [0x5A; 250];

/// Writes until it is killed or something fails.
pub(crate) fn write(folder: &Path) -> u8 {
    let outcome = sled::open(folder).and_then(|db| {
        for number in 0_u64.. {
            db.insert(number.to_be_bytes(), &VALUE[..])?;
            db.flush()?;
            tell(&format!("ack {number}"));
        }
        Ok(())
    });
    told(outcome)
}

/// Counts. A panic in there ends this process, which whoever asked takes for nothing found.
pub(crate) fn count(folder: &Path) -> u8 {
    let outcome = sled::open(folder).and_then(|db| {
        let mut there = 0_u64;
        while db.get(there.to_be_bytes())?.is_some() {
            there += 1;
        }
        tell(&format!("there {there}"));
        Ok(())
    });
    told(outcome)
}

fn told(outcome: sled::Result<()>) -> u8 {
    outcome.map_or_else(
        |error| {
            tell(&format!("failed {error}"));
            REFUSED
        },
        |()| WELL,
    )
}
