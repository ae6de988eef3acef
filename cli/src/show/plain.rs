//! Words of people and of other systems, shown so that they stay on their line.

use std::borrow::Cow;
use std::fmt::Write as _;

use wsusmigrate_core::text::is_misleading;

/// The text on one line: what would begin another line, move the cursor or change how a line looks stands as `\xNN`, as
/// it does in paths. A backslash stays one: accounts and folders of Windows are full of them.
#[must_use]
pub fn plain(text: &str) -> Cow<'_, str> {
    if !text.contains(is_misleading) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if is_misleading(character) {
            for byte in character.encode_utf8(&mut [0; 4]).bytes() {
                let _ = write!(shown, "\\x{byte:02X}");
            }
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_stays_on_its_line() {
        assert_eq!(plain("DOMAIN\\user löscht"), "DOMAIN\\user löscht");
        assert_eq!(plain("a\r\nb\tc"), "a\\x0D\\x0Ab\\x09c");
        assert_eq!(plain("\x1b[2J\u{9b}2J\u{202e}"), "\\x1B[2J\\xC2\\x9B2J\\xE2\\x80\\xAE");
    }
}
