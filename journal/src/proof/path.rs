//! Which subtrees a proof consists of: the definitions of RFC 6962, sections 2.1.1 and 2.1.2, with ranges of leaves in
//! the place of their hashes.

use std::ops::Range;

/// `PATH(at, D[0..size])`.
pub(super) fn of_inclusion(at: u64, size: u64) -> Vec<Range<u64>> {
    let mut tree = 0..size;
    let mut path = Vec::new();
    while tree.end - tree.start > 1 {
        let (left, right) = split(&tree);
        let (inside, sibling) = if at < right.start { (left, right) } else { (right, left) };
        path.push(sibling);
        tree = inside;
    }
    path.reverse();
    path
}

/// `PROOF(from, D[0..to])`.
pub(super) fn of_consistency(from: u64, to: u64) -> Vec<Range<u64>> {
    let mut tree = 0..to;
    let mut path = Vec::new();
    if from == 0 {
        return path;
    }
    while tree.end != from {
        let (left, right) = split(&tree);
        let (inside, sibling) = if from <= right.start { (left, right) } else { (right, left) };
        path.push(sibling);
        tree = inside;
    }
    // What begins with the first leaf is the smaller tree itself, whose root is known to whoever asks.
    path.extend((tree.start > 0).then_some(tree));
    path.reverse();
    path
}

/// The largest power of two smaller than the number of leaves stands on the left.
fn split(tree: &Range<u64>) -> (Range<u64>, Range<u64>) {
    let leaves = tree.end - tree.start;
    let at = tree.start + (1 << (leaves - 1).ilog2());
    (tree.start..at, at..tree.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of RFC 6962, section 2.1.3, with seven leaves.
    #[test]
    fn the_examples_of_the_definition() {
        assert_eq!(of_inclusion(0, 7), [1..2, 2..4, 4..7]);
        assert_eq!(of_inclusion(3, 7), [2..3, 0..2, 4..7]);
        assert_eq!(of_inclusion(4, 7), [5..6, 6..7, 0..4]);
        assert_eq!(of_inclusion(6, 7), [4..6, 0..4]);
        assert_eq!(of_consistency(3, 7), [2..3, 3..4, 0..2, 4..7]);
        assert_eq!(of_consistency(4, 7), vec![4..7; 1]);
        assert_eq!(of_consistency(6, 7), [4..6, 6..7, 0..4]);
        assert!(of_consistency(7, 7).is_empty() && of_inclusion(0, 1).is_empty());
    }

    #[test]
    fn the_largest_tree_there_can_be_has_a_path() {
        assert_eq!(of_inclusion(u64::MAX - 1, u64::MAX).len(), 63);
        assert_eq!(of_consistency(u64::MAX - 1, u64::MAX).len(), 64);
    }
}
