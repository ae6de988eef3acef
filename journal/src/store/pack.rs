//! Packs: the records of a group in as few values as fit.
//!
//! Groups begin at multiples of 16; a group's records are laid into packs in order, a new pack beginning where the
//! next record would pass the maximum. So the keys depend on the records alone, and writing a group again after a
//! restart, longer or not, replaces its packs and leaves none over.

use crate::bytes::u16_at;
use crate::codec::RECORD_BYTES_MAX;
use crate::record::{RawRecord, RecordView};
use crate::store::Changes;

/// Records of a group.
pub(crate) const GROUP_RECORDS: usize = 16;
/// Length of what stands before each record of a pack.
const LENGTH_BYTES: usize = 2;
/// The longest pack: room for one longest record.
pub(crate) const PACK_BYTES_MAX: usize = RECORD_BYTES_MAX + LENGTH_BYTES;

/// Lays the records of a group into packs.
pub(crate) fn pack<'a>(group: impl Iterator<Item = RecordView<'a>>, changes: &mut Changes) {
    let (mut first, mut value) = (0, Vec::with_capacity(PACK_BYTES_MAX));
    for record in group {
        let payload = record.bytes();
        if value.len() + LENGTH_BYTES + payload.len() > PACK_BYTES_MAX {
            put(first, &value, changes);
            value.clear();
        }
        if value.is_empty() {
            first = record.seq().0;
        }
        value.extend(u16::try_from(payload.len()).unwrap_or(u16::MAX).to_be_bytes());
        value.extend(payload);
    }
    put(first, &value, changes);
}

fn put(first: u64, value: &[u8], changes: &mut Changes) {
    assert!(value.len() <= PACK_BYTES_MAX, "sled never syncs what stands in a blob file");
    if !value.is_empty() {
        changes.records.insert(&first.to_be_bytes(), value);
    }
}

/// The records of a pack, as far as it is sound.
pub(crate) fn unpack(mut value: &[u8]) -> impl Iterator<Item = RecordView<'_>> {
    std::iter::from_fn(move || {
        let (payload, length) = first(value)?;
        value = &value[length..];
        Some(payload)
    })
}

/// The first record of a pack or of what is left of one, and how long it is there.
pub(crate) fn first(value: &[u8]) -> Option<(RecordView<'_>, usize)> {
    if value.len() < LENGTH_BYTES {
        return None;
    }
    let end = LENGTH_BYTES + usize::from(u16_at(value, 0));
    Some((RecordView::new(value.get(LENGTH_BYTES..end)?)?, end))
}

/// Takes a payload over.
pub(crate) fn to_raw(payload: RecordView<'_>) -> RawRecord {
    payload.to_raw()
}
