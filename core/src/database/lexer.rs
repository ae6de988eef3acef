//! A reader of T-SQL for tests only: what a statement's quoting means to a server. It was written from the grammar of
//! delimited identifiers and Unicode constants, and shares no code with what quotes.

/// A token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    /// `[...]`, unquoted.
    Name(String),
    /// `N'...'`, unquoted.
    Text(String),
    /// A word or a number.
    Word(String),
    /// Anything else that is no blank.
    Sign(char),
}

/// The tokens of a statement. Panics where a name or a text is not ended.
pub(crate) fn tokens(statement: &str) -> Vec<Token> {
    let mut rest = statement;
    let mut read = Vec::new();
    while let Some(first) = rest.chars().next() {
        if first.is_ascii_whitespace() {
            rest = &rest[1..];
        } else if first == '[' {
            let (name, after) = quoted(&rest[1..], ']');
            read.push(Token::Name(name));
            rest = after;
        } else if let Some(text) = rest.strip_prefix("N'") {
            let (text, after) = quoted(text, '\'');
            read.push(Token::Text(text));
            rest = after;
        } else {
            let word: String =
                rest.chars().take_while(|c| c.is_alphanumeric() || "_@.".contains(*c)).collect();
            let sign = word.is_empty();
            rest = &rest[if sign { first.len_utf8() } else { word.len() }..];
            read.push(if sign { Token::Sign(first) } else { Token::Word(word) });
        }
    }
    read
}

/// What stands before an end that is not doubled, and what stands behind it.
fn quoted(text: &str, end: char) -> (String, &str) {
    let mut inner = String::new();
    let mut chars = text.char_indices().peekable();
    while let Some((at, character)) = chars.next() {
        if character == end && chars.next_if(|&(_, next)| next == end).is_none() {
            return (inner, &text[at + end.len_utf8()..]);
        }
        inner.push(character);
    }
    panic!("not ended: {text}")
}
