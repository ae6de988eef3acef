//! What would make a restored destination wake up as production, and how it is put to sleep: schedules of synchronisation,
//! rules of automatic approval, e-mail. Previous values are read first and put back by the same keys.
//!
//! `tbAutoDeploymentRule.Enabled` is what the console shows. That a row of `tbSchedule` without a time and a next run
//! does not run, and that `EmailNeedToSend…` in `tbConfiguration` switches mail, is inferred from the columns and from tools
//! that read them: before cutover the API is asked as well (`ISubscription.SynchronizeAutomatically`).

use serde::{Deserialize, Serialize};

use super::{Identifier, Literal, Purpose, Statement, listed, susdb};
use crate::database::NotALiteral;
use crate::database::row::{Row, RowError};
use crate::database::setting::Place;
use crate::unit::TimeMicros;

/// `tbAutoDeploymentRule.ID`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RuleId(pub i32);

/// The key of a row of `tbSchedule`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ScheduleKey {
    /// `ScheduleTarget`: what is run.
    pub target: i32,
    /// `ScheduleID`.
    pub id: i32,
}

/// When a schedule runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduledTimes {
    /// `ScheduledTimeOfDay`.
    pub time_of_day: Option<i32>,
    /// `ScheduledRunTime`: the next run.
    pub next_run: Option<TimeMicros>,
}

/// The type inside a setting's `sql_variant`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SettingType {
    /// `bit`.
    Bit,
    /// `int`.
    Int,
    /// `nvarchar`: `True` or `False`.
    Text,
}

/// A setting of `tbConfiguration` that switches e-mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// `Name`.
    pub name: String,
    /// How its value is stored; it is put back in the same way.
    pub kind: SettingType,
    /// What it was, as `CAST(Value AS nvarchar(4000))` shows it.
    pub value: String,
}

/// A number of a key column, which is an `int`.
fn key_number(row: &Row, column: &str) -> Result<i32, RowError> {
    let number = row.int(column)?;
    i32::try_from(number).map_err(|_| RowError::Kind {
        column: column.to_owned(),
        wanted: "an int",
        found: "a larger number",
    })
}

impl RuleId {
    /// Reads a row of [`rules`]: the rule, and whether it is enabled.
    pub fn from_row(row: &Row) -> Result<(Self, bool), RowError> {
        Ok((Self(key_number(row, "ID")?), row.bit("Enabled")?))
    }
}

impl ScheduleKey {
    /// Reads a row of [`schedules`]: the schedule, and when it runs.
    pub fn from_row(row: &Row) -> Result<(Self, ScheduledTimes), RowError> {
        let key = Self { target: key_number(row, "ScheduleTarget")?, id: key_number(row, "ScheduleID")? };
        let time_of_day = row.maybe_int("ScheduledTimeOfDay")?.and_then(|time| i32::try_from(time).ok());
        Ok((key, ScheduledTimes { time_of_day, next_run: row.maybe_time("ScheduledRunTime")? }))
    }
}

impl ScheduledTimes {
    /// Whether it runs by itself.
    #[must_use]
    pub const fn is_on(self) -> bool {
        self.time_of_day.is_some() || self.next_run.is_some()
    }
}

impl Setting {
    /// Reads a row of [`email_settings`]. Nothing for a value of a type no switch has: it is left alone.
    pub fn from_row(row: &Row) -> Result<Option<Self>, RowError> {
        let kind = match row.maybe_text("base_type")?.unwrap_or_default().to_lowercase().as_str() {
            "bit" => SettingType::Bit,
            "int" => SettingType::Int,
            "nvarchar" | "varchar" | "nchar" | "char" => SettingType::Text,
            _ => return Ok(None),
        };
        Ok(Some(Self { name: row.text("Name")?, kind, value: row.maybe_text("Value")?.unwrap_or_default() }))
    }

    /// Whether it is switched on.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.value == "1" || self.value.eq_ignore_ascii_case("true")
    }
}

/// The rules of automatic approval: `ID`, `Enabled`, `Name`.
#[must_use]
pub fn rules() -> Statement {
    let text = format!(
        "SELECT [ID], [Enabled], [Name] FROM {}.[dbo].[tbAutoDeploymentRule] ORDER BY [ID];",
        susdb()
    );
    Statement::new(Purpose::WakeUps, text)
}

/// Switches rules off. Nothing where there is none.
#[must_use]
pub fn rules_off(rules: &[RuleId]) -> Option<Statement> {
    let ids = listed(rules.iter().map(|rule| rule.0));
    let susdb = susdb();
    let text =
        format!("UPDATE {susdb}.[dbo].[tbAutoDeploymentRule] SET [Enabled] = 0 WHERE [ID] IN ({ids});");
    (!rules.is_empty()).then(|| Statement::new(Purpose::Sleep, text))
}

