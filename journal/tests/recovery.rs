//! Goal: every combination of what may be lost is either mended, and said so in the journal, or refused with the
//! reason, and then nothing is changed.

#![allow(clippy::unwrap_used, reason = "tests may unwrap, also in their helpers")]

mod support;

use std::fs;

use support::{Bench, create, fill, read, samples};
use wsusmigrate_core::event::run::Recovery;
use wsusmigrate_core::event::{Event, RunEvent};
use wsusmigrate_journal::{
    Expected, Journal, KeyError, OpenError, ReadError, Reader, Record, RecordSource, verify,
};

fn remove(bench: &Bench, what: &str) {
    let path = bench.dir().join(what);
    if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }.unwrap();
}

fn expected(count: u64) -> Vec<wsusmigrate_core::envelope::Proposed> {
    (0..count).map(samples::copied).collect()
}

#[test]
fn a_lost_store_is_rebuilt_and_the_journal_says_so() {
    // Commits that lie across the follower's rounds: once a round ended inside one and what was left of it was lost.
    let bench = Bench::filled(3000, 700);
    remove(&bench, "sled");
    bench.open(&[Recovery::StoreRebuilt]).close().unwrap();
    let reader = bench.reader();
    let last = reader.records(3001..3002).next().unwrap().unwrap().decode().unwrap();
    let Record::Known(recorded) = last else { panic!("known") };
    assert!(matches!(recorded.event, Event::Run(RunEvent::JournalRecovered(event)) if event.records == 3001));
    // The rebuilt store is whole: it can give the log back.
    remove(&bench, "log");
    bench.open(&[Recovery::LogRebuilt]).close().unwrap();
    assert_eq!(read(&bench.reader()), expected(3000));
    bench.assert_sound();
}

#[test]
fn a_truncated_store_is_mended_whatever_sled_makes_of_it() {
    let whole = Bench::filled(300, 50);
    for keep in [0_u64, 1, 1000, 100_000] {
        let bench = whole.copy();
        let path = bench.dir().join("sled/db");
        let length = fs::metadata(&path).unwrap().len();
        fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(keep.min(length - 1)).unwrap();
        let (journal, found) = bench.open_and_find();
        assert!(
            [vec![Recovery::StoreRebuilt], vec![Recovery::StoreCaughtUp]].contains(&found) || keep >= 100_000,
            "{keep}: {found:?}"
        );
        fill(&journal, 0..300, 100);
        assert_eq!(journal.size(), 301 + found.len() as u64, "repeats are recognised all the same");
        journal.close().unwrap();
        bench.assert_sound();
    }
}

#[test]
fn a_store_that_is_garbage_goes_to_quarantine() {
    let bench = Bench::filled(100, 50);
    remove(&bench, "sled");
    fs::create_dir(bench.dir().join("sled")).unwrap();
    fs::write(bench.dir().join("sled/conf"), b"garbage").unwrap();
    fs::write(bench.dir().join("sled/db"), vec![0xA5; 100_000]).unwrap();
    bench.open(&[Recovery::StoreRebuilt]).close().unwrap();
    assert!(bench.dir().join("quarantine/sled-1/db").is_file());
    bench.assert_sound();
}

#[test]
fn a_store_of_another_history_goes_to_quarantine() {
    let bench = Bench::filled(100, 50);
    let other = Bench::filled(40, 8);
    remove(&bench, "sled");
    support::copy_tree(&other.dir().join("sled"), &bench.dir().join("sled"));
    // The other journal has another key, and so from the first record on other hashes.
    bench.open(&[Recovery::StoreContradicted]).close().unwrap();
    assert!(bench.dir().join("quarantine/sled-1").is_dir());
    bench.assert_sound();
}

#[test]
fn a_store_longer_than_the_log_goes_to_quarantine() {
    let bench = Bench::filled(60, 20);
    let short = bench.copy();
    let journal = bench.open(&[]);
    fill(&journal, 60..80, 20);
    journal.close().unwrap();
    remove(&short, "sled");
    support::copy_tree(&bench.dir().join("sled"), &short.dir().join("sled"));
    short.open(&[Recovery::StoreContradicted]).close().unwrap();
    assert_eq!(read(&short.reader()), expected(60));
    short.assert_sound();
}

#[test]
fn a_store_of_another_stream_goes_to_quarantine() {
    let (bench, other) = (Bench::filled(100, 50), Bench::new());
    let stream = wsusmigrate_core::id::StreamId::from_bytes([9; 16]);
    let create = wsusmigrate_journal::Create { stream, ..create() };
    Journal::create(&other.dir(), &other.keys(), create).unwrap().close().unwrap();
    remove(&bench, "sled");
    support::copy_tree(&other.dir().join("sled"), &bench.dir().join("sled"));
    let journal = bench.open(&[Recovery::StoreContradicted]);
    assert_eq!(journal.settled().unwrap().unwrap().detail.as_str(), "it belongs to another stream",);
    journal.close().unwrap();
    bench.assert_sound();
}

