//! One record as a line for people and a document for machines.

use serde_json::{Value, json};
use wsusmigrate_core::envelope::Recorded;
use wsusmigrate_core::event::Event;
use wsusmigrate_journal::{RawRecord, Record};

use crate::show::answer::Line;
use crate::show::event;

/// A record in both forms. An event of a newer program is shown as unknown, never dropped.
#[must_use]
pub fn line(record: &Record) -> Line {
    match record {
        Record::Known(recorded) => Line { text: known_text(recorded), json: known_json(recorded) },
        Record::Unknown(unknown) => Line {
            text: format!("{:>7} {} {}", unknown.seq, unknown.envelope.time, what(record)),
            json: json!({
                "seq": unknown.seq,
                "time": unknown.envelope.time.to_string(),
                "event": null,
                "code": unknown.code,
                "version": unknown.version,
                "id": unknown.envelope.id,
            }),
        },
    }
}

/// What happened, in one line without time or number.
#[must_use]
pub fn what(record: &Record) -> String {
    match record {
        Record::Known(recorded) => event::line(&recorded.event),
        Record::Unknown(unknown) => format!(
            "unknown event {:#06x} version {}: written by a newer program",
            unknown.code, unknown.version
        ),
    }
}

/// Bytes as hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

/// Everything about one record, its bytes included.
#[must_use]
pub fn document(raw: &RawRecord, record: &Record) -> Value {
    let mut document = line(record).json;
    if let Some(fields) = document.as_object_mut() {
        fields.insert("text".into(), line(record).text.into());
        fields.insert("leaf".into(), json!(raw.leaf()));
        fields.insert("previous".into(), json!(raw.previous()));
        fields.insert("bytes".into(), hex(raw.payload()).into());
    }
    document
}

fn known_text(recorded: &Recorded) -> String {
    format!("{:>7} {} {}", recorded.seq, recorded.envelope.time, event::line(&recorded.event))
}

fn known_json(recorded: &Recorded) -> Value {
    json!({
        "seq": recorded.seq,
        "time": recorded.envelope.time.to_string(),
        "event": recorded.event.kind().name(),
        "id": recorded.envelope.id,
        "action": recorded.envelope.action,
        "causation": recorded.envelope.causation,
        "data": fields(&recorded.event),
    })
}

/// The fields of an event, without the names of the enumerations around them.
fn fields(event: &Event) -> Value {
    let inner = |value: Value| match value {
        Value::Object(map) => map.into_iter().next().map_or(Value::Null, |(_, inner)| inner),
        other => other,
    };
    serde_json::to_value(event).map(inner).map(inner).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use wsusmigrate_core::event::run::StopRequested;

    #[test]
    fn fields_stand_without_their_wrapping() {
        let event = Event::from(StopRequested { how: "Ctrl-C".into() });
        assert_eq!(fields(&event), json!({ "how": "Ctrl-C" }));
    }
}
