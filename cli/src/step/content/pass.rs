//! A pass over the manifest: plan what needs work, then batch after batch, each with a durable intent before and an
//! outcome a file after it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use wsusmigrate_core::content::{
    Batch, Entry, Found, FoundBefore, Pass, WorkItem, cut, expectation, plan_pass,
};
use wsusmigrate_core::event::content::{
    BatchFinished, BatchStarted, EntryIgnored, FailureReason, FileFailed, ManifestRecorded, Naming, Origin,
    PassFinished, PassStarted, ReplacementStarted,
};
use wsusmigrate_core::id::{ActionId, EventId, Phase};
use wsusmigrate_core::status::BATCHES_OPEN_MAX;
use wsusmigrate_core::unit::Seq;

use crate::adapter::content as files;
use crate::error::Failure;
use crate::executor::{Draft, Recorder, note_stop};
use crate::exit::Exit;
use crate::progress::Display;
use crate::show::{bytes, count};
use crate::step::content::knowledge::Known;
use crate::step::content::{events, lists, suspects};
use crate::step::context::Context;
use crate::step::listings::Listings;

const _: () = assert!(
    files::IN_FLIGHT_BATCHES_MAX <= BATCHES_OPEN_MAX,
    "the status table admits every batch in flight"
);

/// Lists, plans, copies. Ends with `content.pass-finished`, whatever became of the single files.
pub(super) fn perform(
    recorder: &mut Recorder,
    context: &Context<'_>,
    listings: &Listings,
) -> Result<(), Failure> {
    let manifest = &listings.source.files;
    record_manifest(recorder, context, listings, manifest)?;
    suspects::settle_gone(recorder, context, listings)?;
    let journal = &context.request().journal;
    let known = Known::gather(journal, &recorder.state().content, listings);
    let recheck = context.request().recheck;
    let pass = plan_pass(manifest, &known, recheck);
    let worklist: Vec<Entry> = pass.items.iter().map(|item| manifest[item.index].clone()).collect();
    let seq = record_start(recorder, context, &pass, &worklist, recheck)?;
    tell(context, &pass, &worklist);
    let mut work = Work {
        recorder,
        context,
        pass: &pass,
        worklist: &worklist,
        started: seq,
        open: VecDeque::new(),
        sums: Sums::default(),
    };
    work.run()?;
    let sums = work.sums;
    let left = worklist.len() as u64 - sums.copied - sums.verified - sums.failed;
    note_stop(recorder, &context.request().stop)?;
    let Sums { copied, copied_bytes, verified, failed } = sums;
    let finished = PassFinished { copied, copied_bytes, verified, failed, left };
    recorder.observe(&seq.0.to_be_bytes(), finished)?;
    Ok(())
}

fn record_manifest(
    recorder: &mut Recorder,
    context: &Context<'_>,
    listings: &Listings,
    manifest: &[Entry],
) -> Result<(), Failure> {
    let journal = &context.request().journal;
    let digest = lists::write(journal, manifest)?;
    let mut named = BTreeMap::<Naming, u64>::new();
    for entry in manifest {
        *named.entry(wsusmigrate_core::content::naming(&entry.path)).or_default() += 1;
    }
    let files = |naming| named.get(&naming).copied().unwrap_or(0);
    let recorded = ManifestRecorded {
        source: context.folders().source_shown(),
        destination: context.folders().destination_shown(),
        manifest: digest,
        files: manifest.len() as u64,
        bytes: manifest.iter().map(|entry| entry.bytes).sum(),
        content_files: files(Naming::Digest),
        package_files: files(Naming::Package),
        unexpected_files: files(Naming::Unexpected),
        ignored_entries: listings.source.ignored.len() as u64,
    };
    let mut drafts = vec![recorder.observation(&digest.0, recorded)];
    for ignored in &listings.source.ignored {
        let path = events::path_ref(journal, &ignored.path)?;
        let event = EntryIgnored { path, what: ignored.what, detail: ignored.detail.as_str().into() };
        drafts.push(recorder.observation(ignored.path.as_bytes(), event));
    }
    recorder.record(drafts)?;
    Ok(())
}

fn record_start(
    recorder: &mut Recorder,
    context: &Context<'_>,
    pass: &Pass,
    worklist: &[Entry],
    recheck: bool,
) -> Result<Seq, Failure> {
    let manifest = recorder.state().content.manifest.as_ref().map(|manifest| manifest.manifest);
    let manifest =
        manifest.ok_or_else(|| Failure::new(Exit::Failed, "no manifest; this is a defect of the program"))?;
    let started = PassStarted {
        manifest,
        worklist: lists::write(&context.request().journal, worklist)?,
        files: worklist.len() as u64,
        bytes: pass.bytes,
        unchanged_files: pass.unchanged_files,
        unchanged_bytes: pass.unchanged_bytes,
        recheck,
    };
    recorder.observe(&manifest.0, started)
}

