//! Reports as data: sections of figures, tables and paragraphs. Text, JSON and pages render this and nothing else.

mod approval;
mod audit;
mod data;
mod database;
mod progress;
mod streams;

pub use audit::audit;
pub use data::{Figure, Report, Section, Table, Value};
pub use database::after_catalogue;
pub use database::after_look;
pub use database::after_parity;
pub use database::after_replacement;
pub use database::approval_missing;
pub use database::left_aside;
pub use database::services_down;
pub use database::spare_backups;
pub use database::touched_so_far;
pub use database::void_approvals;
pub use progress::progress;
