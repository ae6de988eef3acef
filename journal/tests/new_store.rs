//! Goal: a new store is built when it is asked for, from a log that can be read, and what there was is kept aside.
//!
//! Method: journals with a store in every state it may be in; behind it the new one gives the log back.

#![allow(clippy::unwrap_used, reason = "tests may unwrap, also in their helpers")]

mod support;

use std::fs;

use support::{Bench, fill, read, samples};
use wsusmigrate_core::event::run::{JournalRecovered, Recovery};
use wsusmigrate_journal::{AppendError, Journal, OpenError, RecordSource as _};

fn ask(bench: &Bench) -> Result<(Journal, Vec<Recovery>), OpenError> {
    let (journal, opened) = Journal::open_with_new_store(&bench.dir(), &bench.keys(), samples::TIME)?;
    Ok((journal, opened.findings.iter().map(|found| found.finding).collect()))
}

/// Asks for a new store and waits for it. What was recorded of it.
fn renew(bench: &Bench) -> JournalRecovered {
    let (journal, findings) = ask(bench).unwrap();
    assert!(findings.is_empty(), "{findings:?}");
    let finding = journal.settled().unwrap().unwrap();
    journal.close().unwrap();
    finding
}

/// The store has everything: without the log, the log is made from it.
fn assert_whole(bench: &Bench, count: u64) {
    fs::remove_dir_all(bench.log()).unwrap();
    bench.open(&[Recovery::LogRebuilt]).close().unwrap();
    assert_eq!(read(&bench.reader()), (0..count).map(samples::copied).collect::<Vec<_>>());
    bench.assert_sound();
}

#[test]
fn a_new_store_is_built_when_it_is_asked_for() {
    let bench = Bench::filled(3_000, 700);
    let finding = renew(&bench);
    assert_eq!((finding.finding, finding.records), (Recovery::StoreRebuilt, 3_001));
    assert_eq!(finding.detail.as_str(), "it was asked for; the one before is quarantine/sled-1");
    assert!(bench.dir().join("quarantine/sled-1/db").is_file());
    let again = renew(&bench);
    assert_eq!(again.detail.as_str(), "it was asked for; the one before is quarantine/sled-2");
    let journal = bench.open(&[]);
    fill(&journal, 0..3_000, 500);
    assert_eq!(journal.size(), 3_003, "repeats are recognised");
    journal.close().unwrap();
    assert_whole(&bench, 3_000);
}

#[test]
fn a_store_that_is_gone_or_garbage_is_built_as_well() {
    let bench = Bench::filled(300, 50);
    fs::remove_dir_all(bench.dir().join("sled")).unwrap();
    assert_eq!(renew(&bench).detail.as_str(), "it was asked for; there was none");
    fs::write(bench.dir().join("sled/conf"), b"garbage").unwrap();
    assert_eq!(renew(&bench).detail.as_str(), "it was asked for; the one before is quarantine/sled-1");
    assert_whole(&bench, 300);
}

#[test]
fn who_waits_hears_how_far_the_store_is() {
    let bench = Bench::filled(9_000, 1_000);
    let (journal, _) = ask(&bench).unwrap();
    let mut told = Vec::new();
    journal.settled_telling(&mut |applied| told.push(applied)).unwrap();
    assert!(told.is_sorted() && told.iter().all(|&has| 0 < has), "{told:?}");
    assert!(told.last().is_some_and(|&has| (9_001..=9_002).contains(&has)), "{told:?}");
    journal.close().unwrap();
    assert_whole(&bench, 9_000);
}

/// Changes a byte of record 300, behind the newest snapshot, where opening does not look; with or without its checksum.
fn change(bench: &Bench, checksum: bool) {
    let path = bench.log().join(format!("{:020}.log", 0));
    let mut log = fs::read(&path).unwrap();
    let payload = bench.reader().records(300..301).next().unwrap().unwrap().payload().to_vec();
    let at = log.windows(payload.len()).position(|window| window == payload).unwrap();
    let end = at + payload.len();
    log[end - 1] ^= 1;
    if checksum {
        let crc = crc32c::crc32c_append(crc32c::crc32c(&log[at - 8..at - 4]), &log[at..end]);
        log[at - 4..at].copy_from_slice(&crc.to_be_bytes());
    }
    fs::write(&path, log).unwrap();
}

fn assert_stopped(bench: &Bench, journal: Journal) {
    let error = journal.settled().unwrap_err();
    assert!(
        matches!(&error, AppendError::LogUnreadable(why) if why.contains("open the journal again")),
        "{error:?}"
    );
    drop(journal);
    assert!(!bench.dir().join("quarantine").exists(), "it is the only copy there is");
}

#[test]
fn a_store_is_not_given_up_for_a_log_that_cannot_be_read() {
    for checksum in [false, true] {
        let bench = Bench::filled(9_000, 100);
        change(&bench, checksum);
        assert_stopped(&bench, ask(&bench).unwrap().0);
        let (journal, findings) = ask(&bench).unwrap();
        assert_eq!(findings, [Recovery::LogRebuilt]);
        assert_eq!(journal.settled().unwrap().unwrap().finding, Recovery::StoreRebuilt);
        journal.close().unwrap();
        assert_whole(&bench, 9_000);
    }
}

/// Whoever changes a record and makes its checksum anew must not have the store blamed for it.
#[test]
fn a_store_that_differs_from_a_changed_log_is_not_put_aside() {
    for checksum in [false, true] {
        let bench = Bench::filled(9_000, 100);
        change(&bench, checksum);
        let (journal, opened) = bench.try_open().unwrap();
        assert!(opened.findings.is_empty());
        assert_stopped(&bench, journal);
        let journal = bench.open(&[Recovery::LogRebuilt]);
        assert_eq!(journal.settled().unwrap(), None);
        journal.close().unwrap();
        assert_whole(&bench, 9_000);
    }
}

#[test]
fn a_journal_that_is_not_opened_keeps_its_store() {
    let bench = Bench::filled(100, 50);
    let journal = bench.open(&[]);
    assert!(matches!(ask(&bench), Err(OpenError::Locked(_))));
    journal.close().unwrap();
    assert!(!bench.dir().join("quarantine").exists());
    bench.open(&[]).close().unwrap();
    bench.assert_sound();
}
