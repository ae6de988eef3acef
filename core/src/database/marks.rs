//! High-water marks: whether the source moved while it was backed up.
//!
//! Marks are taken before and after; what rises with every change (a change number, a time) and the number of rows tell a
//! table that moved. A change that leaves both alone is not seen: only stopping the source's services excludes it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::civil;
use super::row::{Cell, Row, RowError};

/// A table whose marks are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarkedTable {
    /// Its name in SUSDB.
    pub name: &'static str,
    /// The columns that rise with changes.
    pub rising: &'static [&'static str],
    /// The compared tables whose rows are in doubt where it moved, beside itself.
    pub casts_doubt_on: &'static [&'static str],
}

/// Every table whose marks are taken. `tbSchedule.LastRunTime` is the last synchronisation.
pub const MARKED_TABLES: &[MarkedTable] = &[
    MarkedTable {
        name: "tbDeployment",
        rising: &["LastChangeNumber", "LastChangeTime"],
        casts_doubt_on: &[],
    },
    MarkedTable {
        name: "tbDeadDeployment",
        rising: &["LastChangeNumber", "TimeOfDeath"],
        casts_doubt_on: &["tbDeployment"],
    },
    MarkedTable {
        name: "tbUpdate",
        rising: &["LocalUpdateID", "ImportedTime", "LastUndeclinedTime"],
        casts_doubt_on: &[],
    },
    MarkedTable {
        name: "tbRevision",
        rising: &["RevisionID", "LastIsLeafChange"],
        casts_doubt_on: &["tbUpdate", "tbFileForRevision"],
    },
    MarkedTable {
        name: "tbFile",
        rising: &[],
        casts_doubt_on: &["tbFileHash", "tbFileForRevision", "tbFileOnServer"],
    },
    MarkedTable { name: "tbFileOnServer", rising: &["TimeAddedToQueue"], casts_doubt_on: &[] },
    MarkedTable {
        name: "tbComputerTarget",
        rising: &["TargetID", "LastSyncTime", "LastReportedStatusTime", "LastNameChangeTime"],
        casts_doubt_on: &[
            "tbTarget",
            "tbTargetInTargetGroup",
            "tbRequestedTargetGroup",
            "tbRequestedTargetGroupsForTarget",
        ],
    },
    MarkedTable {
        name: "tbDownstreamServerTarget",
        rising: &["TargetID", "LastSyncTime", "LastRollupTime", "RollupLastSyncTime"],
        casts_doubt_on: &["tbTarget"],
    },
    MarkedTable { name: "tbTargetGroup", rising: &[], casts_doubt_on: &["tbTargetInTargetGroup"] },
    MarkedTable { name: "tbTargetInTargetGroup", rising: &[], casts_doubt_on: &[] },
    MarkedTable { name: "tbSchedule", rising: &["LastModifiedTime", "LastRunTime"], casts_doubt_on: &[] },
    MarkedTable {
        name: "tbConfigurationA",
        rising: &["LastConfigChange"],
        casts_doubt_on: &["tbConfigurationB", "tbConfigurationC", "tbConfiguration"],
    },
    MarkedTable { name: "tbAutoDeploymentRule", rising: &["ID"], casts_doubt_on: &[] },
    MarkedTable { name: "tbEulaAcceptance", rising: &["AcceptedDate"], casts_doubt_on: &[] },
];

/// The marks of one table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableMarks {
    /// Rows.
    pub row_count: i64,
    /// The largest value of each column that rises: a number, or a [civil time](civil). Empty for a table without rows.
    pub largest: BTreeMap<String, String>,
}

/// How the record of a table's number of rows is called, in the place of a column.
const ROWS: &str = "rows";

/// A recorded mark that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the mark {mark} = {value} is none: not written TABLE.COLUMN, or TABLE.rows without a number")]
pub struct NotAMark {
    /// Its name.
    pub mark: String,
    /// Its value.
    pub value: String,
}

impl TableMarks {
    /// Reads the answer of [`statement::marks`](super::statement::marks).
    pub fn from_row(row: &Row) -> Result<Self, RowError> {
        let mut marks = Self { row_count: row.int("row_count")?, largest: BTreeMap::new() };
        for (column, cell) in row.columns().iter().zip(row.cells()).filter(|(name, _)| *name != "row_count") {
            let largest = match cell {
                Cell::Null => String::new(),
                Cell::Time(time) => civil(*time),
                _ => row.int(column)?.to_string(),
            };
            marks.largest.insert(column.clone(), largest);
        }
        Ok(marks)
    }
}

/// The marks of every table that has some, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Marks(pub BTreeMap<String, TableMarks>);

/// What two sets of marks say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Movement {
    /// Nothing moved between the two, as far as marks tell.
    Quiet,
    /// These tables moved, by name.
    Moved(Vec<String>),
}

impl Marks {
    /// Each mark with its name, such as `tbDeployment.LastChangeNumber` or `tbDeployment.rows`, and its value.
    pub fn named(&self) -> impl Iterator<Item = (String, String)> {
        self.0.iter().flat_map(|(table, marks)| {
            let rows = (format!("{table}.{ROWS}"), marks.row_count.to_string());
            let largest = marks.largest.iter();
            let largest = largest.map(move |(column, value)| (format!("{table}.{column}"), value.clone()));
            std::iter::once(rows).chain(largest)
        })
    }

