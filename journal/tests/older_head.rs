//! Goal: a durable head that a power cut left older than what was signed is no damage where the log holds what was signed,
//! and hides none where it does not; also before the next opening writes it anew.
//!
//! Method: the head is not synced with the log, so any older version of it may be what is left. Each there was is put back
//! into the journal that was signed since.

#![allow(clippy::unwrap_used, reason = "tests may unwrap, also in their helpers")]

mod support;

use std::fs;
use std::path::PathBuf;

use support::{Bench, fill, samples};
use wsusmigrate_core::event::run::Recovery;
use wsusmigrate_journal::{Elsewhere, Outside, RecordSource, Severity, Verification, verify_against};

fn head(bench: &Bench) -> PathBuf {
    bench.dir().join("head")
}

fn note(bench: &Bench, size: u64) -> PathBuf {
    bench.dir().join(format!("checkpoints/{size:020}"))
}

fn segment(bench: &Bench, first: u64) -> PathBuf {
    bench.log().join(format!("{first:020}.log"))
}

/// A journal of 21 records, signed at 6, 16 and 21, and the head at 6 records and after each of the batches since.
fn signed() -> (Bench, Vec<(u64, Vec<u8>)>) {
    let bench = Bench::filled(5, 5);
    let mut heads = vec![(6, fs::read(head(&bench)).unwrap())];
    let journal = bench.open(&[]);
    for number in 5..15 {
        fill(&journal, number..number + 1, 1);
        heads.push((number + 2, fs::read(head(&bench)).unwrap()));
    }
    journal.checkpoint().unwrap();
    fill(&journal, 15..20, 5);
    journal.close().unwrap();
    (bench, heads)
}

fn beside(bench: &Bench, elsewhere: Option<&Elsewhere>) -> Verification {
    let keys = bench.keys();
    verify_against(&bench.dir(), &mut |_| Ok(()), Outside { keys: Some(&keys), elsewhere }).unwrap()
}

fn warnings(verification: &Verification) -> usize {
    let behind = |it: &&wsusmigrate_journal::Finding| it.what.starts_with("the durable head ends at");
    verification.findings.iter().filter(behind).map(|it| assert_eq!(it.severity, Severity::Warning)).count()
}

#[test]
fn a_head_older_than_what_was_signed_is_no_damage() {
    let (sound, heads) = signed();
    let (before, newest) = (sound.assert_sound(), fs::read(note(&sound, 21)).unwrap());
    assert_eq!((before.size, warnings(&before)), (21, 0));
    for (size, older) in &heads {
        let bench = sound.copy();
        fs::write(head(&bench), older).unwrap();
        let found = bench.assert_sound();
        assert_eq!((found.size, found.root, warnings(&found)), (21, before.root, 1), "{size}");
        assert_eq!(found.checkpoint, before.checkpoint, "{size}");
        assert_eq!(bench.reader().size(), *size, "readers see what the head says");
        let found = beside(&bench, None);
        assert!(found.is_sound(), "{:#?}", found.findings);
        assert_eq!((found.size, found.kept), (21, Some(21)), "{size}");
        // The checkpoints inside may be lost with it: what stands beside the key, or elsewhere, speaks of the records too.
        for signed in [16, 21] {
            fs::remove_file(note(&bench, signed)).unwrap();
        }
        assert_eq!((bench.assert_sound().size, beside(&bench, None).size), (*size, 21));
        let kept = bench.root().join("kept");
        fs::copy(note(&sound, 16), &kept).unwrap();
        let elsewhere = Elsewhere::read(&kept).unwrap().unwrap();
        let outside = Outside { keys: None, elsewhere: Some(&elsewhere) };
        let found = verify_against(&bench.dir(), &mut |_| Ok(()), outside).unwrap();
        assert!(found.is_sound(), "{:#?}", found.findings);
        assert_eq!((found.size, found.consistent), (16, Some(16)));

        let (journal, found) = bench.open_and_find();
        assert!(found.contains(&Recovery::HeadRebuilt), "{size}: {found:?}");
        journal.close().unwrap();
        assert_eq!(warnings(&bench.assert_sound()), 0, "{size}");
        assert_eq!(fs::read(note(&sound, 21)).unwrap(), newest);
    }
}

