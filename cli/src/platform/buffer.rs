//! A buffer whose beginning lies where the disk wants it.

/// Direct reads and writes need memory, offsets and sizes at multiples of the disk's block; 4 KiB suits all usual ones.
pub(super) const ALIGNMENT_BYTES: usize = 4096;

/// Memory that suits direct reads and writes.
#[derive(Debug)]
pub struct Buffer {
    memory: Vec<u8>,
    start: usize,
    bytes: usize,
}

impl Buffer {
    /// Room for `bytes`, rounded up to the alignment.
    #[must_use]
    pub fn new(bytes: usize) -> Self {
        let bytes = bytes.next_multiple_of(ALIGNMENT_BYTES);
        let memory = vec![0; bytes + ALIGNMENT_BYTES];
        // Moving a Vec leaves its memory in place, so the offset stays right.
        let start = memory.as_ptr().align_offset(ALIGNMENT_BYTES).min(ALIGNMENT_BYTES);
        Self { memory, start, bytes }
    }

    /// The aligned room.
    pub fn room(&mut self) -> &mut [u8] {
        &mut self.memory[self.start..self.start + self.bytes]
    }

    /// As much of the room as `bytes` need, in whole blocks; all of it where they need more.
    pub(super) fn room_for(&mut self, bytes: u64) -> &mut [u8] {
        let bytes = usize::try_from(bytes).unwrap_or(usize::MAX).min(self.bytes);
        &mut self.room()[..bytes.next_multiple_of(ALIGNMENT_BYTES)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_room_is_aligned_and_large_enough() {
        for bytes in [1, 4096, 5000] {
            let mut buffer = Buffer::new(bytes);
            let room = buffer.room();
            assert!(room.len() >= bytes && room.len().is_multiple_of(ALIGNMENT_BYTES));
            assert!(room.as_ptr().addr().is_multiple_of(ALIGNMENT_BYTES));
        }
    }

    #[test]
    fn a_part_of_the_room_is_whole_blocks() {
        let mut buffer = Buffer::new(2 * ALIGNMENT_BYTES);
        for (wanted, blocks) in [(1, 1), (4096, 1), (4097, 2), (8192, 2), (8193, 2), (u64::MAX, 2)] {
            assert_eq!(buffer.room_for(wanted).len(), blocks * ALIGNMENT_BYTES);
        }
    }
}
