//! `journal export`: the journal for other places: as a bundle that proves itself, or as lines other programs read.

use std::path::{Path, PathBuf};

use clap::{ArgGroup, ValueEnum};
use wsusmigrate_core::unit::{Seq, TimeMicros};
use wsusmigrate_journal::bundle::{ExportError, Portable, export};
use wsusmigrate_journal::{Query, RawRecord, ReadError};

use super::events::Events;
use crate::command::of_stream::OfStream;
use crate::command::{moment, out, state};
use crate::error::Failure;
use crate::exit::Exit;
use crate::place::Global;
use crate::show::{Answer, Body, bundle, cloud_event, csv};

/// Export the journal: as a bundle that proves itself, or as lines for other programs; works beside a running run
#[derive(clap::Args, Debug)]
#[command(group = ArgGroup::new("form").required(true).args(["bundle", "format"]))]
pub(in crate::command) struct Args {
    /// Write or extend a bundle: a file, or a folder that gets one named after the stream
    #[arg(long, value_name = "FILE|DIR")]
    bundle: Option<PathBuf>,
    /// Of exactly so many records, which a checkpoint must cover [default: the newest checkpoint's]
    #[arg(long, value_name = "RECORDS", conflicts_with = "format")]
    size: Option<u64>,
    /// Write one event a line
    #[arg(long)]
    format: Option<Format>,
    #[command(flatten)]
    of_stream: OfStream,
    #[command(flatten)]
    wanted: Wanted,
    /// Write to a file instead of standard output
    #[arg(long, value_name = "FILE", requires = "format")]
    out: Option<PathBuf>,
    /// Begin with a byte order mark, which Excel wants (CSV only)
    #[arg(long, requires = "format")]
    bom: bool,
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    /// `CloudEvents` 1.0, one JSON document a line, each with the hash of the record before it
    Jsonl,
    /// One row an event, for spreadsheets
    Csv,
}

/// Which events.
#[derive(clap::Args, Clone, Copy, Debug)]
#[group(id = "wanted-events", multiple = true, requires = "format")]
struct Wanted {
    /// Begin at this record
    #[arg(long, value_name = "SEQ")]
    from: Option<u64>,
    /// End with this record
    #[arg(long, value_name = "SEQ")]
    to: Option<u64>,
    /// Only events of this time or later
    #[arg(long, value_name = "TIME", value_parser = moment::since)]
    since: Option<TimeMicros>,
    /// Only events of this time or earlier
    #[arg(long, value_name = "TIME", value_parser = moment::until)]
    until: Option<TimeMicros>,
}

pub(super) fn run(args: &Args, global: &Global) -> Result<Answer, Failure> {
    if args.bom && args.format != Some(Format::Csv) {
        return Err(Failure::new(Exit::Usage, "--bom goes with --format csv"));
    }
    if global.json && args.format == Some(Format::Csv) {
        return Err(Failure::new(Exit::Usage, "--json does not go with --format csv")
            .hint("Leave --json out, or export JSON documents with --format jsonl."));
    }
    let source = args.of_stream.source(global)?;
    match (&args.bundle, args.format) {
        (Some(to), _) => export_bundle(args, &*source, to, global),
        (None, Some(format)) => export_lines(args, source, format, global),
        (None, None) => Err(Failure::new(Exit::Usage, "say --bundle FILE or --format FORMAT")),
    }
}

/// Writes the own journal's records up to the newest checkpoint.
pub(in crate::command) fn export_bundle_to(to: &Path, global: &Global) -> Result<(), Failure> {
    let source = state::reader(global)?;
    export(&source, None, to).map(|_| ()).map_err(|error| unexported(&error))
}

fn export_bundle(args: &Args, source: &dyn Portable, to: &Path, global: &Global) -> Result<Answer, Failure> {
    let to = if to.is_dir() { to.join(format!("{}.tar", source.identity().stream)) } else { to.to_owned() };
    out::refuse_inside_journal(&to, global)?;
    let exported = export(source, args.size, &to).map_err(|error| unexported(&error))?;
    let line = bundle::exported(&exported, &to);
    Ok(Answer::well(Body::line(line)).next(
        "wsusmigrate journal import BUNDLE --key FINGERPRINT   on the other host; tell the fingerprint by another way",
    ))
}

fn unexported(error: &ExportError) -> Failure {
    let (exit, hint) = match error {
        ExportError::NoCheckpoint { .. } => (
            Exit::Usage,
            "A checkpoint is signed at the end of every run; `wsusmigrate journal verify` names the newest.",
        ),
        ExportError::Rotation { .. } => (
            Exit::JournalDamaged,
            "Export an earlier size with --size; `wsusmigrate journal anchor` brings an interrupted rotation to its end.",
        ),
        ExportError::Checkpoint { .. } | ExportError::Contradiction { .. } => {
            (Exit::JournalDamaged, "`wsusmigrate journal verify` says more.")
        }
        ExportError::Evidence { .. } | ExportError::EvidenceBytes { .. } => (
            Exit::JournalDamaged,
            "Put the file back from a copy, or export an earlier size with --size; `wsusmigrate journal verify` says more.",
        ),
        ExportError::There(_) | ExportError::OtherStream(_) | ExportError::Shorter { .. } => {
            (Exit::Usage, "Name another file; what is there is untouched.")
        }
        ExportError::Rewritten { .. } => (
            Exit::JournalDamaged,
            "The history is not the one it was when that bundle was made: keep both. What is there is untouched.",
        ),
        ExportError::Read(error) => return state::read_failure(error),
        ExportError::File(_) => (Exit::Failed, "Check the path, the space and the rights of the account."),
    };
    Failure::new(exit, "the bundle was not written").because(error).hint(hint)
}

fn export_lines(
    args: &Args,
    source: Box<dyn Portable>,
    format: Format,
    global: &Global,
) -> Result<Answer, Failure> {
    let Wanted { from, to, since, until } = args.wanted;
    let end = to.map_or(source.size(), |to| Seq(to).next().0);
    let origin = source.identity().origin();
    let head = match format {
        Format::Jsonl => None,
        Format::Csv => Some(Ok(csv::head(args.bom))),
    };
    let line = move |raw: Result<RawRecord, ReadError>| {
        let raw = &raw.map_err(|error| state::read_failure(&error))?;
        let record = state::decode(raw)?;
        Ok(match format {
            Format::Jsonl => format!("{}\n", cloud_event::of(&origin, raw, &record)),
            Format::Csv => csv::row(raw, &record),
        })
    };
    let query = Query { since, until, ..Query::default() };
    let lines = Events::new(source, from.unwrap_or(0)..end, query).map(line);
    let body = Body::Texts(Box::new(head.into_iter().chain(lines)));
    match &args.out {
        Some(file) => out::answer(file, body, false, global),
        None => Ok(Answer::well(body)),
    }
}
