//! Rows of tables: for the comparison of source and destination, for high-water marks, for the content manifest.

use super::{Identifier, Purpose, Statement, listed, susdb};
use crate::database::catalogue::Catalogue;
use crate::database::marks::MarkedTable;
use crate::database::parity::{KeyOrder, ParityTable};

/// The rows of a table, its key first, then `columns`. Nothing where the table or a part of its key does not exist.
///
/// `tbConfiguration.Value` is a `sql_variant` and comes as text; settings of passwords stay where they are.
#[must_use]
pub fn rows(table: &ParityTable, catalogue: &Catalogue) -> Option<Statement> {
    if catalogue.existing(table.name, table.key).len() != table.key.len() {
        return None;
    }
    let is_settings = table.name == "tbConfiguration";
    let columns = table.key.iter().copied().chain(catalogue.existing(table.name, table.columns));
    let columns = listed(columns.map(|column| match Identifier::known(column) {
        value if is_settings && column == "Value" => format!("CAST({value} AS nvarchar(4000)) AS {value}"),
        other => other.to_string(),
    }));
    let limit = if is_settings { " WHERE [Name] NOT LIKE N'%Password%'" } else { "" };
    let order = match table.order {
        KeyOrder::Server => format!(" ORDER BY {}", listed(table.key.iter().copied().map(Identifier::known))),
        KeyOrder::Memory => String::new(),
    };
    let text =
        format!("SELECT {columns} FROM {}.[dbo].{}{limit}{order};", susdb(), Identifier::known(table.name));
    Some(Statement::new(Purpose::TableRows, text))
}

/// The high-water marks of a table, one row: `row_count`, and the largest value of each column, under the column's name.
/// Nothing where the table does not exist.
#[must_use]
pub fn marks(table: &MarkedTable, catalogue: &Catalogue) -> Option<Statement> {
    if !catalogue.has_table(table.name) {
        return None;
    }
    let newest = catalogue.existing(table.name, table.rising).into_iter().map(Identifier::known);
    let columns = newest.map(|column| format!("MAX({column}) AS {column}"));
    let columns = listed(std::iter::once("COUNT_BIG(*) AS row_count".to_owned()).chain(columns));
    let text = format!("SELECT {columns} FROM {}.[dbo].{};", susdb(), Identifier::known(table.name));
    Some(Statement::new(Purpose::Marks, text))
}

/// The update files SUSDB knows of, in the order of their digests: `FileDigest`, `FileName`, `Size`, `IsEula`,
/// `IsEncrypted` (where the build has it), `ActualState`, `DesiredState`, `DigestAlgorithm`, `AdditionalHash`. Nothing
/// where one of the two tables does not exist; without `tbFileHash` the last two are left out.
#[must_use]
pub fn content_manifest(catalogue: &Catalogue) -> Option<Statement> {
    if !catalogue.has_table("tbFile") || !catalogue.has_table("tbFileOnServer") {
        return None;
    }
    let susdb = susdb();
    let of_file = catalogue.existing("tbFile", &["FileDigest", "FileName", "Size", "IsEula", "IsEncrypted"]);
    let of_server = catalogue.existing("tbFileOnServer", &["ActualState", "DesiredState"]);
    let of_hash = catalogue.existing("tbFileHash", &["DigestAlgorithm", "AdditionalHash"]);
    let named = |alias: &'static str, columns: Vec<&'static str>| {
        columns.into_iter().map(move |column| format!("{alias}.{}", Identifier::known(column)))
    };
    let columns = listed(named("f", of_file).chain(named("s", of_server)).chain(named("h", of_hash.clone())));
    let hash = if of_hash.is_empty() {
        String::new()
    } else {
        format!(" LEFT JOIN {susdb}.[dbo].[tbFileHash] AS h ON h.[FileDigest] = f.[FileDigest]")
    };
    let text = format!(
        "SELECT {columns} FROM {susdb}.[dbo].[tbFileOnServer] AS s \
         JOIN {susdb}.[dbo].[tbFile] AS f ON f.[FileDigest] = s.[FileDigest]{hash} ORDER BY f.[FileDigest];"
    );
    Some(Statement::new(Purpose::ContentManifest, text))
}

/// How many update files are in which state: `ActualState`, `DesiredState`, `file_count`.
#[must_use]
pub fn file_states() -> Statement {
    let text = format!(
        "SELECT [ActualState], [DesiredState], COUNT_BIG(*) AS file_count FROM {}.[dbo].[tbFileOnServer] \
         GROUP BY [ActualState], [DesiredState] ORDER BY [ActualState], [DesiredState];",
        susdb()
    );
    Statement::new(Purpose::FileStates, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalogue(columns: &[(&str, &str)]) -> Catalogue {
        let mut catalogue = Catalogue::default();
        for (table, column) in columns {
            catalogue.add(table, column);
        }
        catalogue
    }

    #[test]
    fn rows_come_by_key_and_only_with_what_exists() {
        let table = ParityTable::named("tbFileOnServer").unwrap();
        let some = catalogue(&[
            ("tbFileOnServer", "FileDigest"),
            ("tbFileOnServer", "ConfigurationID"),
            ("tbFileOnServer", "ActualState"),
            ("tbFileOnServer", "TimeAddedToQueue"),
        ]);
        assert_eq!(
            rows(table, &some).unwrap().text(),
            "SELECT [FileDigest], [ConfigurationID], [ActualState] FROM [SUSDB].[dbo].[tbFileOnServer] \
             ORDER BY [FileDigest], [ConfigurationID];"
        );
        assert_eq!(rows(table, &catalogue(&[("tbFileOnServer", "FileDigest")])), None);
    }

    #[test]
    fn settings_come_as_text_and_without_passwords() {
        let table = ParityTable::named("tbConfiguration").unwrap();
        let some = catalogue(&[("tbConfiguration", "Name"), ("tbConfiguration", "Value")]);
        assert_eq!(
            rows(table, &some).unwrap().text(),
            "SELECT [Name], CAST([Value] AS nvarchar(4000)) AS [Value] FROM [SUSDB].[dbo].[tbConfiguration] \
             WHERE [Name] NOT LIKE N'%Password%';"
        );
    }

    #[test]
    fn a_build_without_second_digests_has_a_manifest_too() {
        let mut some =
            catalogue(&[("tbFile", "FileDigest"), ("tbFile", "Size"), ("tbFileOnServer", "ActualState")]);
        assert_eq!(
            content_manifest(&some).unwrap().text(),
            "SELECT f.[FileDigest], f.[Size], s.[ActualState] FROM [SUSDB].[dbo].[tbFileOnServer] AS s \
             JOIN [SUSDB].[dbo].[tbFile] AS f ON f.[FileDigest] = s.[FileDigest] ORDER BY f.[FileDigest];"
        );
        some.add("tbFileHash", "AdditionalHash");
        assert!(
            content_manifest(&some).unwrap().text().contains("LEFT JOIN [SUSDB].[dbo].[tbFileHash] AS h")
        );
    }
}
