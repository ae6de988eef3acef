//! Goal: a bundle is the same bytes for the same records, whoever makes it; it is extended and imported only as the
//! history it was; and no changed byte goes unnoticed, unlocated or makes a reader panic or reserve without bound.

#![allow(clippy::unwrap_used, reason = "tests may unwrap, also in their helpers")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use support::{Bench, create, fill, samples};
use wsusmigrate_core::digest::Sha256;
use wsusmigrate_core::envelope::{Envelope, Proposed};
use wsusmigrate_core::event::run::StreamImported;
use wsusmigrate_core::event::{Event, Kind, RunEvent};
use wsusmigrate_core::id::{EventId, StreamId};
use wsusmigrate_core::status::ImportedStream;
use wsusmigrate_journal::bundle::{Bundle, BundleError, ExportError, Exported, export};
use wsusmigrate_journal::streams::{self, ImportError};
use wsusmigrate_journal::{Create, Expected, Journal, ReadError, RecordSource, Severity, Tree, evidence};

/// A journal with evidence and `count` more records, in batches of `batch`.
fn journal(count: u64, batch: u64) -> Bench {
    let bench = Bench::new();
    let journal = bench.create();
    let plan = evidence::write_bytes(&bench.dir(), b"the plan").unwrap();
    let Event::Run(RunEvent::Started(mut started)) = samples::event(Kind::RunStarted) else { unreachable!() };
    started.plan = plan;
    let id = EventId::of_observation(samples::MIGRATION, "run.started", b"");
    let envelope = Envelope { id, time: samples::TIME, action: None, causation: None };
    let event = Proposed { envelope, event: started.into() };
    journal.append(vec![event], Expected::Any).wait().unwrap();
    fill(&journal, 0..count, batch);
    journal.close().unwrap();
    bench
}

fn more(bench: &Bench, numbers: std::ops::Range<u64>) {
    let journal = bench.open(&[]);
    fill(&journal, numbers, 7);
    journal.close().unwrap();
}

fn file(bench: &Bench, name: &str) -> PathBuf {
    bench.dir().parent().unwrap().join(name)
}

fn exported(bench: &Bench, size: Option<u64>, to: &Path) -> Exported {
    export(&bench.reader(), size, to).unwrap()
}

/// Every payload of a source.
fn payloads(source: &dyn RecordSource) -> Vec<Vec<u8>> {
    source.records(0..source.size()).map(|record| record.unwrap().payload().to_vec()).collect()
}

fn damage(bytes: &[u8], folder: &Path) -> Option<String> {
    let path = folder.join("changed.tar");
    fs::write(&path, bytes).unwrap();
    match Bundle::open(&path) {
        Ok(_) => None,
        Err(BundleError::Damaged(damage)) => {
            assert!(damage.offset <= bytes.len() as u64 && damage.file == path, "{damage}");
            Some(damage.entry)
        }
        Err(error) => Some(format!("{error}")),
    }
}

#[test]
fn a_bundle_holds_the_records_and_says_so() {
    let bench = journal(700, 100);
    let path = file(&bench, "bundle.tar");
    let told = exported(&bench, None, &path);
    let bundle = Bundle::open(&path).unwrap();
    assert_eq!((told.size, told.evidence_files, told.before), (702, 1, None));
    assert_eq!(told.bytes, fs::metadata(&path).unwrap().len());
    assert_eq!(bundle.identity(), bench.reader().identity());
    assert_eq!(payloads(&bundle), payloads(&bench.reader()));
    for range in [0..0, 0..1, 255..257, 256..512, 600..702, 701..702] {
        let seqs: Vec<_> = bundle.records(range.clone()).map(|record| record.unwrap().seq().0).collect();
        assert_eq!(seqs, range.collect::<Vec<_>>());
    }
    assert!(matches!(bundle.records(0..703).next(), Some(Err(ReadError::Beyond { .. }))));
    let mut tree = Tree::default();
    for record in bundle.records(0..bundle.size()) {
        tree.push(record.unwrap().leaf());
    }
    assert_eq!(bundle.note().root, tree.root());
    bench.assert_sound();
}

#[test]
fn the_bytes_follow_from_the_records_alone() {
    // The same records in other commits: what a log rebuilt from the store looks like.
    let bench = journal(700, 100);
    let path = file(&bench, "one.tar");
    exported(&bench, None, &path);
    fs::remove_dir_all(bench.log()).unwrap();
    bench.open(&[wsusmigrate_core::event::run::Recovery::LogRebuilt]).close().unwrap();
    let again = file(&bench, "two.tar");
    exported(&bench, Some(702), &again);
    assert!(fs::read(&path).unwrap() == fs::read(&again).unwrap());
}

