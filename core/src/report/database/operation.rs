//! Every operation: what was sent, what the server said, how it ended, and how doubts were settled.

use super::{Side, keys, or_dash};
use crate::database::message;
use crate::event::database::{MessageReceived, OperationResult};
use crate::projection::database::{Doubt, OperationRecord};
use crate::report::{Section, Value};

pub(super) fn operations(side: Side<'_>) -> Section {
    let operations = &side.database().operations;
    let mut section = side.section(keys("operations", "source_operations"), "What was done to SUSDB");
    section.table("operations", &["record", "started", "operation", "took", "result"], {
        operations.iter().map(|record| {
            vec![
                record.seq.0.into(),
                record.started.into(),
                record.event.operation.word().into(),
                took(record),
                record.word().into(),
            ]
        })
    });
    section.table("statements", &["record", "statement"], {
        operations.iter().map(|record| vec![record.seq.0.into(), statement(record).into()])
    });
    section.table("found", &["record", "found before", "expected", "came to"], {
        operations.iter().map(|record| {
            let came_to = record.finished.as_ref().map_or("no outcome", |(_, end)| end.detail.as_str());
            let (before, expects) = (record.event.before.as_str(), record.event.expects.as_str());
            vec![
                record.seq.0.into(),
                or_dash(before).into(),
                or_dash(expects).into(),
                or_dash(came_to).into(),
            ]
        })
    });
    section.table("messages", &["record", "number", "level", "the server said"], {
        operations.iter().flat_map(said)
    });
    section.table("doubts", &["record", "when", "by", "says", "because"], {
        operations.iter().flat_map(|record| record.doubts.iter().map(|doubt| told(record, doubt)))
    });
    section.notes.extend(unnumbered(operations));
    section.notes.extend(operations.iter().filter_map(left_out));
    section
}

/// What the server said of an operation; of how far it was the last word only, and how often it was told.
fn said(record: &OperationRecord) -> impl Iterator<Item = Vec<Value>> {
    let told = record.messages.iter().filter(|said| tells_how_far(said)).count();
    let last = record.messages.iter().rposition(tells_how_far);
    let shown = record.messages.iter().enumerate();
    let shown = shown.filter(move |(at, said)| !tells_how_far(said) || last == Some(*at));
    shown.map(move |(at, said)| {
        let (number, level) = (message::told(said.number), message::told(said.class));
        let text = said.text.as_str();
        let is_last = last == Some(at) && told > 1;
        let text = if is_last { format!("{text} (the last of {told} of its kind)") } else { text.to_owned() };
        vec![record.seq.0.into(), number.into(), level.into(), text.into()]
    })
}

/// Where nobody tells the number, an English server's words do.
fn tells_how_far(said: &MessageReceived) -> bool {
    let of_its_form = |text: &str| {
        let digits = text.strip_suffix(" percent processed.");
        digits.is_some_and(|digits| digits.parse::<u8>().is_ok())
    };
    said.number.map_or_else(|| of_its_form(said.text.as_str()), |number| number == message::number::PERCENT)
}

/// Why numbers are lacking, where they are.
fn unnumbered(operations: &[OperationRecord]) -> Option<String> {
    let mut said = operations.iter().flat_map(|record| &record.messages);
    said.any(|said| said.number.is_none()).then(|| {
        "? is what is not known: over a connection that is encrypted as a whole, what a server says in passing comes \
         without its number and level; errors have theirs."
            .to_owned()
    })
}

/// An operation with what tells it from others of its kind.
pub(super) fn named(record: &OperationRecord) -> String {
    match record.event.subject.as_str() {
        "" => record.event.operation.word().to_owned(),
        subject => format!("{} {subject}", record.event.operation.word()),
    }
}

/// How long it took; of one whose end nobody heard, only until when it was heard of is known, which is not that.
fn took(record: &OperationRecord) -> Value {
    match &record.finished {
        None => "-".into(),
        Some((_, end)) if end.result == OperationResult::Unknown => "not known".into(),
        Some((_, end)) => {
            Value::Span { micros: i64::try_from(end.elapsed_ms.saturating_mul(1000)).unwrap_or(i64::MAX) }
        }
    }
}

/// The statement on one line: what ends a line between two words of T-SQL may as well be a blank.
fn statement(record: &OperationRecord) -> String {
    if record.event.statement.as_str().is_empty() {
        return "none: there was nothing to send".to_owned();
    }
    let text = record.event.statement.as_str().split(['\r', '\n']).filter(|line| !line.is_empty());
    let text = text.collect::<Vec<_>>().join(" ");
    match &record.event.whole {
        Some(whole) => format!("{text} (the whole is evidence {whole})"),
        None => text,
    }
}

fn told(record: &OperationRecord, doubt: &Doubt) -> Vec<Value> {
    let (time, by, says, because) = match doubt {
        Doubt::Reconciled(time, found) => (time, "a look".to_owned(), found.found.word(), &found.detail),
        Doubt::Resolved(time, said) => {
            (time, format!("{} ({})", said.account, said.sid), said.answer.word(), &said.note)
        }
    };
    vec![record.seq.0.into(), (*time).into(), by.into(), says.into(), because.as_str().into()]
}

fn left_out(record: &OperationRecord) -> Option<String> {
    let more = record.messages_left_out();
    (more > 0).then(|| {
        let seq = record.seq;
        format!(
            "The server said {more} more things of the operation in record {seq}: `wsusmigrate journal log`."
        )
    })
}
