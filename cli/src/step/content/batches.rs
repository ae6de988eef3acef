//! Batch after batch of a pass: a durable intent before each, an outcome a file after it.
//!
//! The outcomes of a batch and the intent of the one that begins in its place share an append, and so a sync.

use std::collections::VecDeque;
use std::sync::Arc;

use wsusmigrate_core::content::{Batch, Entry, Found, FoundBefore, Pass, WorkItem, cut, expectation};
use wsusmigrate_core::event::content::{
    BatchFinished, BatchStarted, FailureReason, FileFailed, Origin, ReplacementStarted,
};
use wsusmigrate_core::id::{ActionId, EventId, Phase};
use wsusmigrate_core::status::BATCHES_OPEN_MAX;
use wsusmigrate_core::unit::Seq;

use crate::adapter::content as files;
use crate::error::Failure;
use crate::executor::{Draft, Recorder, note_stop};
use crate::exit::Exit;
use crate::progress::Display;
use crate::step::content::events;
use crate::step::context::Context;

const _: () = assert!(
    files::IN_FLIGHT_BATCHES_MAX <= BATCHES_OPEN_MAX,
    "the status table admits every batch in flight"
);

/// Sums over the files of a pass.
#[derive(Clone, Copy, Default)]
pub(super) struct Sums {
    pub(super) copied: u64,
    pub(super) copied_bytes: u64,
    pub(super) verified: u64,
    pub(super) failed: u64,
}

/// A batch whose outcome is awaited.
struct Open {
    action: ActionId,
    intent: Seq,
    batch: Batch,
}

/// A pass at work.
pub(super) struct Work<'w, 'c> {
    recorder: &'w mut Recorder,
    context: &'w Context<'c>,
    pass: &'w Pass,
    worklist: &'w [Entry],
    started: Seq,
    open: VecDeque<Open>,
    sums: Sums,
}

impl<'w, 'c> Work<'w, 'c> {
    /// Over the worklist of a pass whose beginning is recorded.
    pub(super) fn new(
        recorder: &'w mut Recorder,
        context: &'w Context<'c>,
        pass: &'w Pass,
        worklist: &'w [Entry],
        started: Seq,
    ) -> Self {
        let (open, sums) = (VecDeque::new(), Sums::default());
        Self { recorder, context, pass, worklist, started, open, sums }
    }

    /// Until the worklist is through or somebody asked to stop: what became of the files.
    pub(super) fn run(mut self) -> Result<Sums, Failure> {
        let request = self.context.request();
        let folders = self.context.folders();
        let content = &self.context.plan().content;
        let mut setup = files::Setup::new(&folders.source, &folders.destination);
        setup.workers = usize::from(content.workers);
        setup.bytes_per_second = content.bytes_per_second().ok().flatten();
        setup.stop = request.stop.flag();
        setup.effects = Arc::clone(&request.boundaries) as Arc<dyn files::Effects>;
        let display = Display::start(
            "copying",
            self.worklist.len() as u64,
            self.pass.bytes,
            &setup.progress,
            request.talk,
        );
        let mut engine = files::Engine::start(setup).map_err(|error| engine_failure(&error))?;
        let mut batches = cut(self.worklist, usize::from(content.batch_files));
        let mut outcomes = Vec::new();
        loop {
            let room = files::IN_FLIGHT_BATCHES_MAX - engine.in_flight();
            let begun = if request.stop.is_requested() { 0 } else { room };
            for jobs in self.begin(batches.by_ref().take(begun), std::mem::take(&mut outcomes))? {
                engine.submit(jobs).map_err(|_| engine_failure(&files::EngineError::Broken))?;
            }
            let finished = match engine.receive().map_err(|error| engine_failure(&error))? {
                Some(files::Report::Replacing(batch)) => {
                    self.intend_replacing(&batch)?;
                    batch.permit();
                    continue;
                }
                Some(files::Report::Finished(finished)) => finished,
                None => break,
            };
            outcomes = self.conclude(&finished)?;
            while let Some(finished) = engine.receive_finished() {
                outcomes.extend(self.conclude(&finished)?);
            }
        }
        display.finish();
        Ok(self.sums)
    }

