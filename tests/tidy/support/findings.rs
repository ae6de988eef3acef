//! What a rule found: where, what is wrong, what to write instead.

use std::fmt;
use std::io::Write as _;

/// One place that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    path: String,
    line: usize,
    message: String,
}

impl Finding {
    /// A finding in a line of a file, counted from 1.
    pub(crate) fn at(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, message: message.into() }
    }

    /// A finding that concerns a whole file.
    pub(crate) fn of(path: &str, message: impl Into<String>) -> Self {
        Self::at(path, 1, message)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.message)
    }
}

/// Everything a rule found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Findings(Vec<Finding>);

impl Findings {
    /// Adds one.
    pub(crate) fn push(&mut self, finding: Finding) {
        self.0.push(finding);
    }

    /// Fails the test unless nothing was found.
    #[track_caller]
    pub(crate) fn demand_none(&self) {
        assert!(self.0.is_empty(), "{} broken:\n\n{self}", count(self.0.len(), "house rule"));
    }

    /// Says what was found without failing, past the test harness's capture, so that a green run shows it too.
    pub(crate) fn warn(&self, about: &str) {
        if !self.0.is_empty() {
            // Nobody is left to tell when stderr is closed.
            let _ = writeln!(std::io::stderr(), "tidy warns, {about}:\n{self}");
        }
    }

    /// The proof that a rule bites: exactly one finding, with these words in it.
    #[track_caller]
    pub(crate) fn demand_one(&self, words: &str) {
        assert_eq!(self.0.len(), 1, "one finding was expected, not:\n{self}");
        self.demand(words);
    }

    /// At least one finding with these words in it.
    #[track_caller]
    pub(crate) fn demand(&self, words: &str) {
        assert!(self.0.iter().any(|f| f.to_string().contains(words)), "no `{words}` in:\n{self}");
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|finding| writeln!(f, "  {finding}"))
    }
}

impl FromIterator<Finding> for Findings {
    fn from_iter<I: IntoIterator<Item = Finding>>(found: I) -> Self {
        Self(found.into_iter().collect())
    }
}

impl IntoIterator for Findings {
    type Item = Finding;
    type IntoIter = std::vec::IntoIter<Finding>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

fn count(how_many: usize, what: &str) -> String {
    format!("{how_many} {what}{}", if how_many == 1 { "" } else { "s" })
}
