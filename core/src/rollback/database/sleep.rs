//! Settings that were put to sleep get their values back.

use super::{Way, last_effect, tsql};
use crate::event::database::{Operation, SettingRecorded};
use crate::projection::Migration;
use crate::projection::rollback::TakenAction;
use crate::rollback::{ActionKind, Undo};
use crate::text::{TEXT_BYTES_MAX, Text, is_misleading};

/// How much of a value is shown where no statement can be.
const SHOWN_BYTES_MAX: usize = 100;

/// The restored server may act by itself again. Settings live in the restored SUSDB: where that is gone, so are they.
pub(super) fn wake(state: &Migration, taken: &TakenAction) -> Option<Undo> {
    let slept = last_effect(&state.database, Operation::Sleep)?;
    let restored = state.database.last_done(Operation::Restore)?;
    if restored.seq > slept.seq || !state.run.status.database.restored {
        return None;
    }
    let settings = &state.database.settings;
    let previous = settings.values().map(|it| format!("{} = {}", it.setting, shown(it.value.as_str())));
    let way = Way {
        what: "Give the settings of the restored SUSDB that were put to sleep their values back.".to_owned(),
        previous: previous.collect::<Vec<_>>().join(", "),
        preconditions: vec![
            "the restored SUSDB is kept: where the way back goes on it is dropped, and this is not needed".into(),
            "this server is meant to act as production: it synchronises, approves and sends mail by itself from then on"
                .into(),
        ],
        lost: "the quiet: until the cutover the source does the same",
        by_hand: settings.values().map(by_hand).collect(),
        count: settings.len() as u64,
        bytes: 0,
    };
    Some(way.back(ActionKind::Sleep, taken))
}

fn shown(value: &str) -> &str {
    if value.is_empty() { "NULL" } else { value }
}

/// The statement that gives a setting its value back, or words where none can be shown exactly: its name is not
/// `table.column`, or its value is too long or holds what ends a line.
fn by_hand(setting: &SettingRecorded) -> Text {
    let value = setting.value.as_str();
    let place = Place::of(setting.setting.as_str()).filter(|_| !value.contains(is_misleading));
    let statement = place.map(|place| update(&place, value)).filter(|it| it.len() <= TEXT_BYTES_MAX);
    statement.unwrap_or_else(|| in_words(setting)).into()
}

/// A comment of T-SQL, on one line whatever the setting holds.
fn in_words(setting: &SettingRecorded) -> String {
    let value = Text::cut(shown(setting.value.as_str()), SHOWN_BYTES_MAX);
    let becomes = Text::cut(shown(setting.becomes.as_str()), SHOWN_BYTES_MAX);
    let words = format!(
        "-- {}: from {becomes} back to {value}; `wsusmigrate journal show` has what was recorded of it",
        setting.setting
    );
    words.replace(is_misleading, " ")
}

fn update(place: &Place<'_>, value: &str) -> String {
    let literal = if value.is_empty() { "NULL".to_owned() } else { tsql::text(value) };
    let keys = place.keys.iter().map(|(key, value)| format!("{} = {}", tsql::name(key), tsql::text(value)));
    let keys = keys.collect::<Vec<_>>().join(" AND ");
    let rows = if keys.is_empty() { String::new() } else { format!(" WHERE {keys}") };
    let (table, column) = (tsql::name(place.table), tsql::name(place.column));
    format!("UPDATE [SUSDB].dbo.{table} SET {column} = {literal}{rows};")
}

/// Where a setting stands: `table.column`, or `table.column where key = value and key = value`. An empty value is NULL.
struct Place<'a> {
    table: &'a str,
    column: &'a str,
    keys: Vec<(&'a str, &'a str)>,
}

impl<'a> Place<'a> {
    fn of(setting: &'a str) -> Option<Self> {
        let (place, keys) =
            setting.split_once(" where ").map_or((setting, None), |(place, keys)| (place, Some(keys)));
        let (table, column) = place.split_once('.')?;
        let is_name =
            |name: &str| !name.is_empty() && name.chars().all(|it| it.is_ascii_alphanumeric() || it == '_');
        let keys: Option<Vec<_>> = keys.map_or_else(
            || Some(Vec::new()),
            |keys| {
                keys.split(" and ").map(|key| key.split_once(" = ").filter(|(key, _)| is_name(key))).collect()
            },
        );
        (is_name(table) && is_name(column)).then_some(Self { table, column, keys: keys? })
    }
}
