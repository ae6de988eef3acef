//! Cutting a worklist into batches: each one durable intent, one sync, one outcome a file.

use std::ops::Range;

use crate::content::list::{Entry, ListDigest};
use crate::digest::Sha256;

/// The most files a batch holds. Bounds the intent record (one bit a file) and what is in doubt after a crash.
pub const BATCH_FILES_MAX: usize = 1024;
/// The bytes a batch aims at: it is closed by the first file that reaches this.
pub const BATCH_BYTES_GOAL: u64 = 256 << 20;

/// One range of a worklist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Positions in the worklist.
    pub range: Range<usize>,
    /// Sizes of the files together, in bytes.
    pub bytes: u64,
    /// SHA-256 of the range's lines.
    pub digest: Sha256,
}

/// Cuts a worklist into batches of at most `files_max` files (1 to [`BATCH_FILES_MAX`]; what lies outside counts as the
/// nearest of them), in order, nothing left out.
pub fn cut(worklist: &[Entry], files_max: usize) -> impl Iterator<Item = Batch> + '_ {
    let files_max = files_max.clamp(1, BATCH_FILES_MAX);
    let mut next = 0;
    std::iter::from_fn(move || {
        let start = next;
        let mut bytes = 0;
        let mut digest = ListDigest::default();
        while next < worklist.len() && next - start < files_max && bytes < BATCH_BYTES_GOAL {
            bytes += worklist[next].bytes;
            digest.add(&worklist[next]);
            next += 1;
        }
        (start < next).then(|| Batch { range: start..next, bytes, digest: digest.finish() })
    })
}

/// One bit a file of a batch: was it found at the destination before the batch began?
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundBefore(Vec<u8>);

impl FoundBefore {
    /// From one answer a file, in order.
    #[must_use]
    pub fn of(found: impl ExactSizeIterator<Item = bool>) -> Self {
        let mut bits = vec![0; found.len().div_ceil(8)];
        for (at, _) in found.enumerate().filter(|(_, found)| *found) {
            bits[at / 8] |= 1 << (at % 8);
        }
        Self(bits)
    }

    /// From a record.
    #[must_use]
    pub fn from_bytes(bits: Vec<u8>) -> Self {
        Self(bits)
    }

    /// Whether file `item` of the batch was there. Positions beyond the batch were not.
    #[must_use]
    pub fn contains(&self, item: usize) -> bool {
        Self::has(&self.0, item)
    }

    /// The same, asked of a record's bytes.
    #[must_use]
    pub fn has(bits: &[u8], item: usize) -> bool {
        bits.get(item / 8).is_some_and(|byte| byte & 1 << (item % 8) != 0)
    }

    /// The bytes that are stored.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::path::RelPath;
    use crate::unit::ModifiedNanos;

    fn entries(sizes: &[u64]) -> Vec<Entry> {
        let entry = |(at, &bytes): (usize, &u64)| Entry {
            path: RelPath::from_bytes(format!("f{at}").into_bytes()).unwrap(),
            bytes,
            modified: ModifiedNanos(0),
        };
        sizes.iter().enumerate().map(entry).collect()
    }

    proptest! {
        #[test]
        fn batches_cover_the_list_once_and_stay_small(
            sizes in proptest::collection::vec(0..BATCH_BYTES_GOAL / 3, 0..3000),
            files_max in 1..=BATCH_FILES_MAX
        ) {
            let entries = entries(&sizes);
            let mut at = 0;
            for batch in cut(&entries, files_max) {
                prop_assert_eq!(batch.range.start, at);
                prop_assert!(batch.range.len() <= files_max && !batch.range.is_empty());
                prop_assert_eq!(batch.bytes, sizes[batch.range.clone()].iter().sum::<u64>());
                at = batch.range.end;
            }
            prop_assert_eq!(at, entries.len());
        }

        #[test]
        fn bits_answer_what_was_put_in(found in proptest::collection::vec(any::<bool>(), 0..100)) {
            let bits = FoundBefore::from_bytes(FoundBefore::of(found.iter().copied()).into_bytes());
            for (at, &was) in found.iter().enumerate() {
                prop_assert_eq!(bits.contains(at), was);
            }
            prop_assert!(!bits.contains(found.len() + 8));
        }
    }
}
