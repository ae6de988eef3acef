//! What a command answers, and its way to standard output.

use std::io::{self, Write};

use serde_json::{Value, json};
use wsusmigrate_core::report::Report;
use wsusmigrate_core::rollback::Guidance;
use wsusmigrate_journal::Verification;

use crate::error::Failure;
use crate::exit::Exit;
use crate::show::{Anchored, KeyRotation, Proof, anchored, guidance, proof, report, rotation, verification};

/// What a command answers: data, how the program ends, what to type next.
pub struct Answer {
    /// The data.
    pub body: Body,
    /// How the program ends.
    pub exit: Exit,
    /// The next command to type, where there is one.
    pub next: Option<String>,
}

/// The data of an answer.
pub enum Body {
    /// Nothing to say on standard output.
    Nothing,
    /// A report.
    Report(Box<Report>),
    /// Rollback guidance.
    Guidance(Box<Guidance>),
    /// What verifying the journal showed.
    Verification(Box<Verification>),
    /// A proof.
    Proof(Box<Proof>),
    /// A checkpoint put elsewhere.
    Anchored(Box<Anchored>),
    /// A key that was rotated.
    KeyRotation(Box<KeyRotation>),
    /// One document.
    Document(Value),
    /// Line by line, as it is read: never held whole.
    Lines(Box<dyn Iterator<Item = Result<Line, Failure>>>),
    /// Text in a form of its own, the same with and without `--json`, as it is read.
    Texts(Box<dyn Iterator<Item = Result<String, Failure>>>),
}

impl Body {
    /// One thing, in both forms.
    #[must_use]
    pub fn line(line: Line) -> Self {
        Self::Lines(Box::new(std::iter::once(Ok(line))))
    }
}

/// One line of an answer in both forms.
pub struct Line {
    /// For people.
    pub text: String,
    /// For machines.
    pub json: Value,
}

impl Answer {
    /// An answer with nothing wrong.
    #[must_use]
    pub const fn well(body: Body) -> Self {
        Self { body, exit: Exit::Well, next: None }
    }

    /// Adds the next command to type.
    #[must_use]
    pub fn next(mut self, next: impl Into<String>) -> Self {
        self.next = Some(next.into());
        self
    }

    /// Sets how the program ends.
    #[must_use]
    pub const fn exit(mut self, exit: Exit) -> Self {
        self.exit = exit;
        self
    }
}

/// Writes an answer to standard output. A reader who closes the pipe early (`| head`) is no failure.
pub fn render(body: Body, json: bool, out: &mut dyn Write) -> Result<(), Failure> {
    match write(body, json, out) {
        Ok(told) => told,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Failure::new(Exit::Failed, "cannot write to standard output").because(&error)),
    }
}

/// Writes an answer to the last byte. An error is one of the place it is written to; a failure within is one of what was
/// to be written.
pub fn write(body: Body, json: bool, out: &mut dyn Write) -> io::Result<Result<(), Failure>> {
    match body {
        Body::Nothing => {}
        Body::Report(it) if json => document(&json!(it), out)?,
        Body::Report(it) => report::text(&it, out)?,
        Body::Guidance(it) if json => document(&json!(it), out)?,
        Body::Guidance(it) => guidance::text(&it, out)?,
        Body::Verification(it) if json => document(&verification::json(&it), out)?,
        Body::Verification(it) => verification::text(&it, out)?,
        Body::Proof(it) if json => document(&proof::json(&it), out)?,
        Body::Proof(it) => proof::text(&it, out)?,
        Body::Anchored(it) if json => document(&anchored::json(&it), out)?,
        Body::Anchored(it) => anchored::text(&it, out)?,
        Body::KeyRotation(it) if json => document(&rotation::json(&it), out)?,
        Body::KeyRotation(it) => rotation::text(&it, out)?,
        Body::Document(it) => document(&it, out)?,
        Body::Lines(lines) => {
            for line in lines {
                match line {
                    Ok(line) if json => writeln!(out, "{}", line.json)?,
                    Ok(line) => writeln!(out, "{}", line.text)?,
                    Err(failure) => return Ok(Err(failure)),
                }
            }
        }
        Body::Texts(texts) => {
            for text in texts {
                match text {
                    Ok(text) => out.write_all(text.as_bytes())?,
                    Err(failure) => return Ok(Err(failure)),
                }
            }
        }
    }
    out.flush()?;
    Ok(Ok(()))
}

fn document(document: &Value, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{document:#}")
}