    /// Marks as they were [named](Self::named).
    pub fn from_named<'m>(named: impl IntoIterator<Item = (&'m str, &'m str)>) -> Result<Self, NotAMark> {
        let mut marks = Self::default();
        for (mark, value) in named {
            let wrong = || NotAMark { mark: mark.to_owned(), value: value.to_owned() };
            let (table, column) = mark.split_once('.').ok_or_else(wrong)?;
            let of_table = marks.0.entry(table.to_owned()).or_default();
            if column == ROWS {
                of_table.row_count = value.parse().map_err(|_| wrong())?;
            } else {
                of_table.largest.insert(column.to_owned(), value.to_owned());
            }
        }
        Ok(marks)
    }

    /// Compares marks from before the backup with marks from after the row sums. A table that only one of the two knows
    /// counts as moved.
    #[must_use]
    pub fn movement(&self, after: &Self) -> Movement {
        let names: std::collections::BTreeSet<_> = self.0.keys().chain(after.0.keys()).collect();
        let moved: Vec<_> =
            names.into_iter().filter(|name| self.0.get(*name) != after.0.get(*name)).cloned().collect();
        if moved.is_empty() { Movement::Quiet } else { Movement::Moved(moved) }
    }
}

impl Movement {
    /// Whether the rows of a compared table may have moved: it did itself, or one that is written together with it.
    #[must_use]
    pub fn casts_doubt_on(&self, table: &str) -> bool {
        let Self::Moved(moved) = self else { return false };
        moved.iter().any(|name| {
            let marked = MARKED_TABLES.iter().find(|marked| marked.name.eq_ignore_ascii_case(name));
            name.eq_ignore_ascii_case(table)
                || marked.is_some_and(|marked| marked.casts_doubt_on.contains(&table))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::parity::ParityTable;
    use crate::unit::TimeMicros;

    fn marks(table: &str, rows: i64, number: i64) -> Marks {
        let row = Row::of([
            ("row_count", Cell::Int(rows)),
            ("LastChangeNumber", Cell::Int(number)),
            ("LastChangeTime", Cell::Time(TimeMicros(5_000_000))),
            ("LastSyncTime", Cell::Null),
        ]);
        Marks(BTreeMap::from([(table.to_owned(), TableMarks::from_row(&row).unwrap())]))
    }

    #[test]
    fn a_table_that_moved_is_named_and_casts_doubt() {
        let before = marks("tbRevision", 3, 7);
        assert_eq!(before.0["tbRevision"].largest["LastChangeTime"], "1970-01-01T00:00:05.000");
        assert_eq!(before.0["tbRevision"].largest["LastSyncTime"], "");
        assert_eq!(before.movement(&before), Movement::Quiet);
        assert!(!Movement::Quiet.casts_doubt_on("tbRevision"));
        let moved = before.movement(&marks("tbRevision", 3, 8));
        assert_eq!(moved, Movement::Moved(vec!["tbRevision".into()]));
        assert!(moved.casts_doubt_on("tbRevision") && moved.casts_doubt_on("tbFileForRevision"));
        assert!(!moved.casts_doubt_on("tbComputerTarget"));
        assert_eq!(before.movement(&marks("tbRevision", 2, 7)), moved);
        assert_eq!(before.movement(&Marks::default()), moved);
    }

    #[test]
    fn a_mark_has_a_name_of_its_own_and_comes_back() {
        let all = marks("tbDeployment", 60, 1060);
        let named: Vec<_> = all.named().collect();
        let shown: Vec<_> = named.iter().map(|(mark, value)| format!("{mark} = {value}")).collect();
        assert_eq!(
            shown,
            [
                "tbDeployment.rows = 60",
                "tbDeployment.LastChangeNumber = 1060",
                "tbDeployment.LastChangeTime = 1970-01-01T00:00:05.000",
                "tbDeployment.LastSyncTime = ",
            ]
        );
        let read = |named: &[(String, String)]| {
            Marks::from_named(named.iter().map(|(mark, value)| (mark.as_str(), value.as_str())))
        };
        assert_eq!(read(&named), Ok(all));
        for (mark, value) in [("tbDeployment", "1"), ("tbDeployment.rows", ""), ("tbDeployment.rows", "many")]
        {
            assert!(read(&[(mark.into(), value.into())]).is_err(), "{mark} = {value}");
        }
    }

    #[test]
    fn no_column_that_rises_is_taken_for_the_number_of_rows() {
        for marked in MARKED_TABLES {
            assert!(!marked.rising.contains(&ROWS) && !marked.name.contains('.'), "{}", marked.name);
        }
    }

    #[test]
    fn marks_and_compared_tables_know_each_other() {
        for marked in MARKED_TABLES {
            for table in marked.casts_doubt_on.iter().chain([&marked.name]) {
                assert!(ParityTable::named(table).is_some(), "{table}");
            }
        }
    }
}
