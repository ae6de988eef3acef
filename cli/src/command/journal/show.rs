//! `journal show`: everything about one record.

use std::path::Path;

use wsusmigrate_core::event::{DatabaseEvent, Event};
use wsusmigrate_journal::{Record, evidence};

use crate::command::of_stream::OfStream;
use crate::command::state;
use crate::error::Failure;
use crate::exit::Exit;
use crate::place::Global;
use crate::show::{Answer, Body, record};

/// Show everything about one record, its bytes included
#[derive(clap::Args, Debug)]
pub(in crate::command) struct Args {
    /// The record's number
    seq: u64,
    #[command(flatten)]
    of_stream: OfStream,
}

pub(super) fn run(args: &Args, global: &Global) -> Result<Answer, Failure> {
    let source = args.of_stream.source(global)?;
    let size = source.size();
    if args.seq >= size {
        return Err(state::no_record(&args.seq, size));
    }
    let mut records = source.records(args.seq..args.seq + 1);
    let raw = match records.next() {
        Some(raw) => raw.map_err(|error| state::read_failure(&error))?,
        None => return Err(Failure::new(Exit::Failed, format!("record {} could not be read", args.seq))),
    };
    let record = state::decode(&raw)?;
    let mut document = record::document(&raw, &record);
    if let (Some(fields), Record::Known(recorded)) = (document.as_object_mut(), &record) {
        fields.extend(whole_texts(&recorded.event, &global.journal_folder()?));
    }
    Ok(Answer::well(Body::Document(document)))
}

/// Texts of which the record holds only the beginning, from this journal's evidence.
fn whole_texts(event: &Event, journal: &Path) -> Vec<(String, serde_json::Value)> {
    let kept = match event {
        Event::Database(DatabaseEvent::OperationStarted(event)) => vec![("statement", event.whole)],
        Event::Database(DatabaseEvent::StatementRead(event)) => {
            vec![("statement", event.whole), ("said", event.said_whole)]
        }
        Event::Database(_)
        | Event::Run(_)
        | Event::Inventory(_)
        | Event::Preflight(_)
        | Event::Content(_) => Vec::new(),
    };
    let text = |digest| std::fs::read_to_string(evidence::path(journal, digest)).ok();
    let whole =
        kept.into_iter().filter_map(|(name, digest)| Some((format!("whole_{name}"), text(digest?)?.into())));
    whole.collect()
}
