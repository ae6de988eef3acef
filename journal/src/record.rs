//! One record: what is hashed, chained and stored.
//!
//! ```text
//! 0       2          4        12                     44
//! | type  | version  | seq    | previous leaf hash   | envelope, body ...  |
//! ```
//!
//! The leaf hash is RFC 6962's, so that one hash serves the chain and the Merkle tree.

use sha2::{Digest, Sha256};
use wsusmigrate_core::digest::Sha256 as Hash;
use wsusmigrate_core::envelope::{Envelope, Recorded};
use wsusmigrate_core::event::Kind;
use wsusmigrate_core::id::EventId;
use wsusmigrate_core::unit::Seq;

use crate::bytes::{array_at, u16_at, u64_at};
use crate::wire::{self, DecodeError};

const VERSION_AT: usize = 2;
const SEQ_AT: usize = 4;
const PREVIOUS_AT: usize = 12;
/// Length of the fixed beginning; the envelope follows.
pub(crate) const BEGINNING_BYTES: usize = 44;
/// Length up to behind the event id, with which the envelope begins.
pub(crate) const IDENTIFIED_BYTES: usize = 60;

/// The leaf hash that stands before the first record.
pub(crate) const NO_LEAF: Hash = Hash([0; 32]);

/// A record as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawRecord {
    payload: Box<[u8]>,
}

/// A record as it is understood.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(
    clippy::large_enum_variant,
    reason = "almost every record is known, and a box would cost each an allocation"
)]
pub enum Record {
    /// An event of this version's registry.
    Known(Recorded),
    /// A type or schema version a newer program wrote: kept, verified, shown as unknown, never dropped.
    Unknown(Unknown),
}

/// A record of a newer program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// Its position.
    pub seq: Seq,
    /// The type's code.
    pub code: u16,
    /// The schema version.
    pub version: u16,
    /// The frame, whose shape is the same for all types.
    pub envelope: Envelope,
}

impl Record {
    /// Its position.
    #[must_use]
    pub const fn seq(&self) -> Seq {
        match self {
            Self::Known(recorded) => recorded.seq,
            Self::Unknown(unknown) => unknown.seq,
        }
    }

    /// The name of its type, where this version knows it.
    #[must_use]
    pub fn name(&self) -> Option<&'static str> {
        match self {
            Self::Known(recorded) => Some(recorded.event.kind().name()),
            Self::Unknown(unknown) => Kind::from_code(unknown.code).map(Kind::name),
        }
    }

    /// Its frame.
    #[must_use]
    pub const fn envelope(&self) -> &Envelope {
        match self {
            Self::Known(recorded) => &recorded.envelope,
            Self::Unknown(unknown) => &unknown.envelope,
        }
    }
}

impl RawRecord {
    /// Takes a payload; `None` where it is shorter than the fixed beginning.
    #[must_use]
    pub fn from_payload(payload: impl Into<Box<[u8]>>) -> Option<Self> {
        let payload = payload.into();
        (payload.len() >= BEGINNING_BYTES).then_some(Self { payload })
    }

    /// Borrowed.
    #[must_use]
    pub fn view(&self) -> RecordView<'_> {
        RecordView(&self.payload)
    }

    /// Its position.
    #[must_use]
    pub fn seq(&self) -> Seq {
        self.view().seq()
    }

    /// The bytes that are hashed.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The leaf hash of the record before it; zeros for the first.
    #[must_use]
    pub fn previous(&self) -> Hash {
        self.view().previous()
    }

    /// Its own leaf hash, computed here.
    #[must_use]
    pub fn leaf(&self) -> Hash {
        self.view().leaf()
    }

    /// What the record says.
    pub fn decode(&self) -> Result<Record, DecodeError> {
        self.view().decode()
    }
}

/// A record as it is stored, borrowed: a payload that is at least as long as its fixed beginning.
#[derive(Clone, Copy, Debug)]
pub struct RecordView<'a>(&'a [u8]);