#[test]
fn an_extended_bundle_is_the_one_made_at_once_and_begins_like_the_old() {
    let bench = journal(300, 50);
    let (grown, whole) = (file(&bench, "grown.tar"), file(&bench, "whole.tar"));
    exported(&bench, None, &grown);
    let before = payloads(&Bundle::open(&grown).unwrap());
    more(&bench, 300..900);
    let told = exported(&bench, None, &grown);
    assert_eq!((told.before, told.size), (Some(302), 902));
    exported(&bench, None, &whole);
    assert!(fs::read(&grown).unwrap() == fs::read(&whole).unwrap());
    assert!(payloads(&Bundle::open(&grown).unwrap()).starts_with(&before));
    // The shorter prefix can still be had, at another place.
    assert!(matches!(
        export(&bench.reader(), Some(302), &grown),
        Err(ExportError::Shorter { there: 902, size: 302 })
    ));
    let short = file(&bench, "short.tar");
    exported(&bench, Some(302), &short);
    assert_eq!(payloads(&Bundle::open(&short).unwrap()), before);
    assert!(matches!(
        export(&bench.reader(), Some(303), &short),
        Err(ExportError::NoCheckpoint { size: Some(303), .. })
    ));
}

#[test]
fn a_bundle_of_another_history_is_not_replaced() {
    let bench = journal(100, 10);
    let fork = bench.copy();
    more(&bench, 100..120);
    more(&fork, 500..560);
    let path = file(&bench, "bundle.tar");
    exported(&bench, None, &path);
    assert!(matches!(export(&fork.reader(), None, &path), Err(ExportError::Rewritten { size: 122 })));
    fs::write(&path, b"somebody's notes").unwrap();
    assert!(matches!(export(&bench.reader(), None, &path), Err(ExportError::There(_))));
    assert_eq!(fs::read(&path).unwrap(), b"somebody's notes");
}

#[test]
fn lost_or_changed_evidence_is_not_passed_over() {
    let bench = journal(10, 10);
    let path = file(&bench, "bundle.tar");
    let name = fs::read_dir(bench.dir().join("evidence")).unwrap().next().unwrap().unwrap().path();
    fs::write(&name, b"the plan!").unwrap();
    assert!(matches!(export(&bench.reader(), None, &path), Err(ExportError::EvidenceBytes { .. })));
    fs::remove_file(&name).unwrap();
    assert!(matches!(export(&bench.reader(), None, &path), Err(ExportError::Evidence { .. })));
    assert!(!path.exists());
}

/// Log files are cut where they are full, and read as one.
#[test]
fn a_long_log_has_several_files() {
    let bench = journal(60_000, 4_000);
    let path = file(&bench, "bundle.tar");
    exported(&bench, None, &path);
    let names = entries(&fs::read(&path).unwrap());
    assert!(names.iter().filter(|name| name.starts_with("log/")).count() > 1, "{names:?}");
    let bundle = Bundle::open(&path).unwrap();
    let second: u64 =
        names.iter().filter(|name| name.starts_with("log/")).nth(1).unwrap()[4..24].parse().unwrap();
    let around = second - 3..second + 3;
    let seqs: Vec<_> = bundle.records(around.clone()).map(|record| record.unwrap().seq().0).collect();
    assert_eq!(seqs, around.collect::<Vec<_>>());
}

/// The names of a tar archive's entries, worked out from the format alone.
fn entries(bytes: &[u8]) -> Vec<String> {
    let (mut names, mut at) = (Vec::new(), 0);
    while bytes[at] != 0 {
        let name = bytes[at..at + 100].split(|byte| *byte == 0).next().unwrap();
        names.push(String::from_utf8(name.to_vec()).unwrap());
        let size = std::str::from_utf8(&bytes[at + 124..at + 135]).unwrap();
        at += 512 + usize::from_str_radix(size, 8).unwrap().next_multiple_of(512);
    }
    names
}

fn imported(bundle: &Bundle) -> ImportedStream {
    let key = bundle.identity().fingerprint();
    ImportedStream { size: bundle.size(), root: bundle.note().root, key }
}

#[test]
fn bundle_import_export_is_byte_identical() {
    let (source, own) = (journal(300, 50), Bench::new());
    own.create().close().unwrap();
    let path = file(&source, "bundle.tar");
    exported(&source, None, &path);
    let bundle = Bundle::open(&path).unwrap();
    let stream = bundle.identity().stream;
    streams::store(&own.dir(), &bundle).unwrap();
    let kept = Bundle::open(&streams::path(&own.dir(), stream, 302)).unwrap();
    assert_eq!(payloads(&kept), payloads(&source.reader()));
    let back = file(&own, "back.tar");
    export(&kept, None, &back).unwrap();
    assert!(fs::read(&path).unwrap() == fs::read(&back).unwrap());
    // A later one takes its place.
    more(&source, 300..310);
    exported(&source, None, &path);
    let longer = Bundle::open(&path).unwrap();
    streams::store(&own.dir(), &longer).unwrap();
    streams::drop_older(&own.dir(), stream, longer.size()).unwrap();
    let names = fs::read_dir(own.dir().join("streams").join(stream.to_string())).unwrap();
    assert_eq!(names.count(), 1);
    own.assert_sound();
}

