//! Goal: services, pools and settings go back to what they were before this migration touched them, by exact words.
//! Method: histories that touch them, and the guidance at their end.

mod support;

use support::susdb::*;
use support::undone::*;
use wsusmigrate_core::event::database::*;
use wsusmigrate_core::event::run::*;
use wsusmigrate_core::rollback::ActionKind;

#[test]
fn services_stopped_anew_go_back_to_what_they_were_then() {
    let found = |state| service("W3SVC", state, ServiceStart::Manual);
    let again = secured()
        .and(found(ServiceState::Running))
        .does(Operation::StopServices)
        .and(found(ServiceState::Stopped))
        .does(Operation::StopServices);
    assert!(
        undo(&again, ActionKind::StopServices).previous.as_str().contains("running"),
        "not given back yet"
    );
    let anew =
        again.does(Operation::StartServices).and(found(ServiceState::Stopped)).does(Operation::StopServices);
    assert_eq!(undo(&anew, ActionKind::StopServices).previous.as_str(), "W3SVC stopped (manual)");
}

/// Settings live in SUSDB: a restore brings others.
#[test]
fn settings_of_a_susdb_that_was_replaced_are_forgotten() {
    let rule = |id: &str| setting(&format!("tbAutoDeploymentRule.Enabled where ID = {id}"), "1", "0");
    let slept = restored().and(rule("1")).does(Operation::Sleep);
    let restored_again = slept.and(no_susdb()).does(Operation::Restore).and(rule("2")).does(Operation::Sleep);
    let kept: Vec<_> = restored_again.state().database.settings.into_keys().collect();
    assert_eq!(kept, [rule("2").setting]);
}

#[test]
fn stopped_services_get_their_start_types_and_states_back() {
    let history = secured()
        .and(service("WsusService", ServiceState::Running, ServiceStart::AutomaticDelayed))
        .and(pool(ServiceState::Running, ServiceStart::Automatic))
        .and(service("W3SVC", ServiceState::Stopped, ServiceStart::Disabled))
        .and(service("It's", ServiceState::Running, ServiceStart::Automatic))
        .and(service("Odd", ServiceState::Changing, ServiceStart::Manual))
        .and(service("None", ServiceState::Absent, ServiceStart::Manual))
        .does(Operation::StopServices);
    let start = undo(&history, ActionKind::StopServices);
    assert_eq!(
        lines(&start.by_hand),
        [
            "Set-Service -Name 'It''s' -StartupType Automatic",
            "Start-Service -Name 'It''s'",
            "Set-Service -Name 'Odd' -StartupType Manual",
            "# 'Odd' was neither stopped nor running: start it only if it has to run",
            "Set-Service -Name 'W3SVC' -StartupType Disabled",
            "Import-Module WebAdministration; Set-ItemProperty 'IIS:\\AppPools\\WsusPool' -Name autoStart -Value $true",
            "Start-WebAppPool -Name 'WsusPool'",
            "sc.exe config 'WsusService' start= delayed-auto",
            "Start-Service -Name 'WsusService'"
        ]
    );
    assert_eq!(
        start.previous.as_str(),
        "It's running (automatic), None absent (manual), Odd changing (manual), W3SVC stopped (disabled), WsusPool \
         running (automatic), WsusService running (automatic-delayed)"
    );
    requires(
        &start,
        "the SUSDB of before is there: yes, the SUSDB that is there was not restored by this migration",
    );
    requires(
        &undo(&restored(), ActionKind::StopServices),
        "the SUSDB of before is there: NO, the SUSDB that is there is the restored one: undo that first",
    );
    requires(
        &undo(&stopped().does(Operation::Drop), ActionKind::StopServices),
        "the SUSDB of before is there: NO, there is none now: undo that first, or leave the services stopped",
    );
    assert!(
        kinds(&history.does(Operation::StartServices)).is_empty(),
        "they run again, and SUSDB is as it was"
    );
}

#[test]
fn a_quiesced_source_serves_again() {
    let quiesced = || {
        in_database(Role::Source)
            .and(seen(0x20, 661))
            .and(service("W3SVC", ServiceState::Running, ServiceStart::Automatic))
            .does(Operation::Quiesce)
    };
    let wake = undo(&quiesced(), ActionKind::QuiesceSource);
    assert_eq!(
        lines(&wake.by_hand),
        ["Set-Service -Name 'W3SVC' -StartupType Automatic", "Start-Service -Name 'W3SVC'"]
    );
    requires(&wake, "no backup of SUSDB is going on: yes, none is recorded as open");
    let (backing_up, _) = quiesced().begins(Operation::BackUp);
    requires(
        &undo(&backing_up, ActionKind::QuiesceSource),
        "no backup of SUSDB is going on: NO, what changes meanwhile is not in it",
    );
    assert!(kinds(&quiesced().does(Operation::Resume)).is_empty(), "the program has woken it");
    let failed = quiesced().ends(Operation::Resume, OperationResult::Failed, &[]);
    assert_eq!(kinds(&failed), [ActionKind::QuiesceSource]);
}

#[test]
fn what_was_put_to_sleep_gets_its_values_back_by_exact_statements() {
    let slept = || {
        restored()
            .and(setting("tbConfigurationA.Auto", "1", "0"))
            .and(setting("tbAutoDeploymentRule.Enabled where RuleID = 3 and Name = a'b", "True", "False"))
            .and(setting("tbConfigurationB.Mail", "", "0"))
            .and(setting("tbConfigurationB.Name", "O'Brien", ""))
            .and(setting("tbConfiguration.Value as bit where Name = Mail", "1", "0"))
            .and(setting("every rule", "on", "off"))
            .and(setting("tbLong.Text", &"x".repeat(1020), "0"))
            .and(setting("tbOdd.Text", "a\nb", "0"))
            .does(Operation::Sleep)
    };
    let wake = undo(&slept(), ActionKind::Sleep);
    let shown = format!("{}…", "x".repeat(97));
    let long = format!(
        "-- tbLong.Text: from 0 back to {shown}; `wsusmigrate journal show` has what was recorded of it"
    );
    assert_eq!(
        lines(&wake.by_hand),
        [
            "-- every rule: from off back to on; `wsusmigrate journal show` has what was recorded of it",
            "UPDATE [SUSDB].[dbo].[tbAutoDeploymentRule] SET [Enabled] = N'True' WHERE [RuleID] = N'3' AND [Name] = N'a''b';",
            "UPDATE [SUSDB].[dbo].[tbConfiguration] SET [Value] = CAST(N'1' AS bit) WHERE [Name] = N'Mail';",
            "UPDATE [SUSDB].[dbo].[tbConfigurationA] SET [Auto] = N'1';",
            "UPDATE [SUSDB].[dbo].[tbConfigurationB] SET [Mail] = NULL;",
            "UPDATE [SUSDB].[dbo].[tbConfigurationB] SET [Name] = N'O''Brien';",
            &long,
            "-- tbOdd.Text: from 0 back to a b; `wsusmigrate journal show` has what was recorded of it"
        ]
    );
    assert!(wake.previous.as_str().starts_with("every rule = on, tbAutoDeploymentRule.Enabled where"));
    assert_eq!(wake.count, 8);
    let gone = slept().and(no_susdb());
    assert!(!kinds(&gone).contains(&ActionKind::Sleep), "the settings are gone with the restored SUSDB");
}
