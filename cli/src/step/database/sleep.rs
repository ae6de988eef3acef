//! The restored server must not wake up as production: what would synchronise, approve or send mail by itself is switched
//! off before its services start. Previous values are recorded first; the cutover gives them back.

use wsusmigrate_core::database::civil;
use wsusmigrate_core::database::row::{Row, RowError};
use wsusmigrate_core::database::setting::{NotAPlace, Place, Stored};
use wsusmigrate_core::database::statement::{
    self, RuleId, ScheduleKey, ScheduledTimes, Setting, SettingType, Statement, email_off, rules_off,
    schedules_off,
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
    for name in &wakes.untold {
        context.talk().say(&format!("warn: {name} is of a type no switch has: it is left alone"));
    }
    let settings = wakes.settings().map_err(|error| {
        Failure::new(Exit::Failed, "a setting cannot be named so that it could be given back").because(&error)
    })?;
    let statements = wakes.statements()?;
    let draft = |it: &SettingRecorded| recorder.sighting(it.setting.as_str().as_bytes(), it.clone());
    let drafts = settings.iter().map(draft).collect();
    recorder.record(drafts)?;
    let intent = Intent {
        operation: Operation::Sleep,
        subject: "".into(),
        statement: statements.iter().map(Statement::text).collect::<Vec<_>>().join("\n"),
        before: format!("{} values that wake the server", settings.len()),
        expects: "no rule, no schedule and no e-mail is on".to_owned(),
    };
    carry_out(recorder, context, intent, |going| {
        if let Err(outcome) = watch::act_each(going, context, engine, &statements, "switching off") {
            return outcome;
        }
        judge(settings.len(), WakeUps::read(engine))
    })?;
    Ok(())
}

/// What came of it, once so many values were switched off. Where something is on all the same, that is no failure without an
/// effect: the others are off.
fn judge(values: usize, read_again: Result<WakeUps, Failure>) -> Outcome {
    match read_again.map(|wakes| wakes.first()) {
        Err(failure) => Outcome::unknown(format!("{values} values were switched off; then: {failure}")),
        Ok(Some(on)) => Outcome::unknown(format!("{on} is on, although {values} values were switched off")),
        Ok(None) if values == 0 => Outcome::done("nothing was on"),
        Ok(None) => Outcome::done(format!("{values} values that woke the server are off")),
    }
}

/// What would wake the server.
#[derive(Debug, Default, PartialEq, Eq)]
struct WakeUps {
    /// Rules of automatic approval that are on.
    rules: Vec<RuleId>,
    /// Schedules that run by themselves, and when.
    schedules: Vec<(ScheduleKey, ScheduledTimes)>,
    /// Settings of e-mail that are on.
    email: Vec<Setting>,
    /// Settings of e-mail of a type no switch has.
    untold: Vec<String>,
}

impl WakeUps {
    /// Reads what is on. A SUSDB without one of the tables has nothing there that could be.
    fn read(engine: &mut Engine<'_>) -> Result<Self, Failure> {
        let catalogue = engine.catalogue()?;
        let mut rows = |table, columns: &[&str], statement: &Statement| {
            let has = catalogue.existing(table, columns).len() == columns.len();
            if has { engine.all(statement) } else { Ok(Vec::new()) }
        };
        let rules = rows("tbAutoDeploymentRule", &["ID", "Enabled", "Name"], &statement::rules())?;
        let columns = ["ScheduleTarget", "ScheduleID", "ScheduledTimeOfDay", "ScheduledRunTime", "Frequency"];
        let schedules = rows("tbSchedule", &columns, &statement::schedules())?;
        let email = rows("tbConfiguration", &["Name", "Value"], &statement::email_settings())?;
        Self::of(&rules, &schedules, &email).map_err(|error| row_failure(&error))
    }

    fn of(rules: &[Row], schedules: &[Row], email: &[Row]) -> Result<Self, RowError> {
        let mut wakes = Self::default();
        for row in rules {
            let (rule, is_on) = RuleId::from_row(row)?;
            wakes.rules.extend(is_on.then_some(rule));
        }
        for row in schedules {
            let (key, times) = ScheduleKey::from_row(row)?;
            wakes.schedules.extend(times.is_on().then_some((key, times)));
        }
        for row in email {
            match Setting::from_row(row)? {
                Some(setting) => wakes.email.extend(setting.is_on().then_some(setting)),
                None => wakes.untold.push(row.text("Name")?),
            }
        }
        Ok(wakes)
    }

