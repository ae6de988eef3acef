//! Services and the application pool: stopped while SUSDB is backed up or replaced, and put back as they were.

use std::time::Duration;

use wsusmigrate_core::event::database::{
    Operation, ServiceKind, ServiceRecorded, ServiceStart, ServiceState,
};

use crate::adapter::host::{self, Host, ScriptError, Service, StartType, State};
use crate::error::Failure;
use crate::executor::Recorder;
use crate::exit::Exit;
use crate::step::context::Context;
use crate::step::database::operation::{Intent, Outcome, carry_out};

/// How long a service may take to stop or start: `WsusService` with a large SUSDB takes minutes.
const PATIENCE: Duration = Duration::from_mins(5);

/// What writes into the source's SUSDB: WSUS itself, and the web server its services run in.
const OF_SOURCE: [Service; 2] = [Service::Wsus, Service::Web];
/// What holds the destination's SUSDB open.
const OF_DESTINATION: [Service; 2] = [Service::Wsus, Service::Pool];

const fn services(operation: Operation) -> &'static [Service] {
    if operation.is_of_source() { &OF_SOURCE } else { &OF_DESTINATION }
}

/// Stops the services, after what they are was recorded. Nothing starts them by itself then: they start by hand only. What
/// an earlier run stopped is stopped again, and so is what `wsusutil` may have started.
pub(super) fn stop(
    operation: Operation,
    recorder: &mut Recorder,
    context: &Context<'_>,
) -> Result<(), Failure> {
    let host = context.host()?;
    let mut told = Vec::new();
    let mut drafts = Vec::new();
    for &service in services(operation) {
        let is = host.service(service).map_err(|error| failure(&error))?;
        let event = recorded(service, is);
        told.push(format!("{} {} {}", service.name(), event.state.word(), event.start.word()));
        drafts.push(recorder.sighting(service.name().as_bytes(), event));
    }
    recorder.record(drafts)?;
    let intent = Intent {
        operation,
        subject: "".into(),
        statement: named(operation, "set start type manual, stop"),
        before: told.join(", "),
        expects: "stopped, and started by hand only".to_owned(),
    };
    carry_out(recorder, context, intent, |_| {
        let mut touched = false;
        let stopped = services(operation).iter().try_for_each(|&service| {
            if host.service(service)?.exists {
                host.set_start_type(service, StartType::Manual)?;
                touched = true;
                host.stop(service, PATIENCE)?;
            }
            Ok(())
        });
        outcome(stopped, touched, || are_stopped(operation, host), "they do not run")
    })?;
    Ok(())
}

/// Puts the services back as they were before they were first touched.
pub(super) fn start(
    operation: Operation,
    recorder: &mut Recorder,
    context: &Context<'_>,
) -> Result<(), Failure> {
    let host = context.host()?;
    let before = recorder.state().database.services.clone();
    let was = |service: Service| before.get(&service.name().into()).cloned();
    let told: Vec<_> = services(operation)
        .iter()
        .filter_map(|&service| was(service))
        .map(|it| format!("{} {} {}", it.service, it.state.word(), it.start.word()))
        .collect();
    let intent = Intent {
        operation,
        subject: "".into(),
        statement: named(operation, "set start type as before, start what ran"),
        before: "stopped".to_owned(),
        expects: told.join(", "),
    };
    carry_out(recorder, context, intent, |_| {
        let mut touched = false;
        // In the reverse order: what others need first.
        let started = services(operation).iter().rev().try_for_each(|&service| {
            let Some(was) = was(service) else { return Ok(()) };
            if let Some(start_type) = start_type(was.start) {
                host.set_start_type(service, start_type)?;
                touched = true;
            }
            if was.state == ServiceState::Running {
                host.start(service, PATIENCE)?;
                touched = true;
            }
            Ok(())
        });
        outcome(started, touched, || are_as_before(operation, host, &was), "they are as they were")
    })?;
    Ok(())
}

/// Whether none of the services of an operation runs, nor starts by itself as far as the system tells.
pub(super) fn are_stopped(operation: Operation, host: &Host) -> Result<bool, ScriptError> {
    let mut stopped = true;
    for &service in services(operation) {
        let is = host.service(service)?;
        let rests = is.start_type.is_none_or(|start| start == StartType::Manual);
        stopped &= !is.exists || is.state == Some(State::Stopped) && rests;
    }
    Ok(stopped)
}

