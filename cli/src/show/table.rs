//! Tables that fit 80 columns.

use comfy_table::{ContentArrangement, Table, presets};

/// The width every table fits, in columns.
pub(super) const WIDTH: u16 = 80;

/// A table without lines: headings, then rows; long cells wrap.
pub(super) fn table<'a>(columns: &[&str], rows: impl Iterator<Item = Vec<String>> + 'a) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_width(WIDTH);
    table.set_header(columns);
    rows.for_each(|row| {
        table.add_row(row);
    });
    table.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}