    /// Records the outcomes of batches that are through and, in the same append, the intents of those that begin; turns
    /// these into work. Nothing of a batch is touched before its intent is durable.
    fn begin(
        &mut self,
        batches: impl Iterator<Item = Batch>,
        mut drafts: Vec<Draft>,
    ) -> Result<Vec<files::Batch>, Failure> {
        let outcomes = drafts.len();
        let mut begun = Vec::new();
        for batch in batches {
            let first = batch.range.start as u64;
            let key = [self.started.0.to_be_bytes(), first.to_be_bytes()].concat();
            let action = ActionId::derive(self.recorder.migration(), "content.copy-batch", &key);
            let id = EventId::of_action(action, Phase::Intent, 0, 0);
            drafts.push(Draft::of_action(id, action, Some(self.started), self.intent(&batch)?));
            begun.push((action, batch));
        }
        if drafts.is_empty() {
            return Ok(Vec::new());
        }
        let recorded = self.recorder.record(drafts)?;
        let opened = begun.into_iter().zip(recorded.into_iter().skip(outcomes));
        Ok(opened.map(|((action, batch), intent)| self.open(action, batch, intent)).collect())
    }

    fn intent(&self, batch: &Batch) -> Result<BatchStarted, Failure> {
        let found = self.pass.items[batch.range.clone()].iter().map(|item| item.found != Found::Absent);
        let worklist = self.recorder.state().content.pass.as_ref().map(|pass| pass.plan.worklist);
        Ok(BatchStarted {
            worklist: worklist
                .ok_or_else(|| Failure::new(Exit::Failed, "no pass; this is a defect of the program"))?,
            first: batch.range.start as u64,
            files: u32::try_from(batch.range.len()).unwrap_or(u32::MAX),
            bytes: batch.bytes,
            range: batch.digest,
            found_before: FoundBefore::of(found).into_bytes(),
        })
    }

    /// The work of a batch whose intent is durable.
    fn open(&mut self, action: ActionId, batch: Batch, intent: Seq) -> files::Batch {
        let id = batch.range.start as u64;
        let items = self.pass.items[batch.range.clone()].iter().zip(&self.worklist[batch.range.clone()]);
        let jobs = (0_u32..).zip(items).filter(|(_, (item, _))| !item.collides);
        let jobs = jobs.map(|(at, (item, entry))| job(at, item, entry)).collect();
        self.open.push_back(Open { action, intent, batch });
        files::Batch { id, jobs }
    }

    /// Records what a batch is about to replace. Nothing of it is renamed before that is durable.
    fn intend_replacing(&mut self, batch: &files::Replacing<'_>) -> Result<(), Failure> {
        let open = self.open.iter().find(|open| open.batch.range.start as u64 == batch.id);
        let Some(&Open { action, intent, .. }) = open else {
            return Err(engine_failure(&files::EngineError::Broken));
        };
        let drafts = batch.files.iter().map(|file| {
            let path = events::path_ref(&self.context.request().journal, &file.path)?;
            let id = EventId::of_action(action, Phase::ItemIntent, 0, u64::from(file.item));
            let event = ReplacementStarted { item: file.item, path, found: file.found };
            Ok(Draft::of_action(id, action, Some(intent), event))
        });
        let drafts = drafts.collect::<Result<_, Failure>>()?;
        self.recorder.record(drafts)?;
        Ok(())
    }

