//! What is known about update files without looking at a disk: names, lists, ranges.

mod batch;
mod list;
mod naming;
mod pass;
mod replacement;
mod storage;

pub use batch::{BATCH_BYTES_GOAL, BATCH_FILES_MAX, Batch, FoundBefore, cut};
pub use list::{Entry, LIST_HEADER, ListDigest, ListError, copying_order, line, parse_line};
pub use naming::{CONTENT_FOLDER, Expectation, PACKAGES_FOLDER, expectation, naming, promised};
pub use pass::{AtDestination, Found, Knowledge, Pass, WorkItem, plan_pass};
pub use replacement::{Overwritten, Replacements};
pub use storage::{SaidBy, Storage};
