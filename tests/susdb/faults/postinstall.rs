//! At `wsusutil postinstall`: none of its marks alone is taken for success, and its log is kept before its outcome.

use wsusmigrate_core::event::database::{EvidenceKept, Operation, OperationResult};
use wsusmigrate_core::event::{DatabaseEvent, Event};
use wsusmigrate_fixtures::sql::instance::SqlFaults;
use wsusmigrate_fixtures::tools::{Fault, Planted, ToolName};
use wsusmigrate_tests::{Console, History};

use super::all;
use super::trial::{FULL_DOWN, FULL_UP, Trial, UNDISTURBED, demand, fault, stands};
use crate::site::Site;

fn goes_wrong(site: &Site, fault: Fault) {
    let planted = Planted { tool: ToolName::Wsusutil, action: None, fault };
    site.servers.host().plant(&[planted]).expect("the server's faults");
}

/// What each call came to.
fn results(history: &History) -> Vec<OperationResult> {
    let results = history.events().iter().filter_map(|event| match event {
        Event::Database(DatabaseEvent::OperationFinished(end)) if end.operation == Operation::PostInstall => {
            Some(end.result)
        }
        _ => None,
    });
    results.collect()
}

/// Whether an event keeps a log of postinstall: what was asked of the media is kept as evidence too.
fn keeps_a_log(event: &Event) -> bool {
    let is_one = |kept: &EvidenceKept| kept.what.as_str() == "log of wsusutil postinstall";
    matches!(event, Event::Database(DatabaseEvent::EvidenceKept(kept)) if is_one(kept))
}

/// Every outcome stands behind the log it rests on; `logs` calls left one.
fn came_to(history: &History, results_wanted: &[OperationResult], logs: usize) -> Result<(), String> {
    let found = results(history);
    demand(found == results_wanted, format!("{found:?}"))?;
    let events = history.events();
    demand(events.iter().filter(|event| keeps_a_log(event)).count() == logs, "not every log was kept once")?;
    for (at, event) in events.iter().enumerate() {
        if keeps_a_log(event) {
            let next = events[at..].iter().find(|event| {
                matches!(
                    event,
                    Event::Database(
                        DatabaseEvent::OperationFinished(_) | DatabaseEvent::OperationReconciled(_)
                    )
                )
            });
            let is_its_outcome = next.is_some_and(|next| match next {
                Event::Database(DatabaseEvent::OperationFinished(end)) => {
                    end.operation == Operation::PostInstall
                }
                Event::Database(DatabaseEvent::OperationReconciled(look)) => {
                    look.operation == Operation::PostInstall
                }
                _ => false,
            });
            demand(is_its_outcome, "a log was kept behind its outcome")?;
        }
    }
    Ok(())
}

/// What would make the restored server act as production: rules, schedules, mail.
const AWAKE: [&str; 3] = [
    "SELECT [ID] FROM [SUSDB].[dbo].[tbAutoDeploymentRule] WHERE [Enabled] = 1",
    "SELECT [ScheduleID] FROM [SUSDB].[dbo].[tbSchedule] WHERE [ScheduledTimeOfDay] IS NOT NULL",
    "SELECT [Name] FROM [SUSDB].[dbo].[tbConfiguration] WHERE [Name] LIKE N'EmailNeedToSend%' AND [Value] = N'True'",
];

/// Nothing is on, and behind the last postinstall services were stopped and settings switched off, in the journal's words.
fn is_at_rest(site: &Site, history: &History) -> Result<(), String> {
    let mut console = Console::open(site.servers.instance(), "master");
    let awake: Vec<_> = AWAKE.iter().flat_map(|asked| console.does(asked)).collect();
    demand(awake.is_empty(), format!("it is awake: {awake:?}"))?;
    let done = history.events().iter().filter_map(|event| match event {
        Event::Database(DatabaseEvent::OperationFinished(end)) => Some((end.operation, end.result)),
        _ => None,
    });
    let done: Vec<_> = done.collect();
    let rest = [(Operation::StopServices, Done), (Operation::Sleep, Done)];
    demand(done.ends_with(&rest), format!("{done:?}"))
}

use OperationResult::{Done, Failed, Unknown};

