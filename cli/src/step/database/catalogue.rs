//! The copied content against what SUSDB expects, after the restore.
//!
//! SUSDB's list is streamed and never held: beside it only the listing of the destination is, about 150 bytes a file. Both
//! come in the order of their digests and are walked side by side, after one sort of the listing (n log n). No file is read
//! again: a digest is the one its copy or its read-back recorded, as long as size and time are still those.

mod judge;

use std::ops::ControlFlow;
use std::sync::mpsc::{self, SyncSender};
use std::thread;

use wsusmigrate_core::content::{Entry, promised};
use wsusmigrate_core::database::catalogue::Catalogue;
use wsusmigrate_core::database::manifest::{ExpectedFile, FileOnDisk, FileStates, ReadDigests, walk};
use wsusmigrate_core::database::statement;
use wsusmigrate_core::digest::Sha1;
use wsusmigrate_core::event::content::{CatalogueCompared, CatalogueDiffered, Naming, StatesCounted};
use wsusmigrate_core::path::PathRef;
use wsusmigrate_core::projection::content::{ContentState, FileRecord};
use wsusmigrate_journal::evidence;

use crate::adapter::content::{Side, scan};
use crate::error::Failure;
use crate::executor::{Draft, Recorder, file_failure};
use crate::exit::Exit;
use crate::progress::Records;
use crate::show::count;
use crate::step::context::Context;
use crate::step::database::engine::{Engine, read_failure, row_failure};

use judge::{Judge, Judged};

/// Files that are not as expected and are named in the journal; the list in the evidence has them all.
const NAMED_MAX: usize = 1_000;
/// Files SUSDB told of that nobody has looked at yet.
const AHEAD: usize = 1_024;
const HEADER: &str = "wsusmigrate-catalogue 1\n";

/// Compares, and records the differences, the states and the result together. Asked to stop, it records nothing.
pub(super) fn compare(
    recorder: &mut Recorder,
    context: &Context<'_>,
    engine: &mut Engine<'_>,
) -> Result<(), Failure> {
    let tables = engine.catalogue()?;
    let states = states(engine, &tables)?;
    let mut found = Found::create(context)?;
    if is_on_microsoft_update(engine, &tables, context)? {
        context.talk().say("catalogue: updates are stored on Microsoft Update: no file is expected here");
    } else {
        let comparison = Comparison { recorder, context, tables: &tables, states: &states };
        if !comparison.walk(engine, &mut found)? {
            return Ok(());
        }
    }
    let drafts = found.finish(recorder, context, &states)?;
    recorder.record(drafts)?;
    Ok(())
}

/// How many files are in which state, as the server counts them.
fn states(engine: &mut Engine<'_>, tables: &Catalogue) -> Result<FileStates, Failure> {
    if tables.existing("tbFileOnServer", &["ActualState", "DesiredState"]).len() < 2 {
        return Ok(FileStates::default());
    }
    let rows = engine.all(&statement::file_states())?;
    FileStates::from_rows(&rows).map_err(|error| row_failure(&error))
}

/// Whether clients fetch updates from Microsoft Update: `tbConfigurationA.HostOnMu`, or the plan.
fn is_on_microsoft_update(
    engine: &mut Engine<'_>,
    tables: &Catalogue,
    context: &Context<'_>,
) -> Result<bool, Failure> {
    let configuration = statement::configuration(tables);
    let of_table = configuration.iter().find(|(table, _)| *table == "tbConfigurationA");
    let row = match of_table {
        Some((_, statement)) => engine.one(statement)?,
        None => None,
    };
    let told = row.map(|row| row.maybe_bit("HostOnMu")).transpose().map_err(|error| row_failure(&error))?;
    Ok(told.flatten().unwrap_or(context.plan().content.stored_on_microsoft_update))
}

/// One walk of both sides.
struct Comparison<'c> {
    recorder: &'c Recorder,
    context: &'c Context<'c>,
    tables: &'c Catalogue,
    states: &'c FileStates,
}

