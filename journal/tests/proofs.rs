//! Goal: checkpoints, snapshots and evidence are what they say, by means that are not this crate's.

#![allow(clippy::unwrap_used, reason = "tests may unwrap, also in their helpers")]

mod support;

use std::fs;
use std::io::{Read, Write};
use std::sync::{Arc, Mutex};

use base64::prelude::{BASE64_STANDARD, Engine};
use ed25519_dalek::{Signature, VerifyingKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use support::{Bench, fill, samples};
use wsusmigrate_core::envelope::Recorded;
use wsusmigrate_core::projection::Projection;
use wsusmigrate_core::unit::{Seq, TimeMicros};
use wsusmigrate_journal::{
    Checkpoint, Expected, Observer, ReadError, RecordSource, Severity, Upto, evidence, replay, snapshots_dir,
    verify_snapshots,
};

/// RFC 6962 section 2.1, word for word.
fn root(leaves: &[[u8; 32]]) -> [u8; 32] {
    match leaves {
        [] => Sha256::digest([]).into(),
        [leaf] => *leaf,
        _ => {
            let split = leaves.len().next_power_of_two() / 2;
            let (left, right) = (root(&leaves[..split]), root(&leaves[split..]));
            Sha256::digest([&[1][..], &left, &right].concat()).into()
        }
    }
}

#[test]
fn a_checkpoint_is_checked_from_its_text_alone() {
    let bench = Bench::filled(77, 10);
    let reader = bench.reader();
    let key = reader.identity().public_key;
    let path = bench.dir().join(format!("checkpoints/{:020}", 78));
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(text, fs::read_to_string(bench.keys().join(format!("{}.head", samples::STREAM))).unwrap());
    let lines: Vec<_> = text.lines().collect();
    let origin = format!("wsusmigrate/{}/WSUS%20OLD%2B1/{}", samples::MIGRATION, samples::STREAM);
    assert_eq!((lines.len(), lines[0], lines[1], lines[3]), (5, origin.as_str(), "78", ""));

    let leaves: Vec<[u8; 32]> = reader
        .records(0..78)
        .map(|raw| Sha256::digest([&[0][..], raw.unwrap().payload()].concat()).into())
        .collect();
    assert_eq!(BASE64_STANDARD.decode(lines[2]).unwrap(), root(&leaves));

    let (name, value) = lines[4].strip_prefix("— ").unwrap().rsplit_once(' ').unwrap();
    let value = BASE64_STANDARD.decode(value).unwrap();
    let hash = Sha256::digest([name.as_bytes(), &[0x0A, 0x01], &key].concat());
    assert_eq!((name, &value[..4]), (origin.as_str(), &hash[..4]));
    let signed = format!("{}\n{}\n{}\n", lines[0], lines[1], lines[2]);
    let key = VerifyingKey::from_bytes(&key).unwrap();
    key.verify_strict(signed.as_bytes(), &Signature::from_slice(&value[4..]).unwrap()).unwrap();
    let verification = bench.assert_sound();
    assert_eq!(verification.root.unwrap().0, root(&leaves));
    assert_eq!(verification.checkpoint.unwrap().text, text);
    // A signature of somebody else's beside ours is kept and does no harm.
    let cosigned = format!("{text}— witness.example AAAAAAAA\n");
    fs::write(&path, &cosigned).unwrap();
    assert_eq!(bench.assert_sound().checkpoint.unwrap().text, cosigned);
    // Any change to what is signed shows.
    for (from, to) in [("\n78\n", "\n77\n"), ("wsusmigrate/", "wsusmigrate2/"), ("WSUS%20", "WSUS%21")] {
        fs::write(&path, text.replace(from, to)).unwrap();
        assert!(!bench.verify().is_sound(), "{from}");
    }
    // So does an end that is cut off, be it only the last newline.
    for length in 0..text.len() {
        fs::write(&path, &text.as_bytes()[..length]).unwrap();
        assert!(!bench.verify().is_sound(), "cut to {length} bytes");
    }
    fs::write(&path, &text).unwrap();
    bench.assert_sound();
}

#[test]
fn each_checkpoint_of_a_growing_journal_is_true_at_its_size() {
    let bench = Bench::new();
    let journal = bench.create();
    for number in 0..20 {
        fill(&journal, number * 3..number * 3 + 3, 3);
        let checkpoint = journal.checkpoint().unwrap();
        assert_eq!((checkpoint.size, checkpoint.root), journal.root());
    }
    drop(journal);
    assert_eq!(bench.assert_sound().checkpoint.unwrap().size, 61);
}

/// A fold that shows whether a record was missed or taken twice.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Digests(Vec<(u64, i64)>);

impl Projection for Digests {
    const NAME: &'static str = "test-digests";
    const VERSION: u16 = 3;

    fn apply(&mut self, recorded: &Recorded) {
        self.0.push((recorded.seq.0, recorded.envelope.time.0));
    }
}

/// The same under another version: its snapshots must not be read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Other(Vec<(u64, i64)>);

impl Projection for Other {
    const NAME: &'static str = Digests::NAME;
    const VERSION: u16 = Digests::VERSION + 1;

    fn apply(&mut self, recorded: &Recorded) {
        self.0.push((recorded.seq.0, recorded.envelope.time.0));
    }
}

#[test]
fn replay_gives_the_same_with_and_without_snapshots_at_every_size() {
    let bench = Bench::new();
    let journal = bench.create();
    fill(&journal, 0..90, 9);
    let reader = journal.reader().unwrap();
    for size in [1, 20, 50, 91] {
        let state: Digests = replay(&reader, None, Upto::Size(size)).unwrap().state;
        journal.save_snapshot(&state, size).unwrap();
    }
    assert!(matches!(
        journal.save_snapshot(&Digests::default(), 92),
        Err(wsusmigrate_journal::CheckpointError::Read(ReadError::Beyond { asked: 92, size: 91 }))
    ));
    journal.close().unwrap();
    let folder = snapshots_dir(&bench.dir());
    let kept = fs::read_dir(&folder).unwrap();
    let kept =
        kept.filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().starts_with(Digests::NAME));
    assert_eq!(kept.count(), 2, "the newest two are kept");
    let reader = bench.reader();
    for size in 0..=91 {
        let plain = replay::<Digests>(&reader, None, Upto::Size(size)).unwrap();
        assert_eq!(replay::<Digests>(&reader, Some(&folder), Upto::Size(size)).unwrap(), plain);
        assert_eq!((plain.state.0.len() as u64, plain.size), (size, size));
    }
    assert_eq!(replay::<Other>(&reader, Some(&folder), Upto::Now).unwrap().state.0.len(), 91);
    bench.assert_sound();
}

