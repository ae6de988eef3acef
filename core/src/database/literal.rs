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
}

impl Literal {
    /// A text.
    pub fn new(text: &str) -> Result<Self, NotALiteral> {
        if text.contains('\0') { Err(NotALiteral::Nul) } else { Ok(Self(text.to_owned())) }
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
    fn nul_is_refused() {
        assert_eq!(Literal::new("C:\\a\0.bak"), Err(NotALiteral::Nul));
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