#[test]
fn what_says_no_is_a_failure() {
    all(&[
        Trial {
            name: "an exit code, and nothing was done",
            plant: |site| goes_wrong(site, Fault::Refused),
            code: 1,
            says: &["postinstall: failed: wsusutil ended with exit code 1; Fatal Error: Access is denied."],
            left: FULL_DOWN,
            proves: |_, history| came_to(history, &[Failed], 0),
            ..UNDISTURBED
        },
        Trial {
            name: "an exit code, and all was done",
            plant: |site| goes_wrong(site, Fault::DoneButFailed),
            code: 1,
            says: &["Fatal Error: The operation has timed out."],
            // It starts the services itself.
            left: FULL_DOWN,
            proves: |_, history| came_to(history, &[Failed], 1),
            ..UNDISTURBED
        },
        Trial {
            name: "an exit code, and all was done, with what slept set going",
            engines: |engines| engines.destination.postinstall_wakes = true,
            plant: |site| goes_wrong(site, Fault::DoneButFailed),
            code: 1,
            left: FULL_DOWN,
            proves: |site, history| {
                came_to(history, &[Failed], 1)?;
                is_at_rest(site, history)
            },
            ..UNDISTURBED
        },
        Trial {
            name: "a component without its mark",
            plant: |site| goes_wrong(site, Fault::Unmarked),
            code: 1,
            says: &["the registry has 1 for UpdateServices-Services, not 2"],
            left: FULL_DOWN,
            proves: |_, history| came_to(history, &[Failed], 1),
            ..UNDISTURBED
        },
    ]);
}

/// What nobody can tell is looked at, and done again: it comes to the same.
#[test]
fn what_does_not_tell_is_unknown_and_looked_at() {
    all(&[
        Trial {
            name: "no word and no log",
            plant: |site| goes_wrong(site, Fault::Silent),
            says: &[
                "postinstall: unknown: the line \"Post install has successfully completed\" is neither",
                "postinstall: not: its process is gone, and no newer log says that it was through",
                "postinstall: done",
            ],
            proves: |_, history| came_to(history, &[Unknown, Done], 1),
            ..UNDISTURBED
        },
        Trial {
            name: "a log from before",
            plant: |site| goes_wrong(site, Fault::OldLog),
            says: &["postinstall: unknown: its log is older than the call", "postinstall: done"],
            proves: |_, history| came_to(history, &[Unknown, Done], 2),
            ..UNDISTURBED
        },
        Trial {
            name: "killed before it began",
            plant: |site| goes_wrong(site, Fault::KilledBefore),
            says: &["postinstall: unknown: wsusutil did not end by itself", "postinstall: done"],
            proves: |_, history| came_to(history, &[Unknown, Done], 1),
            ..UNDISTURBED
        },
        Trial {
            name: "killed when it was through",
            plant: |site| goes_wrong(site, Fault::KilledAfter),
            says: &["postinstall: unknown: wsusutil did not end by itself", "postinstall: done"],
            proves: |_, history| came_to(history, &[Unknown, Done], 1),
            ..UNDISTURBED
        },
    ]);
}

/// Somebody drops the restored SUSDB before postinstall: it is restored again, and postinstall sees none but that.
#[test]
fn postinstall_never_runs_without_susdb() {
    let scenario = wsusmigrate_fixtures::Scenario::named("tiny").expect("a scenario");
    let mut site = Site::new(&scenario, None, None);
    let limit = std::time::Duration::from_mins(1);
    site.run_to_the_end("old", limit);
    site.hand_over();
    fault(&site, SqlFaults { filegroup_full: true, ..SqlFaults::default() });
    assert_eq!(site.ask(&["run"]).status.code(), Some(1));
    fault(&site, SqlFaults::default());
    Console::open(site.servers.instance(), "master").does("DROP DATABASE [SUSDB]");
    assert_eq!(site.run_to_the_end("new", limit), 1);
    assert_eq!(stands(&site), FULL_UP);
    let logs = site.servers.host().temporary().read_dir().expect("the folder of logs");
    let logs: Vec<_> =
        logs.map(|log| std::fs::read_to_string(log.expect("a log").path()).expect("a log")).collect();
    assert_eq!(logs.len(), 1, "postinstall ran once");
    assert!(!logs[0].contains("Fatal Error"), "{}", logs[0]);
}
