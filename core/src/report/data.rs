//! The parts a report is made of.

use serde::Serialize;

use crate::unit::TimeMicros;

/// A report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The word that asks for it: `audit`, `progress`.
    pub kind: &'static str,
    /// Its title.
    pub title: String,
    /// Its parts, in order.
    pub sections: Vec<Section>,
}

/// A part of a report.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Section {
    /// A stable key for scripts.
    pub key: &'static str,
    /// Its heading.
    pub title: String,
    /// Single values.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub figures: Vec<Figure>,
    /// Tables.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tables: Vec<Table>,
    /// Sentences.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// One value with its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Figure {
    /// A stable key for scripts.
    pub key: &'static str,
    /// What people read.
    pub label: String,
    /// The value.
    pub value: Value,
}

/// A table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Table {
    /// A stable key for scripts.
    pub key: &'static str,
    /// Headings, one a column.
    pub columns: Vec<&'static str>,
    /// Rows, each with one value a column.
    pub rows: Vec<Vec<Value>>,
}

/// A value that knows its unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// A number of things.
    Count(u64),
    /// A size in bytes.
    Bytes {
        /// The size.
        bytes: u64,
    },
    /// A moment.
    Time {
        /// Microseconds since 1970, UTC.
        micros: TimeMicros,
        /// The same in RFC 3339.
        time: String,
    },
    /// A time span in microseconds.
    Span {
        /// The span.
        micros: i64,
    },
    /// Words.
    Text(String),
}

impl From<u64> for Value {
    fn from(count: u64) -> Self {
        Self::Count(count)
    }
}

impl From<usize> for Value {
    fn from(count: usize) -> Self {
        Self::Count(count as u64)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<TimeMicros> for Value {
    fn from(time: TimeMicros) -> Self {
        Self::Time { micros: time, time: time.to_string() }
    }
}

impl Value {
    /// A size.
    #[must_use]
    pub const fn bytes(bytes: u64) -> Self {
        Self::Bytes { bytes }
    }
}

impl Section {
    /// An empty section.
    #[must_use]
    pub fn new(key: &'static str, title: &str) -> Self {
        Self { key, title: title.to_owned(), ..Self::default() }
    }

    /// Adds a figure.
    pub fn figure(&mut self, key: &'static str, label: &str, value: impl Into<Value>) {
        self.figures.push(Figure { key, label: label.to_owned(), value: value.into() });
    }

    /// Adds a table.
    pub fn table(
        &mut self,
        key: &'static str,
        columns: &[&'static str],
        rows: impl Iterator<Item = Vec<Value>>,
    ) {
        self.tables.push(Table { key, columns: columns.to_vec(), rows: rows.collect() });
    }
}
