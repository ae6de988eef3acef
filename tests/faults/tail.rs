//! Goal: a reader in another process that follows at full speed never reports damage, and sees nothing that is not
//! durable.
//!
//! Method: several readers follow one writer for as long as it appends; each record is compared with what it must be.
//! What a reader saw is no more than what was handed over, and in the end all of it. That it survives a power cut as
//! well is `power_cut`'s.

use tempfile::TempDir;

use crate::Outcome;
use crate::campaign;
use crate::counts::count;
use crate::ledger::Ledger;
use crate::site::{Load, Site};

const FAULT: &str = "tail";
const THREADS: u64 = 3;
const READERS: u64 = 2;

pub(crate) fn sees_what_is_durable_and_no_damage() -> Outcome {
    // One acknowledgement a sync: tens of seconds, or one.
    let batches = campaign::size(40_000, 1_000);
    let (mut looks, mut records) = (0, 0);
    for (epoch, batch) in [1, 16].into_iter().enumerate() {
        let folder = TempDir::new().expect("a temporary folder");
        let site = Site::create(folder.path());
        let tails: Vec<_> = (0..READERS).map(|_| site.tail()).collect();
        let load = Load { epoch: epoch as u64, threads: THREADS, batch, batches: batches / THREADS / batch };
        let wrote = site.writer(load).end();
        if wrote.code != Some(0) {
            return Err(format!("the writer: {}", wrote.text()));
        }
        let mut ledger = Ledger::default();
        ledger.take(&wrote.told);
        let size = ledger.judge(&site.journal())?.size;
        for tail in tails {
            let saw = tail.end();
            let seen: Vec<u64> =
                saw.told.iter().filter_map(|line| line.strip_prefix("seen ")?.parse().ok()).collect();
            if saw.code != Some(0) || seen.len() != saw.told.len() {
                return Err(format!("a reader: {}", saw.text()));
            }
            if seen.last() != Some(&size) {
                return Err(format!("a reader saw {:?} of {size} records", seen.last()));
            }
            looks += seen.len();
            records += size;
        }
    }
    count(FAULT, "looks that found something new", looks);
    count(FAULT, "records read beside the writer", records);
    count(FAULT, "damage reported, other bytes, sizes that went back", 0);
    Ok(())
}