impl<'a> RecordView<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Option<Self> {
        (bytes.len() >= BEGINNING_BYTES).then_some(Self(bytes))
    }

    /// The bytes that are hashed.
    #[must_use]
    pub fn bytes(self) -> &'a [u8] {
        self.0
    }

    /// A copy that stands for itself.
    #[must_use]
    pub fn to_raw(self) -> RawRecord {
        RawRecord { payload: self.0.into() }
    }

    pub(crate) fn code(self) -> u16 {
        u16_at(self.0, 0)
    }

    pub(crate) fn version(self) -> u16 {
        u16_at(self.0, VERSION_AT)
    }

    /// Its position.
    #[must_use]
    pub fn seq(self) -> Seq {
        Seq(u64_at(self.0, SEQ_AT))
    }

    /// The leaf hash of the record before it; zeros for the first.
    #[must_use]
    pub fn previous(self) -> Hash {
        let mut hash = [0; 32];
        hash.copy_from_slice(&self.0[PREVIOUS_AT..BEGINNING_BYTES]);
        Hash(hash)
    }

    /// Its own leaf hash, computed here.
    #[must_use]
    pub fn leaf(self) -> Hash {
        leaf_hash(self.0)
    }

    /// Whether it may say which key signs: it is looked into where the bytes alone are checked, for their checkpoints.
    pub(crate) fn names_a_key(self) -> bool {
        self.seq().0 == 0 || self.code() == Kind::RunKeyRotated.event_type().code
    }

    /// The name of the type, where this version knows it.
    pub(crate) fn name(self) -> Option<&'static str> {
        Kind::from_code(self.code()).map(Kind::name)
    }

    /// Its frame, and SHA-256 of the path it is about, if it is about a file.
    pub(crate) fn envelope_and_subject(self) -> Result<(Envelope, Option<Hash>), DecodeError> {
        let (envelope, body) = wire::decode_envelope(&self.0[BEGINNING_BYTES..])?;
        Ok((envelope, wire::subject(self.code(), self.version(), body)))
    }

    /// SHA-256 of the path it is about, if it is about a file.
    pub(crate) fn subject(self) -> Option<Hash> {
        self.envelope_and_subject().ok()?.1
    }

    /// The event's id, as its bytes have it: nothing else is looked at. `None` where the record ends before.
    pub(crate) fn event_id(self) -> Option<EventId> {
        (self.0.len() >= IDENTIFIED_BYTES).then(|| EventId::from_bytes(array_at(self.0, BEGINNING_BYTES)))
    }

    pub(crate) fn envelope(self) -> Result<Envelope, DecodeError> {
        Ok(wire::decode_envelope(&self.0[BEGINNING_BYTES..])?.0)
    }

    /// What the record says.
    pub fn decode(self) -> Result<Record, DecodeError> {
        let (seq, code, version) = (self.seq(), self.code(), self.version());
        let (envelope, body) = wire::decode_envelope(&self.0[BEGINNING_BYTES..])?;
        Ok(match wire::decode_body(code, version, body) {
            Some(event) => Record::Known(Recorded { seq, envelope, event: event? }),
            None => Record::Unknown(Unknown { seq, code, version, envelope }),
        })
    }
}

/// SHA-256(0x00 || payload), RFC 6962 section 2.1.
pub(crate) fn leaf_hash(payload: &[u8]) -> Hash {
    Hash(Sha256::new().chain_update([0]).chain_update(payload).finalize().into())
}

/// Writes the position and the previous leaf hash into a payload whose place in the stream is now known.
pub(crate) fn place(payload: &mut [u8], seq: Seq, previous: &Hash) {
    payload[SEQ_AT..PREVIOUS_AT].copy_from_slice(&seq.0.to_be_bytes());
    payload[PREVIOUS_AT..BEGINNING_BYTES].copy_from_slice(&previous.0);
}

/// Appends the beginning of a payload without its place: type and version, zeros; the caller appends the rest.
pub(crate) fn unplaced(kind: Kind, out: &mut Vec<u8>) {
    let line = kind.event_type();
    out.extend(line.code.to_be_bytes());
    out.extend(line.version.to_be_bytes());
    out.extend([0; BEGINNING_BYTES - SEQ_AT]);
}

#[cfg(test)]
mod tests {
    use wsusmigrate_core::event::run::StopRequested;
    use wsusmigrate_core::unit::TimeMicros;

    use super::*;

    #[test]
    fn the_event_id_stands_at_its_place_in_every_envelope() {
        let id = EventId::from_bytes(*b"0123456789abcdef");
        for causation in [None, Some(Seq(u64::MAX))] {
            let envelope = Envelope { id, time: TimeMicros(i64::MAX), action: None, causation };
            let mut payload = Vec::new();
            unplaced(Kind::RunStopRequested, &mut payload);
            wire::encode(&envelope, &StopRequested { how: String::new().into() }.into(), &mut payload)
                .unwrap();
            let view = RecordView::new(&payload).unwrap();
            assert_eq!((view.event_id(), view.envelope().unwrap().id), (Some(id), id));
            let cut = RecordView::new(&payload[..IDENTIFIED_BYTES - 1]).unwrap();
            assert_eq!(cut.event_id(), None);
        }
    }
}
