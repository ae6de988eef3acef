//! Goal: a journal that a newer program has written is read as far as it can be, says so, and is not written.
//!
//! Method: the journal of a rehearsal gets a last record of a type, or of a version, that does not exist, or a log file of
//! a later format, each with every checksum and hash right; then the program is asked to read it and to go on with it.

#![allow(clippy::unwrap_used, reason = "tests may unwrap, also in their helpers")]

mod forge;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Output;

use wsusmigrate_tests::World;

const PROGRAM: &str = env!("CARGO_BIN_EXE_wsusmigrate-tested");
/// The exit code of what the program refuses to be asked for.
const USAGE: i32 = 2;

fn rehearsed() -> World {
    let world = World::new(PROGRAM);
    let output = world.command(["rehearse", "--scenario", "tiny", "--dir", "."]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    world
}

fn ask(world: &World, words: &[&str]) -> Output {
    let places = ["--journal", "journal", "--plan", "migration.toml", "--keys", "keys"];
    world.command(words.iter().chain(&places)).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Every file of the journal, and what it holds.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            let bytes = std::fs::read(&path).unwrap();
            found.insert(path, bytes);
        }
    }
    found
}

/// Whatever writes refuses, and leaves every byte as it was.
fn assert_not_written(world: &World, why: &str) {
    let before = [files(&world.path("journal")), files(&world.path("keys"))];
    for words in [&["run"][..], &["journal", "anchor"], &["journal", "rotate-key"]] {
        let output = ask(world, words);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(USAGE), "{words:?}: {said}");
        assert!(said.contains(why) && said.contains("newer program"), "{words:?}: {said}");
        let after = [files(&world.path("journal")), files(&world.path("keys"))];
        assert!(after == before, "{words:?} changed the journal or its keys");
    }
}

#[test]
fn an_event_of_a_newer_program_is_shown_kept_and_not_written_behind() {
    for (at, value, shown) in [(0, 0x7F, "0x7f09 version 1"), (3, 9, "0x0109 version 9")] {
        let world = rehearsed();
        let size = forge::last_record(&world.path("journal"), &world.path("keys"), |payload| {
            payload[at] = value;
            payload.extend([0xEE; 20]);
        });
        let verify = ask(&world, &["journal", "verify"]);
        let said = text(&verify.stdout) + &text(&verify.stderr);
        assert!(verify.status.success(), "{said}");
        assert!(said.contains("a newer program wrote it"), "{said}");
        let log = text(&ask(&world, &["journal", "log"]).stdout);
        assert!(log.contains(&format!("unknown event {shown}: written by a newer program")), "{log}");
        assert_eq!(log.lines().count() as u64, size, "{log}");
        let show = text(&ask(&world, &["journal", "show", &(size - 1).to_string()]).stdout);
        assert!(show.contains(&"ee".repeat(16)) || show.contains(&"EE".repeat(16)), "{show}");
        let status = ask(&world, &["status"]);
        assert!(status.status.success(), "{}", text(&status.stderr));
        assert_not_written(
            &world,
            "the journal holds 1 events of a newer program; it can be read, not written",
        );
    }
}

#[test]
fn a_log_file_of_a_later_format_is_refused_by_name() {
    let world = rehearsed();
    forge::format_version(&world.path("journal"), 2);
    for words in [&["journal", "verify"][..], &["journal", "log"], &["status"]] {
        let output = ask(&world, words);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(USAGE), "{words:?}: {said}");
        assert!(said.contains("has format version 2, which is newer than this program"), "{said}");
    }
    assert_not_written(&world, "has format version 2");
}
