//! Reports as lines, in which a test looks for what must stand there.

use wsusmigrate_core::projection::Migration;
use wsusmigrate_core::report::{self, Report, Value};
use wsusmigrate_core::status::Demand;
use wsusmigrate_core::unit::TimeMicros;

use super::History;

/// A report as lines: `section figure = value` and `section/table cell | cell`.
pub struct Told(pub Vec<String>);

impl Told {
    pub fn of(report: &Report) -> Self {
        let mut lines = Vec::new();
        for section in &report.sections {
            let key = section.key;
            lines.push(format!("{key} # {}", section.title));
            lines.extend(section.figures.iter().map(|it| format!("{key} {} = {}", it.key, text(&it.value))));
            for table in &section.tables {
                lines.extend(table.rows.iter().map(|row| {
                    assert_eq!(row.len(), table.columns.len(), "{key}/{}", table.key);
                    format!("{key}/{} {}", table.key, row.iter().map(text).collect::<Vec<_>>().join(" | "))
                }));
            }
            lines.extend(section.notes.iter().map(|note| format!("{key}: {note}")));
        }
        Self(lines)
    }

    #[track_caller]
    pub fn says(&self, wanted: &str) {
        assert!(self.0.iter().any(|line| line == wanted), "{wanted:?} is not in\n{}", self.0.join("\n"));
    }

    #[track_caller]
    pub fn never_says(&self, beginning: &str) {
        assert!(self.0.iter().all(|line| !line.starts_with(beginning)), "{}", self.0.join("\n"));
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Count(count) => count.to_string(),
        Value::Bytes { bytes } => format!("{bytes} B"),
        Value::Time { micros, .. } => format!("@{}", micros.0 / 1_000_000),
        Value::Span { micros } => format!("{micros} us"),
        Value::Text(text) => text.clone(),
    }
}

pub fn audited(history: &History) -> Told {
    audited_with(history, None)
}

/// The audit where the source's stream was imported.
pub fn audited_with(history: &History, source: Option<&Migration>) -> Told {
    Told::of(&report::audit(&history.state(), source))
}

/// What progress says where the plan wants so many approvals.
pub fn progress(history: &History, wanted: Option<usize>) -> Told {
    let demand = wanted.map(|persons| Demand { persons, after_look: false });
    Told::of(&report::progress(&history.state(), TimeMicros(0), demand))
}
