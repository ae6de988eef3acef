//! Goal: who can write the folder and has no key cannot rewrite or cut the history where the key folder can be read.
//!
//! Method: histories the writer itself made, put in each other's place, with everything taken away that says otherwise
//! inside the folder; what stands beside the key is left.

#![allow(clippy::unwrap_used, reason = "tests may unwrap, also in their helpers")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use support::{Bench, copy_tree, fill, forge, samples};
use wsusmigrate_core::envelope::{Envelope, Proposed};
use wsusmigrate_core::event::Kind;
use wsusmigrate_core::id::EventId;
use wsusmigrate_core::unit::TimeMicros;
use wsusmigrate_journal::{Expected, Journal, Outside, Severity, Verification, verify_against};

fn beside(bench: &Bench, ending: &str) -> PathBuf {
    bench.keys().join(format!("{}{ending}", samples::STREAM))
}

fn verified(journal: &Path, keys: Option<&Path>) -> Verification {
    verify_against(journal, &mut |_| Ok(()), Outside { keys, elsewhere: None }).unwrap()
}

fn whats(verification: &Verification, severity: Severity) -> Vec<&str> {
    let findings = verification.findings.iter().filter(|finding| finding.severity == severity);
    findings.map(|finding| finding.what.as_str()).collect()
}

/// A folder without anything inside that was signed or could be.
fn strip(journal: &Path) {
    for folder in ["checkpoints", "snapshots"] {
        fs::remove_dir_all(journal.join(folder)).unwrap();
    }
}

/// A journal of 11 records; beside it in `other` another history of the same length and in `older` the first 6 records,
/// both without their checkpoints.
fn rewritten() -> Bench {
    let bench = Bench::filled(5, 5);
    let other = bench.copy();
    let (older, rewritten) = (bench.root().join("older"), bench.root().join("other"));
    copy_tree(&bench.dir(), &older);
    for (bench, numbers) in [(&bench, 5..10), (&other, 20..25)] {
        let journal = bench.open(&[]);
        fill(&journal, numbers, 5);
        journal.close().unwrap();
    }
    copy_tree(&other.dir(), &rewritten);
    strip(&older);
    strip(&rewritten);
    bench
}

#[test]
fn a_history_rewritten_or_cut_is_found_by_what_stands_beside_the_key() {
    let bench = rewritten();
    let keys = bench.keys();
    let sound = verified(&bench.dir(), Some(&keys));
    assert_eq!((sound.findings, sound.kept), (Vec::new(), Some(11)));
    for (journal, why) in [
        ("older", "it covers 11 records, the log has 6: its end was cut off, or an older copy was put back"),
        ("other", "the log has another root over the same records"),
    ] {
        let journal = bench.root().join(journal);
        assert!(verified(&journal, None).is_sound());
        let found = verified(&journal, Some(&keys));
        let what = format!("the note beside the key: {why}");
        // What was signed, and what was about to be.
        assert_eq!(whats(&found, Severity::Damage), [&what; 2]);
        assert_eq!(found.kept, None);
        let files: Vec<_> = found.findings.iter().map(|finding| finding.file.clone()).collect();
        assert_eq!(files, [beside(&bench, ".head"), beside(&bench, ".signing")]);
    }
    for left in [".head", ".signing"] {
        let alone = bench.root().join(format!("keys{left}"));
        fs::create_dir(&alone).unwrap();
        fs::copy(beside(&bench, left), alone.join(beside(&bench, left).file_name().unwrap())).unwrap();
        for (journal, sound) in [("journal", true), ("older", false), ("other", false)] {
            let found = verified(&bench.root().join(journal), Some(&alone));
            assert_eq!(found.is_sound(), sound, "{left} {journal}: {:?}", found.findings);
        }
    }
    bench.assert_sound();
}

