//! Names inside a statement: a table, a login, a user.

use std::fmt;

/// The longest name SQL Server takes (`sysname`), in UTF-16 units.
pub const IDENTIFIER_UNITS_MAX: usize = 128;

/// A name that can stand in a statement. It shows as `[name]`, with every `]` doubled, so that no name ends its own
/// brackets ("Database Identifiers", delimited identifiers).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identifier(String);

/// Why a text is no identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAnIdentifier {
    /// Nothing.
    #[error("a name in a statement may not be empty")]
    Empty,
    /// More than [`IDENTIFIER_UNITS_MAX`] UTF-16 units.
    #[error("a name in a statement has at most {IDENTIFIER_UNITS_MAX} characters, and this one {0}")]
    TooLong(usize),
    /// A NUL: some layers end a text there, others do not.
    #[error("a name in a statement may not hold a NUL character")]
    Nul,
}

impl Identifier {
    /// A name, exactly as the server has it.
    pub fn new(name: &str) -> Result<Self, NotAnIdentifier> {
        let units = name.encode_utf16().count();
        if name.is_empty() {
            Err(NotAnIdentifier::Empty)
        } else if name.contains('\0') {
            Err(NotAnIdentifier::Nul)
        } else if units > IDENTIFIER_UNITS_MAX {
            Err(NotAnIdentifier::TooLong(units))
        } else {
            Ok(Self(name.to_owned()))
        }
    }

    /// A name that stands in this program, and is known to be one.
    pub(super) fn known(name: &'static str) -> Self {
        debug_assert!(Self::new(name).is_ok());
        Self(name.to_owned())
    }

    /// The name without brackets.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}]", self.0.replace(']', "]]"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::database::lexer::{Token, tokens};

    #[test]
    fn brackets_are_doubled() {
        assert_eq!(Identifier::new("a]b").unwrap().to_string(), "[a]]b]");
        assert_eq!(
            Identifier::new("NT AUTHORITY\\NETWORK SERVICE").unwrap().to_string(),
            "[NT AUTHORITY\\NETWORK SERVICE]"
        );
    }

    #[test]
    fn what_no_name_can_be_is_refused() {
        assert_eq!(Identifier::new(""), Err(NotAnIdentifier::Empty));
        assert_eq!(Identifier::new("a\0b"), Err(NotAnIdentifier::Nul));
        assert!(Identifier::new(&"x".repeat(128)).is_ok());
        assert_eq!(Identifier::new(&"x".repeat(129)), Err(NotAnIdentifier::TooLong(129)));
        // A character outside the basic plane counts twice, as in `sysname`.
        assert_eq!(Identifier::new(&"\u{1F5A5}".repeat(65)), Err(NotAnIdentifier::TooLong(130)));
    }

    proptest! {
        #[test]
        fn no_name_ends_its_brackets(name in r#"[\]\['"A-z;\- \u{80}-\u{FFFF}]{1,60}"#) {
            let identifier = Identifier::new(&name).unwrap();
            let read = tokens(&format!("DROP DATABASE {identifier}; SELECT 1"));
            prop_assert_eq!(&read[2], &Token::Name(name));
            prop_assert_eq!(read.len(), 6);
        }
    }
}
