//! Records as rows of CSV (RFC 4180) that a spreadsheet shows and does not execute.
//!
//! Names of files and words of other systems stand in these cells. A spreadsheet takes a cell that begins with `=`, `+`,
//! `-`, `@`, one of their wide forms, a tab or the end of a line for a formula: such a cell gets an apostrophe before it. In
//! countries where it separates cells by semicolons it does so whatever the quotes say: there, too, an apostrophe stands
//! between.

use serde_json::Value;
use wsusmigrate_journal::{RawRecord, Record};

use crate::show::cloud_event::sequence;
use crate::show::record;

const COLUMNS: [&str; 10] =
    ["sequence", "time", "event", "id", "action", "causation", "previous_hash", "hash", "text", "data"];

/// The first row, with a byte order mark before it where that is asked for.
#[must_use]
pub fn head(byte_order_mark: bool) -> String {
    let mark = if byte_order_mark { "\u{feff}" } else { "" };
    format!("{mark}{}\r\n", COLUMNS.join(","))
}

/// The row of a record.
#[must_use]
pub fn row(raw: &RawRecord, known: &Record) -> String {
    let line = record::line(known);
    let envelope = known.envelope();
    let event = match known {
        Record::Known(recorded) => recorded.event.kind().name().to_owned(),
        Record::Unknown(unknown) => format!("unknown.{:04x}.v{}", unknown.code, unknown.version),
    };
    let data = match known {
        Record::Known(_) => line.json.get("data").map(Value::to_string).unwrap_or_default(),
        Record::Unknown(_) => record::hex(raw.payload()),
    };
    let cells: [String; COLUMNS.len()] = [
        sequence(raw.seq().0),
        envelope.time.to_string(),
        event,
        envelope.id.to_string(),
        envelope.action.map(|action| action.to_string()).unwrap_or_default(),
        envelope.causation.map(|seq| sequence(seq.0)).unwrap_or_default(),
        raw.previous().to_string(),
        raw.leaf().to_string(),
        record::what(known),
        data,
    ];
    cells.map(|text| cell(&text)).join(",") + "\r\n"
}

/// A cell: guarded against being a formula, in quotes where it must be.
fn cell(text: &str) -> String {
    let mut guarded = String::with_capacity(text.len());
    let mut begins = true;
    for character in text.chars() {
        if begins && begins_a_formula(character) {
            guarded.push('\'');
        }
        guarded.push(character);
        begins = character == ';';
    }
    if text.contains([',', ';', '"', '\r', '\n']) || guarded.len() > text.len() {
        format!("\"{}\"", guarded.replace('"', "\"\""))
    } else {
        guarded
    }
}

const fn begins_a_formula(character: char) -> bool {
    matches!(character, '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_never_a_formula() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "－1"] {
            assert_eq!(cell(text), format!("\"'{text}\""));
        }
        assert_eq!(cell("=HYPERLINK(\"x\",\"y\")"), "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\"");
        assert_eq!(cell("a;=1;b"), "\"a;'=1;b\"");
    }

    #[test]
    fn cells_are_quoted_where_they_must_be() {
        assert_eq!(cell("plain = text"), "plain = text");
        assert_eq!(cell("a,b"), "\"a,b\"");
        assert_eq!(cell("two\r\nlines"), "\"two\r\nlines\"");
        assert_eq!(cell("a \"word\""), "\"a \"\"word\"\"\"");
        assert_eq!(cell(""), "");
    }

    #[test]
    fn the_mark_stands_before_everything() {
        assert!(head(true).as_bytes().starts_with(b"\xEF\xBB\xBFsequence,"));
        assert!(head(false).starts_with("sequence,") && head(false).ends_with("\r\n"));
    }
}
