//! Whether the restored SUSDB holds what the source's did: rows of the tables that matter, compared by digest.
//!
//! Each row becomes bytes that say its types and lengths, and a SHA-256 of them. A table is the number of its rows and the sum
//! of their digests modulo 2^256: it does not depend on the order of rows, and a row that stands twice counts twice. The sum
//! guards against loss and mistakes; against somebody who forges rows the digest of the backup does.
//!
//! Where two sums differ, lists of keys and digests on both sides name the rows.

mod compare;
mod key;
mod merge;
mod sum;
mod tables;

pub use compare::{TableVerdict, compare};
pub use key::{KEY_LINE_MAX, KeyedDigest, NotAKeyLine, RowKey, UnfitKey};
pub use merge::{Difference, DifferenceKind, Differences, Unsorted, differences};
pub use sum::{TableSum, TableSumming, row_digest};
pub use tables::{KeyOrder, PARITY_TABLES, ParityTable};
