//! What a person reads when something did not work: what, where, why, and the next thing to type.

use std::error::Error;
use std::fmt;

use crate::exit::Exit;

/// A command that did not work.
#[derive(Debug)]
pub struct Failure {
    /// What failed, and where.
    what: String,
    /// Why: the chain of causes, outermost first.
    causes: Vec<String>,
    /// What to do next.
    hint: Option<String>,
    /// How the program ends.
    exit: Exit,
    /// Whether there was no room on the journal's disk.
    is_full_disk: bool,
}

impl Failure {
    /// A failure without a cause below it.
    pub fn new(exit: Exit, what: impl Into<String>) -> Self {
        Self { what: what.into(), causes: Vec::new(), hint: None, exit, is_full_disk: false }
    }

    /// Adds an error and what lies below it as the causes.
    #[must_use]
    pub fn because(mut self, error: &dyn Error) -> Self {
        let mut next = Some(error);
        while let Some(error) = next {
            self.causes.push(error.to_string());
            next = error.source();
        }
        self
    }

    /// Adds what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// How the program ends.
    #[must_use]
    pub const fn exit(&self) -> Exit {
        self.exit
    }

    /// Adds whether there was no room on the journal's disk: then there is room for the end, and for nothing else.
    #[must_use]
    pub const fn full_disk(mut self, is_full_disk: bool) -> Self {
        self.is_full_disk = is_full_disk;
        self
    }

    /// Whether there was no room on the journal's disk.
    #[must_use]
    pub const fn is_full_disk(&self) -> bool {
        self.is_full_disk
    }

    /// What to do next, where somebody knows.
    #[must_use]
    pub fn next_step(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        self.causes.iter().try_for_each(|cause| write!(f, "\n  because: {cause}"))
    }
}
