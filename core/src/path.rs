//! Paths as they are stored: relative to a recorded root, `/` between parts, bytes that lose nothing.
//!
//! A name is kept as the system gave it: WTF-8 on Windows (unpaired surrogates survive), the raw bytes elsewhere.
//! Showing one replaces what is not Unicode by `\xNN`, so that two names never look the same.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::Digest;

use crate::digest::Sha256;
use crate::text::{Text, is_misleading};

/// The longest path a record holds inline, in bytes. Longer ones stand in an evidence file.
pub const PATH_INLINE_BYTES_MAX: usize = 1024;

/// A relative path in stored form. Never empty, never absolute, no `.` or `..` part, no NUL.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RelPath(Box<[u8]>);

/// Why bytes are not a [`RelPath`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotRelative {
    /// Nothing at all.
    #[error("the path is empty")]
    Empty,
    /// A leading, trailing or doubled `/`.
    #[error("the path has an empty part")]
    EmptyPart,
    /// `.` or `..`, which could leave the root.
    #[error("the path has a part that is . or ..")]
    Dots,
    /// A NUL byte, which no file system accepts.
    #[error("the path has a NUL byte")]
    Nul,
}

impl RelPath {
    /// Checks bytes that come from a directory listing, a record or a manifest.
    pub fn from_bytes(bytes: impl Into<Box<[u8]>>) -> Result<Self, NotRelative> {
        let bytes = bytes.into();
        if bytes.is_empty() {
            return Err(NotRelative::Empty);
        }
        if bytes.contains(&0) {
            return Err(NotRelative::Nul);
        }
        for part in bytes.split(|&byte| byte == b'/') {
            match part {
                b"" => return Err(NotRelative::EmptyPart),
                b"." | b".." => return Err(NotRelative::Dots),
                _ => {}
            }
        }
        Ok(Self(bytes))
    }

    /// The stored bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The parts, from the root down.
    #[must_use]
    pub fn parts(&self) -> impl DoubleEndedIterator<Item = &[u8]> {
        self.0.split(|&byte| byte == b'/')
    }

    /// The last part: the file's own name.
    #[must_use]
    pub fn file_name(&self) -> &[u8] {
        match self.0.iter().rposition(|&byte| byte == b'/') {
            Some(slash) => &self.0[slash + 1..],
            None => &self.0,
        }
    }

    /// The path of the folder, empty for a file directly in the root.
    #[must_use]
    pub fn folder(&self) -> &[u8] {
        match self.0.iter().rposition(|&byte| byte == b'/') {
            Some(slash) => &self.0[..slash],
            None => &[],
        }
    }

    /// Whether every part is Unicode text.
    #[must_use]
    pub fn is_unicode(&self) -> bool {
        std::str::from_utf8(&self.0).is_ok()
    }

    /// The path with every letter in lower case: equal for two names that a case-insensitive file system takes for
    /// one. Unicode's simple lower-casing; NTFS's own table differs for a few letters.
    #[must_use]
    pub fn folded(&self) -> Vec<u8> {
        let mut folded = Vec::with_capacity(self.0.len());
        for chunk in self.0.utf8_chunks() {
            folded.extend(chunk.valid().to_lowercase().as_bytes());
            folded.extend(chunk.invalid());
        }
        folded
    }
}

/// A path inside a record: inline, or by the digest of an evidence file where it is too long.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
pub enum PathRef {
    /// At most [`PATH_INLINE_BYTES_MAX`] bytes.
    Inline(RelPath),
    /// A longer path, by the evidence file that holds its bytes.
    Evidence(Box<LongPath>),
}

/// A path that is too long for a record.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LongPath {
    /// SHA-256 of the path's bytes, the name of the evidence file.
    pub sha256: Sha256,
    /// Its beginning, for people.
    pub beginning: Text,
}

impl PathRef {
    /// Refers to a path. The caller writes the evidence file of a long path before the record.
    #[must_use]
    pub fn of(path: &RelPath) -> Self {
        const BEGINNING_BYTES_MAX: usize = 256;
        if path.0.len() <= PATH_INLINE_BYTES_MAX {
            return Self::Inline(path.clone());
        }
        Self::Evidence(Box::new(LongPath {
            sha256: Sha256(sha2::Sha256::digest(&path.0).into()),
            beginning: Text::cut(&path.to_string(), BEGINNING_BYTES_MAX),
        }))
    }
}

impl Serialize for PathRef {
    /// Words for people and scripts, the variant where it is read back.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            return serializer.collect_str(self);
        }
        match self {
            Self::Inline(path) => serializer.serialize_newtype_variant("PathRef", 0, "Inline", path),
            Self::Evidence(long) => serializer.serialize_newtype_variant("PathRef", 1, "Evidence", long),
        }
    }
}

impl From<&RelPath> for PathRef {
    fn from(path: &RelPath) -> Self {
        Self::of(path)
    }
}

impl fmt::Display for PathRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inline(path) => fmt::Display::fmt(path, f),
            Self::Evidence(long) => write!(f, "{} (path in evidence {})", long.beginning, long.sha256),
        }
    }
}

impl fmt::Display for RelPath {
    /// Unicode as it is, control characters and other bytes as `\xNN`, a backslash doubled where it could mislead.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            for character in chunk.valid().chars() {
                // Two names must not look the same because of them.
                if is_misleading(character) {
                    let mut buffer = [0; 4];
                    for byte in character.encode_utf8(&mut buffer).bytes() {
                        write!(f, "\\x{byte:02X}")?;
                    }
                } else if character == '\\' {
                    f.write_str("\\\\")?;
                } else {
                    write!(f, "{character}")?;
                }
            }
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02X}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for RelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RelPath({self})")
    }
}

impl Serialize for RelPath {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            Serialize::serialize(&self.0[..], serializer)
        }
    }
}

impl<'de> Deserialize<'de> for RelPath {
    /// From stored bytes only: the text for people is not meant to be read back.
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_bytes(Vec::<u8>::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_could_leave_the_root_are_refused() {
        for (bytes, error) in [
            (&b""[..], NotRelative::Empty),
            (b"/etc", NotRelative::EmptyPart),
            (b"a//b", NotRelative::EmptyPart),
            (b"a/", NotRelative::EmptyPart),
            (b"a/../b", NotRelative::Dots),
            (b"./a", NotRelative::Dots),
            (b"a\0b", NotRelative::Nul),
        ] {
            assert_eq!(RelPath::from_bytes(bytes), Err(error));
        }
    }

    #[test]
    fn different_bytes_look_different() {
        let shown = |bytes: &[u8]| RelPath::from_bytes(bytes).unwrap().to_string();
        assert_eq!(shown(b"a\xFFb"), "a\\xFFb");
        assert_eq!(shown(b"a\\xFFb"), "a\\\\xFFb");
        assert_eq!(shown(b"a\nb"), "a\\x0Ab");
        assert_eq!(shown("a\u{202E}b".as_bytes()), "a\\xE2\\x80\\xAEb");
        assert_eq!(shown("Ä/é".as_bytes()), "Ä/é");
    }

    #[test]
    fn names_that_differ_only_in_case_fold_together() {
        let folded = |bytes: &[u8]| RelPath::from_bytes(bytes).unwrap().folded();
        assert_eq!(folded("AB/Ärger.TXT".as_bytes()), folded("ab/äRGER.txt".as_bytes()));
        assert_ne!(folded(b"a\xFF"), folded(b"a\xFE"));
    }
}
