//! What was read from the engine: how often, how much, and over which connections.

use std::collections::BTreeSet;

use super::{Side, keys};
use crate::event::database::Protection;
use crate::projection::database::ReadTotals;
use crate::report::{Section, Value};

pub(super) fn reads(side: Side<'_>) -> Section {
    let reads = &side.database().reads;
    let mut section = side.section(keys("reads", "source_reads"), "What was read from the engine");
    if reads.is_empty() {
        return section;
    }
    section.figure(
        "statements",
        "Statements that only read",
        reads.values().map(|it| it.statements).sum::<u64>(),
    );
    section.figure("encrypted", "Connections encrypted", encrypted(reads.values()));
    let columns = ["what for", "statements", "rows", "took", "messages", "not to the end"];
    section.table("reads", &columns, {
        reads.iter().map(|(purpose, it)| {
            vec![
                purpose.word().into(),
                it.statements.into(),
                it.rows.into(),
                Value::Span { micros: i64::try_from(it.elapsed_ms.saturating_mul(1000)).unwrap_or(i64::MAX) },
                it.messages.into(),
                it.not_whole.into(),
            ]
        })
    });
    section.notes.push(
        "Text, rows and messages of each: `wsusmigrate journal log --event database.statement-read`."
            .to_owned(),
    );
    section
}

/// Every kind of protection there was, in plain words.
fn encrypted<'a>(reads: impl Iterator<Item = &'a ReadTotals>) -> String {
    let kinds: BTreeSet<_> = reads.flat_map(|it| &it.protections).collect();
    let says = |kind: &Protection| match kind {
        Protection::None => "no",
        Protection::LoginOnly => "the login only",
        Protection::Everything => "yes, all that passes",
    };
    kinds.into_iter().map(says).collect::<Vec<_>>().join("; ")
}
