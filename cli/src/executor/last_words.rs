//! What is said on a full disk, with the room the journal keeps for that: how a run ended, and the checkpoint over it.

use std::path::PathBuf;

use wsusmigrate_core::envelope::{Proposed, Recorded};
use wsusmigrate_core::status::Status;
use wsusmigrate_core::unit::Seq;
use wsusmigrate_journal::{Journal, Record, RecordSource as _};

use crate::clock;

/// The end of a run, and the history it was to follow.
pub(super) struct End {
    /// How it ended.
    pub(super) event: Proposed,
    /// Where the journal's first `size` records stand.
    pub(super) status: Status,
    /// Records.
    pub(super) size: u64,
}

/// Opens a journal on a full disk, records the end where one is given and the table of histories lets it follow, and
/// closes the journal. Where that does not work either, what is durable stays as it is: told already is what went wrong,
/// and the next start mends it.
pub(super) fn say((folder, keys): &(PathBuf, PathBuf), end: Option<End>) {
    let Ok((journal, _)) = Journal::open_for_last_words(folder, keys, clock::now()) else { return };
    if let Some(end) = end.filter(|end| may_follow(&journal, end) == Some(true)) {
        let _ = journal.append_last(&[end.event]).wait();
    }
    let _ = journal.close();
}

/// Asks the table, at the place where the end would stand: behind what became durable without being acknowledged, and
/// what opening found. None where those records cannot be read or are not all known.
fn may_follow(journal: &Journal, end: &End) -> Option<bool> {
    let reader = journal.reader().ok()?;
    let mut status = end.status.clone();
    for raw in reader.records(end.size..reader.size()) {
        let Record::Known(recorded) = raw.ok()?.decode().ok()? else { return None };
        status.advance(&recorded).ok()?;
    }
    let Proposed { envelope, event } = end.event.clone();
    Some(status.advance(&Recorded { seq: Seq(reader.size()), envelope, event }).is_ok())
}

#[cfg(test)]
mod tests {
    //! Goal: what is said on a full disk goes through the table like everything else.
    //!
    //! Method: a recorder over a real journal in each phase is told that the disk is full; then `verify`, which asks the
    //! table about every record.

    use wsusmigrate_core::digest::Sha256;
    use wsusmigrate_core::envelope::Envelope;
    use wsusmigrate_core::event::Event;
    use wsusmigrate_core::event::run::{Finished, Scope, Started, Verdict};
    use wsusmigrate_core::id::{EventId, MigrationId, RunId, StreamId};
    use wsusmigrate_core::projection::Migration;
    use wsusmigrate_journal::{Create, Expected, Reader, evidence, verify};

    use super::*;
    use crate::error::Failure;
    use crate::executor::{Recorder, open};
    use crate::exit::Exit;
    use crate::show::Talk;

    const MIGRATION: MigrationId = MigrationId::from_bytes([1; 16]);
    const RUN: RunId = RunId::from_bytes([3; 16]);

    fn started(plan: Sha256) -> Event {
        Started {
            run: RUN,
            host: "here".into(),
            account: "me".into(),
            sid: "uid:0".into(),
            program: "0.1.0".into(),
            system: "one".into(),
            process: 7,
            plan,
            scope: Scope::Everything,
            utc_offset_s: None,
        }
        .into()
    }

    fn finished(_: Sha256) -> Event {
        Finished { run: RUN, verdict: Verdict::Complete }.into()
    }

    /// The names in a journal after these were recorded, `unheard` ones became durable that the recorder did not hear
    /// of, and it met a full disk.
    fn ended_after(recorded: &[fn(Sha256) -> Event], unheard: &[fn(Sha256) -> Event]) -> Vec<&'static str> {
        let folder = tempfile::tempdir().unwrap();
        let (dir, keys) = (folder.path().join("journal"), folder.path().join("keys"));
        let create = Create {
            migration: MIGRATION,
            name: "m".into(),
            stream: StreamId::from_bytes([2; 16]),
            host: "here".into(),
            program: "0.1.0".into(),
            time: clock::now(),
        };
        let journal = Journal::create(&dir, &keys, create).unwrap();
        let (state, size): (Migration, _) = open::state(&journal, &dir).unwrap();
        let mut recorder = Recorder::new(journal, state, size, RUN, Talk { json: false });
        let plan = evidence::write_bytes(&dir, b"the plan").unwrap();
        for event in recorded {
            recorder.observe(b"", event(plan)).unwrap();
        }
        for event in unheard.iter().map(|event| event(plan)) {
            let id = EventId::of_observation(MIGRATION, event.kind().name(), RUN.as_bytes());
            let envelope = Envelope { id, time: clock::now(), action: None, causation: None };
            recorder.journal().append(vec![Proposed { envelope, event }], Expected::Any).wait().unwrap();
        }
        recorder.end_on_full_disk(&Failure::new(Exit::JournalUnwritable, "no room").full_disk(true));
        let verification = verify(&dir).unwrap();
        assert!(verification.is_sound(), "{:?}", verification.findings);
        let reader = Reader::open(&dir).unwrap();
        let name = |record| match record {
            Record::Known(Recorded { event, .. }) => event.kind().name(),
            Record::Unknown(_) => unreachable!("this program wrote it"),
        };
        reader.records(1..reader.size()).map(|raw| name(raw.unwrap().decode().unwrap())).collect()
    }

    #[test]
    fn a_run_that_is_going_on_is_recorded_as_failed() {
        assert_eq!(ended_after(&[started], &[]), ["run.started", "run.failed"]);
        assert_eq!(ended_after(&[], &[started]), ["run.started", "run.failed"]);
    }

    #[test]
    fn where_no_run_is_going_on_none_is_recorded_as_failed() {
        assert!(ended_after(&[], &[]).is_empty());
        assert_eq!(ended_after(&[started, finished], &[]), ["run.started", "run.finished"]);
        assert_eq!(ended_after(&[started], &[finished]), ["run.started", "run.finished"]);
    }
}
