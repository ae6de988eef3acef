//! Goal: nothing that was acknowledged changes unnoticed, and an append that was in flight never hurts.
//!
//! Method: a small journal, every byte of the log changed, every length of the last commit left on the disk.

#![allow(clippy::unwrap_used, reason = "tests may unwrap, also in their helpers")]

mod support;

use std::fs;
use std::path::PathBuf;

use support::{Bench, copy_tree, fill, read, samples};
use wsusmigrate_core::event::run::Recovery;
use wsusmigrate_core::unit::Seq;
use wsusmigrate_journal::{
    Expected, LeftOut, OpenError, RecordSource, Severity, verify, verify_bytes, verify_with,
};

fn segment(bench: &Bench) -> PathBuf {
    bench.log().join(format!("{:020}.log", 0))
}

/// Bytes of the log up to its end.
fn log_bytes(bench: &Bench) -> Vec<u8> {
    let mut bytes = fs::read(segment(bench)).unwrap();
    let end = bytes.iter().rposition(|byte| *byte != 0).unwrap() + 1;
    bytes.truncate(end);
    bytes
}

/// Where the commits begin, by their magic.
fn commits(bytes: &[u8]) -> Vec<usize> {
    (0..bytes.len() - 4).filter(|at| &bytes[*at..*at + 4] == b"WMCF").collect()
}

/// Where the records' frames begin, by walking the lengths.
fn records(bytes: &[u8]) -> Vec<usize> {
    let mut found = Vec::new();
    for commit in commits(bytes) {
        let count = u32::from_be_bytes(bytes[commit + 24..commit + 28].try_into().unwrap());
        let mut at = commit + 32;
        for _ in 0..count {
            found.push(at);
            at += 8 + u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
        }
    }
    found
}

#[test]
fn each_flipped_byte_of_the_log_is_found_and_its_record_named() {
    let bench = Bench::filled(6, 2);
    let sound = log_bytes(&bench);
    let (commits, records) = (commits(&sound), records(&sound));
    assert_eq!((commits.len(), records.len()), (4, 7));
    for at in 0..sound.len() {
        let mut bytes = sound.clone();
        bytes[at] ^= 1 << (at % 8);
        fs::write(segment(&bench), &bytes).unwrap();
        let verification = verify(&bench.dir()).unwrap_or_else(|error| panic!("byte {at}: {error}"));
        let first = verification.first_damage().unwrap_or_else(|| panic!("byte {at} was not noticed"));
        // The record the byte belongs to: a commit's header belongs to its first record.
        let expected = match commits.iter().rposition(|commit| (*commit..*commit + 32).contains(&at)) {
            Some(commit) => records.iter().position(|record| *record == commits[commit] + 32).unwrap(),
            None => records.iter().rposition(|record| *record <= at).unwrap_or(0),
        };
        assert_eq!(first.seq, Some(Seq(expected as u64)), "byte {at}: {first:?}");
        assert_eq!(verification.root, verification.root.filter(|_| at < 72), "byte {at}");
    }
    fs::write(segment(&bench), &sound).unwrap();
    bench.assert_sound();
}

/// The greatest number has none behind it: reading must not count beyond.
#[test]
fn a_commit_with_the_greatest_number_is_damage_and_no_panic() {
    let sound = Bench::filled(12, 4);
    let log = log_bytes(&sound);
    for at in commits(&log) {
        let bench = sound.copy();
        let mut bytes = log.clone();
        bytes[at + 8..at + 16].fill(0xFF);
        let crc = crc32c::crc32c(&bytes[at + 8..at + 32]);
        bytes[at + 4..at + 8].copy_from_slice(&crc.to_be_bytes());
        fs::write(segment(&bench), &bytes).unwrap();
        assert!(!verify(&bench.dir()).unwrap().is_sound(), "commit at byte {at}");
        drop(bench.open(&[Recovery::LogRebuilt]));
        bench.assert_sound();
    }
}

#[test]
fn a_changed_record_with_a_new_checksum_is_found_by_the_chain() {
    let bench = Bench::filled(12, 4);
    let sound = log_bytes(&bench);
    let records = records(&sound);
    for (seq, start) in records.iter().enumerate() {
        let mut bytes = sound.clone();
        let length = u32::from_be_bytes(bytes[*start..*start + 4].try_into().unwrap()) as usize;
        let last = start + 8 + length - 1;
        bytes[last] ^= 1;
        let crc = crc32c(&[&bytes[*start..*start + 4], &bytes[*start + 8..=last]].concat());
        bytes[*start + 4..*start + 8].copy_from_slice(&crc.to_be_bytes());
        fs::write(segment(&bench), &bytes).unwrap();
        let verification = bench.verify();
        assert_eq!(verification.first_damage().unwrap().seq, Some(Seq(seq as u64)), "{verification:#?}");
    }
    fs::write(segment(&bench), &sound).unwrap();
    bench.assert_sound();
}

/// CRC-32C by its definition, bit by bit: the test does not trust the library's.
fn crc32c(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(
            crc ^ u32::from(*byte),
            |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0x82F6_3B78 } else { crc >> 1 },
        )
    })
}

