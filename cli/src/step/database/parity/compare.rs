//! The restored tables against the source's sums: which are the same, which are not, and which rows those are.

use std::io::Read;

use wsusmigrate_core::database::marks::Movement;
use wsusmigrate_core::database::parity::{
    self, Difference, DifferenceKind, Differences, PARITY_TABLES, TableSum, TableVerdict, differences,
};
use wsusmigrate_core::event::database::{
    Parity, RowDiffered, RowDifference, SumOf, TableCompared, TableSummed,
};
use wsusmigrate_core::projection::database::DatabaseState;
use wsusmigrate_core::text::Text;
use wsusmigrate_journal::bundle::{Bundle, Portable as _};
use wsusmigrate_journal::{evidence, streams};

use super::list::ListReader;
use super::{record, sums};
use crate::error::Failure;
use crate::executor::Recorder;
use crate::exit::Exit;
use crate::step::context::Context;
use crate::step::database::engine::Engine;
use crate::step::database::marks;

/// Rows of a table that are named; the others are counted.
const NAMED_MAX: usize = 1_000;

/// Sums the restored tables and compares them. Rows that differ are recorded before any verdict, and the verdicts
/// together: what a crash leaves is never taken for a comparison.
pub(in crate::step::database) fn compare(
    recorder: &mut Recorder,
    context: &Context<'_>,
    engine: &mut Engine<'_>,
) -> Result<(), Failure> {
    let source = &context.source()?.database;
    let movement = movement(source)?;
    let Some(restored) = sums(SumOf::Restored, recorder, context, engine)? else { return Ok(()) };
    record(&restored, recorder)?;
    let mut lists = Lists { recorder, context, bundles: None };
    let mut compared = Vec::new();
    for table in PARITY_TABLES {
        let restored = restored.iter().find(|sum| sum.table.as_str() == table.name);
        let source = source.source_sums.get(&Text::from(table.name));
        compared.extend(judge(table.name, source, restored, &movement, &mut lists)?);
    }
    let mut named = Vec::new();
    for one in &compared {
        for (number, row) in (0_u32..).zip(&one.rows) {
            let key = [one.event.table.as_str().as_bytes(), &[0], &number.to_be_bytes()].concat();
            named.push(recorder.observation(&key, row_event(&one.event.table, row)));
        }
    }
    recorder.record(named)?;
    tell(&compared, context);
    let verdict =
        |one: &Compared| recorder.observation(one.event.table.as_str().as_bytes(), one.event.clone());
    let verdicts = compared.iter().map(verdict).collect();
    recorder.record(verdicts)?;
    Ok(())
}

/// A table, compared, with the rows that are named.
struct Compared {
    event: TableCompared,
    rows: Vec<Difference>,
}

/// Whether the source moved, by its own marks. Without them, or without sums, its journal ends too early.
fn movement(source: &DatabaseState) -> Result<Movement, Failure> {
    let (before, after) = (&source.marks_before, &source.marks_after);
    if source.source_sums.is_empty() || before.is_empty() || after.is_empty() {
        return Err(Failure::new(
            Exit::Stopped,
            "the source's imported journal ends before its rows were summed: nothing can be compared",
        )
        .hint("Let `wsusmigrate run` come to its end on the source, export its journal again, import it here, run."));
    }
    Ok(marks::recorded(before)?.movement(&marks::recorded(after)?))
}

fn judge(
    table: &str,
    source: Option<&TableSummed>,
    restored: Option<&TableSummed>,
    movement: &Movement,
    lists: &mut Lists<'_>,
) -> Result<Option<Compared>, Failure> {
    let sums = (source.map(as_sum), restored.map(as_sum));
    let Some(verdict) = parity::compare(table, sums.0.as_ref(), sums.1.as_ref(), movement) else {
        return Ok(None);
    };
    let rows = |sum: Option<&TableSummed>| sum.map_or(0, |sum| sum.rows);
    let mut event = TableCompared {
        table: table.into(),
        verdict: Parity::NotComparable,
        source_rows: rows(source),
        restored_rows: rows(restored),
        differing: 0,
        missing: 0,
        extra: 0,
        why: "".into(),
    };
    let mut named = Vec::new();
    match &verdict {
        TableVerdict::Equal => event.verdict = Parity::Equal,
        TableVerdict::NotComparable => event.why = "the source moved while it was backed up".into(),
        TableVerdict::OtherColumns { .. } => event.why = lists.other_columns(source, restored)?.into(),
        TableVerdict::MissingAtDestination => {
            event.verdict = Parity::Missing;
            event.why = "the restored SUSDB does not have it".into();
        }
        // What the source has no sum of, another version of the program may not have known: nothing is lost here.
        TableVerdict::MissingAtSource => event.why = "the source's run did not sum it".into(),
        TableVerdict::Differs { .. } => {
            event.verdict = Parity::Differs;
            match lists.differences(source, restored)? {
                Ok(found) => {
                    (event.differing, event.missing, event.extra) =
                        (found.changed, found.missing, found.extra);
                    named = found.named;
                }
                Err(why) => event.why = why.into(),
            }
        }
    }
    Ok(Some(Compared { event, rows: named }))
}

