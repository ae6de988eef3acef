//! What a tool printed or logged, as text: Windows tools write in four encodings and seldom say which.

use crate::platform::{self, CodePage};

/// How many bytes are looked at for NULs; every line of a tool's begins with characters that show them.
const PROBE_BYTES: usize = 512;

/// The text of bytes that may be cut at either end.
///
/// In this order: a byte-order mark; UTF-16 without one, which shows by NULs on one side; UTF-8; else the code page.
#[must_use]
pub fn decode(bytes: &[u8], page: CodePage) -> String {
    match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => {
            utf_8(rest).unwrap_or_else(|| String::from_utf8_lossy(rest).into_owned())
        }
        [0xFF, 0xFE, rest @ ..] => utf_16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => utf_16(rest, u16::from_be_bytes),
        _ => match nul_side(bytes) {
            Some(Side::Second) => utf_16(bytes, u16::from_le_bytes),
            Some(Side::First) => utf_16(bytes, u16::from_be_bytes),
            None => utf_8(bytes).unwrap_or_else(|| platform::decode(bytes, page)),
        },
    }
}

/// Which byte of the pairs is NUL in text of mostly Latin letters.
enum Side {
    First,
    Second,
}

fn nul_side(bytes: &[u8]) -> Option<Side> {
    let probe = &bytes[..bytes.len().min(PROBE_BYTES)];
    let (mut first, mut second) = (0, 0);
    for pair in probe.chunks_exact(2) {
        first += usize::from(pair[0] == 0);
        second += usize::from(pair[1] == 0);
    }
    // A third of the pairs: enough for text with many letters beyond Latin, and more than stray NULs make.
    let many = |count: usize| count > 0 && count * 3 >= probe.len() / 2;
    match (many(first), many(second)) {
        (false, true) => Some(Side::Second),
        (true, false) => Some(Side::First),
        (false, false) | (true, true) => None,
    }
}

/// UTF-8; a character cut off at the end is left out.
fn utf_8(bytes: &[u8]) -> Option<String> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text.to_owned()),
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&bytes[..error.valid_up_to()]).ok().map(str::to_owned)
        }
        Err(_) => None,
    }
}

/// UTF-16; half a unit at the end is left out.
fn utf_16(bytes: &[u8], unit: impl Fn([u8; 2]) -> u16) -> String {
    let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect();
    String::from_utf16_lossy(&units)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = "Schließe WsusService\r\n停止 ✓";

    fn wide(unit: impl Fn(u16) -> [u8; 2]) -> Vec<u8> {
        SAID.encode_utf16().flat_map(unit).collect()
    }

    #[test]
    fn every_encoding_of_one_text() {
        let with = |mark: &[u8], bytes: Vec<u8>| [mark.to_vec(), bytes].concat();
        for bytes in [
            SAID.into(),
            with(&[0xEF, 0xBB, 0xBF], SAID.into()),
            with(&[0xFF, 0xFE], wide(u16::to_le_bytes)),
            with(&[0xFE, 0xFF], wide(u16::to_be_bytes)),
            wide(u16::to_le_bytes),
            wide(u16::to_be_bytes),
        ] {
            assert_eq!(decode(&bytes, CodePage::Oem), SAID, "{bytes:?}");
        }
    }

    #[test]
    fn a_cut_loses_only_the_character_it_went_through() {
        let cut = |bytes: &[u8]| decode(&bytes[..bytes.len() - 1], CodePage::Oem);
        let without_last = SAID.trim_end_matches('✓');
        assert_eq!(cut(SAID.as_bytes()), without_last);
        assert_eq!(cut(&wide(u16::to_le_bytes)), without_last);
    }

    #[test]
    fn a_stray_nul_is_not_utf_16() {
        assert_eq!(decode(b"a long line of plain text \0 and more of it", CodePage::Oem).len(), 42);
        assert_eq!(decode(b"", CodePage::Oem), "");
    }

    #[cfg(unix)]
    #[test]
    fn what_is_in_no_encoding_is_marked() {
        assert_eq!(decode(b"Schlie\xE1e", CodePage::Oem), "Schlie\u{FFFD}e");
    }
}
