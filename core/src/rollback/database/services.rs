//! Services and application pools as they were before they were stopped.

use super::{Way, answered, last_effect};
use crate::event::database::{Operation, ServiceKind, ServiceRecorded, ServiceStart, ServiceState};
use crate::projection::Migration;
use crate::projection::rollback::TakenAction;
use crate::rollback::{ActionKind, Undo};
use crate::text::Text;

/// The source serves again, as before its backup; nothing where the program has seen to that.
pub(super) fn wake_source(state: &Migration, taken: &TakenAction) -> Option<Undo> {
    let stopped = state.database.last_begun(Operation::Quiesce)?;
    let resumed = state.database.last_done(Operation::Resume);
    if resumed.is_some_and(|resumed| resumed.seq > stopped.seq) {
        return None;
    }
    let what = "Give the source's services back their start types and start those that ran.".to_owned();
    let open = state.run.status.database.open.as_ref().map(|open| open.operation);
    let rests = open != Some(Operation::BackUp);
    let because = if rests { "none is recorded as open" } else { "what changes meanwhile is not in it" };
    let preconditions = vec![
        answered("no backup of SUSDB is going on", rests, because),
        "clients and downstream servers are still pointed to the source".into(),
    ];
    Some(way(state, what, preconditions).back(ActionKind::QuiesceSource, taken))
}

/// The destination's services are as they were before this migration. They are started last, after SUSDB is back, even where
/// they run by now: going back stops them again.
pub(super) fn start(state: &Migration, taken: &TakenAction) -> Option<Undo> {
    let stopped = state.database.last_begun(Operation::StopServices)?;
    let started = state.database.last_done(Operation::StartServices);
    let runs = started.is_some_and(|started| started.seq > stopped.seq);
    let replaced = [Operation::Drop, Operation::Restore].map(|it| last_effect(&state.database, it).is_some());
    if runs && !replaced.contains(&true) {
        return None;
    }
    let status = &state.run.status.database;
    let there = status.present == Some(true) && !status.restored;
    let because = match (status.present, status.restored) {
        (Some(true), false) => "the SUSDB that is there was not restored by this migration",
        (Some(true), true) if status.replaced => "another one took the place of the restored one",
        (Some(true), true) => "the SUSDB that is there is the restored one: undo that first",
        (Some(false), _) => "there is none now: undo that first, or leave the services stopped",
        (None, _) => "nobody looked",
    };
    let preconditions = vec![answered("the SUSDB of before is there", there, because)];
    let what = "Give the destination's services back their start types and start those that ran.".to_owned();
    Some(way(state, what, preconditions).back(ActionKind::StopServices, taken))
}

fn way(state: &Migration, what: String, preconditions: Vec<Text>) -> Way {
    let services = &state.database.services;
    let told = services.values().map(|service| match service.start {
        ServiceStart::Untold => format!("{} {}", service.service, service.state.word()),
        start => format!("{} {} ({})", service.service, service.state.word(), start.word()),
    });
    let previous = told.collect::<Vec<_>>().join(", ");
    let previous =
        if previous.is_empty() { "not recorded: ask who runs this server".to_owned() } else { previous };
    let lost = "nothing of SUSDB: stopping and starting changes no row of it".to_owned();
    let count = services.len() as u64;
    Way { what, previous, preconditions, lost, by_hand: services_by_hand(state), count, bytes: 0 }
}

/// What puts services back as they were before this migration, typed into PowerShell.
#[must_use]
pub fn services_by_hand(state: &Migration) -> Vec<Text> {
    state.database.services.values().flat_map(by_hand).collect()
}

/// PowerShell, and `sc.exe` for the one start type that Windows PowerShell cannot set.
fn by_hand(service: &ServiceRecorded) -> Vec<Text> {
    let name = quoted(service.service.as_str());
    let start = match service.state {
        ServiceState::Absent => return Vec::new(),
        ServiceState::Stopped => None,
        ServiceState::Running => Some(match service.kind {
            ServiceKind::Service => format!("Start-Service -Name {name}"),
            ServiceKind::AppPool => format!("Start-WebAppPool -Name {name}"),
        }),
        ServiceState::Changing => {
            Some(format!("# {name} was neither stopped nor running: start it only if it has to run"))
        }
    };
    let start_type = match service.kind {
        ServiceKind::Service => service_start(&name, service.start),
        ServiceKind::AppPool => pool_start(service.service.as_str(), service.start),
    };
    start_type.into_iter().chain(start).map(Text::from).collect()
}

/// How a service gets its start type back; nothing where the system did not tell it.
fn service_start(name: &str, start: ServiceStart) -> Option<String> {
    let start_type = |kind: &str| Some(format!("Set-Service -Name {name} -StartupType {kind}"));
    match start {
        ServiceStart::Automatic => start_type("Automatic"),
        ServiceStart::AutomaticDelayed => Some(format!("sc.exe config {name} start= delayed-auto")),
        ServiceStart::Manual => start_type("Manual"),
        ServiceStart::Disabled => start_type("Disabled"),
        ServiceStart::Untold => None,
    }
}

/// The same of a pool, which starts with the system or does not. Its drive is there once the module is loaded.
fn pool_start(name: &str, start: ServiceStart) -> Option<String> {
    let starts = match start {
        ServiceStart::Automatic | ServiceStart::AutomaticDelayed => "$true",
        ServiceStart::Manual | ServiceStart::Disabled => "$false",
        ServiceStart::Untold => return None,
    };
    let path = quoted(&format!("IIS:\\AppPools\\{name}"));
    Some(format!("Import-Module WebAdministration; Set-ItemProperty {path} -Name autoStart -Value {starts}"))
}

/// How services and pools are stopped by hand, the one that serves first.
pub(super) fn stop_by_hand(state: &Migration) -> impl Iterator<Item = Text> {
    let there = state.database.services.values().filter(|service| service.state != ServiceState::Absent);
    let stop = there.map(|service| {
        let name = quoted(service.service.as_str());
        match service.kind {
            ServiceKind::Service => format!("Stop-Service -Name {name}"),
            ServiceKind::AppPool => format!("Stop-WebAppPool -Name {name}"),
        }
    });
    stop.map(Text::from)
}

/// A text of PowerShell: no text ends its own quotes.
fn quoted(name: &str) -> String {
    format!("'{}'", name.replace('\'', "''"))
}
