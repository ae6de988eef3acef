//! Keys of rows as bytes that sort as the keys do, and lists of keys with digests.

use std::fmt;

use crate::database::row::Cell;
use crate::database::{Guid, Literal};
use crate::digest::Sha256;

/// The longest line of a list of keys, in bytes without its LF. A key of two columns of SUSDB, the largest a name of 128
/// characters, stays far below.
pub const KEY_LINE_MAX: usize = 4096;

/// The key of a row.
///
/// Bytes sort as keys do: whole numbers by value, bytes and texts by their bytes, one column after the other. Rows that a
/// server sends by such keys come in this order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowKey(Vec<u8>);

/// The key has a cell of a type no key of SUSDB has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a key holds {0}")]
pub struct UnfitKey(pub &'static str);

const INT: u8 = 1;
const BYTES: u8 = 2;
const GUID: u8 = 3;
const TEXT: u8 = 4;
/// The highest bit, turned so that negative numbers come first.
const SIGN: u64 = 1 << 63;

impl RowKey {
    /// The key of cells.
    pub fn of(cells: &[Cell]) -> Result<Self, UnfitKey> {
        let mut key = Vec::new();
        for cell in cells {
            match cell {
                Cell::Int(number) => {
                    key.push(INT);
                    key.extend((number.cast_unsigned() ^ SIGN).to_be_bytes());
                }
                Cell::Bytes(bytes) => push_escaped(&mut key, BYTES, bytes),
                Cell::Guid(guid) => {
                    key.push(GUID);
                    key.extend(guid.0);
                }
                Cell::Text(text) => push_escaped(&mut key, TEXT, text.as_bytes()),
                Cell::Null | Cell::Bit(_) | Cell::Real(_) | Cell::Time(_) | Cell::Decimal(..) => {
                    return Err(UnfitKey(cell.kind()));
                }
            }
        }
        Ok(Self(key))
    }

    /// The cells the key was made of; nothing for bytes that are no key.
    #[must_use]
    pub fn cells(&self) -> Option<Vec<Cell>> {
        let mut rest = self.0.as_slice();
        let mut cells = Vec::new();
        while let Some((&kind, after)) = rest.split_first() {
            let (cell, after) = match kind {
                INT => {
                    let (number, after) = after.split_first_chunk::<8>()?;
                    (Cell::Int((u64::from_be_bytes(*number) ^ SIGN).cast_signed()), after)
                }
                GUID => {
                    let (guid, after) = after.split_first_chunk::<16>()?;
                    (Cell::Guid(Guid(*guid)), after)
                }
                BYTES => pop_escaped(after).map(|(bytes, after)| (Cell::Bytes(bytes), after))?,
                TEXT => {
                    let (bytes, after) = pop_escaped(after)?;
                    (Cell::Text(String::from_utf8(bytes).ok()?), after)
                }
                _ => return None,
            };
            cells.push(cell);
            rest = after;
        }
        Some(cells)
    }
}

/// A zero byte stands as 00 FF, and 00 ends the value: so a shorter value comes before a longer one it begins.
fn push_escaped(key: &mut Vec<u8>, kind: u8, bytes: &[u8]) {
    key.push(kind);
    for &byte in bytes {
        key.push(byte);
        if byte == 0 {
            key.push(0xFF);
        }
    }
    key.push(0);
}

fn pop_escaped(mut rest: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut bytes = Vec::new();
    loop {
        let (&byte, after) = rest.split_first()?;
        rest = after;
        if byte == 0 {
            match rest.strip_prefix(&[0xFF]) {
                Some(after) => rest = after,
                None => return Some((bytes, rest)),
            }
        }
        bytes.push(byte);
    }
}

impl fmt::Display for RowKey {
    /// As the key would stand in a statement, with commas between columns.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(cells) = self.cells() else { return f.write_str("?") };
        for (at, cell) in cells.iter().enumerate() {
            f.write_str(if at == 0 { "" } else { ", " })?;
            match cell {
                Cell::Int(number) => write!(f, "{number}")?,
                Cell::Guid(guid) => write!(f, "{guid}")?,
                Cell::Bytes(bytes) => {
                    f.write_str("0x")?;
                    bytes.iter().try_for_each(|byte| write!(f, "{byte:02X}"))?;
                }
                Cell::Text(text) => write!(f, "{}", Literal::checked(&text.replace('\0', "\u{FFFD}")))?,
                _ => f.write_str("?")?,
            }
        }
        Ok(())
    }
}

