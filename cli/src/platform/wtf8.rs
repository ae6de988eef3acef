//! WTF-8, the stored form of Windows names: UTF-8 that can also hold an unpaired surrogate.
//!
//! Compiled for Windows, and for the tests everywhere.

/// Encodes UTF-16 units; unpaired surrogates become three bytes of their own.
pub(super) fn from_wide(units: impl IntoIterator<Item = u16>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for unit in char::decode_utf16(units) {
        match unit {
            Ok(character) => bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
            Err(unpaired) => {
                let [high, low] = unpaired.unpaired_surrogate().to_be_bytes();
                bytes.extend([0xE0 | high >> 4, 0x80 | (high & 0x0F) << 2 | low >> 6, 0x80 | low & 0x3F]);
            }
        }
    }
    bytes
}

/// Decodes to UTF-16 units, or `None` where the bytes are not WTF-8.
pub(super) fn to_wide(mut bytes: &[u8]) -> Option<Vec<u16>> {
    let mut units = Vec::with_capacity(bytes.len());
    while !bytes.is_empty() {
        let (valid, rest) = match std::str::from_utf8(bytes) {
            Ok(text) => (text, &[][..]),
            Err(error) => {
                let (valid, rest) = bytes.split_at(error.valid_up_to());
                (std::str::from_utf8(valid).ok()?, rest)
            }
        };
        units.extend(valid.encode_utf16());
        bytes = match rest {
            [] => rest,
            [0xED, second @ 0xA0..=0xBF, third @ 0x80..=0xBF, after @ ..] => {
                let unit = 0xD000 | u16::from(second & 0x3F) << 6 | u16::from(third & 0x3F);
                // A pair must be stored as one character, or two stored names would be the same name.
                let pairs =
                    unit >= 0xDC00 && units.last().is_some_and(|last| (0xD800..0xDC00).contains(last));
                if pairs {
                    return None;
                }
                units.push(unit);
                after
            }
            _ => return None,
        };
    }
    Some(units)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip_also_with_unpaired_surrogates() {
        let names: [&[u16]; 4] =
            [&[0x41, 0xC4, 0x20AC], &[0xD83D, 0xDE00], &[0xD800, 0x41, 0xDFFF], &[0xDC00, 0xD800]];
        for units in names {
            assert_eq!(to_wide(&from_wide(units.iter().copied())).as_deref(), Some(units));
        }
        assert_eq!(from_wide([0xD83D, 0xDE00]), "\u{1F600}".as_bytes());
    }

    #[test]
    fn bytes_that_are_not_wtf8_are_refused() {
        for bytes in [&b"\xFF"[..], b"\xED\xA0", b"\xC0\x80", b"\xED\xA0\xBD\xED\xB8\x80"] {
            assert_eq!(to_wide(bytes), None, "{bytes:x?}");
        }
    }
}