    /// Each value that changes. An empty one is `NULL`.
    fn settings(&self) -> Result<Vec<SettingRecorded>, NotAPlace> {
        let changed = |place: Place, value: String, becomes: &str| {
            let (setting, value) = (place.to_string().into(), value.into());
            SettingRecorded { setting, value, becomes: becomes.into() }
        };
        let mut settings = Vec::new();
        for rule in &self.rules {
            let place = Place::new("tbAutoDeploymentRule", "Enabled")?.with_key("ID", &rule.0.to_string())?;
            settings.push(changed(place, "1".to_owned(), "0"));
        }
        for (key, times) in &self.schedules {
            let (target, id) = (key.target.to_string(), key.id.to_string());
            let place = |column| {
                let place = Place::new("tbSchedule", column)?;
                place.with_key("ScheduleTarget", &target)?.with_key("ScheduleID", &id)
            };
            if let Some(time) = times.time_of_day {
                settings.push(changed(place("ScheduledTimeOfDay")?, time.to_string(), ""));
            }
            if let Some(run) = times.next_run {
                settings.push(changed(place("ScheduledRunTime")?, civil(run), ""));
            }
        }
        for setting in &self.email {
            let place = Place::new("tbConfiguration", "Value")?;
            let (place, off) = match setting.kind {
                SettingType::Bit => (place.stored_as(Stored::Bit), "0"),
                SettingType::Int => (place.stored_as(Stored::Int), "0"),
                SettingType::Text => (place, "False"),
            };
            settings.push(changed(place.with_key("Name", &setting.name)?, setting.value.clone(), off));
        }
        Ok(settings)
    }

    /// Something that is on, for people.
    fn first(&self) -> Option<String> {
        let rule = self.rules.first().map(|rule| format!("the rule {}", rule.0));
        let schedule =
            || self.schedules.first().map(|(key, _)| format!("the schedule {}, {}", key.target, key.id));
        let email = || self.email.first().map(|setting| setting.name.clone());
        rule.or_else(schedule).or_else(email)
    }

    /// The statements that switch it all off.
    fn statements(&self) -> Result<Vec<Statement>, Failure> {
        let mut statements: Vec<_> = rules_off(&self.rules).into_iter().collect();
        if !self.schedules.is_empty() {
            statements.push(schedules_off());
        }
        for setting in &self.email {
            let off = email_off(setting).map_err(|error| {
                Failure::new(
                    Exit::Failed,
                    format!("the setting {} cannot stand in a statement", setting.name),
                )
                .because(&error)
            })?;
            statements.push(off);
        }
        Ok(statements)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wsusmigrate_core::database::row::Cell;
    use wsusmigrate_core::event::database::OperationResult;
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
        let settings = wakes.settings().unwrap();
        let told: Vec<_> =
            settings.iter().map(|it| (it.setting.as_str(), it.value.as_str(), it.becomes.as_str())).collect();
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
        assert_eq!((wakes.settings().unwrap(), wakes.statements().unwrap()), (Vec::new(), Vec::new()));
    }

    /// It was a failure once, and the way back then had none of the values that were switched off.
    #[test]
    fn what_is_on_after_all_leaves_the_outcome_unknown() {
        let result = |rules: &[Row]| judge(3, Ok(WakeUps::of(rules, &[], &[]).unwrap())).result;
        assert_eq!(result(&[rule(1, true)]), OperationResult::Unknown);
        assert_eq!(result(&[rule(1, false)]), OperationResult::Done);
        let unread = judge(3, Err(Failure::new(Exit::Failed, "the connection is gone")));
        assert_eq!(unread.result, OperationResult::Unknown);
        assert_eq!(unread.detail, "3 values were switched off; then: the connection is gone");
    }

    #[test]
    fn a_schedule_with_one_of_its_two_times_runs() {
        let wakes = WakeUps::of(&[], &[schedule(1, Cell::Int(0), Cell::Null)], &[]).unwrap();
        assert_eq!(wakes.settings().unwrap().len(), 1);
        assert_eq!(wakes.statements().unwrap().len(), 1);
    }
}
