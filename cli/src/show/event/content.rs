//! Update files, in words.

use wsusmigrate_core::event::ContentEvent;

use crate::show::unit::{bytes, count};

/// What happened, in one line.
#[expect(clippy::too_many_lines, reason = "one table, read from top to bottom")]
pub(super) fn line(event: &ContentEvent) -> String {
    match event {
        ContentEvent::ManifestRecorded(it) => format!(
            "source holds {} files, {} ({} packages, {} unexpected names, {} entries not copied)",
            count(it.files),
            bytes(it.bytes),
            count(it.package_files),
            count(it.unexpected_files),
            count(it.ignored_entries)
        ),
        ContentEvent::EntryIgnored(it) => {
            format!("not copied: {} is a {} ({})", it.path, it.what.word(), it.detail)
        }
        ContentEvent::PassStarted(it) => format!(
            "pass started: {} files, {} to work on, {} unchanged",
            count(it.files),
            bytes(it.bytes),
            count(it.unchanged_files)
        ),
        ContentEvent::BatchStarted(it) => {
            format!("batch of {} files from {} on: {}", it.files, it.first, bytes(it.bytes))
        }
        ContentEvent::ReplacementStarted(it) => {
            let found = it.found.sha256.map_or_else(|| "unreadable".to_owned(), |digest| digest.to_string());
            format!("to replace {}: found {}, SHA-256 {found}", it.path, bytes(it.found.bytes))
        }
        ContentEvent::FileCopied(it) => {
            let replaced = if it.replaced { ", replaced another" } else { "" };
            format!("copied {} ({}{replaced})", it.path, bytes(it.file.bytes))
        }
        ContentEvent::FileVerified(it) => {
            format!("verified {} ({}, {})", it.path, bytes(it.file.bytes), it.origin.word())
        }
        ContentEvent::FileFailed(it) => format!("failed {}: {}: {}", it.path, it.reason.word(), it.detail),
        ContentEvent::BatchFinished(it) => format!(
            "batch finished: {} copied, {} verified, {} failed, {} left",
            it.copied, it.verified, it.failed, it.left
        ),
        ContentEvent::BatchReconciled(it) => format!(
            "batch in doubt looked at: {} recorded, {} there without a record, {} not there, {} leftovers",
            it.recorded, it.happened, it.not, it.leftovers
        ),
        ContentEvent::LeftoverRemoved(it) => format!("removed leftover {} ({})", it.path, bytes(it.bytes)),
        ContentEvent::PassFinished(it) => format!(
            "pass finished: {} copied ({}), {} verified, {} failed, {} left",
            count(it.copied),
            bytes(it.copied_bytes),
            count(it.verified),
            count(it.failed),
            count(it.left)
        ),
        ContentEvent::ReadBackStarted(it) => {
            format!("read-back started: {} files, {}, from {}", count(it.files), bytes(it.bytes), it.from)
        }
        ContentEvent::ReadBackRecorded(it) => format!(
            "read back {} files from {} on ({}): {} exceptions, {} around the cache",
            it.files,
            it.first,
            bytes(it.bytes),
            it.exceptions,
            it.around_cache
        ),
        ContentEvent::ReadBackMismatched(it) => {
            format!("not as recorded: {}: {} {}", it.path, it.what.word(), it.detail)
        }
        ContentEvent::SuspicionSettled(it) => {
            format!("suspicion settled: {}: {}", it.path, it.how.word())
        }
        ContentEvent::StrayRecorded(it) => {
            let replaced = if it.replaced { ", replaced another" } else { "" };
            format!("brought before the interruption {} ({}{replaced})", it.path, bytes(it.file.bytes))
        }
        ContentEvent::BatchExamined(it) => {
            format!("batch in doubt examined: {} files stay in doubt", count(it.in_doubt.into()))
        }
        ContentEvent::CatalogueDiffered(it) => {
            format!("not as SUSDB expects: {}: {}: {}", it.path, it.how.word(), it.detail)
        }
        ContentEvent::StatesCounted(it) => format!(
            "SUSDB has {} files in actual state {}, desired state {}",
            count(it.files),
            it.actual,
            it.desired
        ),
        ContentEvent::CatalogueCompared(it) => format!(
            "held against SUSDB: {} files expected ({}), {} as expected, {} missing, {} extra, {} damaged, {} encrypted",
            count(it.expected),
            bytes(it.expected_bytes),
            count(it.matched),
            count(it.missing),
            count(it.extra),
            count(it.damaged),
            count(it.encrypted)
        ),
        ContentEvent::ReadBackFinished(it) => format!(
            "read-back finished: {} files, {}, {} exceptions, {} left",
            count(it.files),
            bytes(it.bytes),
            count(it.exceptions),
            count(it.left)
        ),
    }
}
