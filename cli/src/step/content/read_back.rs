//! The read-back: hash the copy from the disk, one event a batch with every exception by name.

use std::collections::{BTreeSet, VecDeque};

use wsusmigrate_core::content::{Batch, Entry, cut};
use wsusmigrate_core::digest::Sha256;
use wsusmigrate_core::event::content::{
    ReadBackFinished, ReadBackMismatched, ReadBackRecorded, ReadBackStarted, Settlement, SuspicionSettled,
};
use wsusmigrate_core::event::run::Scope;

use crate::adapter::content as files;
use crate::error::Failure;
use crate::executor::{Recorder, note_stop};
use crate::exit::Exit;
use crate::progress::Display;
use crate::show::{bytes as human, count};
use crate::step::content::{events, lists};
use crate::step::context::Context;

/// Reads back what no read-back has covered, and goes on where an interrupted one of the same list stopped. Asked for
/// by name, it begins anew and reads everything.
pub(super) fn perform(recorder: &mut Recorder, context: &Context<'_>) -> Result<(), Failure> {
    let Wanted { list, digests, suspects } = wanted(recorder, context)?;
    let digest = lists::write(&context.request().journal, &list)?;
    let from = recorder.state().content.read_back_from(digest, context.request().scope);
    let bytes = sum(&list);
    let started = ReadBackStarted { list: digest, files: list.len() as u64, bytes, from };
    let at = usize::try_from(from).unwrap_or(usize::MAX).min(list.len());
    let rest = human(sum(&list[at..]));
    context.talk().say(&format!("to read back: {} files, {rest}", count(started.files - from)));
    recorder.observe(&digest.0, started)?;
    let mut work = Work { recorder, context, list: &list, digests: &digests, suspects: &suspects };
    work.run(at)?;
    note_stop(recorder, &context.request().stop)?;
    let read = recorder.state().content.read_back.as_ref();
    let finished = read.map(|read| ReadBackFinished {
        files: read.read_files,
        bytes: read.read_bytes,
        exceptions: read.exceptions.len() as u64,
        left: read.files - read.read_files,
    });
    let finished = finished
        .ok_or_else(|| Failure::new(Exit::Failed, "no read-back; this is a defect of the program"))?;
    recorder.observe(&digest.0, finished)?;
    Ok(())
}

/// The files to read, in the order of their paths.
#[derive(Default)]
struct Wanted {
    list: Vec<Entry>,
    /// The digest each must have.
    digests: Vec<Sha256>,
    /// Positions of those that an earlier read-back found wrong: read right, they are cleared.
    suspects: BTreeSet<usize>,
}

fn wanted(recorder: &Recorder, context: &Context<'_>) -> Result<Wanted, Failure> {
    let content = &recorder.state().content;
    let everything = context.request().scope == Scope::ContentVerify;
    let all = content.in_place.iter().filter(|_| everything);
    let new = content.not_read_back().filter(|_| !everything);
    let mut wanted = Wanted::default();
    for (at, (path, record)) in all.chain(new).enumerate() {
        let path = events::path_of(&context.request().journal, path)?;
        wanted.list.push(Entry { path, bytes: record.bytes, modified: record.modified });
        wanted.digests.push(record.sha256);
        if record.suspect.is_some() {
            wanted.suspects.insert(at);
        }
    }
    Ok(wanted)
}

/// A read-back at work.
struct Work<'w, 'c> {
    recorder: &'w mut Recorder,
    context: &'w Context<'c>,
    list: &'w [Entry],
    digests: &'w [Sha256],
    suspects: &'w BTreeSet<usize>,
}

impl Work<'_, '_> {
    fn run(&mut self, from: usize) -> Result<(), Failure> {
        let request = self.context.request();
        let mut setup = files::ReadBackSetup::new(&self.context.folders().destination);
        setup.workers = usize::from(self.context.plan().content.workers);
        setup.stop = request.stop.flag();
        let rest = &self.list[from..];
        let bytes = sum(rest);
        let display = Display::start("reading back", rest.len() as u64, bytes, &setup.progress, request.talk);
        let mut reading = files::ReadBack::start(setup).map_err(|error| unreadable(&error))?;
        let mut batches = cut(rest, usize::from(self.context.plan().content.batch_files));
        let mut open = VecDeque::new();
        loop {
            while reading.in_flight() < files::IN_FLIGHT_BATCHES_MAX && !request.stop.is_requested() {
                let Some(batch) = batches.next() else { break };
                let first = from + batch.range.start;
                let files = self.files(first, &batch);
                reading.submit(first as u64, files).map_err(|_| unreadable(&files::EngineError::Broken))?;
                open.push_back(first);
            }
            let Some(checked) = reading.receive().map_err(|error| unreadable(&error))? else { break };
            let first = open.pop_front().unwrap_or_default();
            if checked.left > 0 {
                // Asked to stop within the batch: the next run reads it from its beginning. What follows it in
                // flight is not recorded either, so that the position stays a prefix.
                while reading.receive().map_err(|error| unreadable(&error))?.is_some() {}
                break;
            }
            self.record(first, &checked)?;
        }
        display.finish();
        Ok(())
    }

    fn files(&self, first: usize, batch: &Batch) -> Vec<files::Recorded> {
        let range = first..first + batch.range.len();
        let files = self.list[range.clone()].iter().zip(&self.digests[range]);
        files
            .map(|(entry, sha256)| files::Recorded {
                path: entry.path.clone(),
                bytes: entry.bytes,
                sha256: *sha256,
            })
            .collect()
    }

    fn record(&mut self, first: usize, checked: &files::Checked) -> Result<(), Failure> {
        let mut drafts = Vec::new();
        for exception in &checked.exceptions {
            let at = first + exception.index;
            let path = &self.list[at].path;
            let event = ReadBackMismatched {
                path: events::path_ref(&self.context.request().journal, path)?,
                what: exception.what,
                expected: self.digests[at],
                found: exception.found,
                detail: exception.detail.as_str().into(),
            };
            drafts.push(self.recorder.observation(path.as_bytes(), event));
        }
        let wrong: BTreeSet<_> = checked.exceptions.iter().map(|exception| first + exception.index).collect();
        let range = first..first + checked.files as usize;
        for &at in self.suspects.range(range).filter(|at| !wrong.contains(at)) {
            let path = &self.list[at].path;
            let event = SuspicionSettled {
                path: events::path_ref(&self.context.request().journal, path)?,
                how: Settlement::ReadRight,
                sha256: self.digests[at],
            };
            drafts.push(self.recorder.observation(path.as_bytes(), event));
        }
        let recorded = ReadBackRecorded {
            first: first as u64,
            files: checked.files,
            bytes: checked.bytes,
            exceptions: u32::try_from(checked.exceptions.len()).unwrap_or(u32::MAX),
            around_cache: checked.around_cache,
        };
        drafts.push(self.recorder.observation(&(first as u64).to_be_bytes(), recorded));
        self.recorder.record(drafts)?;
        Ok(())
    }
}

/// The sizes of files together, in bytes.
fn sum(list: &[Entry]) -> u64 {
    list.iter().map(|entry| entry.bytes).sum()
}

fn unreadable(error: &files::EngineError) -> Failure {
    Failure::new(Exit::Failed, "the copy cannot be read back")
        .because(error)
        .hint("Mend what is named, then `wsusmigrate run --only content.verify`.")
}
