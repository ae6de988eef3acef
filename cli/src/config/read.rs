//! Reading `migration.toml`: every error names line and column, and what was probably meant.

use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};
use wsusmigrate_core::plan::Plan;

use crate::config::keys;
use crate::error::Failure;
use crate::exit::Exit;

/// The largest plan that is read, in bytes.
const PLAN_BYTES_MAX: u64 = 1 << 20;

/// A plan with the file it came from.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The plan.
    pub plan: Plan,
    /// The file.
    pub file: PathBuf,
}

impl Loaded {
    /// A path of the plan as it is used: relative ones count from the plan's folder.
    #[must_use]
    pub fn resolve(&self, path: &str) -> PathBuf {
        self.file.parent().unwrap_or_else(|| Path::new("")).join(path)
    }
}

/// Reads and checks a plan.
pub fn load(file: &Path) -> Result<Loaded, Failure> {
    let text = read(file)?;
    let table = DeTable::parse(&text).map_err(|error| {
        let at = position(&text, error.span().unwrap_or(0..0));
        Failure::new(Exit::Usage, format!("{}:{at}: {}", file.display(), error.message()))
            .hint("Correct the line; `wsusmigrate init` writes a fresh file with comments.")
    })?;
    unknown_keys(file, &text, table.get_ref())?;
    let plan: Plan = toml::from_str(&text).map_err(|error| {
        let at = position(&text, error.span().unwrap_or(0..0));
        Failure::new(Exit::Usage, format!("{}:{at}: {}", file.display(), without_value(error.message())))
            .hint("Correct the value; `wsusmigrate init` writes a fresh file with comments.")
    })?;
    plan.validate().map_err(|error| {
        Failure::new(Exit::Usage, format!("{}: {error}", file.display()))
            .hint("Correct the value and try again.")
    })?;
    Ok(Loaded { plan, file: file.to_owned() })
}

/// What is wrong with a value, without the value: it may be a password, in whichever line it stands.
fn without_value(message: &str) -> String {
    if message.starts_with("missing field") {
        return message.to_owned();
    }
    match message.find("expected ") {
        Some(at) => format!("the value does not fit: {}", &message[at..]),
        None => "the value does not fit".to_owned(),
    }
}

fn read(file: &Path) -> Result<String, Failure> {
    let unreadable = |error: std::io::Error| {
        let hint = if error.kind() == std::io::ErrorKind::NotFound {
            "Write one with `wsusmigrate init --source DIR --destination DIR`, or name it with --plan FILE."
        } else {
            "Check the file and the rights of the account."
        };
        Failure::new(Exit::Usage, format!("cannot read the plan {}", file.display()))
            .because(&error)
            .hint(hint)
    };
    let bytes = std::fs::metadata(file).map_err(unreadable)?.len();
    if bytes > PLAN_BYTES_MAX {
        return Err(Failure::new(
            Exit::Usage,
            format!("the plan {} has {bytes} bytes; at most {PLAN_BYTES_MAX} are read", file.display()),
        )
        .hint("Is it the right file? Name it with --plan FILE."));
    }
    let bytes = std::fs::read(file).map_err(unreadable)?;
    decode(&bytes).ok_or_else(|| {
        Failure::new(Exit::Usage, format!("the plan {} is neither UTF-8 nor UTF-16", file.display()))
            .hint("Save it as UTF-8.")
    })
}

/// Text as Windows editors save it: UTF-8 with or without a byte order mark, or UTF-16 with one.
fn decode(bytes: &[u8]) -> Option<String> {
    let wide = |units: fn([u8; 2]) -> u16, bytes: &[u8]| {
        let (pairs, rest) = bytes.as_chunks::<2>();
        let units: Vec<_> = pairs.iter().map(|pair| units(*pair)).collect();
        rest.is_empty().then(|| String::from_utf16(&units).ok()).flatten()
    };
    match bytes {
        [0xFF, 0xFE, rest @ ..] => wide(u16::from_le_bytes, rest),
        [0xFE, 0xFF, rest @ ..] => wide(u16::from_be_bytes, rest),
        [0xEF, 0xBB, 0xBF, rest @ ..] => String::from_utf8(rest.to_vec()).ok(),
        _ => String::from_utf8(bytes.to_vec()).ok(),
    }
}

fn unknown_keys(file: &Path, text: &str, table: &DeTable<'_>) -> Result<(), Failure> {
    for (key, value) in table {
        let name: &str = key.get_ref();
        if !keys::known("").contains(&name) {
            return Err(unknown(file, text, key.span(), "", name));
        }
        let DeValue::Table(inner) = value.get_ref() else { continue };
        for key in inner.keys() {
            let inner_name: &str = key.get_ref();
            if !keys::known(name).contains(&inner_name) {
                return Err(unknown(file, text, key.span(), name, inner_name));
            }
        }
    }
    Ok(())
}

fn unknown(file: &Path, text: &str, span: Range<usize>, table: &str, key: &str) -> Failure {
    let at = position(text, span);
    let place = if table.is_empty() { String::new() } else { format!(" in [{table}]") };
    let hint = match keys::nearest(table, key) {
        Some(nearest) => format!("Did you mean `{nearest}`?"),
        None => format!("Known here: {}.", keys::known(table).join(", ")),
    };
    Failure::new(Exit::Usage, format!("{}:{at}: unknown key `{key}`{place}", file.display())).hint(hint)
}

/// `line:column` of a place in the text, both counted from 1, columns in characters.
fn position(text: &str, span: Range<usize>) -> String {
    let before = &text[..text.floor_char_boundary(span.start)];
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|&c| c != '\n').count() + 1;
    format!("{line}:{column}")
}

#[cfg(test)]
mod tests;
