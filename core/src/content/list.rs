//! The text form of a list of files: a manifest, a worklist, a read-back list.
//!
//! ```text
//! wsusmigrate-list 1
//! 11610576<TAB>1700000000000000000<TAB>WsusContent/3B/0F6CDDB257ED279906FC1F5ADB34AA42EF37A93B.exe
//! ```
//!
//! One header line, then one line a file: size in bytes, modification time in nanoseconds since 1970, path. In a path
//! `%`, control characters and bytes that are not UTF-8 stand as `%XX`. Lines end in LF. The name of the evidence
//! file is the SHA-256 of the whole.

use std::cmp::Ordering;

use sha2::{Digest, Sha256 as Hasher};

use crate::digest::Sha256;
use crate::path::{NotRelative, RelPath};
use crate::unit::ModifiedNanos;

/// The first line of every list, without its LF.
pub const LIST_HEADER: &str = "wsusmigrate-list 1";

/// One file of a list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// Where, below the content root.
    pub path: RelPath,
    /// Size in bytes.
    pub bytes: u64,
    /// Modification time.
    pub modified: ModifiedNanos,
}

/// Copying order: by file name, then by path.
///
/// As content is named by digest, neighbours in this order lie in different folders, so that workers do not queue
/// for one folder's lock and every range of the list is a fair sample of the whole.
#[must_use]
pub fn copying_order(one: &Entry, other: &Entry) -> Ordering {
    let names = one.path.file_name().cmp(other.path.file_name());
    names.then_with(|| one.path.as_bytes().cmp(other.path.as_bytes()))
}

/// Appends the line of one entry, its LF included.
pub fn line(entry: &Entry, out: &mut Vec<u8>) {
    out.extend(entry.bytes.to_string().bytes());
    out.push(b'\t');
    out.extend(entry.modified.0.to_string().bytes());
    out.push(b'\t');
    for chunk in entry.path.as_bytes().utf8_chunks() {
        for character in chunk.valid().chars() {
            let mut buffer = [0; 4];
            let bytes = character.encode_utf8(&mut buffer).as_bytes();
            if character.is_control() || character == '%' {
                escape(bytes, out);
            } else {
                out.extend(bytes);
            }
        }
        escape(chunk.invalid(), out);
    }
    out.push(b'\n');
}

fn escape(bytes: &[u8], out: &mut Vec<u8>) {
    for byte in bytes {
        out.extend(format!("%{byte:02X}").bytes());
    }
}

/// Why a line is not an entry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// Not three fields.
    #[error("a line of the list does not have three fields")]
    Fields,
    /// A field that should be a number is not.
    #[error("a line of the list has a field that is not a number")]
    Number,
    /// A `%` without two hexadecimal digits.
    #[error("a line of the list has a broken escape")]
    Escape,
    /// The path is not a relative path.
    #[error("a line of the list has a path that is refused")]
    Path(#[from] NotRelative),
}

/// Reads one line, without its LF.
pub fn parse_line(line: &[u8]) -> Result<Entry, ListError> {
    let mut fields = line.splitn(3, |&byte| byte == b'\t');
    let (Some(bytes), Some(modified), Some(path)) = (fields.next(), fields.next(), fields.next()) else {
        return Err(ListError::Fields);
    };
    Ok(Entry {
        path: RelPath::from_bytes(unescape(path)?)?,
        bytes: number(bytes)?,
        modified: ModifiedNanos(number(modified)?),
    })
}

fn number<N: std::str::FromStr>(field: &[u8]) -> Result<N, ListError> {
    std::str::from_utf8(field).ok().and_then(|text| text.parse().ok()).ok_or(ListError::Number)
}

fn unescape(path: &[u8]) -> Result<Vec<u8>, ListError> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path;
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        if first == b'%' {
            let pair = rest.get(..2).ok_or(ListError::Escape)?;
            let text = std::str::from_utf8(pair).map_err(|_| ListError::Escape)?;
            bytes.push(u8::from_str_radix(text, 16).map_err(|_| ListError::Escape)?);
            rest = &rest[2..];
        } else {
            bytes.push(first);
        }
    }
    Ok(bytes)
}

/// SHA-256 of lines, as they are added.
#[derive(Clone, Debug, Default)]
pub struct ListDigest(Hasher);

impl ListDigest {
    /// The digest of a whole list file begins with its header.
    #[must_use]
    pub fn with_header() -> Self {
        let mut digest = Self::default();
        digest.0.update(LIST_HEADER.as_bytes());
        digest.0.update(b"\n");
        digest
    }

    /// Adds one entry's line.
    pub fn add(&mut self, entry: &Entry) {
        let mut bytes = Vec::with_capacity(entry.path.as_bytes().len() + 40);
        line(entry, &mut bytes);
        self.0.update(&bytes);
    }

    /// The digest.
    #[must_use]
    pub fn finish(self) -> Sha256 {
        Sha256(self.0.finalize().into())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn copying_order_scatters_the_folders() {
        let entry = |path: &str| Entry {
            path: RelPath::from_bytes(path.as_bytes()).unwrap(),
            bytes: 0,
            modified: ModifiedNanos(0),
        };
        let mut entries = [entry("W/00/CC00"), entry("W/00/AA00"), entry("W/01/BB01"), entry("W/01/AA01")];
        entries.sort_by(copying_order);
        let order: Vec<_> = entries.iter().map(|entry| entry.path.to_string()).collect();
        assert_eq!(order, ["W/00/AA00", "W/01/AA01", "W/01/BB01", "W/00/CC00"]);
    }

    proptest! {
        #[test]
        fn every_path_survives_its_line(bytes in proptest::collection::vec(1_u8.., 1..80), size: u64, modified: i64) {
            let Ok(path) = RelPath::from_bytes(bytes) else { return Ok(()) };
            let entry = Entry { path, bytes: size, modified: ModifiedNanos(modified) };
            let mut text = Vec::new();
            line(&entry, &mut text);
            prop_assert_eq!(text.iter().filter(|&&byte| byte == b'\n').count(), 1);
            prop_assert!(std::str::from_utf8(&text).is_ok());
            prop_assert_eq!(parse_line(&text[..text.len() - 1]), Ok(entry));
        }
    }

    #[test]
    fn broken_lines_are_refused_with_their_reason() {
        for (line, error) in [
            (&b"1\t2"[..], ListError::Fields),
            (b"x\t2\tp", ListError::Number),
            (b"1\t2\tp%4", ListError::Escape),
            (b"1\t2\t../p", ListError::Path(NotRelative::Dots)),
        ] {
            assert_eq!(parse_line(line), Err(error));
        }
    }
}
