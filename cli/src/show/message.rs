//! Talk: what goes to standard error while a command works, and how a failure is told.

use std::io::Write;

use serde_json::json;

use crate::error::Failure;
use crate::show::plain;

/// Tells people what goes on. Never on standard output, which belongs to data.
#[derive(Clone, Copy, Debug)]
pub struct Talk {
    /// Whether standard error carries JSON too.
    pub json: bool,
}

impl Talk {
    /// Says one line, whatever stands in it.
    pub fn say(self, line: &str) {
        let mut out = anstream::stderr().lock();
        // A closed terminal must not stop a migration: what is not heard is still in the journal.
        let _ = if self.json {
            writeln!(out, "{}", json!({ "message": line }))
        } else {
            writeln!(out, "{}", plain(line))
        };
    }
}

/// Tells a failure: what, why, what to do next.
pub fn failure(failure: &Failure, json: bool) {
    let mut out = anstream::stderr().lock();
    let _ = if json {
        let told = json!({
            "error": failure.to_string(),
            "hint": failure.next_step(),
            "exit": failure.exit().code(),
        });
        writeln!(out, "{told}")
    } else {
        let hint =
            failure.next_step().map(|hint| format!("\n\x1b[36mhint:\x1b[0m {hint}")).unwrap_or_default();
        // Some causes are several lines, such as what is wrong in a plan.
        let told: Vec<_> = failure.to_string().lines().map(|line| plain(line).into_owned()).collect();
        writeln!(out, "\x1b[1;31merror:\x1b[0m {}{hint}", told.join("\n"))
    };
}
