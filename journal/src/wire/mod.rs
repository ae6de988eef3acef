//! Stored shapes, apart from the domain's types: frozen per version, converted field by field.
//!
//! A new shape is a struct in the folder of its version (`v2/`, with the changed ones only) and a line in its `decode`;
//! golden bytes beside the old ones; and `From` the shape before it: the **upcast**. The old struct is then `superseded`,
//! which takes from the program the means of writing it. No field of an old shape changes once the format is frozen.
//!
//! An upcast changes what is read, never what is stored. So an event that a newer program may propose again, with the id it
//! had (a batch looked at once more after an interruption), keeps its shape or gets a new code: repeated in another
//! shape it would be other bytes under the same id, and refused.

pub(crate) mod field;
mod frozen;
mod subject;
pub(crate) mod v1;
pub(crate) mod v2;

use wsusmigrate_core::envelope::Envelope;
use wsusmigrate_core::event::{Event, Kind};

use crate::codec::{self, NotDecodable};
use field::Invalid;
pub(crate) use field::Stored;
pub(crate) use subject::subject;

/// Why a record cannot be decoded although its checksum is right.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// It is shorter than the fixed beginning.
    #[error("the record is shorter than its fixed beginning")]
    Short,
    /// The bytes are not of the declared shape.
    #[error("the bytes are not of the declared type: {0}")]
    Shape(#[from] NotDecodable),
    /// A field holds what this version does not know or the domain forbids.
    #[error("a field is not valid: {0}")]
    Field(#[from] Invalid),
}

/// Appends envelope and body in the newest shape of the event's type; says where the body begins.
pub(crate) fn encode(
    envelope: &Envelope,
    event: &Event,
    out: &mut Vec<u8>,
) -> Result<usize, bincode::error::EncodeError> {
    codec::encode(&v1::envelope::Envelope::freeze(envelope), out)?;
    let body = out.len();
    v1::encode(event, out)?;
    Ok(body)
}

/// Reads the envelope, whatever the event is: its shape is version 1 for every type and version there is.
pub(crate) fn decode_envelope(bytes: &[u8]) -> Result<(Envelope, &[u8]), DecodeError> {
    let (envelope, body) = codec::decode_first::<v1::envelope::Envelope>(bytes)?;
    Ok((envelope.thaw()?, body))
}

/// Reads a body. `None`: this program does not know the type or the version, the bytes are kept as they are.
pub(crate) fn decode_body(code: u16, version: u16, bytes: &[u8]) -> Option<Result<Event, DecodeError>> {
    let kind = Kind::from_code(code)?;
    match version {
        1 => Some(v1::decode(kind, bytes)),
        2 => v2::decode(kind, bytes),
        _ => None,
    }
}
