//! The events the store does not have yet, in memory: with the store's indexes, every event there is.

use std::collections::{BTreeMap, VecDeque};

use sha2::{Digest, Sha256};
use wsusmigrate_core::envelope::Envelope;
use wsusmigrate_core::id::{ActionId, EventId, Phase};

use crate::record::{BEGINNING_BYTES, Payload};

/// What an event says, in eight bytes of SHA-256.
///
/// Everything but the time: a repeat after a restart is made at a later moment and is the same event all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Content([u8; 8]);

impl Content {
    pub(crate) fn of(payload: &[u8], envelope: &Envelope, body: &[u8]) -> Self {
        let mut hash = Sha256::new();
        hash.update(&payload[..4]);
        hash.update(envelope.id.as_bytes());
        hash.update([u8::from(envelope.action.is_some()), u8::from(envelope.causation.is_some())]);
        hash.update(envelope.action.as_ref().map_or(&[0; 16], |action| action.as_bytes()));
        hash.update(envelope.causation.map_or(0, |seq| seq.0).to_be_bytes());
        hash.update(body);
        let digest = hash.finalize();
        let mut short = [0; 8];
        short.copy_from_slice(&digest[..8]);
        Self(short)
    }

    /// Of a stored record; `None` where its envelope cannot be read.
    pub(crate) fn of_stored(payload: Payload<'_>) -> Option<(Envelope, Self)> {
        let bytes = payload.bytes();
        let (envelope, body) = crate::wire::decode_envelope(&bytes[BEGINNING_BYTES..]).ok()?;
        Some((envelope, Self::of(bytes, &envelope, body)))
    }
}

/// Whether an event is one item of an action, so that the action's records find it.
///
/// The ids of items are the many ones; they carry half of the action's id and the phase in themselves (see
/// `EventId::of_action`), which is what is looked at here.
pub(crate) fn is_item(envelope: &Envelope) -> bool {
    const PHASE_AT: usize = 10;
    let id = envelope.id.as_bytes();
    envelope
        .action
        .is_some_and(|action| id[..8] == action.as_bytes()[..8] && id[PHASE_AT] == Phase::Item as u8)
}

/// Events by id, oldest first out.
#[derive(Default)]
pub(crate) struct Recent {
    by_id: BTreeMap<EventId, (u64, Content)>,
    order: VecDeque<(u64, EventId)>,
}

impl Recent {
    pub(crate) fn insert(&mut self, id: EventId, seq: u64, content: Content) {
        self.by_id.insert(id, (seq, content));
        self.order.push_back((seq, id));
    }

    pub(crate) fn get(&self, id: &EventId) -> Option<(u64, Content)> {
        self.by_id.get(id).copied()
    }

    /// The items of an action among them. Other events that share the beginning of its id do no harm.
    pub(crate) fn with_prefix(&self, action: &ActionId) -> impl Iterator<Item = (EventId, u64)> {
        let (mut from, mut to) = (*action.as_bytes(), *action.as_bytes());
        from[8..].fill(0x00);
        to[8..].fill(0xFF);
        let range = EventId::from_bytes(from)..=EventId::from_bytes(to);
        self.by_id.range(range).map(|(id, (seq, _))| (*id, *seq))
    }

    /// Forgets what the store now has.
    pub(crate) fn forget_below(&mut self, applied: u64) {
        while let Some(&(seq, id)) = self.order.front() {
            if seq >= applied {
                break;
            }
            self.order.pop_front();
            self.by_id.remove(&id);
        }
    }
}
