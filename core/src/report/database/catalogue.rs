//! The copied content, held against what SUSDB expects.

use super::{Side, after_catalogue, keys, yes};
use crate::report::{Section, Value};

/// What the section is called.
pub(super) const TITLE: &str = "Files that SUSDB expects";

pub(super) fn catalogue(side: Side<'_>) -> Section {
    let database = side.database();
    let mut section = side.section(keys("catalogue", "source_catalogue"), TITLE);
    if let Some(compared) = &database.catalogue {
        section.figure("expected", "Expected", compared.expected);
        section.figure("expected_bytes", "Their size", Value::bytes(compared.expected_bytes));
        section.figure("matched", "As expected", compared.matched);
        section.figure("missing", "Missing", compared.missing);
        section.figure("extra", "SUSDB knows nothing of", compared.extra);
        section.figure("damaged", "Damaged", compared.damaged);
        section.figure("encrypted", "Encrypted, says SUSDB", compared.encrypted);
        section.figure("list", "SHA-256 of the differences", compared.differences.to_string());
        section.figure(
            "after_backup",
            "Compared after a pass that followed the backup",
            yes(database.top_up.is_compared()),
        );
    }
    if !side.is_source {
        section.notes.extend(after_catalogue(side.state));
    }
    let rows = database
        .catalogue_differences
        .iter()
        .map(|file| vec![file.path.to_string().into(), file.how.word().into(), file.detail.as_str().into()]);
    section.table("differences", &["path", "says", "detail"], rows);
    let rows = database.states.iter().map(|states| {
        vec![states.actual.to_string().into(), states.desired.to_string().into(), states.files.into()]
    });
    section.table("states", &["ActualState", "DesiredState", "files"], rows);
    if !database.states.is_empty() {
        section.notes.push(
            "ActualState 12 is the one state known to mean that a file is ready; the others are reported as they are."
                .to_owned(),
        );
    }
    section
}
