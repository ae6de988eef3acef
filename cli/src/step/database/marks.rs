//! High-water marks of the source, before its backup and after its sums: whether it moved meanwhile.

use std::collections::BTreeMap;

use wsusmigrate_core::database::marks::{MARKED_TABLES, Marks, Movement, TableMarks};
use wsusmigrate_core::database::statement;
use wsusmigrate_core::event::database::{MarkRecorded, Moment};
use wsusmigrate_core::text::Text;

use crate::error::Failure;
use crate::executor::Recorder;
use crate::exit::Exit;
use crate::step::context::Context;
use crate::step::database::engine::{Engine, row_failure};

/// Reads the marks before the backup.
pub(super) fn before(recorder: &mut Recorder, engine: &mut Engine<'_>) -> Result<(), Failure> {
    let marks = read(engine)?;
    record(Moment::BeforeBackup, &marks, recorder)
}

/// Reads them again, and tells where the source moved.
pub(super) fn after(
    recorder: &mut Recorder,
    context: &Context<'_>,
    engine: &mut Engine<'_>,
) -> Result<(), Failure> {
    let after = read(engine)?;
    record(Moment::AfterBackup, &after, recorder)?;
    let before = recorded(&recorder.state().database.marks_before)?;
    if let Movement::Moved(tables) = before.movement(&after) {
        let talk = context.talk();
        talk.say(&format!("warn: the source moved while it was backed up: {}", tables.join(", ")));
        talk.say(
            "    what changed is not in the backup, and these tables cannot be compared after the restore;",
        );
        talk.say("    with database.quiesce = true the source's services rest meanwhile");
    }
    Ok(())
}

/// Reads the marks of every table that has some and exists.
fn read(engine: &mut Engine<'_>) -> Result<Marks, Failure> {
    let catalogue = engine.catalogue()?;
    let mut marks = BTreeMap::new();
    for table in MARKED_TABLES {
        let Some(statement) = statement::marks(table, &catalogue) else { continue };
        let Some(row) = engine.one(&statement)? else { continue };
        let of_table = TableMarks::from_row(&row).map_err(|error| row_failure(&error))?;
        marks.insert(table.name.to_owned(), of_table);
    }
    if marks.is_empty() {
        return Err(Failure::new(
            Exit::Failed,
            "SUSDB has none of the tables whose marks are read: it is no database of WSUS",
        ));
    }
    Ok(Marks(marks))
}

/// Records the marks of one moment together: those of a crash in between would be taken for the whole.
fn record(moment: Moment, marks: &Marks, recorder: &mut Recorder) -> Result<(), Failure> {
    let draft = |(mark, value): (String, String)| {
        let key = [moment.word().as_bytes(), &[0], mark.as_bytes()].concat();
        recorder.observation(&key, MarkRecorded { moment, mark: mark.into(), value: value.into() })
    };
    let drafts: Vec<_> = marks.named().map(draft).collect();
    recorder.record(drafts)?;
    Ok(())
}

/// Marks as they were recorded.
pub(super) fn recorded(marks: &BTreeMap<Text, Text>) -> Result<Marks, Failure> {
    let named = marks.iter().map(|(mark, value)| (mark.as_str(), value.as_str()));
    Marks::from_named(named)
        .map_err(|error| Failure::new(Exit::Failed, "the recorded marks cannot be read").because(&error))
}