#[test]
fn what_was_closed_needs_no_mending() {
    let bench = Bench::filled(60, 20);
    let journal = bench.open(&[]);
    assert_eq!(journal.size(), 61);
    journal.close().unwrap();
    bench.assert_sound();
}

#[test]
fn a_head_newer_than_the_log_is_made_good_from_the_store_or_refused() {
    for with_store in [true, false] {
        let bench = Bench::filled(60, 20);
        let older = bench.copy();
        let journal = bench.open(&[]);
        fill(&journal, 60..80, 20);
        journal.close().unwrap();
        for what in ["log", "checkpoints", "snapshots"] {
            remove(&bench, what);
        }
        support::copy_tree(&older.log(), &bench.log());
        for what in ["head", "signing"] {
            let _ = fs::remove_file(bench.keys().join(format!("{}.{what}", samples::STREAM)));
        }
        if with_store {
            bench.open(&[Recovery::LogRebuilt]).close().unwrap();
            assert_eq!(read(&bench.reader()), expected(80));
            bench.assert_sound();
        } else {
            remove(&bench, "sled");
            let error = bench.try_open().unwrap_err();
            assert!(matches!(&error, OpenError::Damaged(damage) if damage.seq.0 == 61), "{error:?}");
        }
    }
}

#[test]
fn a_lost_log_is_rebuilt_from_the_store() {
    for empty_folder in [false, true] {
        let bench = Bench::filled(3000, 500);
        remove(&bench, "log");
        if empty_folder {
            fs::create_dir(bench.log()).unwrap();
        }
        bench.open(&[Recovery::LogRebuilt]).close().unwrap();
        assert_eq!(read(&bench.reader()), expected(3000));
        bench.assert_sound();
    }
}

/// Once went wrong: a snapshot near the end hid damage before it, and the store, which reads its last run again, then
/// stopped the journal as if the disk could not be written.
#[test]
fn damage_before_a_snapshot_is_mended_from_the_store_or_refused() {
    for with_store in [true, false] {
        let bench = Bench::filled(60, 20);
        let file = bench.log().join(format!("{:020}.log", 0));
        let mut bytes = fs::read(&file).unwrap();
        bytes[2000] ^= 0xFF;
        fs::write(&file, bytes).unwrap();
        if with_store {
            let journal = bench.open(&[Recovery::LogRebuilt]);
            journal.append(vec![samples::field(500)], Expected::Any).wait().unwrap();
            journal.close().unwrap();
            bench.assert_sound();
        } else {
            remove(&bench, "sled");
            remove(&bench, "snapshots");
            let error = bench.try_open().unwrap_err();
            assert!(matches!(error, OpenError::Damaged(_)), "{error:?}");
        }
    }
}

#[test]
fn both_lost_is_refused_and_says_how_much_there_was() {
    for head_too in [false, true] {
        let bench = Bench::filled(100, 50);
        remove(&bench, "log");
        remove(&bench, "sled");
        if head_too {
            remove(&bench, "head");
        }
        let error = bench.try_open().unwrap_err();
        assert!(matches!(error, OpenError::BothLost { size: 101, .. }), "{error:?}");
        let error = Journal::create(&bench.dir(), &bench.keys(), create()).unwrap_err();
        assert!(matches!(error, OpenError::Exists(_)), "{error:?}");
        assert!(!bench.log().exists() && !bench.dir().join("sled").exists());
    }
}

#[test]
fn a_lost_log_with_a_store_that_is_behind_is_refused() {
    let bench = Bench::filled(60, 20);
    let older = bench.copy();
    let journal = bench.open(&[]);
    fill(&journal, 60..80, 20);
    journal.close().unwrap();
    remove(&bench, "sled");
    support::copy_tree(&older.dir().join("sled"), &bench.dir().join("sled"));
    remove(&bench, "log");
    let error = bench.try_open().unwrap_err();
    assert!(matches!(error, OpenError::BothLost { size: 81, .. }), "{error:?}");
}

#[test]
fn a_half_made_log_file_goes_to_quarantine_and_the_journal_says_so() {
    for bytes in [0, 40, 100_000] {
        let bench = Bench::filled(60, 20);
        fs::write(bench.log().join(format!("{:020}.log", 61)), vec![0; bytes]).unwrap();
        let journal = bench.open(&[Recovery::SegmentQuarantined]);
        journal.append(vec![samples::field(500)], Expected::Any).wait().unwrap();
        journal.close().unwrap();
        assert!(bench.dir().join("quarantine").join(format!("{:020}.log-1", 61)).is_file());
        bench.open(&[]).close().unwrap();
        bench.assert_sound();
    }
}

