//! The audit report: who did what when, what came over, what did not, and what the journal says about itself.

use crate::event::content::{IgnoredEntry, Mismatch, Naming};
use crate::projection::Migration;
use crate::projection::run::RunEnd;
use crate::report::{Report, Section, Value, approval, database, streams};
use crate::rollback::overwritten_files;
use crate::unit::TimeMicros;

/// The audit report of `state`. Where the journal holds the source's stream and `source` is the state folded from it, what
/// the source recorded of SUSDB stands in it too.
#[must_use]
pub fn audit(state: &Migration, source: Option<&Migration>) -> Report {
    let title = match &state.run.journal {
        Some((_, journal)) => format!("Audit of {}", journal.name),
        None => "Audit".to_owned(),
    };
    let mut sections = vec![identity(state), actors(state)];
    sections.extend(streams::imported(state));
    sections.push(runs(state));
    sections.extend(approval::approvals(state));
    sections.extend([
        timeline(state),
        worksheet(state),
        checks(state),
        totals(state),
        overwritten(state),
        failures(state),
        suspects(state),
        unexpected(state),
        ignored(state),
        read_back(state),
    ]);
    sections.extend(database::sections(state, source));
    sections.push(records(state));
    Report { kind: "audit", title, sections }
}

fn identity(state: &Migration) -> Section {
    let mut section = Section::new("journal", "Journal");
    if let Some((time, journal)) = &state.run.journal {
        section.figure("migration", "Migration", journal.migration.to_string());
        section.figure("stream", "Stream", journal.stream.to_string());
        section.figure("host", "Host", journal.host.as_str());
        section.figure("created", "Created", *time);
    }
    section.figure("records", "Records", state.run.last.map_or(0, |(seq, _)| seq.0 + 1));
    section.figure("clock_steps_back", "Times the clock stepped back", state.audit.clock_steps_back);
    if let Some(seq) = state.audit.clock_first_step_back {
        section.notes.push(format!(
            "The clock first stepped back before record {seq}; records keep their order by number."
        ));
    }
    for (time, recovery) in &state.run.recoveries {
        section.notes.push(format!("{time} {}: {}", recovery.finding.word(), recovery.detail));
    }
    streams::seal(state, &mut section);
    section
}

fn actors(state: &Migration) -> Section {
    let mut section = Section::new("actors", "Who acted");
    let rows = state.audit.actors.iter().map(|actor| {
        [&actor.account, &actor.sid, &actor.host, &actor.program]
            .map(|text| Value::from(text.as_str()))
            .to_vec()
    });
    section.table("actors", &["account", "security id", "host", "program"], rows);
    section
}

fn runs(state: &Migration) -> Section {
    let mut section = Section::new("runs", "Runs");
    section.figure("interruptions", "Interrupted without saying so", state.run.interruptions());
    let rows = state.run.runs.iter().map(|run| {
        let (end, verdict) = match run.end {
            RunEnd::Open => (Value::from("-"), "not ended"),
            RunEnd::Finished(time, verdict) => (Value::from(time), verdict.word()),
            RunEnd::Failed(time) => (Value::from(time), "failed, could not go on"),
            RunEnd::FoundInterrupted(time) => (Value::from(time), "found interrupted"),
        };
        vec![run.started.into(), end, verdict.into(), run.facts.scope.word().into()]
    });
    section.table("runs", &["started", "ended", "verdict", "scope"], rows);
    section
}

/// The last moments of the story; all of them are in the journal.
fn timeline(state: &Migration) -> Section {
    const MOMENTS_MAX: usize = 100;
    let mut section = Section::new("timeline", "Timeline");
    let moments = &state.timeline.moments;
    let told = &moments[moments.len().saturating_sub(MOMENTS_MAX)..];
    let rows = told.iter().map(|moment| {
        vec![moment.envelope.time.into(), moment.seq.0.into(), moment.event.kind().name().into()]
    });
    section.table("timeline", &["time", "record", "event"], rows);
    if told.len() < moments.len() {
        section
            .notes
            .push(format!("{} earlier moments: `wsusmigrate journal log`.", moments.len() - told.len()));
    }
    section
}

