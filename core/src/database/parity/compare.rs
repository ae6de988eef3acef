//! What two sums of a table say.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::TableSum;
use crate::database::marks::Movement;

/// How a table of the destination compares with the source's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TableVerdict {
    /// The same rows.
    Equal,
    /// Other rows.
    Differs {
        /// Rows of the source.
        source_rows: u64,
        /// Rows of the destination.
        destination_rows: u64,
    },
    /// The source moved while it was backed up: nothing can be said, not even where the sums are the same.
    NotComparable,
    /// The two were summed over other columns.
    OtherColumns {
        /// Those only the source's sum has.
        source_only: Vec<String>,
        /// Those only the destination's sum has.
        destination_only: Vec<String>,
    },
    /// The source has the table and the destination does not.
    MissingAtDestination,
    /// The destination has the table and the source did not.
    MissingAtSource,
}

impl fmt::Display for TableVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Equal => f.write_str("equal"),
            Self::Differs { source_rows, destination_rows } if source_rows == destination_rows => {
                write!(f, "differs: {source_rows} rows on both sides, not the same ones")
            }
            Self::Differs { source_rows, destination_rows } => {
                write!(f, "differs: {source_rows} rows at the source, {destination_rows} at the destination")
            }
            Self::NotComparable => f.write_str("not comparable: the source moved while it was backed up"),
            Self::OtherColumns { source_only, destination_only } => write!(
                f,
                "other columns: {} at the source only, {} at the destination only",
                shown(source_only),
                shown(destination_only)
            ),
            Self::MissingAtDestination => f.write_str("missing at the destination"),
            Self::MissingAtSource => f.write_str("missing at the source"),
        }
    }
}

fn shown(columns: &[String]) -> String {
    if columns.is_empty() { "none".to_owned() } else { columns.join(", ") }
}

/// Compares a table; nothing where neither side has it. `movement` is what the marks of the source said.
#[must_use]
pub fn compare(
    table: &str,
    source: Option<&TableSum>,
    destination: Option<&TableSum>,
    movement: &Movement,
) -> Option<TableVerdict> {
    let (source, destination) = match (source, destination) {
        (None, None) => return None,
        (Some(_), None) => return Some(TableVerdict::MissingAtDestination),
        (None, Some(_)) => return Some(TableVerdict::MissingAtSource),
        (Some(source), Some(destination)) => (source, destination),
    };
    if source.columns != destination.columns {
        let only = |one: &TableSum, other: &TableSum| {
            one.columns.iter().filter(|column| !other.columns.contains(column)).cloned().collect()
        };
        let (source_only, destination_only) = (only(source, destination), only(destination, source));
        return Some(TableVerdict::OtherColumns { source_only, destination_only });
    }
    if movement.casts_doubt_on(table) {
        return Some(TableVerdict::NotComparable);
    }
    let is_equal = source.row_count == destination.row_count && source.sum == destination.sum;
    let (source_rows, destination_rows) = (source.row_count, destination.row_count);
    Some(if is_equal { TableVerdict::Equal } else { TableVerdict::Differs { source_rows, destination_rows } })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Sha256;

    fn sum(row_count: u64, byte: u8, columns: &[&str]) -> TableSum {
        let columns = columns.iter().map(|&column| column.to_owned()).collect();
        TableSum { table: "tbUpdate".into(), columns, row_count, sum: Sha256([byte; 32]) }
    }

    #[test]
    fn equal_means_the_same_rows_of_a_source_that_stood_still() {
        let verdict = |source: Option<&TableSum>, destination: Option<&TableSum>, movement: &Movement| {
            compare("tbUpdate", source, destination, movement)
        };
        let quiet = Movement::Quiet;
        let one = sum(2, 1, &["a"]);
        assert_eq!(verdict(Some(&one), Some(&one), &quiet), Some(TableVerdict::Equal));
        let differs =
            |source_rows, destination_rows| Some(TableVerdict::Differs { source_rows, destination_rows });
        assert_eq!(verdict(Some(&one), Some(&sum(2, 2, &["a"])), &quiet), differs(2, 2));
        // The sum alone does not decide: rows that add up to nothing would be overlooked.
        assert_eq!(verdict(Some(&one), Some(&sum(3, 1, &["a"])), &quiet), differs(2, 3));
        let moved = Movement::Moved(vec!["tbRevision".into()]);
        assert_eq!(verdict(Some(&one), Some(&one), &moved), Some(TableVerdict::NotComparable));
        let elsewhere = Movement::Moved(vec!["tbSchedule".into()]);
        assert_eq!(verdict(Some(&one), Some(&one), &elsewhere), Some(TableVerdict::Equal));
        assert_eq!(verdict(Some(&one), None, &moved), Some(TableVerdict::MissingAtDestination));
        assert_eq!(verdict(None, Some(&one), &quiet), Some(TableVerdict::MissingAtSource));
        assert_eq!(verdict(None, None, &quiet), None);
        let other = verdict(Some(&one), Some(&sum(2, 1, &["b"])), &quiet).unwrap();
        assert_eq!(other.to_string(), "other columns: a at the source only, b at the destination only");
    }
}
