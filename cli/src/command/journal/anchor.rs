//! `journal anchor`: the current checkpoint put where whoever can rewrite the journal may not reach it.
//!
//! First the checkpoint is signed, then it is put elsewhere, then that is recorded: what nobody received is not. A crash
//! before the record leaves a checkpoint elsewhere that is as good as any.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use wsusmigrate_core::envelope::{Envelope, Proposed};
use wsusmigrate_core::event::Kind;
use wsusmigrate_core::event::run::CheckpointAnchored;
use wsusmigrate_core::id::EventId;
use wsusmigrate_core::text::TEXT_BYTES_MAX;
use wsusmigrate_journal::outside::{self, There};
use wsusmigrate_journal::{Checkpoint, Elsewhere, Expected, Journal, KeyRing, RecordSource as _};

use super::writer;
use crate::clock;
use crate::command::state;
use crate::error::Failure;
use crate::executor::append_failure;
use crate::exit::Exit;
use crate::place::Global;
use crate::platform;
use crate::show::{self, Anchored, Answer, Body};

/// Sign a checkpoint and put it elsewhere: to a file, the system's log or standard output
#[derive(clap::Args, Debug)]
pub(in crate::command) struct Args {
    /// Write it to this file; an older checkpoint of this journal there is replaced. In a folder it gets a file of its
    /// own
    #[arg(long, value_name = "PATH")]
    file: Option<PathBuf>,
    /// Write it to the system's log: syslog, on Windows the event log (not verified on a real Windows)
    #[arg(long)]
    system_log: bool,
}

pub(super) fn run(args: &Args, global: &Global) -> Result<Answer, Failure> {
    if let Some(file) = &args.file {
        refuse_inside(file, &global.journal_folder()?, "the journal's folder")?;
        refuse_inside(file, &global.keys_folder(), "the folder of the keys")?;
        place_of(file)?;
    }
    let printed = args.file.is_none() && !args.system_log;
    if printed && platform::is_output_nowhere() {
        return Err(Failure::new(
            Exit::Usage,
            "standard output leads nowhere: nobody would receive the checkpoint",
        )
        .hint("Put it elsewhere with --file PATH."));
    }
    let journal = writer::open(global).map_err(|failure| match last_of_sealed(global) {
        Some(last) if failure.exit() == Exit::Usage => failure.hint(format!(
            "Nothing can be added to it any more. Its last checkpoint is {}: copy that file elsewhere.",
            last.display()
        )),
        _ => failure,
    })?;
    let checkpoint = journal.checkpoint().map_err(|error| writer::checkpoint_failure(&error))?;
    let mut places = Vec::new();
    if let Some(file) = &args.file {
        places.push(to_file(file, &checkpoint, &journal)?);
    }
    if args.system_log {
        places.push(to_system_log(&checkpoint)?);
    }
    if printed {
        places.push("standard output".to_owned());
    }
    let anchored = Anchored { checkpoint: checkpoint.clone(), places: places.clone(), printed };
    let mut body = Body::Anchored(Box::new(anchored));
    if printed {
        print(body, global.json)?;
        body = Body::Nothing;
    }
    record(&journal, &checkpoint, &places)?;
    writer::close(journal)?;
    Ok(Answer::well(body))
}

/// Prints it to the last byte. Here, a reader who closes the pipe early has not received it.
fn print(body: Body, json: bool) -> Result<(), Failure> {
    let unprinted = |error: std::io::Error| {
        Failure::new(Exit::Failed, "cannot write to standard output")
            .because(&error)
            .hint("Nothing was recorded of it; put the checkpoint elsewhere with --file PATH.")
    };
    show::write(body, json, &mut anstream::stdout().lock()).map_err(unprinted)?
}

/// Whoever rewrites the journal rewrites what lies in its folder, and in that of the keys.
fn refuse_inside(file: &Path, folder: &Path, whose: &str) -> Result<(), Failure> {
    if !platform::is_inside(file, folder).unwrap_or(false) {
        return Ok(());
    }
    Err(Failure::new(Exit::Usage, format!("{} would lie in {whose}", file.display()))
        .hint("Name a place that whoever can write the journal cannot write."))
}

/// The file of the checkpoint over all of a sealed journal.
fn last_of_sealed(global: &Global) -> Option<PathBuf> {
    let reader = state::reader(global).ok()?;
    let size = reader.size();
    let last = reader.records(size.checked_sub(1)?..size).next()?.ok()?;
    let sealed = last.decode().ok()?.name() == Some(Kind::RunJournalSealed.name());
    reader.checkpoint_of(size).ok().flatten().filter(|_| sealed)?;
    Some(global.journal_folder().ok()?.join("checkpoints").join(format!("{size:020}")))
}

