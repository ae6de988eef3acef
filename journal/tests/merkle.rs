//! Goal: the proofs are those of RFC 6962, and nothing that is not proved passes as proved.
//!
//! Method: the definitions of section 2.1, word for word and on lists, are the oracle; the proofs come from a real log.

#![allow(clippy::unwrap_used, reason = "tests may unwrap, also in their helpers")]

mod support;

use std::sync::LazyLock;

use proptest::prelude::*;
use sha2::{Digest, Sha256};
use support::Bench;
use wsusmigrate_core::digest::Sha256 as Hash;
use wsusmigrate_core::unit::Seq;
use wsusmigrate_journal::{
    Consistency, Inclusion, ReadError, Reader, RecordSource, prove_consistency, prove_inclusion,
};

fn node(left: Hash, right: Hash) -> Hash {
    Hash(Sha256::digest([&[1][..], &left.0, &right.0].concat()).into())
}

/// `MTH(D[n])`.
fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Hash(Sha256::digest([]).into()),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            node(root(left), root(right))
        }
    }
}

/// `PATH(m, D[n])`.
fn path(m: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() == 1 {
        return Vec::new();
    }
    let k = leaves.len().next_power_of_two() / 2;
    let (left, right) = leaves.split_at(k);
    let (mut hashes, sibling) = if m < k { (path(m, left), right) } else { (path(m - k, right), left) };
    hashes.push(root(sibling));
    hashes
}

/// `SUBPROOF(m, D[n], b)`.
fn subproof(m: usize, leaves: &[Hash], whole: bool) -> Vec<Hash> {
    if m == leaves.len() {
        return if whole { Vec::new() } else { vec![root(leaves)] };
    }
    let k = leaves.len().next_power_of_two() / 2;
    let (left, right) = leaves.split_at(k);
    let (mut hashes, sibling) =
        if m <= k { (subproof(m, left, whole), right) } else { (subproof(m - k, right, false), left) };
    hashes.push(root(sibling));
    hashes
}

fn leaves(reader: &Reader) -> Vec<Hash> {
    let leaf = |payload: &[u8]| Hash(Sha256::digest([&[0][..], payload].concat()).into());
    reader.records(0..reader.size()).map(|raw| leaf(raw.unwrap().payload())).collect()
}

/// The drawing of RFC 6962, section 2.1.3: `d0`..`d6`, and the proofs named under it.
#[test]
#[allow(clippy::many_single_char_names, reason = "the letters of the drawing")]
fn the_examples_with_seven_leaves() {
    let bench = Bench::filled(6, 6);
    let reader = bench.reader();
    let leaves = leaves(&reader);
    let [a, b, c, d, e, f, j] = leaves[..] else { panic!("seven leaves") };
    let (g, h, i) = (node(a, b), node(c, d), node(e, f));
    let (k, l) = (node(g, h), node(i, j));
    let inclusion = |seq| prove_inclusion(&reader, Seq(seq), 7).unwrap().0.hashes;
    assert_eq!(inclusion(0), [b, h, l]);
    assert_eq!(inclusion(3), [c, g, l]);
    assert_eq!(inclusion(4), [f, j, k]);
    assert_eq!(inclusion(6), [i, k]);
    let consistency = |from| prove_consistency(&reader, from, 7).unwrap();
    assert_eq!((consistency(3).0.hashes, consistency(3).1), (vec![c, d, g, l], node(g, c)));
    assert_eq!((consistency(4).0.hashes, consistency(4).1), (vec![l], k));
    assert_eq!((consistency(6).0.hashes, consistency(6).1), (vec![i, j, k], node(k, i)));
    bench.assert_sound();
}

#[test]
fn every_proof_of_a_small_log_is_that_of_the_definition() {
    let bench = Bench::filled(40, 7);
    let reader = bench.reader();
    let leaves = leaves(&reader);
    for to in 0..=leaves.len() {
        for from in 0..=to {
            check_consistency(&reader, &leaves, from, to);
        }
        for seq in 0..to {
            check_inclusion(&reader, &leaves, seq, to);
        }
    }
    bench.assert_sound();
}

