//! SHA-1 and SHA-256 digests as values, and the names WSUS derives from them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

macro_rules! digest {
    ($(#[$doc:meta])* $name:ident, $len:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; $len]);

        impl fmt::Display for $name {
            /// Upper-case hexadecimal, as WSUS names its files.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02X}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }

        impl FromStr for $name {
            type Err = NotADigest;

            /// Reads hexadecimal of either case and exactly the right length.
            fn from_str(text: &str) -> Result<Self, NotADigest> {
                let bytes = text.as_bytes();
                if bytes.len() != 2 * $len {
                    return Err(NotADigest);
                }
                let mut digest = [0; $len];
                for (byte, pair) in digest.iter_mut().zip(bytes.chunks_exact(2)) {
                    *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
                }
                Ok(Self(digest))
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if serializer.is_human_readable() {
                    serializer.collect_str(self)
                } else {
                    serde::Serialize::serialize(&self.0[..], serializer)
                }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                use serde::de::Error as _;
                if deserializer.is_human_readable() {
                    let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                    text.parse().map_err(D::Error::custom)
                } else {
                    let bytes = Vec::<u8>::deserialize(deserializer)?;
                    bytes.try_into().map(Self).map_err(|_| D::Error::custom(NotADigest))
                }
            }
        }
    };
}

digest!(
    /// A SHA-1 digest: the name of a WSUS content file and its key in `tbFile`.
    Sha1,
    20
);
digest!(
    /// A SHA-256 digest: `tbFileHash.AdditionalHash` of a content file, and our own hash everywhere else.
    Sha256,
    32
);

/// Shows bytes as hexadecimal to people and scripts, and leaves them as they are elsewhere.
pub(crate) fn bytes_as_hex<S: serde::Serializer>(
    bytes: &impl AsRef<[u8]>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let bytes = bytes.as_ref();
    if serializer.is_human_readable() {
        let hex = bytes.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02X}"));
        serializer.serialize_str(&hex)
    } else {
        bytes.serialize(serializer)
    }
}

/// As [`bytes_as_hex`], for arrays, whose plain form has no length.
pub(crate) fn array_as_hex<S: serde::Serializer>(array: &[u8; 32], serializer: S) -> Result<S::Ok, S::Error> {
    if serializer.is_human_readable() { bytes_as_hex(array, serializer) } else { array.serialize(serializer) }
}

/// The text is not hexadecimal of the expected length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a hexadecimal digest of the expected length")]
pub struct NotADigest;

fn nibble(character: u8) -> Result<u8, NotADigest> {
    char::from(character).to_digit(16).and_then(|value| u8::try_from(value).ok()).ok_or(NotADigest)
}

impl Sha1 {
    /// The name of the folder WSUS keeps the file in: the last byte as two upper-case hexadecimal digits, zero
    /// padded (MS-WSUSSS 2.1 and 3.1.1).
    #[must_use]
    pub fn folder(&self) -> String {
        format!("{:02X}", self.0[19])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_zero_padded() {
        let mut digest = Sha1([0xAB; 20]);
        digest.0[19] = 0x0A;
        assert_eq!(digest.folder(), "0A");
    }

    #[test]
    fn text_round_trips_in_either_case() {
        let digest = Sha1::from_str("86542C97261C46D5B379A43EC895F97EAF409BA2").unwrap();
        assert_eq!(digest.to_string(), "86542C97261C46D5B379A43EC895F97EAF409BA2");
        assert_eq!(Sha1::from_str("86542c97261c46d5b379a43ec895f97eaf409ba2"), Ok(digest));
        assert_eq!(digest.folder(), "A2");
    }

    #[test]
    fn wrong_lengths_and_letters_are_refused() {
        for text in
            ["", "8", "86542C97261C46D5B379A43EC895F97EAF409BA", "86542C97261C46D5B379A43EC895F97EAF409BAG"]
        {
            assert_eq!(Sha1::from_str(text), Err(NotADigest), "{text}");
        }
    }
}
