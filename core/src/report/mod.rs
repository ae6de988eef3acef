//! Reports as data: sections of figures, tables and paragraphs. Text, JSON and pages render this and nothing else.

mod approval;
mod audit;
mod data;
mod database;
mod progress;
mod streams;

pub use audit::audit;
pub use data::{Figure, Report, Section, Table, Value};
pub use progress::progress;
