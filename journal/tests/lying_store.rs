//! Goal: a store that opens well and lacks something in its middle is not believed: every repeat is recognised.

#![allow(clippy::unwrap_used, reason = "tests may unwrap, also in their helpers")]

mod support;

use std::fs;

use support::{Bench, copy_tree, fill, samples};
use wsusmigrate_core::event::run::Recovery;
use wsusmigrate_journal::Expected;

/// Enough that the store takes several of sled's segments: a hole in a smaller one shows at once.
const EVENTS: u64 = 12_000;
/// Places that are looked at, spread over the file.
const PLACES: usize = 10;
const BLOCK_BYTES: usize = 4096;

/// Appends everything again; nothing may be new.
fn repeat_all(bench: &Bench, at: usize) {
    let (journal, _) = bench.try_open().unwrap();
    let found = journal.settled().unwrap().map(|finding| finding.finding);
    assert!(
        matches!(
            found,
            None | Some(Recovery::StoreRebuilt | Recovery::StoreContradicted | Recovery::StoreCaughtUp)
        ),
        "{found:?}"
    );
    let size = journal.size();
    for first in (0..EVENTS).step_by(500) {
        let again = (first..first + 500).map(samples::copied).collect();
        let appended = journal.append(again, Expected::Any).wait().unwrap();
        assert_eq!(appended.repeated, 500, "block at {at}, {found:?}");
    }
    assert_eq!(journal.size(), size, "block at {at}");
    journal.close().unwrap();
    bench.assert_sound();
}

#[test]
fn a_lost_block_of_the_store_makes_no_repeat_a_new_event() {
    let whole = Bench::filled(EVENTS, 100);
    let db = fs::read(whole.dir().join("sled/db")).unwrap();
    let used: Vec<_> = (0..db.len())
        .step_by(BLOCK_BYTES)
        .filter(|&at| db[at..].iter().take(BLOCK_BYTES).any(|&byte| byte != 0))
        .collect();
    for place in 0..PLACES {
        let at = used[place * used.len() / PLACES];
        let bench = whole.copy();
        let mut lost = db.clone();
        let end = lost.len().min(at + BLOCK_BYTES);
        lost[at..end].fill(0);
        fs::write(bench.dir().join("sled/db"), &lost).unwrap();
        repeat_all(&bench, at);
    }
}

/// An older log is put back, the newer store stays, and says it is as old: what it has beyond that log was never
/// acknowledged by it.
#[test]
fn entries_behind_the_end_of_the_log_are_not_believed() {
    const APPLIED: &[u8] = b"applied";
    let bench = Bench::filled(300, 50);
    let older = bench.copy();
    let store = |bench: &Bench| sled::open(bench.dir().join("sled")).unwrap();
    let said = store(&older).get(APPLIED).unwrap().unwrap();
    let journal = bench.open(&[]);
    fill(&journal, 300..400, 50);
    journal.close().unwrap();
    store(&bench).insert(APPLIED, said).unwrap();
    fs::remove_dir_all(older.dir().join("sled")).unwrap();
    copy_tree(&bench.dir().join("sled"), &older.dir().join("sled"));
    let (journal, _) = older.try_open().unwrap();
    let found = journal.settled().unwrap().map(|finding| finding.finding);
    assert_eq!(found, Some(Recovery::StoreContradicted));
    let again = journal.append((350..400).map(samples::copied).collect(), Expected::Any).wait().unwrap();
    assert_eq!(again.repeated, 0);
    journal.close().unwrap();
    older.assert_sound();
}

/// Whoever asks for a subject believes the index that there is nothing more.
#[test]
fn an_index_of_subjects_that_lies_is_not_believed() {
    let whole = Bench::filled(600, 100);
    let lies: [fn(&sled::Tree); 3] = [
        |subjects| drop(subjects.remove(256_u64.to_be_bytes()).unwrap()),
        |subjects| {
            let mut entries = subjects.get(256_u64.to_be_bytes()).unwrap().unwrap();
            entries[8] ^= 1;
            subjects.insert(256_u64.to_be_bytes(), entries).unwrap();
        },
        |subjects| {
            let (last, entries) = subjects.last().unwrap().unwrap();
            subjects.insert(last, &entries[9..]).unwrap();
        },
    ];
    for lie in lies {
        let bench = whole.copy();
        let store = sled::open(bench.dir().join("sled")).unwrap();
        lie(&store.open_tree("subjects").unwrap());
        drop(store);
        bench.open(&[Recovery::StoreContradicted]).close().unwrap();
        bench.assert_sound();
    }
}

#[test]
fn indexes_of_another_version_are_made_anew() {
    for other in [None, Some([0, 0])] {
        let bench = Bench::filled(300, 50);
        let store = sled::open(bench.dir().join("sled")).unwrap();
        match other {
            Some(version) => store.insert(b"indexes", &version).unwrap(),
            None => store.remove(b"indexes").unwrap(),
        };
        drop(store);
        let (journal, _) = bench.try_open().unwrap();
        let found = journal.settled().unwrap().unwrap();
        assert_eq!((found.finding, found.records), (Recovery::StoreRebuilt, 301));
        assert!(found.detail.as_str().contains("another version"), "{found:?}");
        journal.close().unwrap();
        let journal = bench.open(&[]);
        assert_eq!(journal.settled().unwrap(), None);
    }
}
