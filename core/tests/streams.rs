//! Goal: the table of histories knows how other journals' streams come in, and that a sealed journal has ended.
//! Method: short histories, each refused at its last event for the reason given.

mod support;

use support::*;
use wsusmigrate_core::digest::Sha256;
use wsusmigrate_core::event::run::*;
use wsusmigrate_core::id::StreamId;

/// Other journals' streams: each grows, under the key it came with; never the journal's own.
#[test]
fn an_imported_stream_only_grows_under_its_key() {
    let begun = || History::default().and(created());
    let first = || begun().and(imported(2, 10, 1));
    let status = first().and(imported(3, 1, 9)).and(imported(2, 11, 1)).status().unwrap();
    let sizes: Vec<_> = status.streams.iter().map(|(_, stream)| stream.size).collect();
    assert_eq!(sizes, [11, 1]);
    assert_eq!(first().and(imported(2, 10, 1)).refusal(), "the stream does not grow");
    assert_eq!(first().and(imported(2, 9, 1)).refusal(), "the stream does not grow");
    assert_eq!(first().and(imported(2, 11, 2)).refusal(), "the stream was imported under another key");
    assert_eq!(begun().and(imported(2, 0, 1)).refusal(), "an imported stream has records");
    let own = StreamImported { stream: created().stream, ..imported(2, 5, 1) };
    assert_eq!(begun().and(own).refusal(), "a journal does not import its own stream");
    // Whoever imports holds the lock: a run that is open in the records has ended.
    begun().and(started(1)).and(imported(2, 10, 1)).status().unwrap();
}

#[test]
fn nothing_follows_a_seal() {
    let sealed = || History::default().and(created()).and(seal());
    sealed().status().unwrap();
    let recovered =
        JournalRecovered { finding: Recovery::HeadRebuilt, records: 0, bytes: 0, detail: "".into() };
    assert_eq!(sealed().and(recovered).refusal(), "the journal is sealed");
    assert_eq!(sealed().and(started(1)).refusal(), "the journal is sealed");
    assert_eq!(sealed().and(imported(2, 1, 1)).refusal(), "the journal is sealed");
    assert_eq!(sealed().and(seal()).refusal(), "the journal is sealed");
    assert_eq!(History::default().and(created()).and(started(1)).and(seal()).refusal(), "a run is going on");
}

fn seal() -> JournalSealed {
    JournalSealed { reason: "retired".into(), account: "a".into(), sid: "s".into() }
}

fn imported(stream: u8, size: u64, key: u8) -> StreamImported {
    StreamImported {
        stream: StreamId::from_bytes([stream; 16]),
        host: "WSUS-OLD".into(),
        origin: "origin".into(),
        size,
        root: Sha256([7; 32]),
        key: Sha256([key; 32]),
        account: "a".into(),
        sid: "s".into(),
    }
}
