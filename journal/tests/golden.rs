//! Goal: the bytes of every event type stay what they are. `testdata/golden` holds, for each type and version ever
//! shipped, the record in hexadecimal and a readable twin. Made only by `WSUSMIGRATE_BLESS=1`, and never made again.
//!
//! Method: one sample a kind goes through a real journal; its stored payload must be the golden bytes, and the
//! golden bytes must decode to the sample.

#![allow(clippy::unwrap_used, reason = "tests may unwrap, also in their helpers")]

mod support;

use std::fmt::Write;
use std::path::PathBuf;

use support::{Bench, samples};
use wsusmigrate_core::envelope::{Envelope, Proposed, Recorded};
use wsusmigrate_core::event::{Event, Kind, RunEvent};
use wsusmigrate_core::id::{EventId, Phase};
use wsusmigrate_core::unit::{Seq, TimeMicros};
use wsusmigrate_journal::{Expected, RawRecord, Record, RecordSource};

/// Where the place in a stream begins and ends inside a record: golden bytes carry a place of their own.
const PLACE: std::ops::Range<usize> = 4..44;

/// Kinds that came into the registry between others: a place of theirs would move the places behind it.
const LATER: &[Kind] = &[
    Kind::RunKeyRotated,
    Kind::RunCheckpointAnchored,
    Kind::RunStreamImported,
    Kind::RunJournalSealed,
    Kind::RunPlanApproved,
    Kind::RunRoleDeclared,
];

/// A number of the kind's own that never changes: its place among the first kinds, or its code.
fn number(kind: Kind) -> u64 {
    let mut first = Kind::ALL.iter().filter(|kind| !LATER.contains(kind));
    let place = first.position(|first| *first == kind);
    place.map_or(u64::from(kind.event_type().code), |place| place as u64)
}

fn sample(kind: Kind) -> Proposed {
    let action = samples::action(1);
    let (id, action, causation) = match kind.event_type().code % 3 {
        0 => (EventId::of_action(action, Phase::Intent, 1, number(kind)), Some(action), None),
        1 => (EventId::of_observation(samples::MIGRATION, kind.name(), b"golden"), None, Some(Seq(300))),
        _ => (EventId::of_action(action, Phase::Item, 0, 70_000 + number(kind)), Some(action), Some(Seq(7))),
    };
    let time = TimeMicros(samples::TIME.0 + i64::from(kind.event_type().code));
    Proposed { envelope: Envelope { id, time, action, causation }, event: samples::event(kind) }
}

fn path(kind: Kind, extension: &str) -> PathBuf {
    path_of(kind, kind.event_type().version, extension)
}

fn path_of(kind: Kind, version: u16, extension: &str) -> PathBuf {
    let line = kind.event_type();
    let name = format!("{:04x}.{}.v{version}.{extension}", line.code, line.name);
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testdata/golden").join(name)
}

fn hex(bytes: &[u8]) -> String {
    bytes.chunks(32).fold(String::new(), |mut text, line| {
        for byte in line {
            write!(text, "{byte:02x}").unwrap();
        }
        text.push('\n');
        text
    })
}

fn unhex(text: &str) -> Vec<u8> {
    let digits: String = text.split_whitespace().collect();
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
}

/// The payload a sample gets in a journal, moved to the golden place: record 513 behind a hash of ones.
fn encoded() -> Vec<(Kind, Vec<u8>)> {
    let bench = Bench::new();
    let journal = bench.create();
    let batch = Kind::ALL.iter().map(|kind| sample(*kind)).collect::<Vec<_>>();
    journal.append(batch, Expected::Empty).wait().unwrap();
    journal.close().unwrap();
    let reader = bench.reader();
    let records: Vec<_> = reader.records(1..reader.size()).map(Result::unwrap).collect();
    // The samples speak of evidence that nobody wrote, of a key that nobody confirmed, of a stream that nobody imported, and of
    // nothing else that is wrong.
    let findings = bench.verify().findings;
    let known = [
        "the evidence file",
        "the rotation to another key does not count",
        "the imported stream cannot be used",
    ];
    let others: Vec<_> =
        findings.iter().filter(|it| !known.iter().any(|known| it.what.starts_with(known))).collect();
    assert!(!findings.is_empty() && others.is_empty(), "{others:#?}");
    let golden = |raw: &RawRecord| {
        let mut payload = raw.payload().to_vec();
        payload[PLACE.start..PLACE.start + 8].copy_from_slice(&513_u64.to_be_bytes());
        payload[PLACE.start + 8..PLACE.end].fill(1);
        payload
    };
    records
        .iter()
        .map(|raw| {
            let code = u16::from_be_bytes([raw.payload()[0], raw.payload()[1]]);
            (Kind::from_code(code).unwrap(), golden(raw))
        })
        .collect()
}

