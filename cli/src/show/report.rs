//! Reports as text.

use std::io::{self, Write};

use wsusmigrate_core::report::{Report, Section, Value};

use crate::show::table::{batch, entries, paths, sentence, table};
use crate::show::{plain, unit};

/// Writes a report for people. A table longer than `rows_max` says how much it leaves out.
pub(super) fn text(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let title = plain(&report.title);
    writeln!(out, "{title}")?;
    writeln!(out, "{}", "=".repeat(title.chars().count()))?;
    report.sections.iter().filter(|section| !is_empty(section)).try_for_each(|part| section(part, out))
}

/// The most rows of a table shown to a person; JSON has them all.
const ROWS_MAX: usize = 200;
/// The width of a figure's label, in columns.
const LABEL_WIDTH: usize = 36;
/// Figures that people copy: blanks in them are no place for a line's end.
const PATHS: [&str; 6] = ["source", "destination", "journal", "keys", "engine_path", "program_path"];

/// Sections whose notes are statements, of several lines some of them, which people copy.
const BATCHES: [&str; 2] = ["statements", "reads"];

/// Tables of statements, digests and numbers that people copy, too long to stand beside each other uncut.
const LISTS: [&str; 5] = ["statements", "found", "sums", "comparisons", "susdb"];

fn is_empty(section: &Section) -> bool {
    section.figures.is_empty()
        && section.notes.is_empty()
        && section.tables.iter().all(|table| table.rows.is_empty())
}

fn section(section: &Section, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n{}", section.title)?;
    for figure in &section.figures {
        let (label, value) = (format!("  {:<LABEL_WIDTH$} ", figure.label), value(&figure.value));
        if PATHS.contains(&figure.key) {
            writeln!(out, "{label}{value}")?;
        } else {
            out.write_all(sentence(&label, &value).as_bytes())?;
        }
    }
    for part in section.tables.iter().filter(|table| !table.rows.is_empty()) {
        let rows = part.rows.iter().take(ROWS_MAX).map(|row| row.iter().map(value).collect());
        let text = match part.columns.first() {
            Some(&"path") => paths(rows),
            _ if LISTS.contains(&part.key) => entries(&part.columns, rows),
            _ => table(&part.columns, rows),
        };
        out.write_all(text.as_bytes())?;
        if let Some(more) = part.rows.len().checked_sub(ROWS_MAX).filter(|more| *more > 0) {
            writeln!(out, "  ... and {} more; --json has them all", unit::count(more as u64))?;
        }
    }
    let wrapped = if BATCHES.contains(&section.key) { batch } else { sentence };
    section.notes.iter().try_for_each(|note| out.write_all(wrapped("  ", note).as_bytes()))
}

fn value(value: &Value) -> String {
    match value {
        Value::Count(count) => unit::count(*count),
        Value::Bytes { bytes } => unit::bytes(*bytes),
        Value::Time { time, .. } => time.clone(),
        Value::Span { micros } => unit::span(*micros),
        Value::Text(text) => plain(text).into_owned(),
    }
}