impl Comparison<'_> {
    /// Walks both sides; `false` where the run is asked to stop meanwhile.
    fn walk(&self, engine: &mut Engine<'_>, found: &mut Found) -> Result<bool, Failure> {
        let Some(statement) = statement::content_manifest(self.tables) else {
            return Err(Failure::new(
                Exit::Failed,
                "SUSDB has no tables of update files: it is no database of WSUS",
            ));
        };
        let disk = self.disk()?;
        let content = &self.recorder.state().content;
        let disk = disk.iter().map(|(named, entry)| on_disk(content, *named, entry));
        let whole = self.states.iter().map(|(_, _, files)| files).sum();
        let mut progress = Records::new("files of SUSDB", self.context.talk());
        let mut judge = Judge::new(content);
        let stop = &self.context.request().stop;
        thread::scope(|scope| {
            let (sender, receiver) = mpsc::sync_channel(AHEAD);
            let reading = scope.spawn(move || read(engine, &statement, &sender));
            let mut looked = 0_u64;
            for compared in walk(receiver, disk) {
                let compared = compared.map_err(|error| {
                    Failure::new(Exit::Failed, "SUSDB's files cannot be walked").because(&error)
                })?;
                looked += u64::from(compared.expected.is_some());
                progress.tell(looked, looked.max(whole));
                judge.take(compared).into_iter().try_for_each(|one| found.add(one))?;
                if stop.is_requested() {
                    return Ok(false);
                }
            }
            // A list that broke off would make every file behind it an extra one.
            let unreadable = reading.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
            judge.finish().into_iter().try_for_each(|one| found.add(one))?;
            found.unreadable(&unreadable)?;
            if unreadable.rows > 0 {
                let rows = count(unreadable.rows);
                self.context
                    .talk()
                    .say(&format!("warn: {rows} rows of SUSDB's files cannot be read as such"));
            }
            progress.finish();
            found.counted(&judge);
            Ok(true)
        })
    }

    /// What lies at the destination under names of digests, in the order of these.
    fn disk(&self) -> Result<Vec<(Sha1, Entry)>, Failure> {
        let folders = self.context.folders();
        let listing = scan(&folders.destination, Side::Destination).map_err(|error| {
            Failure::new(Exit::Failed, format!("{} cannot be listed", folders.destination_shown()))
                .because(&error)
        })?;
        if let Some(untold) = listing.ignored.iter().find(|entry| entry.what.is_untold()) {
            return Err(Failure::new(
                Exit::Failed,
                format!("{} cannot be listed: {}", untold.path, untold.detail),
            )
            .hint("What lies there would be told to be missing. Mend it, then `wsusmigrate run`."));
        }
        let named = listing.files.into_iter().filter_map(|entry| Some((promised(&entry.path)?, entry)));
        let mut named: Vec<_> = named.collect();
        // Stable: files of one digest stay in the order of their paths.
        named.sort_by_key(|(digest, _)| *digest);
        Ok(named)
    }
}

/// Rows that are no files: how many, and why the first of them are none.
#[derive(Debug, Default, PartialEq, Eq)]
struct Unreadable {
    rows: u64,
    named: Vec<String>,
}

impl Unreadable {
    fn add(&mut self, why: &impl ToString) {
        self.rows += 1;
        if self.named.len() < NAMED_MAX {
            self.named.push(why.to_string());
        }
    }

    /// The lines of the list; nothing where every row is a file.
    fn lines(&self) -> impl Iterator<Item = String> {
        let more = self.rows - self.named.len() as u64;
        let named = self.named.iter().map(|why| format!("unreadable\t\t{why}\n"));
        named.chain((more > 0).then(|| format!("unreadable\t\tand {more} more\n")))
    }
}

