//! Events on their way into the log, encoded but for their places in the stream.
//!
//! The records of a batch stand in one buffer, as they will stand in a commit: what the committer adds to each is its
//! position, the hash before it and the checksum.

use std::fmt;
use std::hash::BuildHasherDefault;

use wsusmigrate_core::envelope::{Envelope, Proposed};
use wsusmigrate_core::event::Event;
use wsusmigrate_core::id::{ActionId, EventId};
use wsusmigrate_core::unit::TimeMicros;

use crate::codec::RECORD_BYTES_MAX;
use crate::error::AppendError;
use crate::log::frame::RECORD_HEADER_BYTES;
use crate::record::unplaced;
use crate::store::recent::{Content, IdSet, is_item};
use crate::wire;

/// The most events a batch may hold.
pub const BATCH_EVENTS_MAX: usize = 4096;
/// The most bytes of records a batch may take.
pub const BATCH_BYTES_MAX: usize = 2 << 20;

/// Room for a record as most are: a file with its path.
const TYPICAL_BYTES: usize = 320;

/// What is known of one event without looking into its bytes.
#[derive(Clone, Copy)]
pub(crate) struct Draft {
    /// Where its frame ends in the batch's buffer.
    end: usize,
    pub(crate) id: EventId,
    /// The action it is an item of.
    pub(crate) item_of: Option<ActionId>,
    pub(crate) content: Content,
    pub(crate) time: TimeMicros,
    /// The name of its type.
    pub(crate) name: &'static str,
}

/// What is known of a batch's events before anything is looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Nothing: any of them may be in the journal already.
    Unknown,
    /// None of them was in the journal when it was opened.
    SinceOpening,
    /// The journal's own finding about its store, made while appends go on: it takes the time of the record before
    /// it, because the journal asks no clock.
    OwnFinding(Box<Proposed>),
    /// What is recorded to the end, also on a full disk: none of it was in the journal when it was opened.
    LastWords,
}

/// Events to be appended together, encoded: by the caller, at whatever moment suits him.
pub struct Batch {
    /// The frames of its records, one after the other.
    frames: Vec<u8>,
    drafts: Vec<Draft>,
    pub(crate) origin: Origin,
}

impl Batch {
    /// Encodes events. Refuses none at all, more than [`BATCH_EVENTS_MAX`] or [`BATCH_BYTES_MAX`], an event that is too
    /// long for a record, and two with the same id.
    pub fn new<'a>(events: impl IntoIterator<Item = (&'a Envelope, &'a Event)>) -> Result<Self, AppendError> {
        let events = events.into_iter();
        let expected = events.size_hint().0.min(BATCH_EVENTS_MAX);
        let mut ids = IdSet::with_capacity_and_hasher(expected, BuildHasherDefault::default());
        let mut batch = Self {
            frames: Vec::with_capacity(expected * TYPICAL_BYTES),
            drafts: Vec::with_capacity(expected),
            origin: Origin::Unknown,
        };
        for (envelope, event) in events {
            if !ids.insert(envelope.id) {
                return Err(AppendError::TwiceInBatch { id: envelope.id, name: event.kind().name() });
            }
            batch.push(envelope, event)?;
        }
        let (events, bytes) = (batch.drafts.len(), batch.bytes());
        if events == 0 {
            return Err(AppendError::EmptyBatch);
        }
        if events > BATCH_EVENTS_MAX || bytes > BATCH_BYTES_MAX {
            return Err(AppendError::BatchTooLarge { events, bytes });
        }
        Ok(batch)
    }

    /// Encodes events that have their frames. See [`Batch::new`].
    pub fn of(events: &[Proposed]) -> Result<Self, AppendError> {
        Self::new(events.iter().map(|proposed| (&proposed.envelope, &proposed.event)))
    }

    fn push(&mut self, envelope: &Envelope, event: &Event) -> Result<(), AppendError> {
        let kind = event.kind();
        let too_long = |bytes| AppendError::TooLong { name: kind.name(), bytes };
        let start = self.frames.len() + RECORD_HEADER_BYTES;
        self.frames.resize(start, 0);
        unplaced(kind, &mut self.frames);
        let body = wire::encode(envelope, event, &mut self.frames).map_err(|_| too_long(usize::MAX))? - start;
        let payload = &self.frames[start..];
        if payload.len() > RECORD_BYTES_MAX {
            return Err(too_long(payload.len()));
        }
        let content = Content::of(payload, envelope, &payload[body..]);
        let item_of = envelope.action.filter(|_| is_item(envelope));
        let (end, id, time, name) = (self.frames.len(), envelope.id, envelope.time, kind.name());
        self.drafts.push(Draft { end, id, item_of, content, time, name });
        Ok(())
    }

    /// Vouches that none of these events was in the journal when it was opened: their ids hold random bytes drawn since,
    /// or they hang on an event that does. Such a batch does not wait for the store to be opened; what was appended
    /// since the opening is recognised all the same.
    #[must_use]
    pub fn known_new(self) -> Self {
        Self { origin: Origin::SinceOpening, ..self }
    }

    /// To be taken also where the disk is full.
    pub(crate) fn last_words(self) -> Self {
        Self { origin: Origin::LastWords, ..self }
    }

    /// Of the journal's own finding about its store.
    pub(crate) fn own_finding(finding: Proposed) -> Result<Self, AppendError> {
        let batch = Self::new([(&finding.envelope, &finding.event)])?;
        Ok(Self { origin: Origin::OwnFinding(Box::new(finding)), ..batch })
    }

    /// The journal's own finding at another moment, where it would be before that one; any other batch as it is.
    pub(crate) fn not_before(self, time: TimeMicros) -> Result<Self, AppendError> {
        match self.origin {
            Origin::OwnFinding(mut finding) if finding.envelope.time < time => {
                finding.envelope.time = time;
                Self::own_finding(*finding)
            }
            _ => Ok(self),
        }
    }

    /// Whether the store must be asked for its events.
    pub(crate) fn needs_store(&self) -> bool {
        self.origin == Origin::Unknown
    }

    /// What is known of its events, in their order.
    pub(crate) fn drafts(&self) -> &[Draft] {
        &self.drafts
    }

    /// Bytes of its records, without what stands before each.
    pub(crate) fn bytes(&self) -> usize {
        self.frames.len() - self.drafts.len() * RECORD_HEADER_BYTES
    }

    /// Its events with the frames of their records.
    pub(crate) fn frames(&self) -> impl Iterator<Item = (&Draft, &[u8])> {
        let starts = std::iter::once(0).chain(self.drafts.iter().map(|draft| draft.end));
        self.drafts.iter().zip(starts).map(|(draft, start)| (draft, &self.frames[start..draft.end]))
    }
}

impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch")
            .field("events", &self.drafts.len())
            .field("bytes", &self.bytes())
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}
