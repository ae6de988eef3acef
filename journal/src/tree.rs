//! The Merkle tree of RFC 6962, as its right edge: the roots of the complete subtrees, largest first.
//!
//! At most 64 hashes, whatever the size: enough to append and to say the root, and what the `tree` snapshot keeps.

use sha2::{Digest, Sha256};
use wsusmigrate_core::digest::Sha256 as Hash;

/// The tree over the first `size` leaf hashes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    size: u64,
    edge: Vec<Hash>,
}

impl Tree {
    /// Takes up a stored edge. `None` where the number of hashes does not fit the size.
    #[must_use]
    pub fn from_edge(size: u64, edge: Vec<Hash>) -> Option<Self> {
        (edge.len() == size.count_ones() as usize).then_some(Self { size, edge })
    }

    /// Number of leaves.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Roots of the complete subtrees, largest first.
    #[must_use]
    pub fn edge(&self) -> &[Hash] {
        &self.edge
    }

    /// Appends the next leaf hash.
    pub fn push(&mut self, leaf: Hash) {
        self.push_subtree(0, leaf);
    }

    /// Appends the root of a complete subtree of `2^height` leaves. The size must be a multiple of that.
    ///
    /// Every one-bit of the old size from `height` on, up to the first zero, is a subtree that is now completed.
    pub fn push_subtree(&mut self, height: u32, root: Hash) {
        debug_assert!(self.size.trailing_zeros() >= height, "a subtree begins at a multiple of its size");
        let mut hash = root;
        for _ in 0..(self.size >> height).trailing_ones() {
            if let Some(left) = self.edge.pop() {
                hash = node(&left, &hash);
            }
        }
        self.edge.push(hash);
        self.size += 1 << height;
    }

    /// The root; of no leaves, the hash of nothing.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut rest = self.edge.iter().rev();
        match rest.next() {
            None => Hash(Sha256::digest([]).into()),
            Some(smallest) => rest.fold(*smallest, |right, left| node(left, &right)),
        }
    }
}

/// The complete subtrees, as large as they can be, that the leaf hashes from position `first` on fill: heights and
/// roots, in the order [`Tree::push_subtree`] takes them. `leaves` is used up as room to work in.
pub(crate) fn subtrees(mut first: u64, mut leaves: &mut [Hash]) -> Vec<(u32, Hash)> {
    let mut found = Vec::new();
    while !leaves.is_empty() {
        let height = leaves.len().ilog2().min(first.trailing_zeros());
        let (subtree, rest) = leaves.split_at_mut(1 << height);
        found.push((height, fold(subtree)));
        first += 1 << height;
        leaves = rest;
    }
    found
}

/// The root of a complete subtree, computed in place, level by level.
fn fold(subtree: &mut [Hash]) -> Hash {
    let mut width = subtree.len();
    while width > 1 {
        width /= 2;
        for at in 0..width {
            subtree[at] = node(&subtree[2 * at], &subtree[2 * at + 1]);
        }
    }
    subtree[0]
}

/// SHA-256(0x01 || left || right).
pub(crate) fn node(left: &Hash, right: &Hash) -> Hash {
    Hash(Sha256::new().chain_update([1]).chain_update(left.0).chain_update(right.0).finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition of RFC 6962 section 2.1, word for word.
    fn naive(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => Hash(Sha256::digest([]).into()),
            [leaf] => *leaf,
            _ => {
                let split = leaves.len().next_power_of_two() / 2;
                node(&naive(&leaves[..split]), &naive(&leaves[split..]))
            }
        }
    }

    #[test]
    fn the_edge_gives_the_root_of_the_definition() {
        let leaves: Vec<_> = (0..300_u32).map(|n| Hash(Sha256::digest(n.to_be_bytes()).into())).collect();
        let mut tree = Tree::default();
        for (size, leaf) in leaves.iter().enumerate() {
            assert_eq!(tree.root(), naive(&leaves[..size]));
            tree.push(*leaf);
            assert_eq!(Tree::from_edge(tree.size(), tree.edge().to_vec()), Some(tree.clone()));
        }
    }

    #[test]
    fn subtrees_pushed_whole_give_the_same_edge() {
        let leaves: Vec<_> = (0..600_u32).map(|n| Hash(Sha256::digest(n.to_be_bytes()).into())).collect();
        for (cut, end) in [(0, 1), (0, 600), (1, 600), (5, 7), (255, 600), (256, 512), (300, 599)] {
            let (mut one, mut other) = (Tree::default(), Tree::default());
            for leaf in &leaves[..cut] {
                one.push(*leaf);
                other.push(*leaf);
            }
            for leaf in &leaves[cut..end] {
                one.push(*leaf);
            }
            for (height, root) in subtrees(cut as u64, &mut leaves[cut..end].to_vec()) {
                other.push_subtree(height, root);
            }
            assert_eq!(one, other, "{cut}..{end}");
        }
    }

    #[test]
    fn an_edge_of_another_size_is_refused() {
        assert_eq!(Tree::from_edge(3, vec![Hash([0; 32])]), None);
    }
}