/// What is beside the key and says nothing is damage, as it is for opening; what cannot be looked at is told.
#[test]
fn where_nothing_was_looked_at_it_is_said() {
    let bench = Bench::filled(5, 5);
    let empty = bench.root().join("empty");
    fs::create_dir(&empty).unwrap();
    for keys in [empty, bench.root().join("missing")] {
        let found = verified(&bench.dir(), Some(&keys));
        assert!(found.is_sound() && found.kept.is_none());
        assert!(whats(&found, Severity::Note)[0].starts_with("nothing beside the key speaks"), "{found:?}");
        assert_eq!(found.findings[0].file, keys);
    }
    for ending in [".head", ".signing"] {
        let whole = fs::read_to_string(beside(&bench, ending)).unwrap();
        let swapped = whole.replacen("wsusmigrate/", "wsusmigrate/x", 1);
        for text in ["", "not a note\n", swapped.as_str()] {
            fs::write(beside(&bench, ending), text).unwrap();
            assert!(!verified(&bench.dir(), Some(&bench.keys())).is_sound(), "{ending}: {text:?}");
        }
        fs::write(beside(&bench, ending), &whole).unwrap();
    }
    let head = beside(&bench, ".head");
    let signed = fs::read_to_string(&head).unwrap();
    let (body, _) = signed.split_once("\n\n").unwrap();
    fs::write(&head, format!("{body}\n\n")).unwrap();
    let found = verified(&bench.dir(), Some(&bench.keys()));
    assert_eq!(
        whats(&found, Severity::Damage),
        ["the note beside the key: its signature is not by the journal's key"]
    );
    fs::write(&head, signed).unwrap();
    assert!(verified(&bench.dir(), Some(&bench.keys())).findings.is_empty());
}

fn finish(journal: &Journal) {
    let event = samples::event(Kind::RunFinished);
    let id = EventId::of_observation(samples::MIGRATION, event.kind().name(), b"the end");
    let envelope = Envelope { id, time: TimeMicros(samples::TIME.0 + 4), action: None, causation: None };
    journal.append(vec![Proposed { envelope, event }], Expected::Any).wait().unwrap();
}

/// A run that came to its end signed for it.
#[test]
fn records_beyond_the_end_of_a_run_without_any_checkpoint_are_a_warning() {
    for (ends, beyond, warned) in [(true, 1, true), (true, 0, false), (false, 1, false)] {
        let bench = Bench::filled(5, 5);
        let journal = bench.open(&[]);
        if ends {
            finish(&journal);
        }
        fill(&journal, 5..5 + beyond, 1);
        journal.close().unwrap();
        assert_eq!(bench.assert_sound().findings, []);
        strip(&bench.dir());
        let found = bench.assert_sound();
        let warnings = whats(&found, Severity::Warning);
        let what = "no checkpoint is there, although a run came to its end with record 6";
        assert_eq!(warnings, if warned { vec![what] } else { vec![] });
    }
}

/// What no checkpoint covers anybody who can write the folder could have written: how much that is, is said.
#[test]
fn records_behind_the_newest_checkpoint_are_counted() {
    let bench = Bench::filled(10, 2);
    let of = |keys: Option<&Path>| {
        let found = verified(&bench.dir(), keys);
        assert!(found.is_sound(), "{:#?}", found.findings);
        found.unsigned
    };
    assert!(of(None).is_empty());
    let journal = bench.open(&[]);
    fill(&journal, 10..13, 1);
    drop(journal);
    assert_eq!((of(None), of(Some(&bench.keys()))), (11..14, 11..14));
    forge::append(
        &bench,
        [forge::payload(&bench, 13), forge::payload(&bench, 12)].map(|mut payload| {
            payload[44] ^= 1;
            payload
        }),
    );
    assert_eq!(of(None), 11..16);
    // Signed and kept beside the key counts as well; without either, nothing is signed.
    fs::remove_dir_all(bench.dir().join("checkpoints")).unwrap();
    assert_eq!((of(None), of(Some(&bench.keys()))), (0..16, 11..16));
    // What was about to be signed is not signed.
    let signing = bench.keys().join(format!("{}.signing", samples::STREAM));
    assert!(signing.exists());
    fs::remove_file(bench.keys().join(format!("{}.head", samples::STREAM))).unwrap();
    assert_eq!(of(Some(&bench.keys())), 0..16);
    bench.open_and_find().0.close().unwrap();
    assert!(of(None).is_empty());
}