/// A recorded sum as core compares it: of its columns the record has the digest.
fn as_sum(sum: &TableSummed) -> TableSum {
    let columns = vec![sum.columns.to_string()];
    TableSum { table: sum.table.as_str().to_owned(), columns, row_count: sum.rows, sum: sum.sum }
}

fn row_event(table: &Text, row: &Difference) -> RowDiffered {
    let how = match row.kind {
        DifferenceKind::Missing => RowDifference::Missing,
        DifferenceKind::Extra => RowDifference::Extra,
        DifferenceKind::Changed => RowDifference::Differs,
    };
    RowDiffered { table: table.clone(), key: row.key.to_string().into(), how }
}

/// The two sides' lists: the source's lies in the bundle its records came in, ours in the journal's evidence.
struct Lists<'l> {
    recorder: &'l Recorder,
    context: &'l Context<'l>,
    /// The bundles of all imported streams, opened once a list is needed: opening one proves every byte of it.
    bundles: Option<Vec<Bundle>>,
}

impl Lists<'_> {
    /// Which rows differ, or why they cannot be named.
    fn differences(
        &mut self,
        source: Option<&TableSummed>,
        restored: Option<&TableSummed>,
    ) -> Result<Result<Differences, String>, Failure> {
        let (Some(source), Some(restored)) = (source, restored) else {
            return Ok(Ok(Differences::default()));
        };
        self.open_bundles()?;
        Ok(self.walk(source, restored).map_err(|why| format!("its rows cannot be named: {why}")))
    }

    fn walk(&self, source: &TableSummed, restored: &TableSummed) -> Result<Differences, String> {
        let mut theirs = self.source(source)?;
        let mut ours = self.restored(restored)?;
        let found =
            differences(theirs.by_ref(), ours.by_ref(), NAMED_MAX).map_err(|error| error.to_string())?;
        theirs.end().map_err(|why| format!("the source's list: {why}"))?;
        ours.end().map_err(|why| format!("the list: {why}"))?;
        Ok(found)
    }

    /// Why sums over other columns are not compared, with the columns where both lists tell them.
    fn other_columns(
        &mut self,
        source: Option<&TableSummed>,
        restored: Option<&TableSummed>,
    ) -> Result<String, Failure> {
        let plain = "the two were summed over other columns";
        let (Some(source), Some(restored)) = (source, restored) else { return Ok(plain.to_owned()) };
        self.open_bundles()?;
        let (Ok(theirs), Ok(ours)) = (self.source(source), self.restored(restored)) else {
            return Ok(plain.to_owned());
        };
        let only = |one: &[String], other: &[String]| {
            let only: Vec<_> = one.iter().filter(|it| !other.contains(it)).map(String::as_str).collect();
            if only.is_empty() { "none".to_owned() } else { only.join(", ") }
        };
        let (theirs, ours) = (theirs.columns(), ours.columns());
        Ok(format!("{plain}: {} at the source only, {} here only", only(theirs, ours), only(ours, theirs)))
    }

    fn source(&self, sum: &TableSummed) -> Result<ListReader<Box<dyn Read + '_>>, String> {
        let bundles = self.bundles.iter().flatten();
        let list = bundles.map(|bundle| bundle.evidence(sum.list)).find_map(Result::ok);
        let (_, list) = list.ok_or("the source's list is in no imported bundle")?;
        ListReader::open(list, sum.table.as_str()).map_err(|why| format!("the source's list: {why}"))
    }

    fn restored(&self, sum: &TableSummed) -> Result<ListReader<evidence::Evidence>, String> {
        let list =
            evidence::open(&self.context.request().journal, sum.list).map_err(|error| error.to_string())?;
        ListReader::open(list, sum.table.as_str())
    }

    fn open_bundles(&mut self) -> Result<(), Failure> {
        if self.bundles.is_some() {
            return Ok(());
        }
        let journal = &self.context.request().journal;
        let streams = self.recorder.state().run.status.streams.iter();
        let opened = streams.map(|(stream, imported)| streams::open(journal, stream, imported));
        let bundles = opened.collect::<Result<_, _>>().map_err(|error| {
            Failure::new(Exit::JournalDamaged, "the source's imported records cannot be used")
                .because(&error)
                .hint("Import the bundle again: `wsusmigrate journal import BUNDLE`.")
        })?;
        self.bundles = Some(bundles);
        Ok(())
    }
}

fn tell(compared: &[Compared], context: &Context<'_>) {
    let equal = compared.iter().filter(|one| one.event.verdict == Parity::Equal).count();
    context.talk().say(&format!("parity: {equal} of {} tables are equal", compared.len()));
    for Compared { event, .. } in compared.iter().filter(|one| one.event.verdict != Parity::Equal) {
        context.talk().say(&format!("    {}: {}: {}", event.table, event.verdict.word(), told(event)));
    }
}

/// What is told of a table that is not equal.
fn told(event: &TableCompared) -> String {
    let TableCompared { source_rows, restored_rows, differing, missing, extra, why, .. } = event;
    let rows = format!("{source_rows} rows at the source, {restored_rows} here");
    match event.verdict {
        Parity::Differs if why.as_str().is_empty() => {
            format!("{rows}; {differing} differ, {missing} missing, {extra} extra")
        }
        Parity::Differs => format!("{rows}; {why}"),
        Parity::Equal | Parity::NotComparable | Parity::Missing => why.to_string(),
    }
}
