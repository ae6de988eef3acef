//! What verifying a journal showed, as text and JSON.

use std::io::{self, Write};

use serde_json::{Value, json};
use wsusmigrate_journal::{Finding, LeftOut, Severity, Verification};

use crate::show::table::sentence;
use crate::show::{plain, unit};

/// Writes the result for people: the verdict first, then every finding.
pub(super) fn text(verification: &Verification, out: &mut dyn Write) -> io::Result<()> {
    let verdict = if verification.is_sound() { "sound" } else { "DAMAGED" };
    writeln!(out, "The journal is {verdict}: {} records", unit::count(verification.size))?;
    if let Some(identity) = &verification.identity {
        writeln!(out, "  origin      {}", identity.origin())?;
    }
    if let Some(root) = &verification.root {
        writeln!(out, "  root        {root}")?;
    }
    match (&verification.checkpoint, verification.uncompared) {
        (Some(checkpoint), _) => {
            writeln!(out, "  checkpoint  signed at {} records", unit::count(checkpoint.size))?;
        }
        (None, None) => writeln!(out, "  checkpoint  none")?,
        (None, Some(_)) => {}
    }
    if let Some(size) = verification.uncompared {
        let size = unit::count(size);
        writeln!(out, "  checkpoint  signed at {size} records; the log is damaged before it")?;
    }
    if let Some(size) = verification.consistent {
        let size = unit::count(size);
        writeln!(out, "  elsewhere   the journal goes on from the checkpoint of {size} records")?;
    }
    if let Some(size) = verification.kept {
        let size = unit::count(size);
        writeln!(out, "  key folder  the journal goes on from the checkpoint of {size} records")?;
    }
    let unsigned = &verification.unsigned;
    if !unsigned.is_empty() {
        let (count, from) = (unit::count(unsigned.end - unsigned.start), unit::count(unsigned.start));
        writeln!(out, "  unsigned    {count} records, from record {from} on")?;
    }
    for finding in &verification.findings {
        let place = finding.offset.map(|offset| format!(", byte {offset}")).unwrap_or_default();
        let record = finding.seq.map_or_else(|| "journal".to_owned(), |seq| format!("record {seq}"));
        let event = finding.event.map(|event| format!(" ({event})")).unwrap_or_default();
        let told = format!("{record}{event}: {}", finding.what);
        out.write_all(sentence(&format!("{}: ", word(finding.severity)), &told).as_bytes())?;
        writeln!(out, "    in {}{place}", plain(&finding.file.display().to_string()))?;
    }
    for LeftOut { severity, about, findings } in &verification.left_out {
        writeln!(out, "{}: {} more {about}, not listed", word(*severity), unit::count(*findings))?;
    }
    Ok(())
}

/// The result for machines.
pub(super) fn json(verification: &Verification) -> Value {
    let unsigned = &verification.unsigned;
    json!({
        "sound": verification.is_sound(),
        "size": verification.size,
        "root": verification.root,
        "origin": verification.identity.as_ref().map(wsusmigrate_journal::Identity::origin),
        "checkpoint_size": verification.checkpoint.as_ref().map(|checkpoint| checkpoint.size),
        "uncompared_checkpoint_size": verification.uncompared,
        "consistent_with_size": verification.consistent,
        "key_folder_size": verification.kept,
        "unsigned_records": unsigned.end - unsigned.start,
        "unsigned_from": (!unsigned.is_empty()).then_some(unsigned.start),
        "findings": verification.findings.iter().map(finding).collect::<Vec<_>>(),
        "left_out": verification.left_out.iter().map(left_out).collect::<Vec<_>>(),
    })
}

fn finding(finding: &Finding) -> Value {
    json!({
        "severity": word(finding.severity),
        "seq": finding.seq,
        "event": finding.event,
        "file": finding.file.display().to_string(),
        "offset": finding.offset,
        "what": finding.what,
    })
}

fn left_out(left_out: &LeftOut) -> Value {
    json!({
        "severity": word(left_out.severity),
        "about": left_out.about,
        "findings": left_out.findings,
    })
}

const fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "note",
        Severity::Warning => "warning",
        Severity::Damage => "damage",
    }
}