fn worksheet(state: &Migration) -> Section {
    let mut section = Section::new("worksheet", "Worksheet");
    let rows = state.worksheet.fields.iter().map(|(name, field)| {
        vec![name.as_str().into(), field.value.as_str().into(), field.source.as_str().into()]
    });
    section.table("worksheet", &["field", "value", "read from"], rows);
    section
}

fn checks(state: &Migration) -> Section {
    let mut section = Section::new("checks", "Checks before the last run");
    let rows = state.checks.checks.values().map(|check| {
        vec![check.check.as_str().into(), check.verdict.word().into(), check.finding.as_str().into()]
    });
    section.table("checks", &["check", "verdict", "finding"], rows);
    section
}

/// The totals are the same for a run that was interrupted and resumed as for one that was not.
fn totals(state: &Migration) -> Section {
    let totals = &state.content.totals;
    let mut section = Section::new("totals", "Update files");
    if let Some(manifest) = &state.content.manifest {
        section.figure("source", "From", manifest.source.as_str());
        section.figure("destination", "To", manifest.destination.as_str());
        section.figure("expected_files", "At the source", manifest.files);
        section.figure("expected_bytes", "Their size", Value::bytes(manifest.bytes));
    }
    section.figure("files_in_place", "In place with the right digest", totals.files);
    section.figure("bytes_in_place", "Their size", Value::bytes(totals.bytes));
    section.figure("brought_files", "Brought by this migration", totals.brought_files);
    section.figure("brought_bytes", "Their size", Value::bytes(totals.brought_bytes));
    section.figure("found_files", "Found in place and verified", totals.files - totals.brought_files);
    section.figure("package_files", "In UpdateServicesPackages", totals.package_files);
    section.figure("unexpected_files", "Not named after their digest", totals.unexpected_files);
    section.figure("replaced_files", "Replaced files with other bytes", totals.replaced_files);
    section.figure("failed_files", "Failed", state.content.failed.len());
    section.figure("in_doubt_files", "In doubt since an interruption", state.content.in_doubt());
    section
}

/// What stood at the destination and is gone, its own earlier copies included.
fn overwritten(state: &Migration) -> Section {
    let mut section = Section::new("overwritten", "Files that were overwritten");
    let rows = overwritten_files(&state.content).map(|file| {
        let sha256 = file.found.sha256.map_or_else(|| "unreadable".to_owned(), |digest| digest.to_string());
        let whose = if file.ours { "this migration" } else { "found there" };
        let modified = file.found.modified.to_string();
        let (path, size) = (file.path.to_string(), Value::bytes(file.found.bytes));
        vec![path.into(), size, sha256.into(), modified.into(), whose.into()]
    });
    section.table("overwritten", &["path", "size", "SHA-256", "modified", "brought by"], rows);
    section
}

fn failures(state: &Migration) -> Section {
    let mut section = Section::new("failures", "Files that did not come over");
    let failed = state.content.failed.iter();
    let rows = failed.map(|(path, failure)| {
        vec![path.to_string().into(), failure.reason.word().into(), failure.detail.as_str().into()]
    });
    section.table("failures", &["path", "reason", "detail"], rows);
    section
}

