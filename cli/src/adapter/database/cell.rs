//! Values as the client library has them, as plain cells.

use std::borrow::Cow;

use tiberius::ColumnData;
use wsusmigrate_core::database::Guid;
use wsusmigrate_core::database::row::Cell;
use wsusmigrate_core::unit::TimeMicros;

/// Days from 0001-01-01 and from 1900-01-01 to 1970-01-01.
const DAYS_FROM_ONE: i64 = 719_162;
const DAYS_FROM_1900: i64 = 25_567;
const DAY_MICROS: i64 = 86_400_000_000;

/// The cell of a value; nothing for a type no statement of ours asks for.
pub(super) fn cell(data: &ColumnData<'_>) -> Option<Cell> {
    fn told<T>(value: Option<T>, cell: impl FnOnce(T) -> Cell) -> Cell {
        value.map_or(Cell::Null, cell)
    }
    Some(match data {
        ColumnData::U8(value) => told(*value, |value| Cell::Int(value.into())),
        ColumnData::I16(value) => told(*value, |value| Cell::Int(value.into())),
        ColumnData::I32(value) => told(*value, |value| Cell::Int(value.into())),
        ColumnData::I64(value) => told(*value, Cell::Int),
        ColumnData::F32(value) => told(*value, |value| Cell::Real(value.into())),
        ColumnData::F64(value) => told(*value, Cell::Real),
        ColumnData::Bit(value) => told(*value, Cell::Bit),
        ColumnData::String(value) => told(value.as_deref(), |value: &str| Cell::Text(value.to_owned())),
        ColumnData::Guid(value) => told(*value, |value| Cell::Guid(Guid(value.into_bytes()))),
        ColumnData::Binary(value) => {
            told(value.as_ref(), |value: &Cow<'_, [u8]>| Cell::Bytes(value.clone().into_owned()))
        }
        ColumnData::Numeric(value) => told(*value, |value| Cell::Decimal(value.value(), value.scale())),
        ColumnData::DateTime(value) => told(*value, |value| {
            // Steps of 1/300 s.
            let micros = i64::from(value.seconds_fragments()) * 10_000 / 3;
            Cell::Time(TimeMicros((i64::from(value.days()) - DAYS_FROM_1900) * DAY_MICROS + micros))
        }),
        ColumnData::SmallDateTime(value) => told(*value, |value| {
            let micros = i64::from(value.seconds_fragments()) * 60_000_000;
            Cell::Time(TimeMicros((i64::from(value.days()) - DAYS_FROM_1900) * DAY_MICROS + micros))
        }),
        ColumnData::DateTime2(value) => told(*value, |value| {
            let days = i64::from(value.date().days()) - DAYS_FROM_ONE;
            let steps = value.time().increments();
            let micros = match u32::from(value.time().scale()) {
                scale @ 0..=6 => steps * 10_u64.pow(6 - scale),
                scale => steps / 10_u64.pow(scale - 6),
            };
            Cell::Time(TimeMicros(days * DAY_MICROS + i64::try_from(micros).unwrap_or(0)))
        }),
        ColumnData::Xml(_) | ColumnData::Time(_) | ColumnData::Date(_) | ColumnData::DateTimeOffset(_) => {
            return None;
        }
    })
}
