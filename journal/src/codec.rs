//! The one place that calls bincode: big-endian, bounded, nothing left over.
//!
//! bincode's upstream has stopped, so its settings are part of the format (`docs/FORMAT.md`) and its name appears
//! nowhere else but in the derives of `wire`.

use std::io::{Read, Write};

use bincode::config::{BigEndian, Configuration, Limit, Varint};
use bincode::error::{DecodeError, EncodeError};
use bincode::{BorrowDecode, Decode, Encode};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The longest record, in bytes of payload. bincode's limit is the same number: a damaged length inside a record
/// can never make it reserve more.
pub const RECORD_BYTES_MAX: usize = 4096;

/// The longest body of a snapshot, in bytes.
pub(crate) const SNAPSHOT_BYTES_MAX: usize = 1 << 30;

type Config<const LIMIT: usize> = Configuration<BigEndian, Varint, Limit<LIMIT>>;

fn config<const LIMIT: usize>() -> Config<LIMIT> {
    bincode::config::standard().with_big_endian().with_limit::<LIMIT>()
}

/// Bytes that are not what they should be.
#[derive(Debug, thiserror::Error)]
pub enum NotDecodable {
    /// bincode's own words.
    #[error("{0}")]
    Bytes(#[from] DecodeError),
    /// The value ends before the bytes do.
    #[error("{0} bytes are left over")]
    LeftOver(usize),
}

/// Appends a value's bytes.
pub(crate) fn encode(value: &impl Encode, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    bincode::encode_into_std_write(value, out, config::<RECORD_BYTES_MAX>()).map(drop)
}

/// Reads a value from the beginning of `bytes` and says what is left.
pub(crate) fn decode_first<T: Decode<()>>(bytes: &[u8]) -> Result<(T, &[u8]), NotDecodable> {
    let (value, consumed) = bincode::decode_from_slice(bytes, config::<RECORD_BYTES_MAX>())?;
    Ok((value, &bytes[consumed..]))
}

/// Reads a value that borrows from the beginning of `bytes`; `None` where it does not stand there.
pub(crate) fn borrow_first<'a, T: BorrowDecode<'a, ()>>(bytes: &'a [u8]) -> Option<T> {
    bincode::borrow_decode_from_slice(bytes, config::<RECORD_BYTES_MAX>()).ok().map(|(value, _)| value)
}

/// Reads a value that fills `bytes`: bincode itself would accept trailing bytes.
pub(crate) fn decode<T: Decode<()>>(bytes: &[u8]) -> Result<T, NotDecodable> {
    match decode_first(bytes)? {
        (value, []) => Ok(value),
        (_, rest) => Err(NotDecodable::LeftOver(rest.len())),
    }
}

/// Writes the state of a projection. Snapshots are thrown away at will, so serde's shape is good enough for them.
pub(crate) fn encode_state(state: &impl Serialize, out: &mut impl Write) -> Result<usize, EncodeError> {
    bincode::serde::encode_into_std_write(state, out, config::<SNAPSHOT_BYTES_MAX>())
}

/// Reads the state of a projection.
pub(crate) fn decode_state<T: DeserializeOwned>(input: &mut impl Read) -> Result<T, DecodeError> {
    bincode::serde::decode_from_std_read(input, config::<SNAPSHOT_BYTES_MAX>())
}
