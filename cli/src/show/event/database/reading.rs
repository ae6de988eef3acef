//! Statements that only read, in words.

use wsusmigrate_core::event::database::{ReadOutcome, StatementRead};

use super::{after, operation};
use crate::show::unit::{count, span};

pub(super) fn line(it: &StatementRead) -> String {
    let micros = i64::try_from(it.elapsed_ms).unwrap_or(i64::MAX).saturating_mul(1_000);
    let times = if it.times == 1 { String::new() } else { format!(" {} times", count(it.times.into())) };
    let ended = match it.outcome {
        ReadOutcome::Whole => String::new(),
        outcome => format!(", {}{}", outcome.word(), after(&it.why)),
    };
    let said = if it.messages == 0 { String::new() } else { format!(", {} messages", it.messages) };
    format!(
        "read {}{times}: {} rows in {}{said}{ended}: {}",
        it.purpose.word(),
        count(it.rows),
        span(micros),
        operation::beginning(it.statement.as_str(), it.whole.is_some())
    )
}