#[test]
fn a_lost_or_older_head_is_written_anew() {
    let bench = Bench::filled(60, 20);
    let head = bench.dir().join("head");
    let older = fs::read(&head).unwrap();
    remove(&bench, "head");
    bench.open(&[Recovery::HeadRebuilt]).close().unwrap();
    bench.assert_sound();
    fs::write(&head, older).unwrap();
    bench.open(&[Recovery::HeadRebuilt]).close().unwrap();
    let mut bytes = fs::read(&head).unwrap();
    bytes[20] ^= 1;
    fs::write(&head, bytes).unwrap();
    bench.open(&[Recovery::HeadRebuilt]).close().unwrap();
    fs::write(&head, b"").unwrap();
    bench.open(&[Recovery::HeadRebuilt]).close().unwrap();
    bench.assert_sound();
}

#[test]
fn an_older_copy_put_back_is_noticed_by_the_head_outside() {
    let bench = Bench::filled(60, 20);
    let older = bench.copy();
    let journal = bench.open(&[]);
    fill(&journal, 60..80, 20);
    journal.close().unwrap();
    fs::remove_dir_all(bench.dir()).unwrap();
    support::copy_tree(&older.dir(), &bench.dir());
    bench.assert_sound();
    let error = bench.try_open().unwrap_err();
    assert!(matches!(error, OpenError::OlderCopy { claimed: 81, size: 61, .. }), "{error:?}");
}

#[test]
fn another_history_of_the_same_length_is_a_contradiction() {
    let bench = Bench::filled(60, 20);
    let mut other = bench.copy();
    // Two histories from one beginning.
    for (bench, number) in [(&bench, 100), (&other, 200)] {
        let journal = bench.open(&[]);
        journal.append(vec![samples::field(number)], Expected::Any).wait().unwrap();
        journal.close().unwrap();
    }
    fs::remove_dir_all(other.dir()).unwrap();
    support::copy_tree(&bench.dir(), &other.dir());
    let error = other.try_open().unwrap_err();
    assert!(matches!(error, OpenError::Contradiction { size: 62, .. }), "{error:?}");
    other = bench;
    other.assert_sound();
}

#[test]
fn a_log_of_another_history_is_not_the_one_the_head_speaks_of() {
    let bench = Bench::filled(60, 20);
    let other = bench.copy();
    for (bench, number) in [(&bench, 100), (&other, 200)] {
        let journal = bench.open(&[]);
        journal.append(vec![samples::field(number)], Expected::Any).wait().unwrap();
        journal.close().unwrap();
    }
    for what in ["log", "sled", "checkpoints", "snapshots"] {
        remove(&bench, what);
    }
    fs::remove_file(bench.keys().join(format!("{}.head", samples::STREAM))).unwrap();
    support::copy_tree(&other.log(), &bench.log());
    let error = bench.try_open().unwrap_err();
    assert!(matches!(&error, OpenError::Damaged(damage) if damage.seq.0 == 61), "{error:?}");
    assert_eq!(bench.verify().first_damage().unwrap().seq.unwrap().0, 61);
    other.assert_sound();
}

/// Once went wrong: a crash while the journal was being created was taken for damage, for ever.
#[test]
fn a_creation_cut_short_is_created_again() {
    for bytes in [0, 40, 100, 150] {
        let bench = Bench::new();
        bench.create().close().unwrap();
        for what in ["sled", "checkpoints", "snapshots", "head"] {
            remove(&bench, what);
        }
        for what in ["head", "signing"] {
            fs::remove_file(bench.keys().join(format!("{}.{what}", samples::STREAM))).unwrap();
        }
        let log = bench.log().join(format!("{:020}.log", 0));
        fs::OpenOptions::new().write(true).open(log).unwrap().set_len(bytes).unwrap();
        let error = bench.try_open().unwrap_err();
        assert!(matches!(error, OpenError::NotFound(_)), "{bytes} bytes: {error:?}");
        for read in [Reader::open(&bench.dir()).map(drop), verify(&bench.dir()).map(drop)] {
            assert!(matches!(read, Err(ReadError::Unborn(_))), "{bytes} bytes: {read:?}");
        }
        fs::remove_dir_all(bench.keys()).unwrap();
        bench.create().close().unwrap();
        bench.assert_sound();
    }
}

