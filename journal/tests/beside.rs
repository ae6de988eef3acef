//! Goal: what a writer leaves at any moment is no damage to who verifies beside it, and nothing that somebody puts into a
//! file's place stops the verifying.
//!
//! Method: the states of a creation and of a log file being begun, put together; a folder, a pipe or a device in the place
//! of each file.

#![allow(clippy::unwrap_used, reason = "tests may unwrap, also in their helpers")]

mod support;

use std::fs;
use std::path::Path;

use support::Bench;
use wsusmigrate_core::event::run::Recovery;
use wsusmigrate_journal::{Elsewhere, OpenError, ReadError, Severity, verify};

/// A log file that begins at the durable end, as far as it was made.
#[test]
fn a_log_file_being_begun_is_a_note() {
    for half_made in [Vec::new(), vec![0; 4096], b"WSUSMLOG".to_vec(), b"WSUSMLOG\0\x09".to_vec()] {
        let bench = Bench::filled(5, 5);
        fs::write(bench.log().join(format!("{:020}.log", 6)), &half_made).unwrap();
        let findings = bench.assert_sound().findings;
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert_eq!(findings[0].severity, Severity::Note);
        assert!(findings[0].what.starts_with("a log file begun behind the durable head"));
        bench.open(&[Recovery::SegmentQuarantined]).close().unwrap();
        bench.assert_sound();
    }
}

/// The head is written behind the first record: until then there is no journal, and after it there is one.
#[test]
fn a_creation_at_work_is_no_damage() {
    let bench = Bench::new();
    drop(bench.create());
    let whole = fs::read(bench.log().join(format!("{:020}.log", 0))).unwrap();
    for length in [0, 40, 72, 80, 200, whole.len()] {
        let begun = Bench::new();
        for folder in ["log", "checkpoints", "snapshots"] {
            fs::create_dir_all(begun.dir().join(folder)).unwrap();
        }
        fs::write(begun.log().join(format!("{:020}.log", 0)), &whole[..length]).unwrap();
        assert!(matches!(verify(&begun.dir()), Err(ReadError::Unborn(_))), "{length} bytes");
    }
    // With more than the first record it was a journal, whatever was taken away.
    let bench = Bench::filled(5, 5);
    fs::remove_file(bench.dir().join("head")).unwrap();
    for folder in ["checkpoints", "snapshots", "sled"] {
        fs::remove_dir_all(bench.dir().join(folder)).unwrap();
    }
    assert!(!verify(&bench.dir()).unwrap().is_sound());
}

/// Puts in the place of a file what is none.
fn obstruct(path: &Path, how: usize) {
    let _ = fs::remove_file(path);
    let _ = fs::remove_dir_all(path);
    match how {
        0 => fs::create_dir(path).unwrap(),
        #[cfg(unix)]
        1 => std::os::unix::fs::symlink("/dev/zero", path).unwrap(),
        #[cfg(unix)]
        2 => assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success()),
        _ => fs::write(path, "a file").unwrap(),
    }
}

#[test]
fn what_stands_in_a_files_place_is_named_and_everything_else_looked_at() {
    let ways = if cfg!(unix) { 0..3 } else { 0..1 };
    for how in ways {
        for file in [format!("checkpoints/{:020}", 6), format!("log/{:020}.log", 0), "head".to_owned()] {
            let bench = Bench::filled(5, 5);
            let (path, other) = (bench.dir().join(&file), bench.dir().join(format!("checkpoints/{:020}", 3)));
            obstruct(&path, how);
            fs::write(&other, "no note").unwrap();
            let found = verify(&bench.dir()).unwrap();
            let damage = |path: &Path| {
                found.findings.iter().any(|it| it.severity == Severity::Damage && it.file == path)
            };
            assert!(damage(&path) && damage(&other), "{how} {file}: {:#?}", found.findings);
        }
    }
    for folder in ["checkpoints", "log"] {
        let bench = Bench::filled(5, 5);
        obstruct(&bench.dir().join(folder), 3);
        let found = verify(&bench.dir()).unwrap();
        assert_eq!(found.first_damage().unwrap().severity, Severity::Damage);
        assert!(found.findings.iter().any(|it| it.file == bench.dir().join(folder)), "{:#?}", found.findings);
    }
}

/// A checkpoint from elsewhere is whatever somebody names.
#[cfg(unix)]
#[test]
fn an_endless_file_is_no_checkpoint() {
    for file in [Path::new("/dev/zero"), Bench::new().root()] {
        assert!(matches!(Elsewhere::read(file), Err(ReadError::Checkpoint { .. })), "{}", file.display());
    }
}

/// Beside the key no note may be there that says nothing: a head outside that was emptied protects nobody.
#[test]
fn a_note_that_is_not_what_was_signed_is_refused() {
    for ending in [".head", ".signing"] {
        let bench = Bench::filled(5, 5);
        let note = bench.keys().join(format!("{}{ending}", support::samples::STREAM));
        fs::write(&note, "").unwrap();
        let error = bench.try_open().unwrap_err();
        assert!(matches!(&error, OpenError::Checkpoint { file, .. } if *file == note), "{error:?}");
    }
}

/// Inside, the newest note has to be one: who breaks its form fares no better than who breaks its signature. An older one is
/// looked at by verifying alone, whatever is wrong with it.
#[test]
fn a_newest_checkpoint_that_is_no_note_is_refused() {
    let sound = Bench::filled(5, 5);
    let journal = sound.open(&[]);
    support::fill(&journal, 5..10, 5);
    journal.close().unwrap();
    let note = |bench: &Bench, size: u64| bench.dir().join(format!("checkpoints/{size:020}"));
    let (older, newest) =
        (fs::read_to_string(note(&sound, 6)).unwrap(), fs::read_to_string(note(&sound, 11)).unwrap());
    let edits =
        [String::new(), newest.trim_end().to_owned(), newest.replacen("\n11\n", "\neleven\n", 1), older];
    for edit in &edits {
        let bench = sound.copy();
        fs::write(note(&bench, 11), edit).unwrap();
        let error = bench.try_open().unwrap_err();
        let told = matches!(&error, OpenError::Checkpoint { file, .. } if *file == note(&bench, 11));
        assert!(told, "{edit:?}: {error:?}");
        assert_eq!(fs::read_to_string(note(&bench, 11)).unwrap(), *edit, "refused means untouched");
        fs::write(note(&bench, 11), &newest).unwrap();
        bench.open(&[]).close().unwrap();
        bench.assert_sound();
    }
    let bench = sound.copy();
    obstruct(&note(&bench, 11), 0);
    assert!(matches!(bench.try_open(), Err(OpenError::Checkpoint { .. })));
    let bench = sound.copy();
    fs::write(note(&bench, 6), "no note").unwrap();
    bench.open(&[]).close().unwrap();
    assert_eq!(bench.verify().first_damage().unwrap().file, note(&bench, 6));
}
