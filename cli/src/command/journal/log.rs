//! `journal log`: the events, one a line.

use std::time::Duration;

use sha2::{Digest as _, Sha256};
use wsusmigrate_core::digest;
use wsusmigrate_core::id::ActionId;
use wsusmigrate_core::path::RelPath;
use wsusmigrate_core::unit::{Seq, TimeMicros};
use wsusmigrate_journal::{Direction, Query, RawRecord, ReadError, RecordSource, Tail};

use super::events::Events;
use crate::command::of_stream::OfStream;
use crate::command::{moment, state};
use crate::error::Failure;
use crate::place::Global;
use crate::show::{Answer, Body, Line, record};

/// How long one look for what comes next takes at most. Somebody who follows waits for ever.
const PATIENCE: Duration = Duration::from_hours(1);

/// List the events, oldest first; works beside a running run
#[derive(clap::Args, Debug)]
pub(in crate::command) struct Args {
    /// Begin at this record
    #[arg(long, value_name = "SEQ", default_value_t = 0)]
    from: u64,
    /// End with this record
    #[arg(long, value_name = "SEQ")]
    to: Option<u64>,
    /// Only events of this time or later: 2026-11-22T14:05:00Z, or a date (its beginning, UTC)
    #[arg(long, value_name = "TIME", value_parser = moment::since)]
    since: Option<TimeMicros>,
    /// Only events of this time or earlier: a time, or a date (its end, UTC)
    #[arg(long, value_name = "TIME", value_parser = moment::until)]
    until: Option<TimeMicros>,
    /// Only events whose name begins with this, such as content.file
    #[arg(long, value_name = "NAME")]
    event: Option<String>,
    /// Only events of this action, such as one batch of files
    #[arg(long, value_name = "ID")]
    action: Option<ActionId>,
    /// Only events about this file, such as `WsusContent/9D/A999….cab`
    #[arg(long, value_name = "PATH", value_parser = subject)]
    path: Option<digest::Sha256>,
    /// Newest first
    #[arg(long, conflicts_with_all = ["follow", "stream"])]
    reverse: bool,
    /// At most so many events
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
    /// Wait for what comes next, until Ctrl-C or the end of a sealed journal
    #[arg(long, conflicts_with_all = ["to", "stream"])]
    follow: bool,
    #[command(flatten)]
    of_stream: OfStream,
}

pub(super) fn run(args: &Args, global: &Global) -> Result<Answer, Failure> {
    let query = Query {
        since: args.since,
        until: args.until,
        name: args.event.clone(),
        action: args.action,
        subject: args.path,
    };
    let limit = args.limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
    let failed = |error: ReadError| state::read_failure(&error);
    // Where nothing stands yet, something may come; behind that nothing was ever promised.
    let refuse_beyond =
        |size| if args.from > size { Err(state::no_record(&args.from, size)) } else { Ok(()) };
    if let Some(bundle) = args.of_stream.imported(global)? {
        refuse_beyond(bundle.size())?;
        let end = args.to.map_or(u64::MAX, |to| Seq(to).next().0);
        return Ok(lines(Events::new(Box::new(bundle), args.from..end, query).take(limit)));
    }
    let reader = state::reader(global)?;
    refuse_beyond(reader.size())?;
    if args.follow {
        let tail = reader.tail(args.from, query).map_err(failed)?;
        return Ok(lines(Following(tail).take(limit)));
    }
    let end = args.to.map_or(reader.size(), |to| Seq(to).next().0.min(reader.size()));
    let direction = if args.reverse { Direction::Backward } else { Direction::Forward };
    Ok(lines(reader.select(args.from.min(end)..end, direction, query).take(limit)))
}

/// The path of a file below the content root, with either slash, as what events are found by.
fn subject(text: &str) -> Result<digest::Sha256, String> {
    let path =
        RelPath::from_bytes(text.replace('\\', "/").into_bytes()).map_err(|error| error.to_string())?;
    Ok(digest::Sha256(Sha256::digest(path.as_bytes()).into()))
}

fn lines(records: impl Iterator<Item = Result<RawRecord, ReadError>> + 'static) -> Answer {
    let lines = records.map(|raw| {
        let raw = raw.map_err(|error| state::read_failure(&error))?;
        Ok::<Line, Failure>(record::line(&state::decode(&raw)?))
    });
    Answer::well(Body::Lines(Box::new(lines)))
}

/// What is there and what comes, without an end but a seal or an error.
struct Following(Tail);

impl Iterator for Following {
    type Item = Result<RawRecord, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(found) = self.0.next_within(PATIENCE).transpose() {
                return Some(found);
            }
            match self.0.is_over() {
                Ok(false) => {}
                Ok(true) => return None,
                Err(error) => return Some(Err(error)),
            }
        }
    }
}
