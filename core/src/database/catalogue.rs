//! Which tables and columns a SUSDB has. Builds of WSUS differ; a statement names only what is there.

use std::collections::{BTreeMap, BTreeSet};

use super::row::{Row, RowError};

/// Tables and their columns, as `sys.columns` lists them. Letters of either case are the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalogue {
    tables: BTreeMap<String, BTreeSet<String>>,
}

impl Catalogue {
    /// Reads the answer of [`statement::catalogue`](super::statement::catalogue).
    pub fn from_rows<'a>(rows: impl IntoIterator<Item = &'a Row>) -> Result<Self, RowError> {
        let mut catalogue = Self::default();
        for row in rows {
            catalogue.add(&row.text("table_name")?, &row.text("column_name")?);
        }
        Ok(catalogue)
    }

    /// Adds a column.
    pub fn add(&mut self, table: &str, column: &str) {
        self.tables.entry(table.to_lowercase()).or_default().insert(column.to_lowercase());
    }

    /// Whether there is such a table.
    #[must_use]
    pub fn has_table(&self, table: &str) -> bool {
        self.tables.contains_key(&table.to_lowercase())
    }

    /// Whether there is such a column.
    #[must_use]
    pub fn has_column(&self, table: &str, column: &str) -> bool {
        let columns = self.tables.get(&table.to_lowercase());
        columns.is_some_and(|columns| columns.contains(&column.to_lowercase()))
    }

    /// Those of the columns that are there, in their own order.
    #[must_use]
    pub fn existing<'a>(&self, table: &str, columns: &[&'a str]) -> Vec<&'a str> {
        columns.iter().copied().filter(|column| self.has_column(table, column)).collect()
    }

    /// The columns of a table that are none of `known`, in lower case: what a newer build brought.
    #[must_use]
    pub fn unknown(&self, table: &str, known: &[&str]) -> Vec<String> {
        let known: BTreeSet<String> = known.iter().map(|column| column.to_lowercase()).collect();
        let columns = self.tables.get(&table.to_lowercase());
        columns.into_iter().flatten().filter(|column| !known.contains(*column)).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::row::Cell;

    #[test]
    fn only_what_exists_is_named() {
        let row = |column: &str| {
            Row::of([("table_name", Cell::Text("tbFile".into())), ("column_name", Cell::Text(column.into()))])
        };
        let rows = [row("FileDigest"), row("FileName"), row("Shiny")];
        let catalogue = Catalogue::from_rows(&rows).unwrap();
        assert!(catalogue.has_table("TBFILE") && !catalogue.has_table("tbFileHash"));
        assert_eq!(catalogue.existing("tbFile", &["FileDigest", "IsEncrypted"]), ["FileDigest"]);
        assert_eq!(catalogue.unknown("tbFile", &["filedigest", "FileName"]), ["shiny"]);
        assert!(Catalogue::from_rows(&[Row::of([("table_name", Cell::Null)])]).is_err());
    }
}
