//! Texts inside a statement.

use std::fmt;

/// A Unicode literal. It shows as `N'text'`, with every `'` doubled, so that no text ends its own quotes ("Constants",
/// Unicode strings).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Literal(String);

/// Why a text is no literal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotALiteral {
    /// A NUL: some layers end a text there, others do not.
    #[error("a text in a statement may not hold a NUL character")]
    Nul,
    /// Not Unicode: a lone surrogate, or bytes that are not UTF-8.
    #[error("a text in a statement has to be Unicode; this one holds a lone surrogate or other bytes")]
    NotUnicode,
}

impl Literal {
    /// A text.
    pub fn new(text: &str) -> Result<Self, NotALiteral> {
        if text.contains('\0') { Err(NotALiteral::Nul) } else { Ok(Self(text.to_owned())) }
    }

    /// A text as this program keeps paths (WTF-8). A lone surrogate, which Windows admits in a name, is refused: the server
    /// would look for another file.
    pub fn from_wtf8(bytes: &[u8]) -> Result<Self, NotALiteral> {
        Self::new(std::str::from_utf8(bytes).map_err(|_| NotALiteral::NotUnicode)?)
    }

    /// A text as Windows has it. A lone surrogate is refused.
    pub fn from_utf16(units: &[u16]) -> Result<Self, NotALiteral> {
        Self::new(&String::from_utf16(units).map_err(|_| NotALiteral::NotUnicode)?)
    }

    /// A text whose own type has seen to it that it holds no NUL.
    pub(super) fn checked(text: &str) -> Self {
        debug_assert!(!text.contains('\0'));
        Self(text.to_owned())
    }

    /// The text without quotes.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "N'{}'", self.0.replace('\'', "''"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::database::lexer::{Token, tokens};

    #[test]
    fn quotes_are_doubled() {
        assert_eq!(Literal::new("O'Brien's").unwrap().to_string(), "N'O''Brien''s'");
        assert_eq!(Literal::new("").unwrap().to_string(), "N''");
    }

    #[test]
    fn nul_and_lone_surrogates_are_refused() {
        assert_eq!(Literal::new("C:\\a\0.bak"), Err(NotALiteral::Nul));
        assert_eq!(Literal::from_utf16(&[0x41, 0xD83D]), Err(NotALiteral::NotUnicode));
        assert_eq!(Literal::from_wtf8(b"C:\\\xED\xA0\xBD.bak"), Err(NotALiteral::NotUnicode));
        assert_eq!(Literal::from_utf16(&[0xD83D, 0xDDA5]), Literal::new("\u{1F5A5}"));
    }

    proptest! {
        #[test]
        fn no_text_ends_its_quotes(text in r#"['"\]\[;\-/*\\A-z \u{80}-\u{FFFF}]{0,80}"#) {
            let literal = Literal::new(&text).unwrap();
            let read = tokens(&format!("RESTORE FROM DISK = {literal}; SELECT 1"));
            prop_assert_eq!(&read[4], &Token::Text(text));
            prop_assert_eq!(read.len(), 8);
        }
    }
}