/// Whether the services that ran run again, and each starts as it did.
pub(super) fn are_as_before(
    operation: Operation,
    host: &Host,
    was: &dyn Fn(Service) -> Option<ServiceRecorded>,
) -> Result<bool, ScriptError> {
    let mut as_before = true;
    for &service in services(operation) {
        let Some(was) = was(service) else { continue };
        let is = recorded(service, host.service(service)?);
        as_before &= was.state != ServiceState::Running || is.state == was.state;
        as_before &= was.start == ServiceStart::Untold || is.start == was.start;
    }
    Ok(as_before)
}

/// What came of it. What failed after something was `touched` has some of its effect: somebody has to look.
fn outcome(
    acted: Result<(), ScriptError>,
    touched: bool,
    proved: impl FnOnce() -> Result<bool, ScriptError>,
    done: &str,
) -> Outcome {
    match acted.and_then(|()| proved()) {
        Ok(true) => Outcome::done(done),
        Ok(false) => Outcome::unknown("a service is not as it should be"),
        Err(error) if touched || error.is_unknown() => Outcome::unknown(told(&error)),
        Err(error) => Outcome::failed(0, told(&error)),
    }
}

fn named(operation: Operation, what: &str) -> String {
    let names: Vec<_> = services(operation).iter().map(|service| service.name()).collect();
    format!("services.ps1 {}: {what}", names.join(", "))
}

fn recorded(service: Service, is: host::ServiceState) -> ServiceRecorded {
    ServiceRecorded {
        service: service.name().into(),
        kind: match service {
            Service::Wsus | Service::Web => ServiceKind::Service,
            Service::Pool => ServiceKind::AppPool,
        },
        state: match is.state {
            _ if !is.exists => ServiceState::Absent,
            Some(State::Stopped) => ServiceState::Stopped,
            Some(State::Running) => ServiceState::Running,
            Some(
                State::StartPending
                | State::StopPending
                | State::ContinuePending
                | State::PausePending
                | State::Paused,
            )
            | None => ServiceState::Changing,
        },
        start: match is.start_type {
            Some(StartType::Boot | StartType::System | StartType::Automatic) => ServiceStart::Automatic,
            Some(StartType::AutomaticDelayed) => ServiceStart::AutomaticDelayed,
            Some(StartType::Manual) => ServiceStart::Manual,
            Some(StartType::Disabled) => ServiceStart::Disabled,
            None => ServiceStart::Untold,
        },
    }
}

const fn start_type(start: ServiceStart) -> Option<StartType> {
    match start {
        ServiceStart::Automatic => Some(StartType::Automatic),
        ServiceStart::AutomaticDelayed => Some(StartType::AutomaticDelayed),
        ServiceStart::Manual => Some(StartType::Manual),
        ServiceStart::Disabled => Some(StartType::Disabled),
        ServiceStart::Untold => None,
    }
}

fn told(error: &ScriptError) -> String {
    let mut told = error.to_string();
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        told = format!("{told}: {cause}");
        next = cause.source();
    }
    told
}

/// A script that did not answer.
pub(super) fn failure(error: &ScriptError) -> Failure {
    Failure::new(Exit::Failed, "the host's services and settings cannot be asked")
        .because(error)
        .hint("Run elevated, on the WSUS server itself; `wsusmigrate journal log` has the tool's words.")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pool is not stopped as a service is: whoever goes back by hand must be told which of the two it is.
    #[test]
    fn a_pool_is_recorded_as_a_pool_with_its_start_type() {
        let is = host::ServiceState {
            exists: true,
            state: Some(State::Running),
            start_type: Some(StartType::Automatic),
        };
        let kinds = [Service::Wsus, Service::Web, Service::Pool].map(|service| recorded(service, is).kind);
        assert_eq!(kinds, [ServiceKind::Service, ServiceKind::Service, ServiceKind::AppPool]);
        assert_eq!(recorded(Service::Pool, is).start, ServiceStart::Automatic);
    }
}
