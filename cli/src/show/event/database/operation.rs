//! Operations, in words.

use wsusmigrate_core::database::message::told;
use wsusmigrate_core::event::database::{MessageReceived, OperationFinished, OperationStarted};

use super::after;
use crate::show::unit::span;

/// What a line shows of a statement, in characters. The record holds more of it, evidence the whole.
const BEGINNING_CHARS: usize = 160;

pub(super) fn started(it: &OperationStarted) -> String {
    let subject = if it.subject.as_str().is_empty() { String::new() } else { format!(" of {}", it.subject) };
    let statement = match it.statement.as_str() {
        "" => "nothing to send".to_owned(),
        statement => beginning(statement, it.whole.is_some()),
    };
    format!("to {}{subject}: {statement}", it.operation.word())
}

/// As the tools of SQL Server write it.
pub(super) fn message(it: &MessageReceived) -> String {
    let (number, class) = (told(it.number), told(it.class));
    let (state, line) = (told(it.state), told(it.line));
    format!("Msg {number}, Level {class}, State {state}, Line {line}: {}", it.text)
}

pub(super) fn finished(it: &OperationFinished) -> String {
    let error = if it.error == 0 { String::new() } else { format!(", first error {}", it.error) };
    let micros = i64::try_from(it.elapsed_ms).unwrap_or(i64::MAX).saturating_mul(1_000);
    format!(
        "{} {} after {}: {} messages{error}{}",
        it.operation.word(),
        it.result.word(),
        span(micros),
        it.messages,
        after(&it.detail)
    )
}

/// A statement on one line, as far as there is room.
pub(super) fn beginning(statement: &str, goes_on: bool) -> String {
    let words: Vec<_> = statement.split_whitespace().collect();
    let line = words.join(" ");
    let shown: String = line.chars().take(BEGINNING_CHARS).collect();
    if goes_on && !shown.ends_with('…') || shown.len() < line.len() { shown + "…" } else { shown }
}

#[cfg(test)]
mod tests {
    use wsusmigrate_core::digest::Sha256;
    use wsusmigrate_core::event::database::{Operation, OperationResult};
    use wsusmigrate_core::text::Name;

    use super::*;

    fn intent(statement: &str, whole: Option<Sha256>) -> String {
        started(&OperationStarted {
            operation: Operation::Drop,
            subject: Name::EMPTY,
            statement: statement.into(),
            whole,
            before: "".into(),
            expects: "".into(),
        })
    }

    #[test]
    fn a_statement_is_shown_by_its_beginning_on_one_line() {
        assert_eq!(
            intent("USE [master];\r\n  DROP DATABASE [SUSDB];", None),
            "to drop: USE [master]; DROP DATABASE [SUSDB];"
        );
        let long = "ä".repeat(BEGINNING_CHARS);
        assert_eq!(intent(&long, None), format!("to drop: {long}"));
        assert_eq!(intent(&format!("{long}ä"), None), format!("to drop: {long}…"));
        assert_eq!(intent("SELECT 1", Some(Sha256([0; 32]))), "to drop: SELECT 1…");
        assert_eq!(intent("", None), "to drop: nothing to send");
    }

    #[test]
    fn a_message_reads_as_in_the_tools_of_sql_server() {
        let text = "RESTORE DATABASE is terminating abnormally.".into();
        let said = MessageReceived {
            ordinal: 1,
            is_error: true,
            number: Some(3013),
            class: Some(16),
            state: Some(1),
            line: Some(5),
            text,
        };
        assert_eq!(
            message(&said),
            "Msg 3013, Level 16, State 1, Line 5: RESTORE DATABASE is terminating abnormally."
        );
        let bare = MessageReceived { class: None, state: None, line: None, ..said };
        assert!(message(&bare).starts_with("Msg 3013, Level ?, State ?, Line ?: RESTORE"));
    }

    #[test]
    fn an_outcome_names_its_first_error() {
        let outcome = |error| OperationFinished {
            operation: Operation::Restore,
            result: OperationResult::Failed,
            messages: 2,
            error,
            elapsed_ms: 1_500,
            detail: "the media is damaged".into(),
        };
        assert_eq!(
            finished(&outcome(3241)),
            "restore failed after 1.50 s: 2 messages, first error 3241: the media is damaged"
        );
        assert_eq!(finished(&outcome(0)), "restore failed after 1.50 s: 2 messages: the media is damaged");
    }
}
