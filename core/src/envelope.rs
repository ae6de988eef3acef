//! What stands around every event: which one it is, when, and what it belongs to (NIST SP 800-53 AU-3).
//!
//! What does not change during a run (host, actor, program version, migration) is recorded once, in `run.started`;
//! a record belongs to the last run started before it.

use serde::{Deserialize, Serialize};

use crate::event::Event;
use crate::id::{ActionId, EventId};
use crate::unit::{Seq, TimeMicros};

/// The frame of one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// Which event this is; the same event appended twice has the same id.
    pub id: EventId,
    /// When the program made the event, by the host's clock.
    pub time: TimeMicros,
    /// The action this event is a part of, if it is one.
    pub action: Option<ActionId>,
    /// The record that led to this one: a batch's intent for its files, a question for its answer.
    pub causation: Option<Seq>,
}

/// An event ready to be appended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposed {
    /// The frame.
    pub envelope: Envelope,
    /// What happened.
    pub event: Event,
}

/// An event that is in the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// Its position.
    pub seq: Seq,
    /// The frame.
    pub envelope: Envelope,
    /// What happened.
    pub event: Event,
}