#[test]
fn replay_up_to_a_time_ends_before_the_first_later_record() {
    let bench = Bench::filled(90, 9);
    let reader = bench.reader();
    let at = |offset: i64| replay::<Digests>(&reader, None, Upto::Time(TimeMicros(samples::TIME.0 + offset)));
    assert_eq!(at(-1).unwrap().size, 0);
    assert_eq!(at(0).unwrap().size, 2, "the first record and the first event have the same time");
    assert_eq!(at(10).unwrap().time, Some(TimeMicros(samples::TIME.0 + 10)));
    assert_eq!(at(1000).unwrap().size, 91);
    bench.assert_sound();
}

#[test]
fn a_damaged_snapshot_is_not_used() {
    let bench = Bench::new();
    let journal = bench.create();
    fill(&journal, 0..20, 9);
    let mut wrong = replay::<Digests>(&journal.reader().unwrap(), None, Upto::Size(10)).unwrap().state;
    wrong.0[5].0 = 999;
    journal.save_snapshot(&wrong, 10).unwrap();
    journal.close().unwrap();
    let folder = snapshots_dir(&bench.dir());
    let path = folder.join(format!("{}-{:020}.snapshot", Digests::NAME, 10));
    let reader = bench.reader();
    let used = || replay::<Digests>(&reader, Some(&folder), Upto::Now).unwrap().state.0[5].0 == 999;
    assert!(used(), "the marked snapshot shows that it is used");
    let bytes = fs::read(&path).unwrap();
    for at in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[at] ^= 0x20;
        fs::write(&path, &flipped).unwrap();
        assert!(!used(), "byte {at}");
        fs::write(&path, &bytes[..at]).unwrap();
        assert!(!used(), "cut at {at}");
    }
    fs::write(&path, &bytes).unwrap();
    // A snapshot of another history: the leaf hash is not the log's.
    let other = Bench::filled(20, 9);
    fs::copy(&path, snapshots_dir(&other.dir()).join(path.file_name().unwrap())).unwrap();
    let state =
        replay::<Digests>(&other.reader(), Some(&snapshots_dir(&other.dir())), Upto::Now).unwrap().state;
    assert_ne!(state.0[5].0, 999);
    bench.assert_sound();
}

