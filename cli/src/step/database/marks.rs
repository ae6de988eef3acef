//! High-water marks of the source, before its backup and after its sums: whether it moved meanwhile.

use std::collections::BTreeMap;

use wsusmigrate_core::database::marks::{MARKED_TABLES, Marks, Movement, TableMarks};
use wsusmigrate_core::database::statement;
use wsusmigrate_core::event::database::{MarkRecorded, Moment};
use wsusmigrate_core::text::Text;

use crate::error::Failure;
use crate::executor::{Draft, Recorder};
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
    let draft = |(table, marks): (&String, &TableMarks)| -> Result<Draft, Failure> {
        let event = MarkRecorded { moment, mark: table.as_str().into(), value: told(marks)? };
        let key = [moment.word().as_bytes(), &[0], table.as_bytes()].concat();
        Ok(recorder.observation(&key, event))
    };
    let drafts = marks.0.iter().map(draft).collect::<Result<Vec<_>, _>>()?;
    recorder.record(drafts)?;
    Ok(())
}

/// The marks of a table as their record has them.
fn told(marks: &TableMarks) -> Result<Text, Failure> {
    let json = serde_json::to_string(marks);
    json.map(Text::from)
        .map_err(|error| Failure::new(Exit::Failed, "marks cannot be written as JSON").because(&error))
}

/// Marks as they were recorded.
pub(super) fn recorded(marks: &BTreeMap<Text, Text>) -> Result<Marks, Failure> {
    let read = |(table, value): (&Text, &Text)| {
        let marks = serde_json::from_str(value.as_str()).map_err(|error| {
            Failure::new(Exit::Failed, format!("the recorded marks of {table} cannot be read"))
                .because(&error)
        })?;
        Ok((table.as_str().to_owned(), marks))
    };
    marks.iter().map(read).collect::<Result<_, Failure>>().map(Marks)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wsusmigrate_core::text::TEXT_BYTES_MAX;

    #[test]
    fn marks_come_back_as_they_were_recorded() {
        // The longest there can be: every column that rises, at its largest.
        for table in MARKED_TABLES {
            let largest = table.rising.iter().map(|column| ((*column).to_owned(), Some(i64::MIN)));
            let marks = TableMarks { row_count: i64::MAX, largest: largest.collect() };
            let value = told(&marks).unwrap();
            assert!(value.as_str().len() < TEXT_BYTES_MAX, "{}", table.name);
            let all = BTreeMap::from([(Text::from(table.name), value)]);
            let expected = BTreeMap::from([(table.name.to_owned(), marks)]);
            assert_eq!(recorded(&all).unwrap(), Marks(expected));
        }
        let broken = BTreeMap::from([(Text::from("tbUpdate"), Text::from("{\"row_count\":1"))]);
        assert!(recorded(&broken).unwrap_err().to_string().contains("tbUpdate"));
    }
}