/// The schedules: `ScheduleTarget`, `ScheduleID`, `ScheduledTimeOfDay`, `ScheduledRunTime`, `Frequency`.
#[must_use]
pub fn schedules() -> Statement {
    let text = format!(
        "SELECT [ScheduleTarget], [ScheduleID], [ScheduledTimeOfDay], [ScheduledRunTime], [Frequency] \
         FROM {}.[dbo].[tbSchedule] ORDER BY [ScheduleTarget], [ScheduleID];",
        susdb()
    );
    Statement::new(Purpose::WakeUps, text)
}

/// Takes the time and the next run from every schedule that has one.
#[must_use]
pub fn schedules_off() -> Statement {
    let text = format!(
        "UPDATE {}.[dbo].[tbSchedule] SET [ScheduledTimeOfDay] = NULL, [ScheduledRunTime] = NULL \
         WHERE [ScheduledTimeOfDay] IS NOT NULL OR [ScheduledRunTime] IS NOT NULL;",
        susdb()
    );
    Statement::new(Purpose::Sleep, text)
}

/// The settings that switch e-mail: `Name`, `Value` as text, `base_type` of what is stored.
#[must_use]
pub fn email_settings() -> Statement {
    let text = format!(
        "SELECT [Name], CAST([Value] AS nvarchar(4000)) AS [Value], \
         CAST(SQL_VARIANT_PROPERTY([Value], 'BaseType') AS nvarchar(128)) AS base_type \
         FROM {}.[dbo].[tbConfiguration] WHERE [Name] LIKE N'EmailNeedToSend%' ORDER BY [Name];",
        susdb()
    );
    Statement::new(Purpose::WakeUps, text)
}

/// Switches one setting off, in the type it is stored in.
pub fn email_off(setting: &Setting) -> Result<Statement, NotALiteral> {
    let value = match setting.kind {
        SettingType::Bit => "CAST(0 AS bit)",
        SettingType::Int => "CAST(0 AS int)",
        SettingType::Text => "N'False'",
    };
    let table = Identifier::known("tbConfiguration");
    let name = Literal::new(&setting.name)?;
    let text = format!("UPDATE {}.[dbo].{table} SET [Value] = {value} WHERE [Name] = {name};", susdb());
    Ok(Statement::new(Purpose::Sleep, text))
}

/// Gives a setting a value it had; without one, NULL. It is put back where and as it was stored.
#[must_use]
pub fn give_back(place: &Place, value: Option<&Literal>) -> Statement {
    let (assignment, condition) = (place.assignment(value), place.condition());
    let text = format!("UPDATE {}.[dbo].{} SET {assignment}{condition};", susdb(), place.table());
    Statement::new(Purpose::Wake, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_keep_their_type() {
        let setting = |kind, value: &str| Setting {
            name: "EmailNeedToSendStatusNotification".into(),
            kind,
            value: value.into(),
        };
        let off = |kind, value: &str| email_off(&setting(kind, value)).unwrap().text().to_owned();
        assert!(off(SettingType::Bit, "1").contains("= CAST(0 AS bit) WHERE"));
        assert!(off(SettingType::Int, "1").contains("= CAST(0 AS int) WHERE"));
        assert!(off(SettingType::Text, "True").contains("= N'False' WHERE"));
    }

    #[test]
    fn what_wakes_a_server_is_read_from_rows() {
        use crate::database::row::Cell;
        let text = |text: &str| Cell::Text(text.into());
        let rule = Row::of([("ID", Cell::Int(3)), ("Enabled", Cell::Bit(true)), ("Name", text("Default"))]);
        assert_eq!(RuleId::from_row(&rule), Ok((RuleId(3), true)));
        let schedule = |time| {
            let row = Row::of([
                ("ScheduleTarget", Cell::Int(1)),
                ("ScheduleID", Cell::Int(2)),
                ("ScheduledTimeOfDay", time),
                ("ScheduledRunTime", Cell::Null),
            ]);
            ScheduleKey::from_row(&row).unwrap()
        };
        let (key, times) = schedule(Cell::Int(60));
        assert_eq!(
            (key, times.time_of_day, times.is_on()),
            (ScheduleKey { target: 1, id: 2 }, Some(60), true)
        );
        assert!(!schedule(Cell::Null).1.is_on());
        let setting = |kind: &str| {
            let row = Row::of([
                ("Name", text("EmailNeedToSendX")),
                ("Value", text("True")),
                ("base_type", text(kind)),
            ]);
            Setting::from_row(&row).unwrap()
        };
        assert!(
            setting("NVARCHAR").is_some_and(|setting| setting.is_on() && setting.kind == SettingType::Text)
        );
        assert_eq!(setting("datetime"), None);
    }

    #[test]
    fn no_rule_is_no_statement() {
        assert_eq!(rules_off(&[]), None);
        let off = rules_off(&[RuleId(1), RuleId(7)]).unwrap();
        assert!(off.text().ends_with("SET [Enabled] = 0 WHERE [ID] IN (1, 7);"));
    }
}
