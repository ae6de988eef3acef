//! Goal: a journal has one writer; a second one is told so at once, changes nothing, and the first does not notice.
//!
//! Method: two processes of the program under fault on one journal, the first holding it open; then two runs of
//! `wsusmigrate` itself are `tests/crash/beside.rs`.

use tempfile::TempDir;

use crate::Outcome;
use crate::campaign;
use crate::counts::count;
use crate::ledger::Ledger;
use crate::site::{Load, Site};

const FAULT: &str = "two_writers";

pub(crate) fn the_second_is_refused() -> Outcome {
    let tries = campaign::size(100, 5);
    let folder = TempDir::new().expect("a temporary folder");
    let site = Site::create(folder.path());
    let mut ledger = Ledger::default();
    let mut first = site.writer(Load { epoch: 0, threads: 2, batch: 4, batches: u64::MAX });
    first.heard("ack ");
    for epoch in 1..=tries {
        let second = site.writer(Load { epoch, threads: 1, batch: 1, batches: 1 }).end();
        let refused = second.told("failed another process is writing to the journal");
        if second.code != Some(1) || !refused || second.told("ack ") {
            return Err(format!("try {epoch}: {}", second.text()));
        }
    }
    if !first.heard("ack ") {
        return Err("the first writer stopped".to_owned());
    }
    ledger.take(&first.kill().told);
    // The system lets go of the lock with the process.
    ledger.take(&site.reopen(tries + 1)?.told);
    ledger.judge(&site.journal())?;
    count(FAULT, "second writers refused", tries);
    Ok(())
}
