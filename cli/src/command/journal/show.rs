//! `journal show`: everything about one record.

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
    Ok(Answer::well(Body::Document(record::document(&raw, &record))))
}
