//! A pass over the manifest: plan what needs work, then batch after batch.

use std::collections::BTreeMap;

use wsusmigrate_core::content::{Entry, Found, Pass, plan_pass};
use wsusmigrate_core::event::content::{EntryIgnored, ManifestRecorded, Naming, PassFinished, PassStarted};
use wsusmigrate_core::unit::Seq;

use crate::error::Failure;
use crate::executor::{Recorder, note_stop};
use crate::exit::Exit;
use crate::show::{bytes, count};
use crate::step::content::batches::{Sums, Work};
use crate::step::content::knowledge::Known;
use crate::step::content::{events, lists, strays, suspects};
use crate::step::context::Context;
use crate::step::listings::Listings;

/// Lists, plans, copies. Ends with `content.pass-finished`, whatever became of the single files.
pub(super) fn perform(
    recorder: &mut Recorder,
    context: &Context<'_>,
    listings: &Listings,
) -> Result<(), Failure> {
    let manifest = &listings.source.files;
    let before = recorder.state().content.manifest.as_ref().map(|manifest| manifest.files);
    record_manifest(recorder, context, listings, manifest)?;
    strays::settle(recorder, context, listings)?;
    suspects::settle_gone(recorder, context, listings, before)?;
    let journal = &context.request().journal;
    let known = Known::gather(journal, &recorder.state().content, listings);
    let recheck = context.request().recheck;
    let pass = plan_pass(manifest, &known, recheck);
    let worklist: Vec<Entry> = pass.items.iter().map(|item| manifest[item.index].clone()).collect();
    let seq = record_start(recorder, context, &pass, &worklist, recheck)?;
    tell(context, listings, &pass, &worklist);
    let sums = Work::new(recorder, context, &pass, &worklist, seq).run()?;
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

fn tell(context: &Context<'_>, listings: &Listings, pass: &Pass, worklist: &[Entry]) {
    let unchanged =
        format!("{} files, {} unchanged", count(pass.unchanged_files), bytes(pass.unchanged_bytes));
    if pass.items.is_empty() {
        return context.talk().say(&format!("nothing to do: {unchanged}"));
    }
    let (mut copy, mut obstructed, mut verify) = ((0, 0), (0, 0), (0, 0));
    for (item, entry) in pass.items.iter().zip(worklist) {
        let sum = match item.found == Found::Absent {
            true if listings.is_obstructed(&entry.path) => &mut obstructed,
            true => &mut copy,
            false => &mut verify,
        };
        *sum = (sum.0 + 1, sum.1 + entry.bytes);
    }
    let mut parts = vec![format!("to copy: {} files, {}", count(copy.0), bytes(copy.1))];
    for (what, sum) in [("to verify in place", verify), ("obstructed", obstructed)] {
        if sum.0 > 0 {
            parts.push(format!("{what}: {} files, {}", count(sum.0), bytes(sum.1)));
        }
    }
    if pass.unchanged_files > 0 {
        parts.push(unchanged);
    }
    context.talk().say(&parts.join("; "));
}
