//! SQL Server's `uniqueidentifier` as a value.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// 16 bytes in the order people write them (RFC 9562). The wire of SQL Server swaps the first three groups; whoever
/// reads the wire swaps them back.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Guid(pub [u8; 16]);

impl Guid {
    /// Not told.
    pub const UNTOLD: Self = Self([0; 16]);

    /// Wraps 16 bytes that were stored or read elsewhere.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes, in the order people write them.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Whether it is told.
    #[must_use]
    pub fn is_told(&self) -> bool {
        *self != Self::UNTOLD
    }
}

/// Where a dash stands before a byte of the written form.
const DASHES: [usize; 4] = [4, 6, 8, 10];

impl fmt::Display for Guid {
    /// Upper case with dashes, as SQL Server prints it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().enumerate().try_for_each(|(at, byte)| {
            let dash = if DASHES.contains(&at) { "-" } else { "" };
            write!(f, "{dash}{byte:02X}")
        })
    }
}

impl fmt::Debug for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Guid({self})")
    }
}

/// The text is not a `uniqueidentifier`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a GUID: 32 hexadecimal digits in groups of 8, 4, 4, 4 and 12")]
pub struct NotAGuid;

impl FromStr for Guid {
    type Err = NotAGuid;

    /// Reads the dashed form of either case, with or without braces.
    fn from_str(text: &str) -> Result<Self, NotAGuid> {
        let inner = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(text);
        let mut digits = inner.as_bytes();
        let mut bytes = [0; 16];
        for (at, byte) in bytes.iter_mut().enumerate() {
            if DASHES.contains(&at) {
                digits = digits.strip_prefix(b"-").ok_or(NotAGuid)?;
            }
            let (pair, rest) = digits.split_at_checked(2).ok_or(NotAGuid)?;
            if !pair.iter().all(u8::is_ascii_hexdigit) {
                return Err(NotAGuid);
            }
            let pair = std::str::from_utf8(pair).map_err(|_| NotAGuid)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| NotAGuid)?;
            digits = rest;
        }
        if digits.is_empty() { Ok(Self(bytes)) } else { Err(NotAGuid) }
    }
}

impl Serialize for Guid {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            self.0.serialize(serializer)
        }
    }
}

impl<'de> Deserialize<'de> for Guid {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
            text.parse().map_err(serde::de::Error::custom)
        } else {
            <[u8; 16]>::deserialize(deserializer).map(Self)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_group_of_all_computers_reads_in_any_case_and_with_braces() {
        let guid: Guid = "A0A08746-4DBE-4a37-9ADF-9E7652C0B421".parse().unwrap();
        assert_eq!(guid.to_string(), "A0A08746-4DBE-4A37-9ADF-9E7652C0B421");
        assert_eq!("{a0a08746-4dbe-4a37-9adf-9e7652c0b421}".parse(), Ok(guid));
        assert_eq!(guid.0[..2], [0xA0, 0xA0]);
    }

    #[test]
    fn other_forms_are_refused() {
        for text in [
            "",
            "A0A087464DBE4a379ADF9E7652C0B421",
            "A0A08746-4DBE-4a37-9ADF-9E7652C0B42",
            "+0A08746-4DBE-4a37-9ADF-9E7652C0B421",
            "A0A08746-4DBE-4a37-9ADF-9E7652C0B4211",
            "{A0A08746-4DBE-4a37-9ADF-9E7652C0B421",
        ] {
            assert_eq!(text.parse::<Guid>(), Err(NotAGuid), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(bytes: [u8; 16]) {
            prop_assert_eq!(Guid(bytes).to_string().parse(), Ok(Guid(bytes)));
        }
    }
}