#[test]
fn a_forged_snapshot_is_found_and_a_right_one_is_not_accused() {
    let bench = Bench::new();
    let journal = bench.create();
    fill(&journal, 0..20, 9);
    let right = replay::<Digests>(&journal.reader().unwrap(), None, Upto::Size(12)).unwrap().state;
    journal.save_snapshot(&right, 12).unwrap();
    assert_eq!(verify_snapshots::<Digests>(&bench.dir()).unwrap(), []);
    let mut wrong = right;
    wrong.0[5].0 = 999;
    journal.save_snapshot(&wrong, 12).unwrap();
    let findings = verify_snapshots::<Digests>(&bench.dir()).unwrap();
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].severity, Severity::Damage);
    assert!(findings[0].file.ends_with(format!("{}-{:020}.snapshot", Digests::NAME, 12)), "{findings:?}");
    // Of a version that nobody reads any more: not looked at.
    assert_eq!(verify_snapshots::<Other>(&bench.dir()).unwrap(), []);
    journal.close().unwrap();
    bench.assert_sound();
}

/// The `tree` snapshot lets opening skip most of the log, and is thrown away at will.
#[test]
fn opening_does_not_need_the_tree_snapshots() {
    let bench = Bench::filled(10_000, 500);
    for damage in [true, false] {
        for entry in fs::read_dir(snapshots_dir(&bench.dir())).unwrap() {
            let path = entry.unwrap().path();
            if damage {
                fs::OpenOptions::new().append(true).open(path).unwrap().write_all(b"x").unwrap();
            } else {
                fs::remove_file(path).unwrap();
            }
        }
        let journal = bench.open(&[]);
        assert_eq!(journal.root().0, 10_001);
        journal.close().unwrap();
    }
    bench.assert_sound();
}

#[test]
fn an_observer_hears_of_every_record_in_order_before_its_owner() {
    #[derive(Default)]
    struct Heard(Mutex<Vec<u64>>);
    impl Observer for Heard {
        fn durable(&self, seq: Seq) {
            self.0.lock().unwrap().push(seq.0);
        }
    }
    let bench = Bench::new();
    let journal = bench.create();
    let heard = Arc::new(Heard::default());
    journal.observe(heard.clone());
    for number in 0..20 {
        let batch = (number * 3..number * 3 + 3).map(samples::copied).collect();
        let appended = journal.append(batch, Expected::Any).wait().unwrap();
        assert_eq!(heard.0.lock().unwrap().last(), Some(&appended.last.0));
    }
    assert_eq!(*heard.0.lock().unwrap(), (1..=60).collect::<Vec<_>>());
    journal.close().unwrap();
    bench.assert_sound();
}

#[test]
fn evidence_is_named_by_what_it_holds_and_checked_when_read() {
    let bench = Bench::filled(1, 1);
    let content = vec![0x42; 300_000];
    let digest = evidence::write_bytes(&bench.dir(), &content).unwrap();
    assert_eq!(digest.0, <[u8; 32]>::from(Sha256::digest(&content)));
    assert_eq!(evidence::write(&bench.dir(), &content[..]).unwrap(), digest, "the same is kept");
    let mut read = Vec::new();
    evidence::open(&bench.dir(), digest).unwrap().read_to_end(&mut read).unwrap();
    assert_eq!(read, content);
    assert!(evidence::verify(&bench.dir(), digest).unwrap());
    let path = evidence::path(&bench.dir(), digest);
    let mut changed = content.clone();
    changed[200_000] ^= 1;
    fs::write(&path, &changed).unwrap();
    assert!(!evidence::verify(&bench.dir(), digest).unwrap());
    assert!(evidence::open(&bench.dir(), digest).unwrap().read_to_end(&mut Vec::new()).is_err());
    assert_eq!(evidence::write_bytes(&bench.dir(), &content).unwrap(), digest);
    assert!(evidence::verify(&bench.dir(), digest).unwrap());
    let names = fs::read_dir(path.parent().unwrap()).unwrap().count();
    let aside = fs::read_dir(bench.dir().join("quarantine")).unwrap().count();
    assert_eq!((names, aside), (1, 1), "nothing temporary is left, the changed one is aside");
    bench.assert_sound();
}

/// Found by fuzzing: a note with carriage returns said one thing to us and another to whoever keeps them.
#[test]
fn a_note_with_control_characters_is_none() {
    let bench = Bench::filled(3, 1);
    let text = bench.reader().checkpoint().unwrap().unwrap().text;
    assert!(Checkpoint::parse(&text).is_ok());
    for character in ['\r', '\0', '\t', '\u{7f}'] {
        let changed = text.replacen('\n', &format!("{character}\n"), 1);
        assert!(Checkpoint::parse(&changed).is_err(), "{character:?}");
    }
}
