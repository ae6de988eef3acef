//! The restored server must not wake up as production: what would synchronise, approve or send mail by itself is switched
//! off before its services start. Previous values are recorded first; the cutover gives them back.

use wsusmigrate_core::database::catalogue::Catalogue;
use wsusmigrate_core::database::row::{Row, RowError};
use wsusmigrate_core::database::statement::{
    self, RuleId, ScheduledTimes, Setting, SettingType, Statement, email_off, rules_off, schedules_off,
};
use wsusmigrate_core::event::database::{Operation, SettingRecorded};

use crate::error::Failure;
use crate::executor::Recorder;
use crate::exit::Exit;
use crate::step::context::Context;
use crate::step::database::engine::{Engine, row_failure};
use crate::step::database::operation::{Intent, Outcome, carry_out};
use crate::step::database::watch;

/// Switches off whatever is on, and proves it by reading again. Nothing to switch off is an operation too.
pub(super) fn perform(
    recorder: &mut Recorder,
    context: &Context<'_>,
    engine: &mut Engine<'_>,
) -> Result<(), Failure> {
    let wakes = WakeUps::read(engine)?;
    let settings = wakes.settings();
    let statements = wakes.statements()?;
    let drafts = settings
        .iter()
        .map(|setting| recorder.observation(setting.setting.as_str().as_bytes(), setting.clone()))
        .collect();
    recorder.record(drafts)?;
    let intent = Intent {
        operation: Operation::Sleep,
        subject: "".into(),
        statement: statements.iter().map(Statement::text).collect::<Vec<_>>().join("\n"),
        before: format!("{} settings are on", settings.len()),
        expects: "no rule, no schedule and no e-mail is on".to_owned(),
    };
    carry_out(recorder, context, intent, |going| {
        if let Err(outcome) = watch::act_each(going, context, engine, &statements, "switching off") {
            return outcome;
        }
        match WakeUps::read(engine).map(|wakes| wakes.settings()) {
            Err(failure) => Outcome::unknown(failure.to_string()),
            Ok(on) if on.is_empty() && settings.is_empty() => Outcome::done("nothing was on"),
            Ok(on) if on.is_empty() => Outcome::done(format!("{} settings switched off", settings.len())),
            Ok(on) => Outcome::failed(0, format!("{} is still on", on[0].setting)),
        }
    })?;
    Ok(())
}

/// What would wake the server.
#[derive(Debug, Default, PartialEq, Eq)]
struct WakeUps {
    /// Rules of automatic approval that are on.
    rules: Vec<RuleId>,
    /// Schedules with a time or a next run: their keys, and when they run.
    schedules: Vec<Schedule>,
    /// Settings of e-mail that are on.
    email: Vec<Setting>,
}

/// A schedule that runs by itself.
#[derive(Debug, PartialEq, Eq)]
struct Schedule {
    target: i64,
    id: i64,
    times: ScheduledTimes,
}

impl WakeUps {
    /// Reads what is on. A SUSDB without one of the tables has nothing there that could be.
    fn read(engine: &mut Engine<'_>) -> Result<Self, Failure> {
        let catalogue = engine.catalogue()?;
        let mut rows = |table, columns, statement: &Statement| match has(&catalogue, table, columns) {
            true => engine.all(statement),
            false => Ok(Vec::new()),
        };
        let rules = rows("tbAutoDeploymentRule", &["ID", "Enabled", "Name"], &statement::rules())?;
        let columns = &["ScheduleTarget", "ScheduleID", "ScheduledTimeOfDay", "ScheduledRunTime", "Frequency"];
        let schedules = rows("tbSchedule", columns, &statement::schedules())?;
        let email = rows("tbConfiguration", &["Name", "Value"], &statement::email_settings())?;
        Self::of(&rules, &schedules, &email).map_err(|error| row_failure(&error))
    }

    fn of(rules: &[Row], schedules: &[Row], email: &[Row]) -> Result<Self, RowError> {
        let mut wakes = Self::default();
        for row in rules {
            if row.maybe_bit("Enabled")?.unwrap_or(false) {
                wakes.rules.push(RuleId(small(row, "ID")?));
            }
        }
        for row in schedules {
            let time_of_day = row.maybe_int("ScheduledTimeOfDay")?.map(|_| small(row, "ScheduledTimeOfDay"));
            let times = ScheduledTimes {
                time_of_day: time_of_day.transpose()?,
                next_run: row.maybe_time("ScheduledRunTime")?,
            };
            if times != ScheduledTimes::default() {
                let (target, id) = (row.int("ScheduleTarget")?, row.int("ScheduleID")?);
                wakes.schedules.push(Schedule { target, id, times });
            }
        }
        for row in email {
            let kind = match row.maybe_text("base_type")?.unwrap_or_default().as_str() {
                "bit" => SettingType::Bit,
                "tinyint" | "smallint" | "int" | "bigint" => SettingType::Int,
                _ => SettingType::Text,
            };
            let value = row.maybe_text("Value")?.unwrap_or_default();
            let setting = Setting { name: row.text("Name")?, kind, value };
            if setting.is_on() {
                wakes.email.push(setting);
            }
        }
        Ok(wakes)
    }

