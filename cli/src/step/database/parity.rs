//! Parity: rows of the tables that matter, counted and summed on either side, and held against each other.
//!
//! Rows are streamed and never held: a table costs the memory of its sort, at most [`sorted::HELD_BYTES_MAX`], and none where
//! the server sends its rows by their keys. Comparing two lists walks them side by side.

mod compare;
mod list;
mod sorted;
mod table;

use sha2::Digest;
use wsusmigrate_core::database::parity::{PARITY_TABLES, ParityTable};
use wsusmigrate_core::database::statement;
use wsusmigrate_core::digest::Sha256;
use wsusmigrate_core::event::database::{SumOf, TableSummed};

pub(super) use compare::compare;

use crate::error::Failure;
use crate::executor::Recorder;
use crate::exit::Exit;
use crate::progress::Records;
use crate::step::context::Context;
use crate::step::database::engine::Engine;
use crate::step::database::marks;

/// Sums every table that exists and records the sums together. Asked to stop, it records nothing.
pub(super) fn sum(
    of: SumOf,
    recorder: &mut Recorder,
    context: &Context<'_>,
    engine: &mut Engine<'_>,
) -> Result<(), Failure> {
    let Some(sums) = sums(of, recorder, context, engine)? else { return Ok(()) };
    record(&sums, recorder)
}

fn record(sums: &[TableSummed], recorder: &mut Recorder) -> Result<(), Failure> {
    let draft = |sum: &TableSummed| {
        let key = [sum.of.word().as_bytes(), &[0], sum.table.as_str().as_bytes()].concat();
        recorder.observation(&key, sum.clone())
    };
    let drafts = sums.iter().map(draft).collect();
    recorder.record(drafts)?;
    Ok(())
}

/// The sums of every table that exists; nothing where the run is asked to stop meanwhile.
fn sums(
    of: SumOf,
    recorder: &Recorder,
    context: &Context<'_>,
    engine: &mut Engine<'_>,
) -> Result<Option<Vec<TableSummed>>, Failure> {
    let catalogue = engine.catalogue()?;
    let whole = expected_rows(of, recorder, context)?;
    let mut progress = Records::new(what(of), context.talk());
    let (mut sums, mut rows) = (Vec::new(), 0);
    for table in PARITY_TABLES {
        let Some(statement) = statement::rows(table, &catalogue) else { continue };
        let columns = columns(table, &catalogue.existing(table.name, table.columns));
        let reading = table::Reading { table, columns: &columns, statement: &statement };
        let summed = reading.sum(engine, context, &mut |read| {
            progress.tell(rows + read, whole.max(rows + read));
        })?;
        let Some((sum, list)) = summed else { return Ok(None) };
        rows += sum.row_count;
        let columns = columns_digest(&columns);
        sums.push(TableSummed {
            of,
            table: table.name.into(),
            columns,
            rows: sum.row_count,
            sum: sum.sum,
            list,
        });
    }
    progress.finish();
    if sums.is_empty() {
        return Err(Failure::new(
            Exit::Failed,
            "SUSDB has none of the tables that are summed: it is no database of WSUS",
        ));
    }
    context.talk().say(&format!("{}: {} tables, {}", what(of), sums.len(), crate::show::count(rows)));
    Ok(Some(sums))
}

const fn what(of: SumOf) -> &'static str {
    match of {
        SumOf::Source => "rows of the source",
        SumOf::Restored => "restored rows",
    }
}

/// How many rows there are, as far as it is known: by the marks on the source, by the source's sums on the destination.
fn expected_rows(of: SumOf, recorder: &Recorder, context: &Context<'_>) -> Result<u64, Failure> {
    Ok(match of {
        SumOf::Source => {
            let marks = marks::recorded(&recorder.state().database.marks_before)?;
            marks.0.values().map(|marks| u64::try_from(marks.row_count).unwrap_or(0)).sum()
        }
        SumOf::Restored => context.source()?.database.source_sums.values().map(|sum| sum.rows).sum(),
    })
}

/// The columns of a table's rows, in the order in which they are asked for.
fn columns(table: &ParityTable, existing: &[&str]) -> Vec<String> {
    table.key.iter().chain(existing).map(|column| (*column).to_owned()).collect()
}

/// SHA-256 of the names, one a line.
fn columns_digest(columns: &[String]) -> Sha256 {
    let mut hasher = sha2::Sha256::new();
    for column in columns {
        hasher.update(column.as_bytes());
        hasher.update(b"\n");
    }
    Sha256(hasher.finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_of_columns_is_frozen() {
        // A source of one version and a destination of the next have to agree. sha256sum of "TargetID\nName\n".
        let table = ParityTable::named("tbTarget").unwrap();
        let columns = columns(table, &["Name"]);
        assert_eq!(columns, ["TargetID", "Name"]);
        let digest = columns_digest(&columns).to_string().to_lowercase();
        assert_eq!(digest, "1f930ae06a2265986c10c7c2b8ebfa5d02a1a271e08d3f097f6fcdec5a27c935");
    }
}