/// What `verify` says of imported streams: lost, damaged, or another than was recorded.
#[test]
fn imported_streams_are_verified_with_the_journal() {
    let (source, own) = (journal(30, 10), Bench::new());
    let journal = Journal::create(
        &own.dir(),
        &own.keys(),
        Create { stream: StreamId::from_bytes([9; 16]), ..create() },
    )
    .unwrap();
    let path = file(&source, "bundle.tar");
    exported(&source, None, &path);
    let bundle = Bundle::open(&path).unwrap();
    let stream = bundle.identity().stream;
    streams::store(&own.dir(), &bundle).unwrap();
    let ImportedStream { size, root, key } = imported(&bundle);
    let text = || "test".into();
    let event = StreamImported {
        stream,
        host: text(),
        origin: text(),
        size,
        root,
        key,
        account: text(),
        sid: text(),
    };
    let record = |event: &StreamImported, number: u8| {
        let id = EventId::of_observation(samples::MIGRATION, "run.stream-imported", &[number]);
        let envelope = Envelope { id, time: samples::TIME, action: None, causation: None };
        journal
            .append(vec![Proposed { envelope, event: event.clone().into() }], Expected::Any)
            .wait()
            .unwrap();
    };
    record(&event, 0);
    own.assert_sound();
    let found = || {
        let damage: Vec<_> =
            own.verify().findings.into_iter().filter(|it| it.severity == Severity::Damage).collect();
        damage.into_iter().map(|it| (it.seq.unwrap().0, it.what)).collect::<Vec<_>>()
    };
    let kept = streams::path(&own.dir(), stream, size);
    let sound = fs::read(&kept).unwrap();
    fs::write(&kept, &sound[..sound.len() - 1]).unwrap();
    assert!(found()[0].1.contains("cut short"), "{:?}", found());
    fs::remove_file(&kept).unwrap();
    assert!(found()[0].1.starts_with("the imported stream cannot be used"));
    fs::write(&kept, &sound).unwrap();
    assert_eq!(found(), []);
    record(&StreamImported { root: Sha256([1; 32]), ..event }, 1);
    assert_eq!(found(), [(2, "the imported stream is not the one that was recorded".to_owned())]);
}

#[test]
fn a_stream_only_grows() {
    let (source, other) = (journal(100, 10), StreamId::from_bytes([9; 16]));
    let fork = source.copy();
    let path = file(&source, "bundle.tar");
    exported(&source, None, &path);
    let first = Bundle::open(&path).unwrap();
    let stream = first.identity().stream;
    assert!(streams::may_import(other, None, &first).unwrap());
    assert!(matches!(streams::may_import(stream, None, &first), Err(ImportError::OwnStream)));
    let before = imported(&first);
    assert!(!streams::may_import(other, Some(&before), &first).unwrap());
    more(&source, 100..130);
    let later_path = file(&source, "later.tar");
    exported(&source, None, &later_path);
    let later = Bundle::open(&later_path).unwrap();
    assert!(streams::may_import(other, Some(&before), &later).unwrap());
    let older = streams::may_import(other, Some(&imported(&later)), &first);
    assert!(matches!(older, Err(ImportError::Older { size: 102, before: 132 })));
    // The same key signed another continuation.
    more(&fork, 500..560);
    let fork_path = file(&fork, "bundle.tar");
    exported(&fork, None, &fork_path);
    let forked = streams::may_import(other, Some(&imported(&later)), &Bundle::open(&fork_path).unwrap());
    assert!(matches!(forked, Err(ImportError::Rewritten { before: 132 })));
    let foreign = ImportedStream { key: Sha256([1; 32]), ..before };
    assert!(matches!(streams::may_import(other, Some(&foreign), &later), Err(ImportError::OtherKey)));
}

/// Whoever can make every checksum anew still cannot sign.
#[test]
fn another_history_under_an_old_checkpoint_is_found() {
    let bench = journal(20, 20);
    let (fork, stranger) = (bench.copy(), journal(40, 20));
    more(&bench, 100..120);
    more(&fork, 200..220);
    let [true_one, forked, strange] = [&bench, &fork, &stranger].map(|bench| {
        let path = file(bench, "bundle.tar");
        exported(bench, None, &path);
        fs::read(path).unwrap()
    });
    let log = |bytes: &[u8]| bytes.windows(7).rposition(|window| window == b"log/000").unwrap();
    let under_the_old = |other: &[u8]| [&true_one[..log(&true_one)], &other[log(other)..]].concat();
    let folder = tempfile::TempDir::new().unwrap();
    assert_eq!(damage(&under_the_old(&forked), folder.path()).as_deref(), Some("the checkpoint"));
    assert_eq!(damage(&under_the_old(&strange), folder.path()).as_deref(), Some("public-key"));
    assert_eq!(damage(&under_the_old(&true_one), folder.path()), None);
}