/// A crash left any number of bytes of a commit that nobody was told of: the head does not know it.
#[test]
fn a_torn_tail_of_any_length_is_dropped_and_the_journal_goes_on() {
    let bench = Bench::new();
    let journal = bench.create();
    fill(&journal, 0..6, 3);
    journal.close().unwrap();
    let before = bench.copy();
    let journal = bench.open(&[]);
    fill(&journal, 6..8, 2);
    journal.close().unwrap();
    let whole = log_bytes(&bench);
    let start = log_bytes(&before).len();
    // Every length is tried where the tail is mended (`log/mend.rs`); here whole journals, at some of them.
    for end in (start..=whole.len()).filter(|end| (end - start).is_multiple_of(37) || *end == whole.len()) {
        let torn = before.copy();
        let mut file = fs::read(segment(&torn)).unwrap();
        file[start..end].copy_from_slice(&whole[start..end]);
        fs::write(segment(&torn), &file).unwrap();
        assert!(torn.verify().is_sound(), "an append in flight is no damage");
        let (journal, found) = torn.open_and_find();
        if end == whole.len() {
            assert_eq!(
                found,
                [Recovery::HeadRebuilt, Recovery::StoreCaughtUp],
                "the whole commit is adopted"
            );
        } else if whole[start..end].iter().any(|byte| *byte != 0) {
            assert_eq!(found, [Recovery::TornTailDropped], "{end}");
        }
        journal.append(vec![samples::field(0)], Expected::Any).wait().unwrap();
        journal.close().unwrap();
        let kept = if end == whole.len() { 8 } else { 6 };
        let mut expected: Vec<_> = (0..kept).map(samples::copied).collect();
        expected.push(samples::field(0));
        assert_eq!(read(&torn.reader()), expected);
        torn.assert_sound();
    }
}

/// What bit the prototype: zeros inside acknowledged data look like a torn tail, and opening dropped what followed.
#[test]
fn a_hole_before_later_commits_is_refused_and_nothing_is_changed() {
    for stale_head in [false, true] {
        let bench = Bench::filled(12, 4);
        let mut bytes = fs::read(segment(&bench)).unwrap();
        let hole = commits(&bytes)[2];
        bytes[hole..hole + 64].fill(0);
        fs::write(segment(&bench), &bytes).unwrap();
        fs::remove_dir_all(bench.dir().join("sled")).unwrap();
        fs::remove_dir_all(bench.dir().join("snapshots")).unwrap();
        if stale_head {
            fs::remove_file(bench.dir().join("head")).unwrap();
        }
        let error = bench.try_open().unwrap_err();
        assert!(matches!(&error, OpenError::Damaged(damage) if damage.seq == Seq(5)), "{error:?}");
        assert_eq!(fs::read(segment(&bench)).unwrap(), bytes, "refused means untouched");
        let first = bench.verify().findings.into_iter().find(|finding| finding.seq.is_some()).unwrap();
        assert_eq!((first.severity, first.seq), (Severity::Damage, Some(Seq(5))));
    }
}

#[test]
fn with_a_whole_store_a_damaged_log_is_rebuilt_and_kept_aside() {
    let bench = Bench::filled(100, 10);
    let mut bytes = fs::read(segment(&bench)).unwrap();
    let middle = log_bytes(&bench).len() / 2;
    bytes[middle] ^= 0x10;
    fs::write(segment(&bench), &bytes).unwrap();
    fs::remove_dir_all(bench.dir().join("snapshots")).unwrap();
    bench.open(&[Recovery::LogRebuilt]).close().unwrap();
    assert_eq!(read(&bench.reader()), (0..100).map(samples::copied).collect::<Vec<_>>());
    let aside = bench.dir().join("quarantine/log-1").join(segment(&bench).file_name().unwrap());
    assert_eq!(fs::read(aside).unwrap(), bytes);
    bench.assert_sound();
}

#[test]
fn a_clock_that_steps_back_is_a_warning() {
    let bench = Bench::new();
    let journal = bench.create();
    let mut earlier = samples::field(0);
    earlier.envelope.time.0 -= 3_600_000_000;
    journal.append(vec![earlier], Expected::Any).wait().unwrap();
    journal.close().unwrap();
    let verification = bench.assert_sound();
    let warning = &verification.findings[0];
    assert_eq!((warning.severity, warning.seq), (Severity::Warning, Some(Seq(1))));
    assert_eq!(bench.reader().size(), 2);
}

