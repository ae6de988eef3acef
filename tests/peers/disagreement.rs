//! What the program's verifier calls damage the second reader calls damage too, with the same figures.

use std::fs;
use std::path::Path;

use serde_json::Value;
use wsusmigrate_journal::RecordSource as _;

use crate::reader::Reader;
use crate::{World, forge, read, rehearsed, verified};

/// Both find something wrong, and every other figure is the same.
fn both_refuse(reader: &Reader, world: &World, what: &str) {
    let (mut ours, mut theirs) = (verified(world), read(reader, world));
    assert_eq!(
        (&ours["sound"], &theirs["sound"]),
        (&false.into(), &false.into()),
        "{what}: {ours}\n{theirs}"
    );
    for figures in [&mut ours, &mut theirs] {
        assert_ne!(figures["findings"].take(), Value::Array(Vec::new()), "{what}");
    }
    assert_eq!(ours, theirs, "{what}");
}

/// Both say that all is well, with the same figures.
fn both_accept(reader: &Reader, world: &World) {
    let ours = verified(world);
    assert_eq!(ours["sound"], true, "{ours}");
    assert_eq!(read(reader, world), ours);
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// A record and a checkpoint more.
fn anchor(world: &World) {
    let words = ["journal", "anchor", "--journal", "journal", "--keys", "keys"];
    let output = world.command(words).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Log and head agree with each other; what was signed says that there were more records.
#[test]
fn a_journal_cut_with_its_head_is_refused_by_both() {
    let Some(reader) = Reader::find() else { return };
    let world = rehearsed("tiny");
    let log = format!("journal/log/{:020}.log", 0);
    let before: Vec<_> =
        [log.as_str(), "journal/head"].map(|path| (path, fs::read(world.path(path)).unwrap())).into();
    anchor(&world);
    anchor(&world);
    both_accept(&reader, &world);
    for (path, bytes) in before {
        fs::write(world.path(path), bytes).unwrap();
    }
    both_refuse(&reader, &world, "cut");
    // Without the larger checkpoints only what stands beside the key tells.
    let size = read(&reader, &world)["size"].as_u64().unwrap();
    for note in files(&world.path("journal/checkpoints")) {
        if note.file_name().unwrap().to_str().unwrap().parse::<u64>().unwrap() > size {
            fs::remove_file(note).unwrap();
        }
    }
    both_refuse(&reader, &world, "cut, and its checkpoints removed");
    let stream = files(&world.path("keys"));
    for note in stream.iter().filter(|path| path.extension().is_some()) {
        fs::remove_file(note).unwrap();
    }
    let theirs = read(&reader, &world);
    assert_eq!((&theirs["sound"], &theirs["key_folder_size"]), (&true.into(), &Value::Null));
    let ours = verified(&world);
    assert_eq!((&ours["sound"], &ours["key_folder_size"]), (&true.into(), &Value::Null));
    assert_eq!(ours["findings"][0]["severity"], "note");
}

/// After a power cut the head may be older than what was signed. Where the log holds it, that is no damage; the program
/// says so with a warning, which the second reader has none of.
#[test]
fn a_head_older_than_what_was_signed_is_accepted_by_both() {
    let Some(reader) = Reader::find() else { return };
    let world = rehearsed("tiny");
    let older = fs::read(world.path("journal/head")).unwrap();
    anchor(&world);
    anchor(&world);
    let before = verified(&world);
    fs::write(world.path("journal/head"), &older).unwrap();
    let agree = |what: &str| {
        let (mut ours, mut theirs) = (verified(&world), read(&reader, &world));
        assert_eq!(
            (&ours["sound"], &theirs["sound"]),
            (&true.into(), &true.into()),
            "{what}: {ours}\n{theirs}"
        );
        assert_eq!(ours["findings"][0]["severity"], "warning", "{what}");
        for figures in [&mut ours, &mut theirs] {
            figures["findings"].take();
        }
        assert_eq!(ours, theirs, "{what}");
        ours
    };
    let mut found = agree("older head");
    found["findings"] = before["findings"].clone();
    assert_eq!(found, before);
    // Without the checkpoints inside, what stands beside the key speaks of the records as well.
    for note in files(&world.path("journal/checkpoints")).split_off(1) {
        fs::remove_file(note).unwrap();
    }
    agree("older head, and the checkpoints removed");
    // What is spoken of and is not there is damage.
    let log = world.path(format!("journal/log/{:020}.log", 0));
    let mut bytes = fs::read(&log).unwrap();
    let end = bytes.iter().rposition(|byte| *byte != 0).unwrap();
    bytes[end] ^= 1;
    fs::write(&log, bytes).unwrap();
    both_refuse(&reader, &world, "older head, and a record behind it damaged");
}

/// Checksums, chain and head are right, and nothing else speaks of the record.
#[test]
fn an_event_that_stands_in_the_log_twice_is_refused_by_both() {
    let Some(reader) = Reader::find() else { return };
    let world = rehearsed("tiny");
    both_accept(&reader, &world);
    let (journal, keys) = (world.path("journal"), world.path("keys"));
    let seventh = wsusmigrate_journal::Reader::open(&journal).unwrap().records(7..8).next().unwrap().unwrap();
    let size = forge::last_record(&journal, &keys, |payload| {
        payload[44..60].copy_from_slice(&seventh.payload()[44..60]);
    });
    both_refuse(&reader, &world, "the same event twice");
    let what = format!("record {}: its event id is also that of record 7", size - 1);
    assert_eq!(read(&reader, &world)["findings"], serde_json::json!([what]));
}

/// Each file the records name is looked at, and no other.
#[test]
fn evidence_that_is_gone_or_changed_is_refused_by_both() {
    let Some(reader) = Reader::find() else { return };
    let world = rehearsed("tiny");
    let evidence = world.path("journal/evidence");
    let named = files(&evidence);
    assert!(named.len() > 2);
    for file in named {
        let whole = fs::read(&file).unwrap();
        fs::remove_file(&file).unwrap();
        both_refuse(&reader, &world, &format!("{} is gone", file.display()));
        let mut changed = whole.clone();
        changed.push(b'x');
        fs::write(&file, changed).unwrap();
        both_refuse(&reader, &world, &format!("{} is another", file.display()));
        fs::write(&file, whole).unwrap();
    }
    // Nobody names it: what it holds says nothing about the history.
    fs::write(evidence.join("0".repeat(64)), "of an append that never was").unwrap();
    both_accept(&reader, &world);
}

/// A journal that has imported another, and the bundle.
fn importing() -> (World, std::path::PathBuf) {
    let (world, source) = (rehearsed("tiny"), rehearsed("tiny-replaced"));
    let bundle = world.path("other.tar");
    let words = ["journal", "export", "--journal", "journal", "--json", "--bundle"].map(std::ffi::OsStr::new);
    let output = source.command(words.into_iter().chain([bundle.as_os_str()])).output().unwrap();
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    let words = ["journal", "import", "other.tar", "--journal", "journal", "--keys", "keys", "--key"];
    let output = world.command(words.into_iter().chain(said["key"].as_str())).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let stream = files(&world.path("journal/streams")).pop().unwrap();
    (world, files(&stream).pop().unwrap())
}

/// Every byte of a bundle is prescribed; and a bundle that is right in itself may be another.
#[test]
fn an_imported_stream_that_was_changed_or_replaced_is_refused_by_both() {
    let Some(reader) = Reader::find() else { return };
    let (world, kept) = importing();
    both_accept(&reader, &world);
    let whole = fs::read(&kept).unwrap();
    // A byte of each entry's header and content, of what fills it up, and of the end.
    let blocks = whole.len() / 512;
    for block in (0..blocks).step_by(blocks / 24) {
        let at = block * 512 + (block * 37) % 512;
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        fs::write(&kept, bytes).unwrap();
        both_refuse(&reader, &world, &format!("byte {at}"));
    }
    for length in [0, 512, whole.len() - 512] {
        fs::write(&kept, &whole[..length]).unwrap();
        both_refuse(&reader, &world, &format!("{length} bytes"));
    }
    let (_other, another) = importing();
    fs::copy(another, &kept).unwrap();
    both_refuse(&reader, &world, "another stream's");
    fs::remove_file(&kept).unwrap();
    both_refuse(&reader, &world, "gone");
    fs::write(&kept, whole).unwrap();
    both_accept(&reader, &world);
}
