//! Is what was restored what the source had: tables, rows that differ, and whether the source moved.

use super::{Side, keys, or_dash};
use crate::event::database::TableCompared;
use crate::report::Section;

/// The heading of the tables and of their rows that differ.
pub(super) const TABLES: &str = "Rows of the source and rows restored";

/// High-water marks around the backup. A source that moved is told as such.
pub(super) fn marks(side: Side<'_>) -> Section {
    let database = side.database();
    let mut section = side.section(keys("marks", "source_marks"), "Did the source move during its backup");
    let rows = database.marks_before.iter().map(|(mark, before)| {
        let after = database.marks_after.get(mark);
        let says = match after {
            None => "not read again",
            Some(after) if after == before => "rested",
            Some(_) => "moved",
        };
        let after = after.map_or("-", |after| or_dash(after.as_str()));
        vec![mark.to_string().into(), or_dash(before.as_str()).into(), after.into(), says.into()]
    });
    section.table("marks", &["mark", "before the backup", "after it", "says"], rows);
    let moved: Vec<_> = database.moved().map(ToString::to_string).collect();
    if !moved.is_empty() {
        section.notes.push(format!(
            "The source moved while it was backed up: {}. What changed after the backup is not in it, and these tables \
             cannot be compared; with the source's services at rest they can.",
            moved.join(", ")
        ));
    }
    section
}

/// Tables with their rows on both sides, differences by key, and the sums they were compared by.
pub(super) fn tables(side: Side<'_>) -> Section {
    let database = side.database();
    let mut section = side.section(keys("parity", "source_parity"), TABLES);
    let rows = database.parity.values().map(|table| {
        let (source, restored) = (table.source_rows.into(), table.restored_rows.into());
        let (name, verdict) = (table.table.as_str().into(), table.verdict.word().into());
        vec![name, source, restored, verdict, because(table).into()]
    });
    section.table("parity", &["table", "source", "restored", "verdict", "because"], rows);
    let rows = database
        .rows
        .iter()
        .map(|row| vec![row.table.as_str().into(), row.key.as_str().into(), row.how.word().into()]);
    section.table("differences", &["table", "key", "says"], rows);
    let differing = database.parity.values().map(|table| table.differing + table.missing + table.extra);
    let more = differing.sum::<u64>().saturating_sub(database.rows.len() as u64);
    if more > 0 {
        section.notes.push(format!("{more} more rows differ than are named."));
    }
    let sums = database.source_sums.values().chain(database.restored_sums.values()).map(|sum| {
        let (table, of) = (sum.table.as_str().into(), sum.of.word().into());
        vec![table, of, sum.rows.into(), sum.sum.to_string().into()]
    });
    section.table("sums", &["table", "of", "rows", "sum"], sums);
    section
}

fn because(table: &TableCompared) -> String {
    if !table.why.as_str().is_empty() {
        return table.why.to_string();
    }
    let counts = [(table.differing, "differ"), (table.missing, "missing"), (table.extra, "extra")];
    let counts = counts.iter().filter(|(rows, _)| *rows > 0).map(|(rows, how)| format!("{rows} {how}"));
    counts.collect::<Vec<_>>().join(", ")
}