/// A row in a list: its key and its digest.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyedDigest {
    /// The key.
    pub key: RowKey,
    /// The digest of the whole row.
    pub digest: Sha256,
}

/// A line is no row of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a line of the list of keys is not a key and a digest in hexadecimal")]
pub struct NotAKeyLine;

impl KeyedDigest {
    /// Appends the row's line: the key in hexadecimal, a tab, the digest in hexadecimal, LF.
    pub fn line(&self, out: &mut Vec<u8>) {
        const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
        let hex = |byte: &u8| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]];
        out.extend(self.key.0.iter().flat_map(hex));
        out.push(b'\t');
        out.extend(self.digest.0.iter().flat_map(hex));
        out.push(b'\n');
    }

    /// Reads one line, without its LF.
    pub fn parse_line(line: &[u8]) -> Result<Self, NotAKeyLine> {
        if line.len() > KEY_LINE_MAX {
            return Err(NotAKeyLine);
        }
        let text = std::str::from_utf8(line).map_err(|_| NotAKeyLine)?;
        let (key, digest) = text.split_once('\t').ok_or(NotAKeyLine)?;
        let pairs = key.as_bytes().chunks(2).map(|pair| {
            let is_hex = pair.len() == 2 && pair.iter().all(u8::is_ascii_hexdigit);
            let pair = std::str::from_utf8(pair).ok().filter(|_| is_hex)?;
            u8::from_str_radix(pair, 16).ok()
        });
        let key = RowKey(pairs.collect::<Option<_>>().ok_or(NotAKeyLine)?);
        let digest = digest.parse().map_err(|_| NotAKeyLine)?;
        if key.cells().is_none() {
            return Err(NotAKeyLine);
        }
        Ok(Self { key, digest })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(cells: &[Cell]) -> RowKey {
        RowKey::of(cells).unwrap()
    }

    #[test]
    fn keys_are_shown_as_a_statement_would_have_them() {
        let shown = key(&[Cell::Bytes(vec![0, 0xAB]), Cell::Int(-1)]).to_string();
        assert_eq!(shown, "0x00AB, -1");
        assert_eq!(key(&[Cell::Text("it's".into())]).to_string(), "N'it''s'");
        assert_eq!(RowKey::of(&[Cell::Null]), Err(UnfitKey("NULL")));
    }

    #[test]
    fn broken_lines_are_refused() {
        let mut line = Vec::new();
        KeyedDigest { key: key(&[Cell::Int(7)]), digest: Sha256([1; 32]) }.line(&mut line);
        assert!(KeyedDigest::parse_line(&line[..line.len() - 1]).is_ok());
        for broken in
            [&line[..line.len() - 2], &line[1..line.len() - 1], &line[2..line.len() - 1], b"", b"\t", b"+1\t"]
        {
            assert_eq!(KeyedDigest::parse_line(broken), Err(NotAKeyLine));
        }
    }

    proptest! {
        #[test]
        fn numbers_and_digests_sort_as_a_server_sorts_them(
            one in (proptest::collection::vec(any::<u8>(), 20), any::<i64>()),
            other in (proptest::collection::vec(any::<u8>(), 20), any::<i64>()),
        ) {
            let of = |(bytes, number): &(Vec<u8>, i64)| key(&[Cell::Bytes(bytes.clone()), Cell::Int(*number)]);
            prop_assert_eq!(of(&one).cmp(&of(&other)), one.cmp(&other));
        }

        #[test]
        fn a_key_and_its_line_round_trip(number: i64, bytes: Vec<u8>, guid: [u8; 16], text: String, digest: [u8; 32]) {
            let cells = vec![Cell::Text(text), Cell::Int(number), Cell::Bytes(bytes), Cell::Guid(Guid(guid))];
            let row = KeyedDigest { key: key(&cells), digest: Sha256(digest) };
            prop_assert_eq!(row.key.cells(), Some(cells));
            let mut line = Vec::new();
            row.line(&mut line);
            prop_assert_eq!(line.iter().filter(|&&byte| byte == b'\n').count(), 1);
            if line.len() <= KEY_LINE_MAX {
                prop_assert_eq!(KeyedDigest::parse_line(&line[..line.len() - 1]), Ok(row));
            }
        }
    }
}