fn tell(context: &Context<'_>, pass: &Pass, worklist: &[Entry]) {
    let unchanged =
        format!("{} files, {} unchanged", count(pass.unchanged_files), bytes(pass.unchanged_bytes));
    if pass.items.is_empty() {
        return context.talk().say(&format!("nothing to do: {unchanged}"));
    }
    let (mut copy, mut verify) = ((0, 0), (0, 0));
    for (item, entry) in pass.items.iter().zip(worklist) {
        let sum = if item.found == Found::Absent { &mut copy } else { &mut verify };
        *sum = (sum.0 + 1, sum.1 + entry.bytes);
    }
    let mut parts = vec![format!("to copy: {} files, {}", count(copy.0), bytes(copy.1))];
    if verify.0 > 0 {
        parts.push(format!("to verify in place: {} files, {}", count(verify.0), bytes(verify.1)));
    }
    if pass.unchanged_files > 0 {
        parts.push(unchanged);
    }
    context.talk().say(&parts.join("; "));
}

/// Sums over the files of a pass.
#[derive(Clone, Copy, Default)]
struct Sums {
    copied: u64,
    copied_bytes: u64,
    verified: u64,
    failed: u64,
}

/// A batch whose outcome is awaited.
struct Open {
    action: ActionId,
    intent: Seq,
    batch: Batch,
}

/// A pass at work.
struct Work<'w, 'c> {
    recorder: &'w mut Recorder,
    context: &'w Context<'c>,
    pass: &'w Pass,
    worklist: &'w [Entry],
    started: Seq,
    open: VecDeque<Open>,
    sums: Sums,
}

impl Work<'_, '_> {
    fn run(&mut self) -> Result<(), Failure> {
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
        loop {
            while engine.in_flight() < files::IN_FLIGHT_BATCHES_MAX && !request.stop.is_requested() {
                let Some(batch) = batches.next() else { break };
                let jobs = self.intend(batch)?;
                engine.submit(jobs).map_err(|_| engine_failure(&files::EngineError::Broken))?;
            }
            match engine.receive().map_err(|error| engine_failure(&error))? {
                Some(files::Report::Replacing(batch)) => {
                    self.intend_replacing(&batch)?;
                    batch.permit();
                }
                Some(files::Report::Finished(finished)) => self.conclude(&finished)?,
                None => break,
            }
        }
        display.finish();
        Ok(())
    }

    /// Records the intent of a batch and turns it into work. Nothing of it is touched before the intent is durable.
    fn intend(&mut self, batch: Batch) -> Result<files::Batch, Failure> {
        let first = batch.range.start as u64;
        let key = [self.started.0.to_be_bytes(), first.to_be_bytes()].concat();
        let action = ActionId::derive(self.recorder.migration(), "content.copy-batch", &key);
        let items = &self.pass.items[batch.range.clone()];
        let found = items.iter().map(|item| item.found != Found::Absent);
        let worklist = self.recorder.state().content.pass.as_ref().map(|pass| pass.plan.worklist);
        let intent = BatchStarted {
            worklist: worklist
                .ok_or_else(|| Failure::new(Exit::Failed, "no pass; this is a defect of the program"))?,
            first,
            files: u32::try_from(batch.range.len()).unwrap_or(u32::MAX),
            bytes: batch.bytes,
            range: batch.digest,
            found_before: FoundBefore::of(found).into_bytes(),
        };
        let id = EventId::of_action(action, Phase::Intent, 0, 0);
        let intent = self.recorder.record(vec![Draft::of_action(id, action, Some(self.started), intent)])?;
        let entries = &self.worklist[batch.range.clone()];
        let jobs = (0_u32..).zip(items.iter().zip(entries)).filter(|(_, (item, _))| !item.collides);
        let jobs = jobs.map(|(at, (item, entry))| job(at, item, entry)).collect();
        self.open.push_back(Open { action, intent, batch });
        Ok(files::Batch { id: first, jobs })
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

    /// Records the outcome of every file of the oldest batch and of the batch itself.
    fn conclude(&mut self, finished: &files::Finished) -> Result<(), Failure> {
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
        self.recorder.record(drafts)?;
        Ok(())
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
