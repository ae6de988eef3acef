//! Goal: an event that stands in the journal twice is named, whoever put it there and however right everything else is.
//!
//! Method: journals in whose log a record stands once more, with another place in the chain and every checksum right;
//! then opened and signed like any other.

#![allow(clippy::unwrap_used, reason = "tests may unwrap, also in their helpers")]

mod support;

use std::fs;

use support::{Bench, forge};
use wsusmigrate_core::id::EventId;
use wsusmigrate_core::unit::Seq;
use wsusmigrate_journal::{Finding, Severity, verify_bytes};

/// What is damaged: record, event, what.
fn damage(bench: &Bench) -> Vec<(u64, Option<&'static str>, String)> {
    let findings = bench.verify().findings.into_iter();
    let damage = findings.filter(|finding| finding.severity == Severity::Damage);
    damage.map(|Finding { seq, event, what, .. }| (seq.unwrap().0, event, what)).collect()
}

/// Another event under an id that stands in the journal already.
fn other_under_the_id_of(bench: &Bench, seq: u64) -> Vec<u8> {
    let mut other = forge::payload(bench, seq + 1);
    let id = forge::payload(bench, seq)[44..60].to_vec();
    other[44..60].copy_from_slice(&id);
    other
}

#[test]
fn a_record_that_stands_there_twice_is_named_with_both_places() {
    let bench = Bench::filled(600, 100);
    let (copy, other) = (forge::payload(&bench, 7), other_under_the_id_of(&bench, 300));
    forge::append(&bench, [copy.clone(), other, forge::payload(&bench, 0), copy]);
    // Opened and signed: nothing but the ids says that something is wrong.
    bench.open_and_find().0.close().unwrap();
    let verification = bench.verify();
    assert_eq!(verification.checkpoint.as_ref().unwrap().size, verification.size);
    assert!(verify_bytes(&bench.dir()).unwrap().is_sound());
    let found = damage(&bench);
    let name = Some("content.file-copied");
    let expected = [(601, name, 7), (602, name, 300), (603, Some("run.journal-created"), 0), (604, name, 7)];
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    let log = fs::read(bench.log().join(format!("{:020}.log", 0))).unwrap();
    for ((seq, event, what), (expected, name, first)) in found.iter().zip(expected) {
        assert_eq!((*seq, *event), (expected, name));
        let payload = forge::payload(&bench, first);
        let at = log.windows(payload.len()).position(|window| window == payload).unwrap() - 8;
        let id = EventId::from_bytes(payload[44..60].try_into().unwrap());
        assert_eq!(*what, format!("its event id {id} is also that of record {first} (byte {at})"));
    }
    let first = verification.first_damage().unwrap();
    assert_eq!(first.seq, Some(Seq(601)));
    let offset = usize::try_from(first.offset.unwrap()).unwrap();
    assert!(log[offset + 8..].starts_with(&forge::payload(&bench, 601)));
}