/// Files that were in place and are not what was recorded any more.
fn suspects(state: &Migration) -> Section {
    let mut section = Section::new("suspects", "Found wrong at the destination and not mended");
    let content = &state.content;
    let rows = content.suspects().map(|path| {
        let found = content.in_place.get(path).and_then(|record| record.suspect).map_or("-", Mismatch::word);
        let next = match content.failed.get(path) {
            _ if content.orphans.contains(path) => "gone from the source",
            Some(failure) if failure.is_in_the_way() => "move or delete it at the destination",
            Some(_) | None => "the next run looks at it again",
        };
        vec![path.to_string().into(), found.into(), next.into()]
    });
    section.table("suspects", &["path", "at the destination", "what comes next"], rows);
    let (unreadable, wrong): (Vec<_>, Vec<_>) =
        content.orphans.iter().partition(|path| content.is_unreadable(path));
    if !unreadable.is_empty() {
        section.notes.push(
            "What is unreadable may be right: give the account the right to read it, then `wsusmigrate run --only \
             content.verify`. Only a file that is read and found right is cleared."
                .to_owned(),
        );
    }
    if !wrong.is_empty() {
        section.notes.push(
            "What is gone from the source cannot be mended from there: restore it at the source, or delete it at \
             the destination, then `wsusmigrate run`. If it was put right at the destination: `wsusmigrate run \
             --only content.verify`."
                .to_owned(),
        );
    }
    let rows = state.content.withdrawn.iter().map(|(path, record)| {
        vec![path.to_string().into(), Value::bytes(record.bytes), record.sha256.to_string().into()]
    });
    section.table("withdrawn", &["gone from both sides", "size", "SHA-256"], rows);
    section
}

fn unexpected(state: &Migration) -> Section {
    let mut section = Section::new("unexpected", "Copied, and not named after their digest");
    let files = state.content.in_place.iter().filter(|(_, file)| file.naming == Naming::Unexpected);
    let rows = files.map(|(path, file)| {
        vec![path.to_string().into(), Value::bytes(file.bytes), file.sha256.to_string().into()]
    });
    section.table("unexpected", &["path", "size", "SHA-256"], rows);
    section
}

fn ignored(state: &Migration) -> Section {
    let mut section = Section::new("ignored", "Entries of the source that are not copied");
    let rows = state.content.ignored.iter().map(|(path, (what, detail))| {
        vec![path.to_string().into(), what.word().into(), detail.as_str().into()]
    });
    section.table("ignored", &["path", "what", "detail"], rows);
    if state.content.ignored.values().any(|(what, _)| *what == IgnoredEntry::UnreadableFolder) {
        section
            .notes
            .push("What the unreadable folders hold is unknown and missing at the destination.".to_owned());
    }
    section
}

fn read_back(state: &Migration) -> Section {
    let mut section = Section::new("read_back", "Read-back of the copy");
    let Some(read) = &state.content.read_back else {
        section.notes.push(
            "The copy was not read back: hashes prove the bytes that were read, not those that landed."
                .to_owned(),
        );
        return section;
    };
    let covered = state.content.totals.files - state.content.not_read_back().count() as u64;
    section.figure("covered_files", "Files in place that were read back", covered);
    section.figure("finished", "Last one finished", if read.is_whole() { "yes" } else { "no" });
    section.figure("read_files", "Files read", read.read_files);
    section.figure("read_bytes", "Their size", Value::bytes(read.read_bytes));
    section.figure("around_cache", "Of them around the system's cache", read.around_cache);
    section.figure("exceptions", "Not what was recorded", read.exceptions.len());
    let rows = read.exceptions.iter().map(|(path, (what, detail))| {
        vec![path.to_string().into(), what.word().into(), detail.as_str().into()]
    });
    section.table("exceptions", &["path", "what", "detail"], rows);
    section
}

fn records(state: &Migration) -> Section {
    let mut section = Section::new("records", "Records by kind");
    let rows =
        state.audit.records.iter().map(|(kind, count)| vec![Value::from(kind.name()), Value::from(*count)]);
    section.table("records", &["event", "records"], rows);
    let span = |first: TimeMicros, last: TimeMicros| Value::Span { micros: last.since(first) };
    if let (Some(first), Some(last)) = (state.audit.first, state.audit.last) {
        section.figure("first", "From", first);
        section.figure("last", "To", last);
        section.figure("span", "Span", span(first, last));
    }
    section
}