#[test]
fn what_only_follows_from_damage_is_one_note_and_no_further_damage() {
    let bench = Bench::filled(6, 2);
    let judge = |illegal: &[u64]| {
        let mut legal = |recorded: &wsusmigrate_core::envelope::Recorded| {
            if illegal.contains(&recorded.seq.0) { Err("the reason".to_owned()) } else { Ok(()) }
        };
        let findings = verify_with(&bench.dir(), &mut legal).unwrap().findings;
        findings.into_iter().map(|it| (it.severity, it.seq.map(|seq| seq.0), it.what)).collect::<Vec<_>>()
    };
    // In a history that is whole, the first record that may not stand where it does is damage.
    let found = judge(&[3, 4, 6]);
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!((found[0].0, found[0].1), (Severity::Damage, Some(3)));
    assert!(found[0].2.contains("the reason"), "{found:?}");
    assert_eq!((found[1].0, found[1].1), (Severity::Note, Some(4)));
    assert!(found[1].2.starts_with("a consequence of record 3: without it 2 records"), "{found:?}");
    // Behind a record that is lost, none is.
    let mut bytes = log_bytes(&bench);
    let at = records(&bytes)[2] + 20;
    bytes[at] ^= 1;
    fs::write(segment(&bench), &bytes).unwrap();
    let found = judge(&[4, 5]);
    let damage: Vec<_> = found.iter().filter(|it| it.0 == Severity::Damage).map(|it| it.1).collect();
    assert_eq!(damage, [Some(2)], "{found:?}");
    assert!(found.iter().any(|it| it.2.starts_with("a consequence of record 2: without it 2 records")));
    let verification = bench.verify();
    assert_eq!((verification.checkpoint.is_none(), verification.uncompared), (true, Some(7)));
}

/// Found by fuzzing: with a head that says so, a journal without any record was called sound.
#[test]
fn an_emptied_journal_is_not_sound() {
    let bench = Bench::filled(6, 2);
    let mut head = fs::read(bench.dir().join("head")).unwrap();
    for slot in [0, 4096] {
        head[slot + 32..slot + 40].fill(0);
        let crc = crc32c::crc32c(&head[slot + 8..slot + 96]);
        head[slot + 4..slot + 8].copy_from_slice(&crc.to_be_bytes());
    }
    fs::write(bench.dir().join("head"), head).unwrap();
    fs::remove_dir_all(bench.dir().join("checkpoints")).unwrap();
    fs::create_dir(bench.dir().join("checkpoints")).unwrap();
    fs::write(segment(&bench), &log_bytes(&bench)[..72]).unwrap();
    let verification = bench.verify();
    assert_eq!((verification.size, verification.first_damage().unwrap().seq), (0, Some(Seq(0))));
}

/// After a power cut head and store are older than the log. Where the log is damaged as well, the store may give back
/// less than was acknowledged: that is a refusal, not a mended journal.
#[test]
fn a_log_that_shows_more_than_the_store_holds_is_not_rebuilt_from_it() {
    let bench = Bench::new();
    let journal = bench.create();
    fill(&journal, 0..300, 50);
    journal.close().unwrap();
    let older = bench.copy();
    let journal = bench.open(&[]);
    fill(&journal, 300..400, 50);
    drop(journal);
    fs::copy(older.dir().join("head"), bench.dir().join("head")).unwrap();
    fs::remove_dir_all(bench.dir().join("snapshots")).unwrap();
    fs::remove_dir_all(bench.dir().join("sled")).unwrap();
    copy_tree(&older.dir().join("sled"), &bench.dir().join("sled"));
    let file = bench.log().join(format!("{:020}.log", 0));
    let mut bytes = fs::read(&file).unwrap();
    bytes[5_000] ^= 1;
    fs::write(&file, &bytes).unwrap();
    assert!(matches!(bench.try_open(), Err(OpenError::Damaged(_))));
    assert_eq!(fs::read(&file).unwrap(), bytes, "nothing was changed");
}

/// However much is damaged, what is said of it stays short, and of each kind something is said.
#[test]
fn of_a_hopelessly_damaged_log_the_first_places_are_named_and_the_others_counted() {
    let bench = Bench::filled(1_500, 100);
    let size = bench.reader().size();
    let mut bytes = log_bytes(&bench);
    let records = records(&bytes);
    assert_eq!(records.len() as u64, size);
    for start in &records {
        bytes[start + 30] ^= 1;
    }
    fs::write(segment(&bench), &bytes).unwrap();
    fs::write(bench.dir().join(format!("checkpoints/{:020}", 7)), "no note").unwrap();
    for verification in [bench.verify(), verify_bytes(&bench.dir()).unwrap()] {
        let damage = verification.findings.iter().filter(|it| it.severity == Severity::Damage);
        let seqs: Vec<_> = damage.clone().filter_map(|it| it.seq.map(|seq| seq.0)).collect();
        assert_eq!(seqs, (0..1_000).collect::<Vec<_>>());
        assert!(
            damage.clone().any(|it| it.what.starts_with("the checkpoint: ")),
            "one of another kind is named"
        );
        let more = LeftOut { severity: Severity::Damage, about: "places in the log", findings: size - 1_000 };
        assert_eq!(verification.left_out, [more]);
        assert_eq!(verification.first_damage().unwrap().seq, Some(Seq(0)));
    }
    let less = bench.copy();
    let kept = (0..usize::try_from(size).unwrap()).skip(1_000);
    kept.for_each(|seq| bytes[records[seq] + 30] ^= 1);
    fs::write(segment(&less), &bytes).unwrap();
    assert_eq!(less.verify().left_out, [], "a thousand are named");
}
