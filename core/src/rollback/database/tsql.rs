//! Names and texts as T-SQL has them.

/// A name: no name ends its own brackets.
pub(super) fn name(name: &str) -> String {
    format!("[{}]", name.replace(']', "]]"))
}

/// A text: no text ends its own quotes.
pub(super) fn text(text: &str) -> String {
    format!("N'{}'", text.replace('\'', "''"))
}
