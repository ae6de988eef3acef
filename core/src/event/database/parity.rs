//! Parity: is what was restored, row for row, what the source had.

use super::{Deserialize, Serialize};
use crate::coded::coded;
use crate::digest::Sha256;
use crate::text::Text;

coded! {
    /// Of what a table's rows were summed.
    SumOf {
        /// The source's SUSDB, right after its backup.
        Source = 1, "source";
        /// The restored SUSDB, before postinstall changes its schema.
        Restored = 2, "restored";
    }
}

/// Rows of a table, counted and summed: the sum of the SHA-256 of every row modulo 2^256, whatever their order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableSummed {
    /// Of what.
    pub of: SumOf,
    /// The table, without its schema.
    pub table: Text,
    /// The columns that were summed, in their order, by SHA-256 of their names one a line.
    pub columns: Sha256,
    /// Rows.
    pub rows: u64,
    /// The sum.
    pub sum: Sha256,
    /// SHA-256 of the list of keys and row digests, kept as evidence; a bundle carries it to the destination.
    pub list: Sha256,
}

coded! {
    /// What a comparison of a table says.
    Parity {
        /// Every row is the same.
        Equal = 1, "equal";
        /// Rows differ; they are named.
        Differs = 2, "differs";
        /// The source moved between its backup and its sums, or one side's sum is missing or of other columns: nothing can be
        /// said.
        NotComparable = 3, "not-comparable";
        /// One side does not have the table.
        Missing = 4, "missing";
    }
}

/// A table, source against destination.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableCompared {
    /// The table.
    pub table: Text,
    /// What the comparison says.
    pub verdict: Parity,
    /// Rows of the source.
    pub source_rows: u64,
    /// Rows of the destination.
    pub restored_rows: u64,
    /// Rows that are not the same.
    pub differing: u64,
    /// Rows only the source has.
    pub missing: u64,
    /// Rows only the destination has.
    pub extra: u64,
    /// Why nothing can be said; empty elsewhere.
    pub why: Text,
}

coded! {
    /// How a row is not the same on both sides.
    RowDifference {
        /// Its values differ.
        Differs = 1, "differs";
        /// Only the source has it.
        Missing = 2, "missing";
        /// Only the destination has it.
        Extra = 3, "extra";
    }
}

/// A row that is not the same on both sides; so many a table are named, the rest is counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowDiffered {
    /// The table.
    pub table: Text,
    /// Its key, columns separated by `, `.
    pub key: Text,
    /// How.
    pub how: RowDifference,
}

coded! {
    /// When a mark was read.
    Moment {
        /// Before the backup.
        BeforeBackup = 1, "before-backup";
        /// After the backup and the sums.
        AfterBackup = 2, "after-backup";
    }
}

/// The high-water marks of one of the source's tables: two that differ show that it moved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarkRecorded {
    /// When.
    pub moment: Moment,
    /// The table, such as `tbDeployment`.
    pub mark: Text,
    /// [`TableMarks`](crate::database::marks::TableMarks) as JSON: its rows, and the largest value of each column that
    /// rises with changes. The destination reads them from the imported records.
    pub value: Text,
}
