//! What a journal says of other journals: which streams it holds, whose they are, and under which key.
//!
//! Only what the importing journal itself recorded stands here. What happened on the other host is a state of its own,
//! folded from that stream.

use crate::event::run::StreamImported;
use crate::id::StreamId;
use crate::projection::Migration;
use crate::projection::run::RunState;
use crate::report::{Section, Value};

/// How far each stream is here, in a section of its own.
pub(super) fn standing(state: &Migration) -> impl Iterator<Item = Section> {
    let run = &state.run;
    run.status.streams.iter().filter_map(|(stream, _)| of(run, stream))
}

/// The same, with every import there was: who took in how much when.
pub(super) fn imported(state: &Migration) -> impl Iterator<Item = Section> {
    let run = &state.run;
    run.status.streams.iter().filter_map(|(stream, _)| {
        let mut section = of(run, stream)?;
        let imports = run.imports.iter().filter(|(.., event)| event.stream == stream);
        let rows = imports.map(|(seq, time, event)| {
            let by = format!("{} ({})", event.account, event.sid);
            vec![Value::from(*time), seq.0.into(), event.size.into(), by.into()]
        });
        section.table("imports", &["imported", "record", "records of the stream", "by"], rows);
        Some(section)
    })
}

fn of(run: &RunState, stream: StreamId) -> Option<Section> {
    let (.., newest) = run.imports.iter().rfind(|(.., event)| event.stream == stream)?;
    let StreamImported { host, origin: _, size, root, key, .. } = newest;
    let mut section = Section::new("imported", "Imported records of another host");
    section.figure("host", "Host", host.as_str());
    section.figure("stream", "Stream", stream.to_string());
    section.figure("records", "Records", *size);
    section.figure("root", "Root over them", root.to_string());
    section.figure("key", "Fingerprint of its key, as confirmed", key.to_string());
    Some(section)
}

/// That the journal was ended for good, where it was.
pub(super) fn seal(state: &Migration, section: &mut Section) {
    if let Some((time, seal)) = &state.run.sealed {
        section.figure("sealed", "Sealed", *time);
        section.figure("sealed_by", "Sealed by", format!("{} ({})", seal.account, seal.sid));
        section.figure("sealed_because", "Because", seal.reason.as_str());
    }
}