    /// Each value that changes: `table.column where key = value`. An empty value is `NULL`.
    fn settings(&self) -> Vec<SettingRecorded> {
        let changed = |setting: String, value: String, becomes: &str| SettingRecorded {
            setting: setting.into(),
            value: value.into(),
            becomes: becomes.into(),
        };
        let mut settings = Vec::new();
        for rule in &self.rules {
            let setting = format!("tbAutoDeploymentRule.Enabled where ID = {}", rule.0);
            settings.push(changed(setting, "1".to_owned(), "0"));
        }
        for Schedule { target, id, times } in &self.schedules {
            let place = |column: &str| {
                format!("tbSchedule.{column} where ScheduleTarget = {target} and ScheduleID = {id}")
            };
            if let Some(time) = times.time_of_day {
                settings.push(changed(place("ScheduledTimeOfDay"), time.to_string(), ""));
            }
            if let Some(run) = times.next_run {
                settings.push(changed(place("ScheduledRunTime"), moment(run), ""));
            }
        }
        for setting in &self.email {
            let off = match setting.kind {
                SettingType::Bit | SettingType::Int => "0",
                SettingType::Text => "False",
            };
            let place = format!("tbConfiguration.Value where Name = {}", setting.name);
            settings.push(changed(place, setting.value.clone(), off));
        }
        settings
    }

    /// The statements that switch it all off.
    fn statements(&self) -> Result<Vec<Statement>, Failure> {
        let mut statements: Vec<_> = rules_off(&self.rules).into_iter().collect();
        if !self.schedules.is_empty() {
            statements.push(schedules_off());
        }
        for setting in &self.email {
            let off = email_off(setting).map_err(|error| {
                Failure::new(Exit::Failed, format!("the setting {} cannot stand in a statement", setting.name))
                    .because(&error)
            })?;
            statements.push(off);
        }
        Ok(statements)
    }
}

fn has(catalogue: &Catalogue, table: &str, columns: &[&str]) -> bool {
    catalogue.existing(table, columns).len() == columns.len()
}

fn small(row: &Row, column: &'static str) -> Result<i32, RowError> {
    let wide = |_| RowError::Kind { column: column.into(), wanted: "an int", found: "a larger number" };
    i32::try_from(row.int(column)?).map_err(wide)
}

/// As a `datetime` is written, to the millisecond it holds.
fn moment(time: wsusmigrate_core::unit::TimeMicros) -> String {
    let shown = chrono::DateTime::from_timestamp_millis(time.0.div_euclid(1000));
    shown.map_or_else(String::new, |time| time.format("%Y-%m-%dT%H:%M:%S%.3f").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use wsusmigrate_core::database::row::Cell;
    use wsusmigrate_core::unit::TimeMicros;

    fn rule(id: i64, enabled: bool) -> Row {
        Row::of([("ID", Cell::Int(id)), ("Enabled", Cell::Bit(enabled)), ("Name", Cell::Text("x".into()))])
    }

    fn schedule(id: i64, time: Cell, run: Cell) -> Row {
        Row::of([
            ("ScheduleTarget", Cell::Int(1)),
            ("ScheduleID", Cell::Int(id)),
            ("ScheduledTimeOfDay", time),
            ("ScheduledRunTime", run),
        ])
    }

    fn email(name: &str, value: &str, base_type: &str) -> Row {
        Row::of([
            ("Name", Cell::Text(name.into())),
            ("Value", Cell::Text(value.into())),
            ("base_type", Cell::Text(base_type.into())),
        ])
    }

    #[test]
    fn what_is_on_is_named_with_its_row_and_switched_off() {
        let run = Cell::Time(TimeMicros(1_700_000_000_123_456));
        let wakes = WakeUps::of(
            &[rule(1, false), rule(7, true)],
            &[schedule(1, Cell::Null, Cell::Null), schedule(2, Cell::Int(10_800), run)],
            &[email("EmailNeedToSendA", "0", "bit"), email("EmailNeedToSendB", "True", "nvarchar")],
        )
        .unwrap();
        let settings = wakes.settings();
        let told: Vec<_> = settings
            .iter()
            .map(|it| (it.setting.as_str(), it.value.as_str(), it.becomes.as_str()))
            .collect();
        assert_eq!(
            told,
            [
                ("tbAutoDeploymentRule.Enabled where ID = 7", "1", "0"),
                ("tbSchedule.ScheduledTimeOfDay where ScheduleTarget = 1 and ScheduleID = 2", "10800", ""),
                (
                    "tbSchedule.ScheduledRunTime where ScheduleTarget = 1 and ScheduleID = 2",
                    "2023-11-14T22:13:20.123",
                    ""
                ),
                ("tbConfiguration.Value where Name = EmailNeedToSendB", "True", "False"),
            ]
        );
        let statements = wakes.statements().unwrap();
        let texts: Vec<_> = statements.iter().map(Statement::text).collect();
        assert_eq!(texts.len(), 3);
        assert!(texts[0].contains("[Enabled] = 0 WHERE [ID] IN (7)") && texts[2].contains("N'False'"));
    }

    #[test]
    fn a_server_that_sleeps_needs_no_statement() {
        let wakes = WakeUps::of(&[rule(1, false)], &[schedule(1, Cell::Null, Cell::Null)], &[]).unwrap();
        assert_eq!((wakes.settings(), wakes.statements().unwrap()), (Vec::new(), Vec::new()));
    }

    #[test]
    fn a_schedule_with_one_of_its_two_times_runs() {
        let wakes = WakeUps::of(&[], &[schedule(1, Cell::Int(0), Cell::Null)], &[]).unwrap();
        assert_eq!(wakes.settings().len(), 1);
        assert_eq!(wakes.statements().unwrap().len(), 1);
    }
}