/// Streams SUSDB's files, until nobody listens. The answer is what was no file.
fn read(
    engine: &mut Engine<'_>,
    statement: &statement::Statement,
    sender: &SyncSender<ExpectedFile>,
) -> Result<Unreadable, Failure> {
    let mut unreadable = Unreadable::default();
    let streamed = engine.each(statement, &mut |_, row| {
        let sent = match ExpectedFile::from_row(&row) {
            Ok(file) => sender.send(file).is_ok(),
            Err(error) => {
                unreadable.add(&error);
                true
            }
        };
        if sent { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    streamed.map_err(|error| read_failure(&error))?;
    Ok(unreadable)
}

/// A file of the listing, with the digests that were recorded of it as it stands.
fn on_disk(content: &ContentState, named: Sha1, entry: &Entry) -> FileOnDisk {
    let is_as_recorded = |record: &&FileRecord| {
        record.naming == Naming::Digest && (record.bytes, record.modified) == (entry.bytes, entry.modified)
    };
    let record = content.in_place.get(&PathRef::of(&entry.path)).filter(is_as_recorded);
    let read = record.map(|record| ReadDigests { sha1: named, sha256: record.sha256 });
    FileOnDisk { named, path: entry.path.clone(), bytes: entry.bytes, read }
}

/// What was found: the list on its way into the evidence, the first differences by name, the counts.
struct Found {
    list: evidence::Writer,
    named: Vec<Judged>,
    counts: CatalogueCompared,
    by_size: u64,
}

impl Found {
    fn create(context: &Context<'_>) -> Result<Self, Failure> {
        let list = evidence::Writer::create(&context.request().journal);
        let mut list = list.map_err(|error| file_failure(&error))?;
        list.add(HEADER.as_bytes()).map_err(|error| file_failure(&error))?;
        Ok(Self { list, named: Vec::new(), counts: judge::nothing(), by_size: 0 })
    }

    fn add(&mut self, judged: Judged) -> Result<(), Failure> {
        self.line(&format!("{}\t{}\t{}\n", judged.how.word(), judged.path, judged.detail))?;
        if self.named.len() < NAMED_MAX {
            self.named.push(judged);
        }
        Ok(())
    }

    /// Rows that are no files stand in the list.
    fn unreadable(&mut self, unreadable: &Unreadable) -> Result<(), Failure> {
        unreadable.lines().try_for_each(|line| self.line(&line))
    }

    fn line(&mut self, line: &str) -> Result<(), Failure> {
        self.list.add(line.as_bytes()).map_err(|error| file_failure(&error))
    }

    fn counted(&mut self, judge: &Judge<'_>) {
        self.counts = judge.counts().clone();
        self.by_size = judge.by_size();
    }

    /// Everything that is recorded: the differences, the states, and last what they come to.
    fn finish(
        self,
        recorder: &Recorder,
        context: &Context<'_>,
        states: &FileStates,
    ) -> Result<Vec<Draft>, Failure> {
        let differences = self.list.finish().map_err(|error| file_failure(&error))?;
        let counts = CatalogueCompared { differences, ..self.counts };
        tell(&counts, self.by_size, context);
        let mut drafts = Vec::new();
        for (number, judged) in (0_u32..).zip(self.named) {
            let path = path_ref(context, &judged)?;
            let event = CatalogueDiffered { path, how: judged.how, detail: judged.detail.into() };
            drafts.push(recorder.observation(&number.to_be_bytes(), event));
        }
        for (actual, desired, files) in states.iter() {
            let small = |state: i64| i32::try_from(state).unwrap_or(i32::MAX);
            let event = StatesCounted { actual: small(actual), desired: small(desired), files };
            drafts.push(recorder.observation(&[actual.to_be_bytes(), desired.to_be_bytes()].concat(), event));
        }
        drafts.push(recorder.observation(b"", counts));
        Ok(drafts)
    }
}

fn path_ref(context: &Context<'_>, judged: &Judged) -> Result<PathRef, Failure> {
    let path = PathRef::of(&judged.path);
    if let PathRef::Evidence(_) = path {
        evidence::write_bytes(&context.request().journal, judged.path.as_bytes())
            .map_err(|error| file_failure(&error))?;
    }
    Ok(path)
}

fn tell(counts: &CatalogueCompared, by_size: u64, context: &Context<'_>) {
    let talk = context.talk();
    talk.say(&format!(
        "catalogue: {} files expected, {} as expected; {} missing, {} damaged, {} encrypted, {} extra",
        count(counts.expected),
        count(counts.matched),
        count(counts.missing),
        count(counts.damaged),
        count(counts.encrypted),
        count(counts.extra)
    ));
    if by_size > 0 {
        talk.say(&format!(
            "    {} of them by their size alone: no digest of theirs is recorded",
            count(by_size)
        ));
    }
    if counts.missing + counts.damaged > 0 {
        talk.say("    WSUS fetches what is missing by itself once it is told to: `wsusutil reset`, after the cutover");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The list of them once grew with SUSDB.
    #[test]
    fn rows_that_are_no_files_are_counted_and_the_first_are_named() {
        let mut unreadable = Unreadable::default();
        assert_eq!(unreadable.lines().count(), 0);
        (0..NAMED_MAX).for_each(|row| unreadable.add(&row));
        assert_eq!(unreadable.lines().last().as_deref(), Some("unreadable\t\t999\n"));
        (0..70_000).for_each(|row| unreadable.add(&row));
        assert_eq!(unreadable.named.len(), NAMED_MAX);
        assert_eq!(unreadable.lines().count(), NAMED_MAX + 1);
        assert_eq!(unreadable.lines().last().as_deref(), Some("unreadable\t\tand 70000 more\n"));
    }
}
