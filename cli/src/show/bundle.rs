//! What became of a bundle, or of the journal a seal has ended, as text and JSON.

use std::path::Path;

use serde_json::json;
use wsusmigrate_journal::RecordSource as _;
use wsusmigrate_journal::bundle::{Bundle, Exported};
use wsusmigrate_journal::streams::StoredCopy;

use crate::show::answer::Line;
use crate::show::unit;

/// A bundle that was written.
#[must_use]
pub fn exported(exported: &Exported, to: &Path) -> Line {
    let Exported { stream, origin, size, root, key, evidence_files, bytes, before } = exported;
    let what = match before {
        Some(before) if before == size => "unchanged".to_owned(),
        Some(before) => format!("extended from {} records", unit::count(*before)),
        None => "written".to_owned(),
    };
    let text = format!(
        "The bundle {} is {what}\n  holds   {} records, {} evidence files, {}\n  origin  {origin}\n  root    {root}\n  key     {key}",
        to.display(),
        unit::count(*size),
        unit::count(*evidence_files),
        unit::bytes(*bytes),
    );
    let json = json!({
        "file": to.display().to_string(),
        "stream": stream,
        "origin": origin,
        "size": size,
        "root": root,
        "key": key,
        "evidence_files": evidence_files,
        "bytes": bytes,
        "size_before": before,
    });
    Line { text, json }
}

/// A bundle that is in the journal now. `copy` is what was found of its copy, where it was imported before.
#[must_use]
pub fn imported(bundle: &Bundle, before: Option<u64>, copy: Option<&StoredCopy>) -> Line {
    let (identity, note) = (bundle.identity(), bundle.note());
    let key = identity.fingerprint();
    let records = unit::count(note.size);
    let (what, mended, quarantined) = match (copy, before) {
        (Some(StoredCopy::Sound), _) => ("was imported before: nothing to do".to_owned(), None, None),
        (Some(StoredCopy::Missing), _) => {
            ("was imported before; its copy was missing and is put back".to_owned(), Some("missing"), None)
        }
        (Some(StoredCopy::Wrong { quarantined }), _) => {
            let there = quarantined.display().to_string();
            let what = format!("was imported before; its copy was wrong and is put back\n  aside   {there}");
            (what, Some("wrong"), Some(there))
        }
        (None, Some(before)) => {
            (format!("is imported: {records} records, {} before", unit::count(before)), None, None)
        }
        (None, None) => (format!("is imported: {records} records"), None, None),
    };
    let text =
        format!("The stream {what}\n  origin  {}\n  root    {}\n  key     {key}", note.origin, note.root);
    let json = json!({
        "stream": identity.stream,
        "origin": note.origin,
        "size": note.size,
        "size_before": before,
        "imported": copy.is_none(),
        "copy_was": mended,
        "quarantined": quarantined,
        "root": note.root,
        "key": key,
    });
    Line { text, json }
}

/// A journal that is ended for good, with the records it holds.
#[must_use]
pub fn sealed(size: u64) -> Line {
    Line {
        text: format!("The journal is sealed: {} records", unit::count(size)),
        json: json!({ "size": size }),
    }
}
