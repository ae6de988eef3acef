//! Goal: whatever people and other systems write, an event fits a record.
//!
//! Method: in the sample of every kind each text is made as long as its type lets it be and each number as large. What
//! its type does not take is left as it is, so no list of fields is kept here.

#![allow(clippy::unwrap_used, reason = "tests may unwrap, also in their helpers")]

mod support;

use serde_json::{Value, json};
use support::samples;
use wsusmigrate_core::envelope::{Envelope, Proposed};
use wsusmigrate_core::event::{Event, Kind};
use wsusmigrate_core::path::PATH_INLINE_BYTES_MAX;
use wsusmigrate_core::text::TEXT_BYTES_MAX;
use wsusmigrate_core::unit::Seq;
use wsusmigrate_journal::{AppendError, Batch};

/// Kinds whose texts together could pass the limit. Their shapes are frozen, and the texts are names of this host, its
/// system, its accounts and its streams, which are short.
const UNBOUNDED: &[Kind] = &[Kind::RunStarted, Kind::RunStreamImported];

/// Kinds with bytes that are shown as digits and not read back from them: they have three texts at most.
const NOT_READ_BACK: &[Kind] =
    &[Kind::RunJournalCreated, Kind::RunKeyRotated, Kind::ContentBatchStarted, Kind::ContentBatchExamined];

/// Grows every leaf below `at`.
fn grow(whole: &mut Value, at: &str) {
    let inner: Vec<String> = match whole.pointer(at).unwrap() {
        Value::Object(map) => map.keys().cloned().collect(),
        Value::Array(list) => (0..list.len()).map(|at| at.to_string()).collect(),
        Value::String(_) => {
            let path = json!({ "Inline": vec![b'x'; PATH_INLINE_BYTES_MAX] });
            return replace(whole, at, [path, "x".repeat(2 * TEXT_BYTES_MAX).into()]);
        }
        Value::Number(_) => {
            return replace(whole, at, [u64::MAX.into(), u32::MAX.into(), i32::MIN.into(), u8::MAX.into()]);
        }
        Value::Null | Value::Bool(_) => return,
    };
    for name in inner {
        grow(whole, &format!("{at}/{name}"));
    }
}

/// Puts the first of these values there that the event's type takes.
fn replace<const N: usize>(whole: &mut Value, at: &str, larger: [Value; N]) {
    for value in larger {
        let mut grown = whole.clone();
        *grown.pointer_mut(at).unwrap() = value;
        if serde_json::from_value::<Event>(grown.clone()).is_ok() {
            *whole = grown;
            return;
        }
    }
}

/// The largest form of a kind's sample; nothing where it is not read back.
fn largest(kind: Kind) -> Option<Event> {
    let mut value = serde_json::to_value(samples::event(kind)).unwrap();
    // A path is read in another form than it is shown in: until it stands there, the event takes nothing else.
    grow(&mut value, "");
    grow(&mut value, "");
    serde_json::from_value(value).ok()
}

#[test]
fn the_largest_form_of_every_event_fits_a_record() {
    for kind in Kind::ALL {
        let Some(event) = largest(*kind) else {
            assert!(NOT_READ_BACK.contains(kind), "{} is not read back", kind.name());
            continue;
        };
        assert!(!NOT_READ_BACK.contains(kind), "{} is read back", kind.name());
        let envelope = Envelope {
            causation: Some(Seq(u64::MAX)),
            ..samples::item(samples::action(1), u64::from(u32::MAX))
        };
        let text = serde_json::to_string(&event).unwrap();
        let fits = match Batch::of(&[Proposed { envelope, event }]) {
            Ok(_) => true,
            Err(AppendError::TooLong { .. }) => false,
            Err(other) => panic!("{}: {other}", kind.name()),
        };
        assert_eq!(fits, !UNBOUNDED.contains(kind), "{}: {text}", kind.name());
    }
}