#[test]
fn a_head_that_is_gone_is_told_from_a_log_that_is_damaged_too() {
    let bench = Bench::filled(20, 5);
    assert!(!bench.verify().lacks_head_alone());
    remove(&bench, "head");
    assert!(!bench.verify().is_sound() && bench.verify().lacks_head_alone());
    let log = bench.log().join(format!("{:020}.log", 0));
    let whole = fs::read(&log).unwrap();
    let mut damaged = whole.clone();
    damaged[2000] ^= 1;
    fs::write(&log, damaged).unwrap();
    assert!(!bench.verify().lacks_head_alone());
    fs::write(&log, whole).unwrap();
    bench.open(&[Recovery::HeadRebuilt]).close().unwrap();
    bench.assert_sound();
}

#[test]
fn keys_are_needed_and_kept_apart() {
    let bench = Bench::filled(5, 5);
    let inside = bench.dir().join("keys");
    let error = Journal::open(&bench.dir(), &inside, samples::TIME).unwrap_err();
    assert!(matches!(error, OpenError::Key(KeyError::InsideJournal(_))), "{error:?}");
    let key = bench.keys().join(samples::STREAM.to_string());
    let text = fs::read_to_string(&key).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&key), mode(&bench.keys()), mode(&bench.dir())), (0o600, 0o700, 0o700));
        assert_eq!((mode(&bench.dir().join("head")), mode(&bench.log())), (0o600, 0o700));
    }
    fs::write(&key, text.replace("wsusmigrate", "x")).unwrap();
    assert!(matches!(bench.try_open(), Err(OpenError::Key(KeyError::NotAKey(_)))));
    let other = Bench::filled(1, 1);
    fs::copy(other.keys().join(samples::STREAM.to_string()), &key).unwrap();
    assert!(matches!(bench.try_open(), Err(OpenError::Key(KeyError::OtherKey(_)))));
    fs::remove_file(&key).unwrap();
    assert!(matches!(bench.try_open(), Err(OpenError::Key(KeyError::Missing(_)))));
    fs::write(&key, text).unwrap();
    bench.open(&[]).close().unwrap();
    bench.assert_sound();
}

#[test]
fn there_is_one_writer_and_creating_never_replaces() {
    let bench = Bench::new();
    assert!(matches!(bench.try_open(), Err(OpenError::NotFound(_))));
    fs::create_dir(bench.dir()).unwrap();
    assert!(matches!(bench.try_open(), Err(OpenError::NotFound(_))));
    assert_eq!(fs::read_dir(bench.dir()).unwrap().count(), 0, "looking leaves nothing behind");
    let journal = bench.create();
    assert!(matches!(bench.try_open(), Err(OpenError::Locked(_))));
    let again = Journal::create(&bench.dir(), &bench.keys(), create());
    assert!(matches!(again, Err(OpenError::Locked(_))));
    journal.close().unwrap();
    let again = Journal::create(&bench.dir(), &bench.keys(), create());
    assert!(matches!(again, Err(OpenError::Exists(_))));
    bench.open(&[]).close().unwrap();
    bench.assert_sound();
}

/// A writer that ends without closing: everything acknowledged is there, the store catches up.
#[test]
fn what_was_acknowledged_survives_a_writer_that_does_not_close() {
    let bench = Bench::new();
    let journal = bench.create();
    fill(&journal, 0..1000, 10);
    drop(journal);
    let (journal, found) = bench.open_and_find();
    assert!(found.iter().all(|finding| *finding == Recovery::StoreCaughtUp));
    let size = journal.size();
    assert_eq!(size, 1001 + found.len() as u64);
    fill(&journal, 0..1000, 100);
    assert_eq!(journal.size(), size, "every repeat was recognised");
    journal.close().unwrap();
    assert_eq!(read(&bench.reader()), expected(1000));
    bench.assert_sound();
}

#[test]
fn a_reader_beside_a_writer_sees_whole_commits_only() {
    let bench = Bench::new();
    let journal = bench.create();
    let dir = bench.dir();
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| fill(&journal, 0..1800, 6));
        let mut reader = Reader::open(&dir).unwrap();
        let mut seen = 1;
        while !writer.is_finished() {
            let size = reader.refresh().unwrap();
            assert_eq!((size - 1) % 6, 0);
            for (seq, record) in (seen..size).zip(reader.records(seen..size)) {
                assert_eq!(record.unwrap().seq().0, seq);
            }
            seen = size;
            assert!(wsusmigrate_journal::verify(&dir).unwrap().is_sound());
        }
    });
    assert!(bench.reader().records(0..9_999).next().unwrap().is_err(), "beyond the end is an error");
    journal.close().unwrap();
    bench.assert_sound();
}
