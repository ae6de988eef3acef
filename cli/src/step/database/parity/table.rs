//! One table: its rows streamed once, summed, and listed by key as evidence.

use std::ops::ControlFlow;

use wsusmigrate_core::database::parity::{
    KeyOrder, KeyedDigest, ParityTable, RowKey, TableSum, TableSumming,
};
use wsusmigrate_core::database::row::Row;
use wsusmigrate_core::database::statement::Statement;
use wsusmigrate_core::digest::Sha256;

use super::list::ListWriter;
use super::sorted::Sorter;
use crate::error::Failure;
use crate::exit::Exit;
use crate::step::context::Context;
use crate::step::database::engine::{Engine, read_failure};

/// How often progress is told and a wish to stop is looked for, in rows.
const ROWS_A_LOOK: u64 = 1024;

/// A table that is about to be read.
pub(super) struct Reading<'a> {
    /// Which.
    pub(super) table: &'static ParityTable,
    /// Its columns, the key first, as the statement asks for them.
    pub(super) columns: &'a [String],
    /// What is asked.
    pub(super) statement: &'a Statement,
}

impl Reading<'_> {
    /// Sums the rows and writes their list; nothing where the run is asked to stop meanwhile. `progress` hears of rows.
    pub(super) fn sum(
        &self,
        engine: &mut Engine<'_>,
        context: &Context<'_>,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Option<(TableSum, Sha256)>, Failure> {
        let journal = &context.request().journal;
        let mut rows = Rows {
            table: self.table,
            summing: TableSumming::new(self.table.name, self.columns),
            list: ListWriter::create(journal, self.table.name, self.columns)?,
            sorter: (self.table.order == KeyOrder::Memory).then(|| Sorter::new(journal)),
            line: Vec::new(),
        };
        let (mut failure, mut is_stopped, mut read) = (None, false, 0_u64);
        let streamed = engine.each(self.statement, &mut |_, row| {
            if let Err(error) = rows.add(&row) {
                failure = Some(error);
                return ControlFlow::Break(());
            }
            read += 1;
            if read.is_multiple_of(ROWS_A_LOOK) {
                progress(read);
                is_stopped = context.request().stop.is_requested();
            }
            if is_stopped { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        if let Some(failure) = failure {
            return Err(failure);
        }
        streamed.map_err(|error| read_failure(&error))?;
        if is_stopped || context.request().stop.is_requested() {
            return Ok(None);
        }
        rows.finish().map(Some)
    }
}

/// Rows on their way into a sum and a list.
struct Rows {
    table: &'static ParityTable,
    summing: TableSumming,
    list: ListWriter,
    /// Where the server does not send rows by their keys.
    sorter: Option<Sorter>,
    line: Vec<u8>,
}

impl Rows {
    fn add(&mut self, row: &Row) -> Result<(), Failure> {
        let cells = row.cells();
        let key = RowKey::of(cells.get(..self.table.key.len()).unwrap_or_default());
        let key = key.map_err(|error| {
            Failure::new(Exit::Failed, format!("a row of {} cannot be named", self.table.name))
                .because(&error)
        })?;
        let digest = self.summing.add(cells);
        self.line.clear();
        KeyedDigest { key, digest }.line(&mut self.line);
        match &mut self.sorter {
            Some(sorter) => sorter.add(&self.line),
            None => self.list.add(&self.line),
        }
    }

    fn finish(self) -> Result<(TableSum, Sha256), Failure> {
        let Self { summing, mut list, sorter, .. } = self;
        if let Some(sorter) = sorter {
            sorter.finish(&mut |line| list.add(line))?;
        }
        Ok((summing.finish(), list.finish()?))
    }
}
