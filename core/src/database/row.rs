//! A row of a result, whatever connector read it: named cells of a few plain types.

use std::sync::Arc;

use super::guid::Guid;
use crate::unit::TimeMicros;

/// A value of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// `NULL` of any type.
    Null,
    /// `tinyint`, `smallint`, `int`, `bigint`.
    Int(i64),
    /// `bit`.
    Bit(bool),
    /// `real` and `float`.
    Real(f64),
    /// `nvarchar`, `varchar`, `ntext`, `text`.
    Text(String),
    /// `binary`, `varbinary`, `image`.
    Bytes(Vec<u8>),
    /// `uniqueidentifier`.
    Guid(Guid),
    /// `datetime`, `smalldatetime` and `datetime2`, read as if it were UTC; below a microsecond it is cut off.
    Time(TimeMicros),
    /// `numeric` and `decimal`: the unscaled number and the digits behind the point.
    Decimal(i128, u8),
}

impl Cell {
    /// What kind of value it is, for messages.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Null => "NULL",
            Self::Int(_) => "a whole number",
            Self::Bit(_) => "a bit",
            Self::Real(_) => "a real number",
            Self::Text(_) => "text",
            Self::Bytes(_) => "bytes",
            Self::Guid(_) => "a GUID",
            Self::Time(_) => "a time",
            Self::Decimal(..) => "a decimal",
        }
    }
}

/// A row. The names of its columns are shared by all rows of a result.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    columns: Arc<[String]>,
    cells: Vec<Cell>,
}

/// Why a row does not say what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RowError {
    /// The server's answer has no such column.
    #[error("the server's answer has no column {0}")]
    Missing(String),
    /// The column is `NULL` where the answer needs a value.
    #[error("column {0} is NULL")]
    Null(String),
    /// The column holds something else.
    #[error("column {column} holds {found}, not {wanted}")]
    Kind {
        /// Which column.
        column: String,
        /// What was wanted.
        wanted: &'static str,
        /// What it holds.
        found: &'static str,
    },
}

/// Declares a pair of readers: one that wants a value, one that lets `NULL` and a missing column be nothing.
macro_rules! readers {
    ($( $(#[$doc:meta])* $name:ident, $maybe:ident: $type:ty = $wanted:literal, $read:expr; )+) => {
        impl Row {
            $(
                $(#[$doc])*
                /// An error where the column is missing, `NULL`, or of another kind.
                pub fn $name(&self, column: &str) -> Result<$type, RowError> {
                    self.cell(column)?;
                    self.$maybe(column)?.ok_or_else(|| RowError::Null(column.to_owned()))
                }

                $(#[$doc])*
                /// Nothing where the column is missing (older engines) or `NULL`.
                pub fn $maybe(&self, column: &str) -> Result<Option<$type>, RowError> {
                    let Ok(cell) = self.cell(column) else { return Ok(None) };
                    if *cell == Cell::Null {
                        return Ok(None);
                    }
                    let read: fn(&Cell) -> Option<$type> = $read;
                    read(cell).map(Some).ok_or_else(|| RowError::Kind {
                        column: column.to_owned(),
                        wanted: $wanted,
                        found: cell.kind(),
                    })
                }
            )+
        }
    };
}

readers! {
    /// A whole number; a bit, and a decimal without digits behind its point, are numbers too.
    int, maybe_int: i64 = "a whole number", |cell| match cell {
        Cell::Int(number) => Some(*number),
        Cell::Bit(bit) => Some(i64::from(*bit)),
        Cell::Decimal(number, 0) => i64::try_from(*number).ok(),
        _ => None,
    };
    /// A truth; the whole numbers 0 and 1 are bits too.
    bit, maybe_bit: bool = "a bit", |cell| match cell {
        Cell::Bit(bit) => Some(*bit),
        Cell::Int(0) => Some(false),
        Cell::Int(1) => Some(true),
        _ => None,
    };
    /// A text.
    text, maybe_text: String = "text", |cell| match cell {
        Cell::Text(text) => Some(text.clone()),
        _ => None,
    };
    /// Bytes.
    bytes, maybe_bytes: Vec<u8> = "bytes", |cell| match cell {
        Cell::Bytes(bytes) => Some(bytes.clone()),
        _ => None,
    };
    /// A GUID.
    guid, maybe_guid: Guid = "a GUID", |cell| match cell {
        Cell::Guid(guid) => Some(*guid),
        _ => None,
    };
    /// A moment.
    time, maybe_time: TimeMicros = "a time", |cell| match cell {
        Cell::Time(time) => Some(*time),
        _ => None,
    };
    /// A number without digits behind its point, as long as a log sequence number (25 digits).
    decimal, maybe_decimal: i128 = "a decimal", |cell| match cell {
        Cell::Decimal(number, 0) => Some(*number),
        Cell::Int(number) => Some(i128::from(*number)),
        _ => None,
    };
    /// A number with a fraction, such as a percentage.
    real, maybe_real: f64 = "a real number", |cell| match cell {
        Cell::Real(number) => Some(*number),
        _ => None,
    };
}

impl Row {
    /// A row whose cells stand under `columns`, in their order. Cells without a column are dropped.
    #[must_use]
    pub fn new(columns: Arc<[String]>, mut cells: Vec<Cell>) -> Self {
        cells.truncate(columns.len());
        Self { columns, cells }
    }

    /// A row from names and cells, where no other row shares the names.
    #[must_use]
    pub fn of<const N: usize>(cells: [(&str, Cell); N]) -> Self {
        let columns = cells.iter().map(|(name, _)| (*name).to_owned()).collect();
        Self { columns, cells: cells.into_iter().map(|(_, cell)| cell).collect() }
    }

    /// The cells, in the order of the result.
    #[must_use]
    pub fn cells(&self) -> &[Cell] {
        &self.cells
    }

    /// The names of the columns, in the order of the result.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The cell under a name; letters of either case are the same, as most servers have it.
    pub fn cell(&self, column: &str) -> Result<&Cell, RowError> {
        let at = self.columns.iter().position(|name| name.eq_ignore_ascii_case(column));
        at.and_then(|at| self.cells.get(at)).ok_or_else(|| RowError::Missing(column.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_found_by_name_and_read_by_kind() {
        let row = Row::of([
            ("Position", Cell::Int(2)),
            ("IsDamaged", Cell::Bit(false)),
            ("FirstLSN", Cell::Decimal(45_000_000_028_200_061, 0)),
            ("BackupName", Cell::Null),
        ]);
        assert_eq!(row.int("position"), Ok(2));
        assert_eq!(row.bit("IsDamaged"), Ok(false));
        assert_eq!(row.decimal("FirstLSN"), Ok(45_000_000_028_200_061));
        assert_eq!(row.maybe_text("BackupName"), Ok(None));
        assert_eq!(row.text("BackupName"), Err(RowError::Null("BackupName".into())));
        assert_eq!(row.text("Nothing"), Err(RowError::Missing("Nothing".into())));
        assert_eq!(row.maybe_text("Nothing"), Ok(None));
    }

    #[test]
    fn another_kind_is_an_error_even_where_nothing_would_do() {
        let row = Row::of([("Position", Cell::Text("2".into())), ("Flag", Cell::Int(2))]);
        let error = row.maybe_int("Position").unwrap_err();
        assert_eq!(error.to_string(), "column Position holds text, not a whole number");
        assert!(row.bit("Flag").is_err(), "2 is no bit");
    }
}
