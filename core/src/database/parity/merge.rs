//! Which rows differ: two lists of keys and digests, walked side by side.

use super::{KeyedDigest, RowKey};

/// How a row differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DifferenceKind {
    /// The source has it, the destination does not.
    Missing,
    /// The destination has it, the source did not.
    Extra,
    /// Both have it, with other values.
    Changed,
}

/// A row that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Its key.
    pub key: RowKey,
    /// How.
    pub kind: DifferenceKind,
}

/// What differs between two lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Differences {
    /// The first rows that differ, in the order of their keys; at most as many as were asked for.
    pub named: Vec<Difference>,
    /// Rows the destination does not have.
    pub missing: u64,
    /// Rows the source did not have.
    pub extra: u64,
    /// Rows with other values.
    pub changed: u64,
}

/// A list does not run upwards, or has a key twice: it cannot be walked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the list of the {side} is not sorted: {key} comes where a larger key was expected")]
pub struct Unsorted {
    /// `source` or `destination`.
    pub side: &'static str,
    /// The key that is out of its place.
    pub key: RowKey,
}

/// One side, with its next row in hand.
struct Side<I> {
    rows: I,
    next: Option<KeyedDigest>,
    name: &'static str,
}

impl<I: Iterator<Item = KeyedDigest>> Side<I> {
    fn new(mut rows: I, name: &'static str) -> Self {
        let next = rows.next();
        Self { rows, next, name }
    }

    fn key(&self) -> Option<&RowKey> {
        self.next.as_ref().map(|row| &row.key)
    }

    fn step(&mut self) -> Result<Option<KeyedDigest>, Unsorted> {
        let row = self.next.take();
        self.next = self.rows.next();
        match (&row, &self.next) {
            (Some(row), Some(next)) if next.key <= row.key => {
                Err(Unsorted { side: self.name, key: next.key.clone() })
            }
            _ => Ok(row),
        }
    }
}

/// Walks two sorted lists and names at most `named_max` rows; all of them are counted. Memory does not grow with the lists.
pub fn differences(
    source: impl IntoIterator<Item = KeyedDigest>,
    destination: impl IntoIterator<Item = KeyedDigest>,
    named_max: usize,
) -> Result<Differences, Unsorted> {
    let mut source = Side::new(source.into_iter(), "source");
    let mut destination = Side::new(destination.into_iter(), "destination");
    let mut found = Differences::default();
    loop {
        let order = match (source.key(), destination.key()) {
            (None, None) => return Ok(found),
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (Some(one), Some(other)) => one.cmp(other),
        };
        let (ours, theirs) = match order {
            std::cmp::Ordering::Less => (source.step()?, None),
            std::cmp::Ordering::Greater => (None, destination.step()?),
            std::cmp::Ordering::Equal => (source.step()?, destination.step()?),
        };
        let difference = match (ours, theirs) {
            (Some(ours), None) => Some((ours.key, DifferenceKind::Missing)),
            (None, Some(theirs)) => Some((theirs.key, DifferenceKind::Extra)),
            (Some(ours), Some(theirs)) if ours.digest != theirs.digest => {
                Some((ours.key, DifferenceKind::Changed))
            }
            (Some(_), Some(_)) | (None, None) => None,
        };
        if let Some((key, kind)) = difference {
            found.count(kind);
            if found.named.len() < named_max {
                found.named.push(Difference { key, kind });
            }
        }
    }
}

impl Differences {
    fn count(&mut self, kind: DifferenceKind) {
        match kind {
            DifferenceKind::Missing => self.missing += 1,
            DifferenceKind::Extra => self.extra += 1,
            DifferenceKind::Changed => self.changed += 1,
        }
    }

    /// Whether nothing differs.
    #[must_use]
    pub const fn is_none(&self) -> bool {
        self.missing == 0 && self.extra == 0 && self.changed == 0
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::database::row::Cell;
    use crate::digest::Sha256;

    fn row(key: i64, digest: u8) -> KeyedDigest {
        KeyedDigest { key: RowKey::of(&[Cell::Int(key)]).unwrap(), digest: Sha256([digest; 32]) }
    }

    fn rows(map: &BTreeMap<i64, u8>) -> Vec<KeyedDigest> {
        map.iter().map(|(key, digest)| row(*key, *digest)).collect()
    }

    #[test]
    fn rows_that_differ_are_named_up_to_a_number_and_all_counted() {
        let found =
            differences([row(1, 1), row(2, 2), row(4, 4)], [row(2, 9), row(3, 3), row(4, 4)], 2).unwrap();
        let named: Vec<_> = found.named.iter().map(|one| (one.key.to_string(), one.kind)).collect();
        assert_eq!(named, [("1".into(), DifferenceKind::Missing), ("2".into(), DifferenceKind::Changed)]);
        assert_eq!((found.missing, found.changed, found.extra), (1, 1, 1));
    }

    #[test]
    fn a_list_out_of_order_is_no_answer() {
        let found = differences([row(2, 2), row(1, 1)], [row(1, 1), row(2, 2)], 9);
        assert_eq!(found.unwrap_err().side, "source");
        assert_eq!(differences([], [row(1, 1), row(1, 1)], 9).unwrap_err().side, "destination");
    }

    proptest! {
        #[test]
        fn a_walk_finds_what_looking_each_row_up_finds(
            one in proptest::collection::btree_map(0_i64..30, 0_u8..3, 0..30),
            other in proptest::collection::btree_map(0_i64..30, 0_u8..3, 0..30),
        ) {
            let found = differences(rows(&one), rows(&other), usize::MAX).unwrap();
            let missing = one.keys().filter(|key| !other.contains_key(key)).count();
            let extra = other.keys().filter(|key| !one.contains_key(key)).count();
            let changed = one.iter().filter(|(key, digest)| other.get(key).is_some_and(|seen| seen != *digest)).count();
            let counts = [found.missing, found.extra, found.changed].map(|count| usize::try_from(count).unwrap());
            prop_assert_eq!(counts, [missing, extra, changed]);
            prop_assert_eq!(found.is_none(), one == other);
            prop_assert_eq!(found.named.len(), missing + extra + changed);
        }
    }
}