#[test]
fn every_kind_has_its_golden_bytes() {
    let encoded = encoded();
    assert_eq!(encoded.iter().map(|(kind, _)| *kind).collect::<Vec<_>>(), Kind::ALL);
    let bless = std::env::var_os("WSUSMIGRATE_BLESS").is_some();
    for (kind, payload) in encoded {
        let expected = Recorded { seq: Seq(513), envelope: sample(kind).envelope, event: sample(kind).event };
        let twin = serde_json::to_string_pretty(&expected).unwrap() + "\n";
        // What is there was shipped: nothing writes it again.
        if bless && !path(kind, "hex").exists() {
            std::fs::write(path(kind, "hex"), hex(&payload)).unwrap();
            std::fs::write(path(kind, "json"), &twin).unwrap();
        }
        let stored = std::fs::read_to_string(path(kind, "hex")).unwrap_or_else(|_| {
            panic!("{} has no golden bytes; WSUSMIGRATE_BLESS=1 makes them", kind.name())
        });
        assert_eq!(hex(&payload), stored, "{}: other bytes than were shipped", kind.name());
        let readable = std::fs::read_to_string(path(kind, "json")).unwrap();
        assert_eq!(twin, readable, "{}: the readable twin is another", kind.name());
        let decoded = RawRecord::from_payload(unhex(&stored)).unwrap().decode().unwrap();
        assert_eq!(decoded, Record::Known(expected), "{}", kind.name());
    }
}

/// What a record of an older shape is read as: the sample, but for what that shape did not say.
fn upcast(kind: Kind, version: u16) -> Proposed {
    let mut expected = sample(kind);
    match (&mut expected.event, version) {
        (Event::Run(RunEvent::Started(started)), 1) => started.utc_offset_s = None,
        (event, version) => panic!("{} has no version {version} but its newest", event.kind().name()),
    }
    expected
}

/// Bytes an older program wrote are read as the newest event. They were written by it, and nothing writes them again.
#[test]
fn older_shapes_are_read_as_the_newest() {
    let mut older = 0;
    for kind in Kind::ALL {
        for version in 1..kind.event_type().version {
            let Proposed { envelope, event } = upcast(*kind, version);
            let stored = unhex(&std::fs::read_to_string(path_of(*kind, version, "hex")).unwrap());
            assert_eq!(stored[2..4], version.to_be_bytes(), "{}", kind.name());
            let decoded = RawRecord::from_payload(stored).unwrap().decode().unwrap();
            let expected = Recorded { seq: Seq(513), envelope, event };
            assert_eq!(decoded, Record::Known(expected), "{} version {version}", kind.name());
            older += 1;
        }
    }
    assert!(older > 0, "no event has a second shape");
}

#[test]
fn there_is_no_golden_file_without_a_kind() {
    let names = std::fs::read_dir(path(Kind::ALL[0], "hex").parent().unwrap()).unwrap();
    let shapes = Kind::ALL.iter().copied();
    let shapes = shapes.flat_map(|kind| (1..=kind.event_type().version).map(move |version| (kind, version)));
    let files = |(kind, version)| ["hex", "json"].map(|extension| path_of(kind, version, extension));
    let known: Vec<_> = shapes.flat_map(files).collect();
    for entry in names {
        let path = entry.unwrap().path();
        assert!(known.contains(&path), "{} belongs to no kind", path.display());
    }
}

/// A newer program's type or version: kept, shown as unknown, its frame still readable.
#[test]
fn what_a_newer_program_wrote_is_kept_as_unknown() {
    let golden = unhex(&std::fs::read_to_string(path(Kind::RunStepStarted, "hex")).unwrap());
    for (at, value) in [(0, 0x7F), (3, 0x02)] {
        let mut payload = golden.clone();
        payload[at] = value;
        payload.extend([0xEE; 100]);
        let Record::Unknown(unknown) = RawRecord::from_payload(payload).unwrap().decode().unwrap() else {
            panic!("it is not known");
        };
        assert_eq!(unknown.seq, Seq(513));
        assert_eq!(unknown.envelope, sample(Kind::RunStepStarted).envelope);
    }
}

/// No byte of a record can be changed, cut or added so that decoding panics or aborts; left-over bytes are refused.
#[test]
fn damaged_records_decode_to_an_error_or_another_value() {
    for kind in Kind::ALL {
        let golden = unhex(&std::fs::read_to_string(path(*kind, "hex")).unwrap());
        for at in PLACE.end..golden.len() {
            for bit in 0..8 {
                let mut payload = golden.clone();
                payload[at] ^= 1 << bit;
                let _ = RawRecord::from_payload(payload).unwrap().decode();
            }
            let cut = RawRecord::from_payload(&golden[..at]).unwrap().decode();
            assert!(cut.is_err(), "{} cut at {at}", kind.name());
        }
        let longer = [&golden[..], &[0]].concat();
        assert!(RawRecord::from_payload(longer).unwrap().decode().is_err(), "{}", kind.name());
    }
}
