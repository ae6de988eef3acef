//! What was counted, for the table at the end.

use std::sync::{Mutex, MutexGuard, PoisonError};

struct Count {
    fault: &'static str,
    what: String,
    value: String,
}

static COUNTS: Mutex<Vec<Count>> = Mutex::new(Vec::new());

fn counts() -> MutexGuard<'static, Vec<Count>> {
    COUNTS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps a figure of a fault.
pub(crate) fn count(fault: &'static str, what: impl Into<String>, value: impl std::fmt::Display) {
    let value = format!("{value}");
    counts().push(Count { fault, what: what.into(), value });
}

/// Says loudly that a fault could not be made here. Under `CI` a missing tool is a failure; what the system does not
/// allow is not.
pub(crate) fn did_not_run(fault: &'static str, why: &Missing) -> Result<(), String> {
    println!("\n*** {fault} DID NOT RUN: {} ***\n", why.text());
    count(fault, "DID NOT RUN", why.text());
    match why {
        Missing::Tool(_) if std::env::var_os("CI").is_some() => Err(why.text().to_owned()),
        _ => Ok(()),
    }
}

/// What a fault needs and is not there.
pub(crate) enum Missing {
    /// A program that could be installed.
    Tool(String),
    /// Something the system refuses.
    Right(String),
}

impl Missing {
    fn text(&self) -> &str {
        match self {
            Self::Tool(text) | Self::Right(text) => text,
        }
    }
}

/// Prints the table: its lines go into docs/TESTING.md as they are.
pub(crate) fn print() {
    let mut counts = counts();
    counts.sort_by_key(|count| count.fault);
    println!("\n| fault | counted | |\n|---|---|---|");
    for Count { fault, what, value } in counts.iter() {
        println!("| `{fault}` | {what} | {value} |");
    }
}
