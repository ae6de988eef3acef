//! What an auditor asks first: who acted, how many records of each kind, did the clock behave.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::digest::Sha256;
use crate::envelope::Recorded;
use crate::event::{Event, Kind, RunEvent};
use crate::projection::Projection;
use crate::text::Text;
use crate::unit::{Seq, TimeMicros};

/// The auditor's counts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audit {
    /// Records by kind.
    pub records: BTreeMap<Kind, u64>,
    /// Everybody who ran the program.
    pub actors: BTreeSet<Actor>,
    /// Every plan that was carried out, by digest.
    pub plans: BTreeSet<Sha256>,
    /// Time of the first record.
    pub first: Option<TimeMicros>,
    /// Time of the last record.
    pub last: Option<TimeMicros>,
    /// How often a record's time lies before the one of the record before it.
    pub clock_steps_back: u64,
    /// Where the clock first stepped back.
    pub clock_first_step_back: Option<Seq>,
}

/// Somebody who ran the program.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Actor {
    /// Host.
    pub host: Text,
    /// Account of the process token.
    pub account: Text,
    /// Its security identifier.
    pub sid: Text,
    /// Version of the program.
    pub program: Text,
}

impl Audit {
    /// Records of one kind.
    #[must_use]
    pub fn count(&self, kind: Kind) -> u64 {
        self.records.get(&kind).copied().unwrap_or(0)
    }
}

impl Projection for Audit {
    const NAME: &'static str = "audit";
    const VERSION: u16 = 1;

    fn apply(&mut self, recorded: &Recorded) {
        let time = recorded.envelope.time;
        *self.records.entry(recorded.event.kind()).or_default() += 1;
        if self.last.is_some_and(|last| time < last) {
            self.clock_steps_back += 1;
            self.clock_first_step_back.get_or_insert(recorded.seq);
        }
        self.first.get_or_insert(time);
        self.last = Some(time);
        if let Event::Run(RunEvent::Started(run)) = &recorded.event {
            self.plans.insert(run.plan);
            self.actors.insert(Actor {
                host: run.host.clone(),
                account: run.account.clone(),
                sid: run.sid.clone(),
                program: run.program.clone(),
            });
        }
    }
}
