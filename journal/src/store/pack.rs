//! Packs: the records of a group in as few values as fit.
//!
//! Groups begin at multiples of 16; a group's records are laid into packs in order, a new pack beginning where the
//! next record would pass the maximum. So the keys depend on the records alone, and writing a group again after a
//! restart, longer or not, replaces its packs and leaves none over.

use crate::bytes::u16_at;
use crate::codec::RECORD_BYTES_MAX;
use crate::record::{Payload, RawRecord};

/// Records of a group.
pub(crate) const GROUP_RECORDS: usize = 16;
/// Length of what stands before each record of a pack.
const LENGTH_BYTES: usize = 2;
/// The longest pack: room for one longest record.
pub(crate) const PACK_BYTES_MAX: usize = RECORD_BYTES_MAX + LENGTH_BYTES;

/// Lays the records of a group into packs: first sequence and value.
pub(crate) fn pack(group: &[RawRecord]) -> Vec<(u64, Vec<u8>)> {
    let mut packs: Vec<(u64, Vec<u8>)> = Vec::new();
    for record in group {
        let payload = record.payload();
        let length = LENGTH_BYTES + payload.len();
        if packs.last().is_none_or(|(_, value)| value.len() + length > PACK_BYTES_MAX) {
            packs.push((record.seq().0, Vec::with_capacity(PACK_BYTES_MAX)));
        }
        if let Some((_, value)) = packs.last_mut() {
            value.extend(u16::try_from(payload.len()).unwrap_or(u16::MAX).to_be_bytes());
            value.extend(payload);
            assert!(value.len() <= PACK_BYTES_MAX, "sled never syncs what stands in a blob file");
        }
    }
    packs
}

/// The records of a pack, as far as it is sound.
pub(crate) fn unpack(mut value: &[u8]) -> impl Iterator<Item = Payload<'_>> {
    std::iter::from_fn(move || {
        if value.len() < LENGTH_BYTES {
            return None;
        }
        let end = LENGTH_BYTES + usize::from(u16_at(value, 0));
        let payload = Payload::new(value.get(LENGTH_BYTES..end)?)?;
        value = &value[end..];
        Some(payload)
    })
}

/// Takes a payload over.
pub(crate) fn to_raw(payload: Payload<'_>) -> RawRecord {
    payload.to_raw()
}