    /// The outcome of every file of the oldest batch and of the batch itself, to be recorded.
    fn conclude(&mut self, finished: &files::Finished) -> Result<Vec<Draft>, Failure> {
        let Some(Open { action, intent, batch }) = self.open.pop_front() else {
            return Err(engine_failure(&files::EngineError::Broken));
        };
        let start = batch.range.start;
        let mut end = BatchFinished { copied: 0, verified: 0, failed: 0, left: 0 };
        let mut drafts = Vec::with_capacity(batch.range.len() + 1);
        let mut draft = |item: u32, event| {
            let id = EventId::of_action(action, Phase::Item, 0, u64::from(item));
            drafts.push(Draft::of_action(id, action, Some(intent), event));
        };
        for done in &finished.done {
            let at = start + done.item as usize;
            let listed = &self.worklist[at];
            match &done.outcome {
                files::Outcome::Copied { facts, .. } => {
                    end.copied += 1;
                    self.sums.copied_bytes += facts.bytes;
                }
                files::Outcome::Verified { .. } => end.verified += 1,
                files::Outcome::Failed { .. } => end.failed += 1,
                files::Outcome::Left => end.left += 1,
            }
            let path = events::path_ref(&self.context.request().journal, &done.path)?;
            let (looks, state) = (origin(&self.pass.items[at]), &self.recorder.state().content);
            if let Some(event) = events::outcome(path, done, listed.bytes, looks, state) {
                draft(done.item, event);
            }
        }
        for (item, work) in (0_u32..).zip(&self.pass.items[batch.range.clone()]) {
            if work.collides {
                end.failed += 1;
                draft(item, self.collision(item, start + item as usize)?.into());
            }
        }
        self.sums.copied += u64::from(end.copied);
        self.sums.verified += u64::from(end.verified);
        self.sums.failed += u64::from(end.failed);
        if end.left > 0 {
            note_stop(self.recorder, &self.context.request().stop)?;
        }
        let id = EventId::of_action(action, Phase::Outcome, 0, 0);
        drafts.push(Draft::of_action(id, action, Some(intent), end));
        Ok(drafts)
    }

    fn collision(&self, item: u32, at: usize) -> Result<FileFailed, Failure> {
        let entry = &self.worklist[at];
        Ok(FileFailed {
            item,
            path: events::path_ref(&self.context.request().journal, &entry.path)?,
            bytes: entry.bytes,
            reason: FailureReason::CaseCollision,
            found: None,
            detail: "another file has this name in other case; WSUS's file systems take the two for one"
                .into(),
        })
    }
}

fn job(at: u32, item: &WorkItem, entry: &Entry) -> files::Job {
    files::Job {
        from: None,
        item: at,
        path: entry.path.clone(),
        bytes: entry.bytes,
        modified: entry.modified,
        expected: expectation(&entry.path, false),
        destination: match item.found {
            Found::Absent => files::Found::Absent,
            Found::Present { replaceable: true, .. } => {
                files::Found::Present { otherwise: files::Mismatched::Replace }
            }
            Found::Present { replaceable: false, .. } => {
                files::Found::Present { otherwise: files::Mismatched::Refuse }
            }
        },
    }
}

const fn origin(item: &WorkItem) -> Origin {
    match item.found {
        Found::Absent => Origin::FoundInPlace,
        Found::Present { origin, .. } => origin,
    }
}

/// The copy ends here; batches in flight are in doubt.
pub(super) fn engine_failure(error: &files::EngineError) -> Failure {
    let hint = match error {
        files::EngineError::Undurable { .. } => {
            "This is the destination, not the journal. See to its disk or share, then `wsusmigrate run`: it looks at the \
             files in doubt, as after a crash, and goes on."
        }
        files::EngineError::Workers { .. }
        | files::EngineError::Source { .. }
        | files::EngineError::Destination { .. }
        | files::EngineError::Threads(_)
        | files::EngineError::Broken => {
            "Mend what is named, then `wsusmigrate run`: it goes on where it stopped."
        }
    };
    Failure::new(Exit::Failed, "the copy cannot go on").because(error).hint(hint)
}