fn record(journal: &Journal, checkpoint: &Checkpoint, places: &[String]) -> Result<(), Failure> {
    let time = clock::now();
    let propose = |(place, seq): (&String, u64)| {
        let event =
            CheckpointAnchored { size: checkpoint.size, root: checkpoint.root, place: place.as_str().into() };
        let migration = journal.identity().migration;
        let id = EventId::of_observation(migration, "run.checkpoint-anchored", &seq.to_be_bytes());
        Proposed { envelope: Envelope { id, time, action: None, causation: None }, event: event.into() }
    };
    let size = journal.size();
    let batch = places.iter().zip(size..).map(propose).collect();
    let appended = journal.append(batch, Expected::Size(size)).wait();
    appended.map(drop).map_err(|error| append_failure(&error))
}

/// What is recorded of a file. A record that names a place in part sends whoever looks for the checkpoint elsewhere.
fn place_of(file: &Path) -> Result<String, Failure> {
    let place = format!("file {}", file.display());
    if place.len() <= TEXT_BYTES_MAX {
        return Ok(place);
    }
    let what = format!("the place has {} bytes, a record holds {TEXT_BYTES_MAX}", place.len());
    Err(Failure::new(Exit::Usage, what)
        .hint("Name a shorter path with --file PATH; from a folder nearer to it a relative one is enough."))
}

/// Writes the note to a file, atomically; where it was put.
fn to_file(path: &Path, checkpoint: &Checkpoint, journal: &Journal) -> Result<String, Failure> {
    let file = if path.is_dir() {
        path.join(format!("{}-{:020}.checkpoint", journal.identity().stream, checkpoint.size))
    } else {
        path.to_owned()
    };
    let place = place_of(&file)?;
    let there = Elsewhere::read(&file).map_err(|error| {
        Failure::new(Exit::Usage, format!("{} is something else than a checkpoint", file.display()))
            .because(&error)
            .hint("It is left as it is; name another file with --file PATH.")
    })?;
    if let Some(there) = &there {
        refuse_contradiction(there, journal)?;
        if there.checkpoint.says_the_same(checkpoint) {
            // Somebody may have signed it there; it says what is to be said.
            return Ok(place);
        }
    }
    let replaced = if there.is_some() { There::Replaced } else { There::Kept };
    let written = outside::write(&file, replaced, |out| out.write_all(checkpoint.text.as_bytes()));
    written.map(|()| place).map_err(|error| {
        Failure::new(Exit::Failed, format!("cannot write {}", file.display()))
            .because(&error.source)
            .hint("Nothing was recorded of it; name another place with --file PATH.")
    })
}

/// A checkpoint that stands there already is evidence: it is replaced only by one that goes on from it.
fn refuse_contradiction(there: &Elsewhere, journal: &Journal) -> Result<(), Failure> {
    let reader = journal.reader().map_err(|error| state::read_failure(&error))?;
    let ring = KeyRing::read(&reader).map_err(|error| state::read_failure(&error))?;
    let Elsewhere { file, checkpoint } = there;
    if checkpoint.origin != journal.identity().origin() {
        let what = format!("{} is a checkpoint of another journal", file.display());
        return Err(
            Failure::new(Exit::Usage, what).hint("It is left as it is; name another file with --file PATH.")
        );
    }
    let goes_on = ring.verify(checkpoint).is_ok()
        && checkpoint.size <= journal.size()
        && journal.root_at(checkpoint.size).is_ok_and(|root| root == checkpoint.root);
    if goes_on {
        return Ok(());
    }
    let what = format!("the journal does not go on from the checkpoint in {}", file.display());
    let hint =
        format!("It is left as it is. `wsusmigrate journal verify --against {}` says more.", file.display());
    Err(Failure::new(Exit::JournalDamaged, what).hint(hint))
}

/// Writes one line with the note as a JSON string: from it the note can be had again, byte for byte.
fn to_system_log(checkpoint: &Checkpoint) -> Result<String, Failure> {
    let note = serde_json::Value::from(checkpoint.text.as_str());
    let line = format!("checkpoint of {} records: {note}", checkpoint.size);
    platform::write_system_log(&line).map_err(|error| {
        Failure::new(Exit::Failed, "cannot write to the system's log")
            .because(&error)
            .hint("Put the checkpoint elsewhere with --file PATH.")
    })
}
