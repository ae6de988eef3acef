//! Texts with a stated maximum, so that no message of an operating system can grow a record past its limit.
//!
//! An event of many texts has [`Name`]s and [`Word`]s among them: its largest form has to fit a record.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The longest text a record holds, in bytes of UTF-8.
pub const TEXT_BYTES_MAX: usize = 1024;

/// The longest name, in bytes of UTF-8: SQL Server's `sysname` has 128 UTF-16 units, each of 3 bytes at most.
pub const NAME_BYTES_MAX: usize = 3 * 128;

/// The longest word, in bytes of UTF-8.
pub const WORD_BYTES_MAX: usize = 64;

const ELLIPSIS: &str = "…";

/// Declares a type of text that is cut to its maximum, whatever it is made of.
macro_rules! bounded {
    ($( $(#[$doc:meta])* $name:ident($max:ident) )+) => { $(
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(from = "String")]
        pub struct $name(String);

        impl $name {
            /// Nothing.
            pub const EMPTY: Self = Self(String::new());

            /// The text itself.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(cut(text, $max))
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                if text.len() <= $max { Self(text) } else { Self::from(text.as_str()) }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )+ };
}

bounded! {
    /// At most [`TEXT_BYTES_MAX`] bytes of UTF-8. Longer input keeps its beginning and ends in `…`.
    Text(TEXT_BYTES_MAX)

    /// The name of something: at most [`NAME_BYTES_MAX`] bytes of UTF-8. Longer input keeps its beginning and ends in `…`.
    Name(NAME_BYTES_MAX)

    /// A number, a moment or a state as another program writes it: at most [`WORD_BYTES_MAX`] bytes of UTF-8. Longer input
    /// keeps its beginning and ends in `…`.
    Word(WORD_BYTES_MAX)
}

impl Text {
    /// The text, cut to `bytes_max` bytes where it is longer.
    #[must_use]
    pub fn cut(text: &str, bytes_max: usize) -> Self {
        Self(cut(text, bytes_max))
    }
}

fn cut(text: &str, bytes_max: usize) -> String {
    if text.len() <= bytes_max {
        return text.to_owned();
    }
    let mut end = bytes_max.saturating_sub(ELLIPSIS.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{ELLIPSIS}", &text[..end])
}

/// Whether a character ends a line, moves the cursor, or changes how the rest of a line looks: nothing that is shown to a
/// person may hold one.
#[must_use]
pub fn is_misleading(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{061C}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_cut_at_a_character() {
        let text = Text::from("ä".repeat(TEXT_BYTES_MAX).as_str());
        assert!(text.as_str().len() <= TEXT_BYTES_MAX);
        assert!(text.as_str().ends_with("ä…"));
        assert_eq!(Text::from("short").as_str(), "short");
    }

    #[test]
    fn every_type_of_text_keeps_its_own_maximum() {
        let longest = "x".repeat(TEXT_BYTES_MAX);
        assert_eq!(Text::from(longest.as_str()).as_str(), longest);
        assert_eq!(Name::from(longest.clone()).as_str(), format!("{}…", &longest[..NAME_BYTES_MAX - 3]));
        assert_eq!(Word::from(longest.clone()).as_str(), format!("{}…", &longest[..WORD_BYTES_MAX - 3]));
        let names = [&longest[..NAME_BYTES_MAX], "SUSDB"].map(Name::from);
        assert_eq!([names[0].as_str().len(), names[1].as_str().len()], [NAME_BYTES_MAX, 5]);
    }
}
