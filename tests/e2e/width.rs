//! How wide what people read may be: 80 columns on standard output, 100 for help.
//!
//! A list of events has long lines by nature, as have notes and proofs, and JSON and CSV are for machines. Elsewhere a line may
//! only be longer where its last word cannot be broken, a path or a digest, and begins where a value begins.

use crate::play::Told;

/// The width of text for people, in columns.
const WIDTH: usize = 80;
/// The width of help, in columns.
const HELP_WIDTH: usize = 100;
/// Where the last word of a longer line begins at the latest, in columns.
const VALUE_COLUMN: usize = 40;

/// The lines that are too wide.
pub(crate) fn objections(words: &[String], told: &Told) -> Vec<String> {
    let asked = |word: &str| words.iter().any(|it| it == word);
    if asked("--json")
        || asked("jsonl")
        || asked("csv")
        || asked("log")
        || asked("show")
        || asked("--files")
        || asked("prove")
        || asked("anchor")
    {
        return Vec::new();
    }
    let help = asked("--help") || asked("help");
    let wide =
        told.out.lines().filter(|line| if help { columns(line) > HELP_WIDTH } else { is_too_wide(line) });
    wide.map(|line| format!("{} columns: {line}", columns(line))).collect()
}

fn is_too_wide(line: &str) -> bool {
    let before = line.trim_end().rsplit_once(' ').map_or("", |(before, _)| before);
    columns(line) > WIDTH && columns(before) > VALUE_COLUMN
}

fn columns(line: &str) -> usize {
    line.chars().count()
}

/// The rule on lines broken on purpose.
pub(crate) fn bites() -> Result<(), String> {
    let path = "p".repeat(90);
    for (line, wide) in [
        ("x ".repeat(40), false),
        ("x ".repeat(41), true),
        (format!("  Label {path}"), false),
        (format!("{} {path}", "x".repeat(50)), true),
        (format!("{path} x"), true),
    ] {
        if is_too_wide(&line) != wide {
            return Err(format!("wrongly judged: {line}"));
        }
    }
    Ok(())
}
