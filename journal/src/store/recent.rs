//! The events the store does not have yet, in memory: with the store's indexes, every event there is.

use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};

use sha2::{Digest, Sha256};
use wsusmigrate_core::envelope::Envelope;
use wsusmigrate_core::id::{ActionId, EventId, Phase};

use crate::record::{BEGINNING_BYTES, RecordView};

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
    pub(crate) fn of_stored(payload: RecordView<'_>) -> Option<(Envelope, Self)> {
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

/// Hashes an id: digests need no more mixing than an action's items do, which differ in their last bytes only.
#[derive(Clone, Copy, Default)]
pub(crate) struct ByIdBytes(u64);

impl Hasher for ByIdBytes {
    fn write(&mut self, bytes: &[u8]) {
        if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
            let (first, last) = (u64::from_le_bytes(*first), u64::from_be_bytes(*last));
            self.0 ^= first ^ last.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// A map whose keys are ids.
pub(crate) type IdMap<Id, Value> = HashMap<Id, Value, BuildHasherDefault<ByIdBytes>>;
/// A set of ids.
pub(crate) type IdSet<Id> = HashSet<Id, BuildHasherDefault<ByIdBytes>>;

/// Events of a block.
const BLOCK_EVENTS: usize = 8_192;

/// Events by id, oldest first out.
///
/// In blocks, which are forgotten whole: taking events out one by one costs as much as putting them in, and the
/// committer would wait for it. A look goes through the blocks: few, as the lag is bounded.
#[derive(Default)]
pub(crate) struct Recent {
    blocks: VecDeque<Block>,
}

#[derive(Default)]
pub(crate) struct Block {
    by_id: IdMap<EventId, (u64, Content)>,
    /// Sequence of the last event that was put in.
    last: u64,
}

impl Recent {
    pub(crate) fn insert(&mut self, id: EventId, seq: u64, content: Content) {
        let block = match self.blocks.back_mut() {
            Some(block) if block.by_id.len() < BLOCK_EVENTS => block,
            full => {
                let events = full.map_or(0, |_| BLOCK_EVENTS);
                let by_id = IdMap::with_capacity_and_hasher(events, BuildHasherDefault::default());
                self.blocks.push_back(Block { by_id, last: seq });
                let last = self.blocks.len() - 1;
                &mut self.blocks[last]
            }
        };
        block.by_id.insert(id, (seq, content));
        block.last = seq;
    }

    /// Puts events before those that came meanwhile.
    pub(crate) fn put_before(&mut self, mut older: Self) {
        older.blocks.append(&mut self.blocks);
        *self = older;
    }

    pub(crate) fn get(&self, id: &EventId) -> Option<(u64, Content)> {
        self.blocks.iter().rev().find_map(|block| block.by_id.get(id)).copied()
    }

    /// The items of an action among them. Other events that share the beginning of its id do no harm. Looks at all of
    /// them: asked once for each action that is begun.
    pub(crate) fn with_prefix(&self, action: &ActionId) -> impl Iterator<Item = (EventId, u64)> {
        let prefix = &action.as_bytes()[..8];
        let all = self.blocks.iter().flat_map(|block| &block.by_id);
        all.filter(move |(id, _)| id.as_bytes()[..8] == *prefix).map(|(&id, &(seq, _))| (id, seq))
    }

    /// Takes out the blocks that the store now has whole; to be dropped where nobody waits.
    #[must_use]
    pub(crate) fn take_below(&mut self, applied: u64) -> Vec<Block> {
        let whole = self.blocks.iter().take_while(|block| block.last < applied).count();
        self.blocks.drain(..whole).collect()
    }
}
