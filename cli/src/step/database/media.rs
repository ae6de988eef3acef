//! Media, that is backup files, as the engine tells of them: `RESTORE LABELONLY`, `HEADERONLY`, `FILELISTONLY`. What it answers
//! is kept as evidence.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use wsusmigrate_core::database::backup::{BackupFile, BackupSet, MediaLabel, foreign};
use wsusmigrate_core::database::row::Row;
use wsusmigrate_core::database::statement::{self, Statement};
use wsusmigrate_core::database::{EnginePath, civil};
use wsusmigrate_core::event::database::{EvidenceKept, MediaSetRecorded};
use wsusmigrate_core::projection::Migration;
use wsusmigrate_journal::evidence;

use crate::adapter::database::ReadError;
use crate::error::Failure;
use crate::executor::{Recorder, file_failure};
use crate::step::context::Context;
use crate::step::database::engine::{Engine, read_failure, row_failure};
use crate::step::database::{facts, files};

/// What an engine answered about a medium.
pub(super) struct Answer {
    statement: Statement,
    rows: Vec<Row>,
}

impl Answer {
    fn ask(engine: &mut Engine<'_>, statement: Statement) -> Result<Result<Self, ReadError>, Failure> {
        Ok(engine.asked(&statement)?.map(|rows| Self { statement, rows }))
    }

    /// Every column of every row, one a line.
    fn text(&self) -> String {
        let mut text = format!("{}\n", self.statement.text());
        for row in &self.rows {
            text.push('\n');
            for (column, cell) in row.columns().iter().zip(row.cells()) {
                let _ = writeln!(text, "{column} = {}", facts::shown(cell));
            }
        }
        text
    }

    /// Keeps it as evidence. A crash before the record leaves a file nobody refers to.
    pub(super) fn keep(
        &self,
        path: &EnginePath,
        recorder: &mut Recorder,
        context: &Context<'_>,
    ) -> Result<(), Failure> {
        let text = self.text();
        let written = evidence::write_bytes(&context.request().journal, text.as_bytes());
        let event = EvidenceKept {
            what: self.statement.purpose().word().into(),
            origin: path.as_str().into(),
            sha256: written.map_err(|error| file_failure(&error))?,
            bytes: text.len() as u64,
        };
        let key = format!("{} {path}", event.what);
        recorder.record(vec![recorder.sighting(key.as_bytes(), event)])?;
        Ok(())
    }
}

/// What lies on a medium.
pub(crate) struct Media {
    /// What it says of itself; nothing where there is no file yet.
    pub(crate) label: Option<MediaLabel>,
    /// The sets on it.
    pub(crate) sets: Vec<BackupSet>,
    answers: Vec<Answer>,
}

impl Media {
    /// Asks the engine, which changes nothing. No file is an empty medium; one that is no backup is nobody's to overwrite.
    pub(crate) fn read(engine: &mut Engine<'_>, path: &EnginePath) -> Result<Self, Failure> {
        if !files::look_at(engine, path)?.is_file {
            return Ok(Self { label: None, sets: Vec::new(), answers: Vec::new() });
        }
        let is_no_backup = |error: &ReadError| {
            read_failure(error).hint("What lies there is no backup: name another file, or move it away.")
        };
        let told = label(engine, path)?.map_err(|error| is_no_backup(&error))?;
        let (sets, header) = header(engine, path)?.map_err(|error| is_no_backup(&error))?;
        Ok(Self { label: Some(told.0), sets, answers: vec![told.1, header] })
    }

    /// The sets on it that this migration did not make.
    pub(crate) fn foreign(&self, state: Option<&Migration>) -> Vec<&BackupSet> {
        let none = BTreeSet::new();
        foreign(&self.sets, state.map_or(&none, |state| &state.database.written))
    }

    /// Records what lies on it, before anything is written there.
    pub(super) fn record(
        &self,
        path: &EnginePath,
        recorder: &mut Recorder,
        context: &Context<'_>,
    ) -> Result<(), Failure> {
        for answer in &self.answers {
            answer.keep(path, recorder, context)?;
        }
        let drafts = self.sets.iter().map(|set| {
            let event = MediaSetRecorded {
                engine_path: path.as_str().into(),
                position: set.position.into(),
                set_guid: set.guid.unwrap_or_default(),
                name: set.name.as_str().into(),
                database: set.database.as_str().into(),
                server: set.server_name.as_str().into(),
                finished: civil(set.finished).into(),
            };
            let key = [path.as_str().as_bytes(), &set.position.to_be_bytes()].concat();
            recorder.sighting(&key, event)
        });
        let drafts: Vec<_> = drafts.collect();
        recorder.record(drafts)?;
        Ok(())
    }
}

/// An answer of the engine's with what was read from it; its refusal is an answer too.
type Asked<T> = Result<Result<(T, Answer), ReadError>, Failure>;

/// What a medium says of itself.
pub(super) fn label(engine: &mut Engine<'_>, path: &EnginePath) -> Asked<MediaLabel> {
    read(engine, statement::media_label(path), |rows| match rows {
        [row] => MediaLabel::from_row(row).map_err(|error| row_failure(&error)),
        _ => Err(Failure::new(
            crate::exit::Exit::Failed,
            "a medium has one label, and the engine tells another count",
        )),
    })
}

/// The sets on a medium.
pub(super) fn header(engine: &mut Engine<'_>, path: &EnginePath) -> Asked<Vec<BackupSet>> {
    read(engine, statement::backup_header(path), |rows| {
        rows.iter().map(BackupSet::from_row).collect::<Result<_, _>>().map_err(|error| row_failure(&error))
    })
}

/// The files in a set.
pub(super) fn listing(engine: &mut Engine<'_>, path: &EnginePath, position: u16) -> Asked<Vec<BackupFile>> {
    read(engine, statement::backup_files(path, position), |rows| {
        rows.iter().map(BackupFile::from_row).collect::<Result<_, _>>().map_err(|error| row_failure(&error))
    })
}

fn read<T>(
    engine: &mut Engine<'_>,
    statement: Statement,
    told: impl Fn(&[Row]) -> Result<T, Failure>,
) -> Asked<T> {
    Ok(match Answer::ask(engine, statement)? {
        Ok(answer) => Ok((told(&answer.rows)?, answer)),
        Err(error) => Err(error),
    })
}