/// Headers with a right checksum that lie: names that lead out, lengths that nobody has, other kinds of entries.
#[test]
fn a_header_that_lies_is_refused_before_anything_is_reserved() {
    let bench = journal(3, 1);
    let path = file(&bench, "bundle.tar");
    exported(&bench, None, &path);
    let sound = fs::read(&path).unwrap();
    let (mut at, mut entries) = (0, 0);
    while sound[at] != 0 {
        let size = std::str::from_utf8(&sound[at + 124..at + 135]).unwrap().to_owned();
        for (place, lie) in [
            (0, "../../../etc/passwd"),
            (0, "/etc/passwd"),
            (0, "log/../../x"),
            (0, "..\\..\\evil"),
            (0, "C:\\evil"),
            (124, "77777777777"),
            (124, "00000000000"),
            (156, "1"),
            (156, "2"),
            (156, "5"),
            (156, "x"),
            (156, "L"),
            (345, "/etc"),
        ] {
            let mut bytes = sound.clone();
            if place == 0 {
                bytes[at..at + 100].fill(0);
            }
            bytes[at + place..at + place + lie.len()].copy_from_slice(lie.as_bytes());
            sum_up(&mut bytes[at..at + 512]);
            fs::write(&path, &bytes).unwrap();
            let Err(error) = Bundle::open(&path) else { panic!("entry {entries}: {lie}") };
            if lie.starts_with('7') {
                // Said of the length itself, not of what was read by it.
                assert!(error.to_string().contains("its length is impossible"), "{error}");
            }
        }
        at += 512 + usize::from_str_radix(&size, 8).unwrap().next_multiple_of(512);
        entries += 1;
    }
    assert_eq!(entries, 5);
}

/// Puts the checksum of a header right.
fn sum_up(header: &mut [u8]) {
    header[148..156].fill(b' ');
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
}

/// A whole entry more, wherever it stands and whatever it is called, also one that is there already.
#[test]
fn an_entry_that_does_not_belong_is_refused() {
    let bench = journal(3, 1);
    let path = file(&bench, "bundle.tar");
    exported(&bench, None, &path);
    let sound = fs::read(&path).unwrap();
    let ends: Vec<_> = (0..sound.len() / 512).map(|block| block * 512).collect();
    let is_header = |at: &usize| &sound[at + 257..at + 262] == b"ustar";
    let last = ends.iter().copied().rfind(is_header).unwrap();
    let places: Vec<_> = ends.iter().copied().filter(is_header).chain([sound.len() - 1024]).collect();
    for name in ["../../evil", "evidence/../../evil", "streams/evil", "manifest.json", ""] {
        let mut entry = sound[last..last + 512].to_vec();
        entry[..100].fill(0);
        entry[..name.len()].copy_from_slice(name.as_bytes());
        entry[124..135].copy_from_slice(b"00000000004");
        sum_up(&mut entry);
        entry.extend(b"evil");
        entry.resize(1024, 0);
        for at in &places {
            let bytes = [&sound[..*at], &entry, &sound[*at..]].concat();
            fs::write(&path, bytes).unwrap();
            assert!(matches!(Bundle::open(&path), Err(BundleError::Damaged(_))), "{name} at {at}");
        }
    }
}

#[test]
fn every_flipped_bit_and_every_cut_is_found() {
    let bench = journal(3, 1);
    let path = file(&bench, "bundle.tar");
    exported(&bench, None, &path);
    let sound = fs::read(&path).unwrap();
    let folder = path.parent().unwrap();
    assert_eq!(damage(&sound, folder), None);
    for at in 0..sound.len() {
        let mut bytes = sound.clone();
        bytes[at] ^= 1 << (at % 8);
        assert!(damage(&bytes, folder).is_some(), "byte {at}");
    }
    for length in (0..sound.len()).step_by(13) {
        assert!(damage(&sound[..length], folder).is_some(), "cut to {length}");
    }
    assert!(damage(&[&sound[..], &[0]].concat(), folder).is_some());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_are_no_bundle(bytes in proptest::collection::vec(any::<u8>(), 0..4_096)) {
        let folder = tempfile::TempDir::new().unwrap();
        prop_assert!(damage(&bytes, folder.path()).is_some());
    }
}
