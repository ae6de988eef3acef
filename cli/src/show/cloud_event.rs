//! A record as a `CloudEvents` 1.0 document, so that whoever collects events sees what is missing.
//!
//! `sequence` is written with 20 digits: the order of the texts is the order of the records. `hash` is the record's own
//! leaf hash and `previoushash` that of the record before it: where an event's `previoushash` is not the `hash` of the
//! one before, something was taken out or changed. `causation` is the `sequence` of the event that led to this one,
//! `correlation` the action it is a part of. Attributes without a value are left out, as the specification wants.

use serde_json::{Value, json};
use wsusmigrate_journal::{RawRecord, Record};

use crate::show::record;

/// The document of a record; `origin` is its journal's.
#[must_use]
pub fn of(origin: &str, raw: &RawRecord, known: &Record) -> Value {
    let line = record::line(known).json;
    let envelope = known.envelope();
    let name = match known {
        Record::Known(recorded) => recorded.event.kind().name().to_owned(),
        Record::Unknown(unknown) => format!("unknown.{:04x}.v{}", unknown.code, unknown.version),
    };
    let data = match known {
        Record::Known(_) => line["data"].clone(),
        Record::Unknown(_) => json!({ "record": record::hex(raw.payload()) }),
    };
    let mut document = json!({
        "specversion": "1.0",
        "id": envelope.id,
        "source": origin,
        "type": format!("wsusmigrate.{name}"),
        "time": envelope.time.to_string(),
        "datacontenttype": "application/json",
        "sequence": sequence(raw.seq().0),
        "previoushash": raw.previous(),
        "hash": raw.leaf(),
        "data": data,
    });
    let subject = line["data"]["path"].as_str().filter(|path| !path.is_empty());
    let optional = [
        ("subject", subject.map(Value::from)),
        ("correlation", envelope.action.map(|action| json!(action))),
        ("causation", envelope.causation.map(|seq| sequence(seq.0).into())),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            document[name] = value;
        }
    }
    document
}

/// A sequence whose order as text is its order as a number.
pub(super) fn sequence(seq: u64) -> String {
    format!("{seq:020}")
}
