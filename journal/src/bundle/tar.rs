//! The one form of tar header a bundle has: `ustar`, a regular file, nobody's, of no time.

/// Everything in a tar archive begins at a multiple of this.
pub(super) const BLOCK_BYTES: usize = 512;
/// What stands at the end: two blocks of zeros.
pub(super) const END_BYTES: usize = 2 * BLOCK_BYTES;
/// The longest entry: eleven octal digits.
pub(super) const ENTRY_BYTES_MAX: u64 = 0o77_777_777_777;

const NAME_BYTES: usize = 100;
const SIZE_AT: usize = 124;
const CHECKSUM_AT: usize = 148;
const MARK_AT: usize = 257;
const MARK: &[u8] = b"ustar\x0000";

/// The header of an entry. The checksum is the sum of all bytes, its own eight taken as spaces.
pub(super) fn header(name: &str, bytes: u64) -> [u8; BLOCK_BYTES] {
    debug_assert!(name.len() < NAME_BYTES && bytes <= ENTRY_BYTES_MAX);
    let mut block = [0; BLOCK_BYTES];
    let mut put = |at: usize, text: &[u8]| block[at..at + text.len()].copy_from_slice(text);
    put(0, name.as_bytes());
    put(100, b"0000600\0");
    put(108, b"0000000\0");
    put(116, b"0000000\0");
    put(SIZE_AT, format!("{bytes:011o}\0").as_bytes());
    put(136, b"00000000000\0");
    put(CHECKSUM_AT, b"        ");
    put(156, b"0");
    put(MARK_AT, MARK);
    put(329, b"0000000\0");
    put(337, b"0000000\0");
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[CHECKSUM_AT..CHECKSUM_AT + 8].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

/// Name and length of an entry; `None` where the header is not exactly the one [`header`] makes of them.
pub(super) fn parse(block: &[u8; BLOCK_BYTES]) -> Option<(String, u64)> {
    let end = block[..NAME_BYTES].iter().position(|byte| *byte == 0)?;
    let name = std::str::from_utf8(&block[..end]).ok()?;
    let digits = std::str::from_utf8(&block[SIZE_AT..SIZE_AT + 11]).ok()?;
    let bytes = u64::from_str_radix(digits, 8).ok().filter(|bytes| *bytes <= ENTRY_BYTES_MAX)?;
    (header(name, bytes) == *block).then(|| (name.to_owned(), bytes))
}

/// Whether bytes may be the beginning of an archive whose first entry has this name, damaged or cut as they may be. Either
/// the name or the mark is enough: what damages one leaves the other.
pub(super) fn may_begin(bytes: &[u8], name: &str) -> bool {
    let named = bytes.iter().zip(name.as_bytes()).all(|(found, wanted)| found == wanted);
    named || bytes.get(MARK_AT..).is_some_and(|rest| rest.starts_with(MARK))
}

/// Zeros behind an entry of so many bytes.
pub(super) fn padding(bytes: u64) -> usize {
    let over = usize::try_from(bytes % BLOCK_BYTES as u64).unwrap_or(0);
    if over == 0 { 0 } else { BLOCK_BYTES - over }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_read_back_and_every_changed_bit_is_found() {
        for (name, bytes) in [("manifest.json", 0), ("log/00000000000000000000.log", ENTRY_BYTES_MAX)] {
            let sound = header(name, bytes);
            assert_eq!(parse(&sound), Some((name.to_owned(), bytes)));
            for at in 0..BLOCK_BYTES {
                for bit in 0..8 {
                    let mut block = sound;
                    block[at] ^= 1 << bit;
                    assert_eq!(parse(&block), None, "bit {bit} of byte {at}");
                }
            }
        }
    }

    #[test]
    fn entries_end_at_a_whole_block() {
        assert_eq!([0, 1, 511, 512, 513].map(padding), [0, 511, 1, 0, 511]);
    }
}
