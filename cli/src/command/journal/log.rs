//! `journal log`: the events, one a line.

use wsusmigrate_core::event::Kind;
use wsusmigrate_core::unit::Seq;
use wsusmigrate_journal::{Reader, Record, RecordSource};

use crate::command::state;
use crate::error::Failure;
use crate::place::Global;
use crate::show::{Answer, Body, Line, record};

/// List the events, oldest first; works beside a running run
#[derive(clap::Args, Debug)]
pub(in crate::command) struct Args {
    /// Begin at this record
    #[arg(long, value_name = "SEQ", default_value_t = 0)]
    from: u64,
    /// End with this record
    #[arg(long, value_name = "SEQ")]
    to: Option<u64>,
    /// Only events whose name begins with this, such as content.file
    #[arg(long, value_name = "NAME")]
    event: Option<String>,
}

pub(super) fn run(args: &Args, global: &Global) -> Result<Answer, Failure> {
    let reader = state::reader(global)?;
    let end = args.to.map_or(reader.size(), |to| Seq(to).next().0.min(reader.size()));
    let lines =
        Lines { reader, next: args.from, end, wanted: args.event.clone(), page: Vec::new().into_iter() };
    Ok(Answer::well(Body::Lines(Box::new(lines))))
}

/// Records read per visit to the log: bounds what is held.
const PAGE_RECORDS: u64 = 1024;

/// The wanted records, read page by page.
struct Lines {
    reader: Reader,
    next: u64,
    end: u64,
    wanted: Option<String>,
    page: std::vec::IntoIter<Result<Record, Failure>>,
}

impl Lines {
    fn read_page(&mut self) {
        let end = self.end.min(self.next.saturating_add(PAGE_RECORDS));
        let page: Vec<_> = self
            .reader
            .records(self.next..end)
            .map(|raw| raw.map_err(|error| state::read_failure(&error)).and_then(|raw| state::decode(&raw)))
            .collect();
        self.next = end;
        self.page = page.into_iter();
    }

    fn is_wanted(&self, record: &Record) -> bool {
        let Some(wanted) = &self.wanted else { return true };
        match record {
            Record::Known(recorded) => Kind::name(recorded.event.kind()).starts_with(wanted),
            Record::Unknown(_) => false,
        }
    }
}

impl Iterator for Lines {
    type Item = Result<Line, Failure>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.page.next() {
                Some(Ok(record)) if self.is_wanted(&record) => return Some(Ok(record::line(&record))),
                Some(Ok(_)) => {}
                Some(Err(failure)) => {
                    self.end = self.next;
                    return Some(Err(failure));
                }
                None if self.next < self.end => self.read_page(),
                None => return None,
            }
        }
    }
}