/// What was signed is in the next log file.
#[test]
fn a_head_older_than_a_log_file_is_no_damage() {
    let (bench, heads) = signed();
    split(&bench, 10);
    let root = bench.assert_sound().root;
    for (size, older) in &heads {
        fs::write(head(&bench), older).unwrap();
        let found = bench.assert_sound();
        assert_eq!((found.size, found.root, warnings(&found)), (21, root, 1), "{size}");
    }
}

/// Cuts the log in two before a record that begins a commit.
fn split(bench: &Bench, first: u64) {
    let bytes = fs::read(segment(bench, 0)).unwrap();
    let starts =
        |at: &usize| bytes[*at..].starts_with(b"WMCF") && bytes[*at + 16..*at + 24] == first.to_be_bytes();
    let at = (72..bytes.len() - 32).find(starts).unwrap();
    let end = bytes.iter().rposition(|byte| *byte != 0).unwrap() + 1;
    let last = bench.reader().records(first - 1..first).next().unwrap().unwrap();
    let mut next = bytes[..72].to_vec();
    next[28..36].copy_from_slice(&first.to_be_bytes());
    next[36..68].copy_from_slice(&last.leaf().0);
    let crc = crc32c::crc32c(&next[..68]);
    next[68..72].copy_from_slice(&crc.to_be_bytes());
    next.extend(&bytes[at..end]);
    fs::write(segment(bench, first), next).unwrap();
    fs::write(segment(bench, 0), &bytes[..at]).unwrap();
}

/// The same head hides nothing: where the log ends before what was signed, or holds something else, that is damage.
#[test]
fn what_was_signed_and_is_not_there_is_damage_behind_an_older_head() {
    let (sound, heads) = signed();
    let whole = fs::read(segment(&sound, 0)).unwrap();
    let end = whole.iter().rposition(|byte| *byte != 0).unwrap() + 1;
    for (size, older) in &heads {
        // The last commit torn, cut off, and with one byte of it changed.
        for lost in [
            whole[..end - 40].to_vec(),
            whole[..end - 700].to_vec(),
            [&whole[..end - 9], b"WRONGBYTE"].concat(),
        ] {
            let bench = sound.copy();
            fs::write(head(&bench), older).unwrap();
            fs::write(segment(&bench, 0), lost).unwrap();
            for found in [bench.verify(), beside(&bench, None)] {
                let told = found.findings.iter().any(|it| {
                    it.file == note(&bench, 21) && it.what.contains("it covers 21 records, the log has")
                });
                assert!(told && !found.is_sound(), "{size}: {:#?}", found.findings);
            }
        }
    }
    // A size nobody could have signed, in the middle of a commit: no more is looked for than was spoken of.
    let bench = sound.copy();
    fs::write(head(&bench), &heads[0].1).unwrap();
    for signed in [16, 21] {
        fs::remove_file(note(&bench, signed)).unwrap();
    }
    fs::write(note(&bench, 18), "no note").unwrap();
    let found = bench.verify();
    assert_eq!((found.is_sound(), found.size, found.root.is_some()), (false, 18, true));
    // Another history of the same length behind the head.
    let bench = Bench::filled(5, 5);
    let other = bench.copy();
    let older = fs::read(head(&bench)).unwrap();
    for (bench, numbers) in [(&bench, 5..20), (&other, 105..120)] {
        let journal = bench.open(&[]);
        fill(&journal, numbers, 5);
        journal.close().unwrap();
    }
    fs::copy(note(&other, 21), note(&bench, 21)).unwrap();
    fs::write(head(&bench), older).unwrap();
    let damage = bench.verify().first_damage().unwrap().what.clone();
    assert!(damage.contains("another root over the same records"), "{damage}");
}

/// What nobody has signed is nothing anybody misses: a note, as before.
#[test]
fn what_was_not_signed_behind_an_older_head_is_a_note() {
    let bench = Bench::filled(5, 5);
    let older = fs::read(head(&bench)).unwrap();
    let journal = bench.open(&[]);
    journal.append(vec![samples::field(1)], wsusmigrate_journal::Expected::Any).wait().unwrap();
    drop(journal);
    fs::write(head(&bench), older).unwrap();
    let found = bench.assert_sound();
    assert_eq!((found.size, found.findings.len(), found.findings[0].severity), (6, 1, Severity::Note));
}
