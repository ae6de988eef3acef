//! Goal: a writer killed from outside at any moment has lost nothing that it had acknowledged.
//!
//! Method: several threads append batches; the process is killed after a drawn number of acknowledgements, or while it
//! opens what the last kill left, or while it closes, and a drawn number of the scheduler's turns later. The journal is
//! judged as the kill left it, before anything mends it; the next process opens it and goes on.

use tempfile::TempDir;

use crate::Outcome;
use crate::campaign::{self, Dice};
use crate::counts::count;
use crate::ledger::Ledger;
use crate::site::{Load, Site};

const FAULT: &str = "kill";
/// Kills of one journal.
const KILLS_OF_ONE: u64 = 25;
/// Most acknowledgements before a kill.
const ACKNOWLEDGEMENTS_MAX: u64 = 60;
/// Most turns before a kill, so that kills do not all follow a line.
const TURNS_MAX: u64 = 2_000;

/// Where the process was when it was killed.
#[derive(Default)]
struct Moments {
    opening: u64,
    appending: u64,
    closing: u64,
}

pub(crate) fn acknowledged_events_survive() -> Outcome {
    let kills = campaign::size(300, 12);
    let mut dice = Dice::of(FAULT);
    let (mut moments, mut acknowledged) = (Moments::default(), 0);
    let (mut done, mut epoch) = (0, 0);
    while done < kills {
        let folder = TempDir::new().expect("a temporary folder");
        let site = Site::create(folder.path());
        let mut ledger = Ledger::default();
        let end = (done + KILLS_OF_ONE).min(kills);
        while done < end {
            // One that ended before it was killed does not count, and what it wrote is not written again.
            done += u64::from(kill_once(&site, epoch, &mut dice, &mut ledger, &mut moments));
            epoch += 1;
            ledger.judge(&site.journal()).map_err(|why| format!("kill {done}: {why}"))?;
        }
        ledger.take(&site.reopen(epoch)?.told);
        epoch += 1;
        acknowledged += ledger.judge(&site.journal())?.acknowledged;
    }
    count(FAULT, "kill -9", done);
    count(FAULT, "of them while opening, appending, closing", moments.text());
    count(FAULT, "events acknowledged", acknowledged);
    count(FAULT, "acknowledged events lost", 0);
    Ok(())
}

/// One process, one kill. Says whether the kill came in time.
fn kill_once(site: &Site, epoch: u64, dice: &mut Dice, ledger: &mut Ledger, moments: &mut Moments) -> bool {
    let moment = dice.below(10);
    let batches = if moment == 0 { 3 } else { u64::MAX };
    let load = Load { epoch, threads: 1 + dice.below(4), batch: dice.one_of(&[1, 2, 8, 32]), batches };
    let mut writer = site.writer(load);
    match moment {
        0 => writer.heard("closing"),
        1 | 2 => writer.heard("opening"),
        _ => (0..=dice.below(ACKNOWLEDGEMENTS_MAX)).all(|_| writer.heard("ack ")),
    };
    dice.turns(TURNS_MAX);
    let ended = writer.kill();
    ledger.take(&ended.told);
    let in_time = ended.code.is_none();
    if in_time {
        let moment = match (ended.told("open "), ended.told("closing")) {
            (false, _) => &mut moments.opening,
            (true, false) => &mut moments.appending,
            (true, true) => &mut moments.closing,
        };
        *moment += 1;
    }
    in_time
}

impl Moments {
    fn text(&self) -> String {
        format!("{}, {}, {}", self.opening, self.appending, self.closing)
    }
}
