//! Text with a stated maximum, so that no message of an operating system can grow a record past its limit.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The longest text a record holds, in bytes of UTF-8.
pub const TEXT_BYTES_MAX: usize = 1024;

/// At most [`TEXT_BYTES_MAX`] bytes of UTF-8. Longer input keeps its beginning and ends in `…`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String")]
pub struct Text(String);

impl Text {
    /// Nothing.
    pub const EMPTY: Self = Self(String::new());

    /// The text itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, cut to `bytes_max` bytes where it is longer.
    #[must_use]
    pub fn cut(text: &str, bytes_max: usize) -> Self {
        const ELLIPSIS: &str = "…";
        if text.len() <= bytes_max {
            return Self(text.to_owned());
        }
        let mut end = bytes_max.saturating_sub(ELLIPSIS.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        Self(format!("{}{ELLIPSIS}", &text[..end]))
    }
}

/// Whether a character ends a line, moves the cursor, or changes how the rest of a line looks: nothing that is shown to a
/// person may hold one.
#[must_use]
pub fn is_misleading(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{061C}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::cut(text, TEXT_BYTES_MAX)
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        if text.len() <= TEXT_BYTES_MAX { Self(text) } else { Self::from(text.as_str()) }
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
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
}
