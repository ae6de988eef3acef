//! A store that was built anew, as text and JSON.

use serde_json::json;
use wsusmigrate_core::event::run::JournalRecovered;

use crate::show::{Line, unit};

/// What was recorded of it.
#[must_use]
pub fn line(finding: &JournalRecovered) -> Line {
    let JournalRecovered { records, detail, .. } = finding;
    Line {
        text: format!("The store is built anew from {} records\n  {detail}", unit::count(*records)),
        json: json!({ "records": records, "detail": detail }),
    }
}