/// A log that is hashed by several threads.
static LARGE: LazyLock<(Bench, Vec<Hash>)> = LazyLock::new(|| {
    let bench = Bench::filled(9_000, 500);
    let leaves = leaves(&bench.reader());
    (bench, leaves)
});

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn proofs_of_a_large_log_are_those_of_the_definition(to in 1_usize..=9_001, share in 0.0..1.0_f64) {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
        let part = (share * to as f64) as usize;
        let (bench, leaves) = &*LARGE;
        check_inclusion(&bench.reader(), leaves, part.min(to - 1), to);
        check_consistency(&bench.reader(), leaves, part, to);
    }
}

fn check_inclusion(reader: &Reader, leaves: &[Hash], seq: usize, size: usize) {
    let (proof, leaf) = prove_inclusion(reader, Seq(seq as u64), size as u64).unwrap();
    assert_eq!((&proof.hashes, leaf), (&path(seq, &leaves[..size]), leaves[seq]), "{seq} of {size}");
    let root = root(&leaves[..size]);
    proof.verify(leaf, root).unwrap();
    assert!(proof.verify(flipped(leaf), root).is_err() && proof.verify(leaf, flipped(root)).is_err());
    for hashes in spoilt(&proof.hashes) {
        assert!(Inclusion { hashes, ..proof.clone() }.verify(leaf, root).is_err(), "{seq} of {size}");
    }
    for seq in [proof.seq.0 ^ 1, proof.seq.0 + 2, proof.size, u64::MAX].map(Seq) {
        assert!(Inclusion { seq, ..proof.clone() }.verify(leaf, root).is_err(), "{seq} for {}", proof.seq);
    }
    assert!(Inclusion { size: 0, ..proof }.verify(leaf, root).is_err());
}

fn check_consistency(reader: &Reader, leaves: &[Hash], from: usize, to: usize) {
    let (proof, older) = prove_consistency(reader, from as u64, to as u64).unwrap();
    let expected = if from == 0 { Vec::new() } else { subproof(from, &leaves[..to], true) };
    assert_eq!((&proof.hashes, older), (&expected, root(&leaves[..from])), "{from} of {to}");
    let newer = root(&leaves[..to]);
    proof.verify(older, newer).unwrap();
    assert!(proof.verify(flipped(older), newer).is_err(), "{from} of {to}");
    // Any tree begins with nothing: of that alone the larger root is not proved.
    assert!(from == 0 && to > 0 || proof.verify(older, flipped(newer)).is_err(), "{from} of {to}");
    for hashes in spoilt(&proof.hashes) {
        assert!(Consistency { hashes, ..proof.clone() }.verify(older, newer).is_err(), "{from} of {to}");
    }
    let turned = Consistency { from: proof.to, to: proof.from, ..proof };
    assert!(from == to || turned.verify(newer, older).is_err(), "{to} of {from}");
}

fn flipped(mut hash: Hash) -> Hash {
    hash.0[17] ^= 0x10;
    hash
}

/// Every proof that differs in one hash: another, one less, one more.
fn spoilt(hashes: &[Hash]) -> Vec<Vec<Hash>> {
    let mut spoilt = Vec::new();
    for at in 0..hashes.len() {
        let (mut other, mut less) = (hashes.to_vec(), hashes.to_vec());
        other[at] = flipped(other[at]);
        less.remove(at);
        spoilt.extend([other, less]);
    }
    spoilt.extend([[hashes, &[Hash([7; 32])]].concat(), [&[Hash([7; 32])], hashes].concat()]);
    spoilt
}

#[test]
fn what_the_log_does_not_have_is_not_proved() {
    let bench = Bench::filled(6, 6);
    let reader = bench.reader();
    let beyond = |error: ReadError| matches!(error, ReadError::Beyond { .. });
    assert!(beyond(prove_inclusion(&reader, Seq(7), 7).unwrap_err()));
    assert!(beyond(prove_inclusion(&reader, Seq(3), 3).unwrap_err()));
    assert!(beyond(prove_inclusion(&reader, Seq(3), 8).unwrap_err()));
    assert!(beyond(prove_inclusion(&reader, Seq(u64::MAX), 7).unwrap_err()));
    assert!(beyond(prove_consistency(&reader, 3, 8).unwrap_err()));
    assert!(beyond(prove_consistency(&reader, 5, 4).unwrap_err()));
    bench.assert_sound();
}
