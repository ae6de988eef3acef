//! Settings that were put to sleep get their values back.

use super::Way;
use crate::database::Literal;
use crate::database::setting::Place;
use crate::database::statement::give_back;
use crate::event::database::{Operation, SettingRecorded};
use crate::projection::Migration;
use crate::projection::rollback::TakenAction;
use crate::rollback::{ActionKind, Undo};
use crate::text::{TEXT_BYTES_MAX, Text, is_misleading};

/// How much of a value is shown where no statement can be.
const SHOWN_BYTES_MAX: usize = 100;

/// The restored server may act by itself again. Settings live in the restored SUSDB: where that is
/// gone, so are they, and those of another in its place are not ours.
pub(super) fn wake(state: &Migration, taken: &TakenAction) -> Option<Undo> {
    // One that failed, or came to nothing, may have switched off a part of it before that.
    let slept = state.database.last_begun(Operation::Sleep)?;
    let restored = state.database.last_done(Operation::Restore)?;
    let status = &state.run.status.database;
    if restored.seq > slept.seq || !status.restored || status.replaced {
        return None;
    }
    let settings = &state.database.settings;
    let previous = settings.values().map(|it| format!("{} = {}", it.setting, shown(it.value.as_str())));
    let were = if slept.is_done() { "were" } else { "may have been" };
    let way = Way {
        what: format!("Give the settings of the restored SUSDB that {were} put to sleep their values back."),
        previous: previous.collect::<Vec<_>>().join(", "),
        preconditions: vec![
            "the restored SUSDB is kept: where the way back goes on it is dropped, and this is not needed".into(),
            "this server is meant to act as production: it synchronises, approves and sends mail by itself from then on"
                .into(),
        ],
        lost: "the quiet: until the cutover the source does the same".to_owned(),
        by_hand: settings.values().map(by_hand).collect(),
        count: settings.len() as u64,
        bytes: 0,
    };
    Some(way.back(ActionKind::Sleep, taken))
}

fn shown(value: &str) -> &str {
    if value.is_empty() { "NULL" } else { value }
}

/// The statement that gives a setting its value back, or words where none can be shown exactly: its name is no
/// [`Place`], or its value is too long or holds what ends a line.
fn by_hand(setting: &SettingRecorded) -> Text {
    let statement = statement(setting).filter(|it| it.len() <= TEXT_BYTES_MAX && !it.contains(is_misleading));
    statement.unwrap_or_else(|| in_words(setting)).into()
}

fn statement(setting: &SettingRecorded) -> Option<String> {
    let place: Place = setting.setting.as_str().parse().ok()?;
    let value = match setting.value.as_str() {
        "" => None,
        value => Some(Literal::new(value).ok()?),
    };
    Some(give_back(&place, value.as_ref()).text().to_owned())
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
