//! Readers of the journal that share no code with the program.
//!
//! Goal: `docs/FORMAT.md` is enough to read a journal, and says what the program does. Method: `read_journal.py` was
//! written from that document alone; what it decodes and computes is held against the golden records and against
//! the program's own verifier. `check_proofs.py` puts other people's libraries in its place for the tree and the key;
//! it needs packages and runs in `.ci/run`.

#![allow(clippy::unwrap_used, reason = "tests may unwrap, also in their helpers")]

mod disagreement;
#[path = "../newer/forge.rs"]
#[allow(dead_code, reason = "`newer` uses the rest")]
mod forge;
mod lines;
mod reader;

use std::path::Path;

use serde_json::Value;
use wsusmigrate_core::event::Kind;
use wsusmigrate_tests::World;

use lines::gaps;
use reader::Reader;

const PROGRAM: &str = env!("CARGO_BIN_EXE_wsusmigrate-tested");

/// A journal the program made, in a world of its own; whether the migration was without failures is not the question.
fn rehearsed(scenario: &str) -> World {
    let world = World::new(PROGRAM);
    let output = world.command(["rehearse", "--scenario", scenario, "--dir", "."]).output().unwrap();
    assert!(world.path("journal/head").is_file(), "{}", String::from_utf8_lossy(&output.stderr));
    world
}

/// What the program's own verifier says.
fn verified(world: &World) -> Value {
    let words = ["journal", "verify", "--journal", "journal", "--keys", "keys", "--json"];
    let output = world.command(words).output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What the second reader says of the same.
fn read(reader: &Reader, world: &World) -> Value {
    let (keys, journal) = (world.path("keys"), world.path("journal"));
    reader.run(["--keys".as_ref(), keys.as_os_str(), journal.as_os_str()])
}

/// Every golden record has the fields its twin names, with their values.
#[test]
fn golden_records_say_what_their_twins_say() {
    let Some(reader) = Reader::find() else { return };
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../journal/testdata/golden");
    let records = std::fs::read_dir(&golden).unwrap();
    let hex =
        records.filter(|entry| entry.as_ref().unwrap().path().extension().is_some_and(|it| it == "hex"));
    let said = reader.run(["--golden".as_ref(), golden.as_os_str()]);
    assert_eq!(said["findings"], Value::Array(Vec::new()));
    assert_eq!(said["records"], hex.count());
}

/// The events and enumerations the second reader knows are those of the document; no golden record has every number.
#[test]
fn the_second_reader_knows_what_the_document_tells() {
    let Some(reader) = Reader::find() else { return };
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/FORMAT.md");
    let said = reader.run(["--tables".as_ref(), document.as_os_str()]);
    assert_eq!(said["findings"], Value::Array(Vec::new()));
    let shapes = Kind::ALL.iter().map(|kind| u64::from(kind.event_type().version)).sum::<u64>();
    assert_eq!(said["shapes"], shapes);
}

/// Both readers say the same of a journal, every figure of it.
#[test]
fn both_readers_agree_on_a_rehearsed_journal() {
    let Some(reader) = Reader::find() else { return };
    for scenario in ["tiny", "tiny-replaced"] {
        let world = rehearsed(scenario);
        let ours = verified(&world);
        assert_eq!(ours["sound"], true, "{ours}");
        assert_eq!(ours["size"], ours["checkpoint_size"], "{scenario}: the journal's end is signed");
        assert_eq!(read(&reader, &world), ours, "{scenario}");
    }
}

/// A rotated key counts for both from the same checkpoint on; without the old key's signature for neither.
#[test]
fn both_readers_follow_a_rotated_key() {
    let Some(reader) = Reader::find() else { return };
    let world = rehearsed("tiny");
    let mut sizes = Vec::new();
    for command in ["rotate-key", "anchor", "rotate-key", "anchor"] {
        let words = ["journal", command, "--journal", "journal", "--keys", "keys", "--json"];
        let output = world.command(words).output().unwrap();
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
        let said: Value = serde_json::from_slice(&output.stdout).unwrap();
        sizes.push(said["size"].as_u64().unwrap());
    }
    let ours = verified(&world);
    assert_eq!(ours["sound"], true, "{ours}");
    assert_eq!(read(&reader, &world), ours);
    let note = world.path(format!("journal/checkpoints/{:020}", sizes[2]));
    let whole = std::fs::read_to_string(&note).unwrap();
    let (body, signatures) = whole.split_once("\n\n").unwrap();
    for signature in signatures.lines() {
        std::fs::write(&note, format!("{body}\n\n{signature}\n")).unwrap();
        let theirs = read(&reader, &world);
        assert_eq!((&theirs["sound"], &verified(&world)["sound"]), (&false.into(), &false.into()));
    }
    assert_eq!(signatures.lines().count(), 2);
}

/// What the program says of its records is what stands in them for a stranger.
#[test]
fn a_changed_byte_is_found_by_both() {
    let Some(reader) = Reader::find() else { return };
    let world = rehearsed("tiny");
    let log = world.path("journal/log/00000000000000000000.log");
    let whole = std::fs::read(&log).unwrap();
    let end = whole.iter().rposition(|byte| *byte != 0).unwrap();
    for at in [8, 20, 50, 80, end / 2, end] {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        std::fs::write(&log, bytes).unwrap();
        let theirs = read(&reader, &world);
        assert_eq!(theirs["sound"], false, "byte {at}");
        assert_ne!(theirs["findings"], Value::Array(Vec::new()), "byte {at}");
        let ours = world.command(["journal", "verify", "--journal", "journal"]).output().unwrap();
        assert!(!ours.status.success(), "byte {at}");
    }
    std::fs::write(&log, whole).unwrap();
    assert_eq!(read(&reader, &world)["sound"], true);
}

/// A collector that has the exported lines and nothing else notices each line that was taken out, and each that was put in
/// the place of another.
#[test]
fn a_deleted_line_is_seen_in_the_exported_text_alone() {
    let world = rehearsed("tiny");
    let export = ["journal", "export", "--journal", "journal", "--format", "jsonl"];
    let output = world.command(export).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<_> = text.lines().collect();
    assert!(lines.len() > 50);
    assert_eq!(gaps(&text), [""; 0]);
    let reversed: Vec<_> = lines.iter().rev().copied().collect();
    assert_eq!(gaps(&reversed.join("\n")), [""; 0], "the order of arrival does not count");
    for deleted in 0..lines.len() - 1 {
        let left: Vec<_> = lines.iter().enumerate().filter(|(line, _)| *line != deleted).collect();
        let left: Vec<_> = left.into_iter().map(|(_, line)| *line).collect();
        let (next, found) = (deleted + 1, gaps(&left.join("\n")));
        let wanted = [
            format!("{deleted} is missing, {next} stands there"),
            format!("what stands before {next} is not what stood there"),
        ];
        assert_eq!(found, wanted);
        // Numbered anew, so that no number is missing: the hashes tell.
        let number = |line: &str| line.find("\"sequence\":\"").unwrap() + 12;
        let renumbered = left.iter().enumerate().map(|(seq, line)| {
            let at = number(line);
            format!("{}{seq:020}{}", &line[..at], &line[at + 20..])
        });
        let found = gaps(&renumbered.collect::<Vec<_>>().join("\n"));
        assert_eq!(found, [format!("what stands before {deleted} is not what stood there")]);
    }
}
