//! A script: comments and commands. What the commands must answer is not parsed, it is compared as text.

use std::path::Path;

/// The text before a command.
pub(crate) const PROMPT: &str = "$ ";
/// The text before a line of standard error.
pub(crate) const TALK: &str = "2> ";
/// The text before an exit code.
pub(crate) const CODE: &str = "? ";

/// What a script consists of, in order.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Item {
    /// A line that begins with `#`, as it stands.
    Comment(String),
    /// A command with its filters.
    Command {
        /// As it stands.
        line: String,
        /// Its words, then those of each filter after a `|`.
        stages: Vec<Vec<String>>,
    },
}

/// A script.
#[derive(Debug)]
pub(crate) struct Script(pub(crate) Vec<Item>);

impl Script {
    /// Reads a script.
    pub(crate) fn read(file: &Path) -> Self {
        let text =
            std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let items = text.lines().filter_map(|line| {
            if line.starts_with('#') {
                return Some(Item::Comment(line.to_owned()));
            }
            let command = line.strip_prefix(PROMPT)?;
            let stages = words(command).split(|word| word == "|").map(<[String]>::to_vec).collect();
            Some(Item::Command { line: line.to_owned(), stages })
        });
        Self(items.collect())
    }

    /// Whether the script can be played here.
    pub(crate) fn is_for_this_system(&self) -> bool {
        let needs = self.0.iter().filter_map(|item| match item {
            Item::Comment(line) => line.strip_prefix("# needs: "),
            Item::Command { .. } => None,
        });
        needs.into_iter().all(|need| match need {
            "unix" => cfg!(unix),
            "windows" => cfg!(windows),
            "case-sensitive names" => cfg!(target_os = "linux"),
            "names of any bytes" => cfg!(target_os = "linux"),
            other => panic!("no script can need {other:?}"),
        })
    }
}

/// Words as a shell splits them: by blanks, with single quotes around what belongs together; a single quote
/// itself is `'\''` between them.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quoted = false;
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' if !quoted && letters.next_if_eq(&'\'').is_some() => word.get_or_insert_default().push('\''),
            '\'' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            ' ' if !quoted => words.extend(word.take()),
            letter => word.get_or_insert_default().push(letter),
        }
    }
    assert!(!quoted, "a quote is open in {line:?}");
    words.extend(word);
    words
}
