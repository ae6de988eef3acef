//! Services that rest when the step ends: on the source they are put back, whatever ended it; what stays stopped is told, with
//! what to type. Production never stands still without a word.

use wsusmigrate_core::event::database::Operation;
use wsusmigrate_core::event::run::Role;
use wsusmigrate_core::projection::Migration;
use wsusmigrate_core::rollback::services_by_hand;

use crate::error::Failure;
use crate::executor::Recorder;
use crate::exit::Exit;
use crate::step::context::Context;
use crate::step::database::services;

/// Sees to the services after the step, which `failure` ended where there is one.
pub(super) fn leave(
    failure: Option<&Failure>,
    recorder: &mut Recorder,
    context: &Context<'_>,
) -> Result<(), Failure> {
    let records = failure
        .is_none_or(|failure| !matches!(failure.exit(), Exit::JournalUnwritable | Exit::JournalDamaged));
    let put_back = if records && may_resume(recorder.state()) {
        context.talk().say("the step ends: the source's services are put back first");
        services::start(Operation::Resume, recorder, context)
    } else {
        Ok(())
    };
    if let Some(told) = told(recorder.state()) {
        context.talk().say(&told);
    }
    put_back
}

/// Whether the source's services may rest, and can be put back: nothing else is open, and this run did not try in vain.
fn may_resume(state: &Migration) -> bool {
    let database = &state.database;
    database.is_owed(Operation::Resume, Operation::Quiesce)
        && state.run.status.database.open.is_none()
        && !database.run.failed.contains(&Operation::Resume)
}

/// What is said of services that may be stopped; nothing where none is.
fn told(state: &Migration) -> Option<String> {
    let (back, of) = match state.run.status.role? {
        Role::Source => (Operation::Resume, Operation::Quiesce),
        Role::Destination => (Operation::StartServices, Operation::StopServices),
    };
    if !state.database.is_owed(back, of) {
        return None;
    }
    let status = &state.run.status.database;
    let names: Vec<_> = state.database.services.keys().map(wsusmigrate_core::text::Text::as_str).collect();
    let names = names.join(", ");
    let by_hand: Vec<_> = services_by_hand(state).iter().map(ToString::to_string).collect();
    let by_hand = by_hand.join("; ");
    let mut destroyed =
        state.database.operations.iter().filter(|record| record.event.operation.is_destructive());
    let is_own = status.present == Some(true)
        && status.replacement().is_none()
        && !destroyed.any(|record| record.is_done() || record.is_in_doubt());
    let may_run = status.restored && !status.stopped;
    Some(match state.run.status.role? {
        Role::Source => format!(
            "warn: the source's services {names} may still be stopped: `wsusmigrate run` puts them back, or in PowerShell: {by_hand}"
        ),
        Role::Destination if is_own => format!(
            "warn: the services {names} are stopped, and SUSDB is as it was: `wsusmigrate run` goes on; to leave it so, in \
             PowerShell: {by_hand}"
        ),
        Role::Destination if status.replaced => format!(
            "warn: the services {names} may be stopped, and the SUSDB that is there is not the restored one: this migration leaves \
             both alone; once that is decided, in PowerShell: {by_hand}"
        ),
        Role::Destination if status.installed => format!(
            "warn: the services {names} may be stopped, and postinstall is through: `wsusmigrate run` goes on and starts them"
        ),
        // A postinstall nobody knows the end of, or services that did not stop behind it.
        Role::Destination if may_run => format!(
            "warn: the services {names} may run, on a SUSDB that is not through postinstall: `wsusmigrate run` stops them and \
             goes on, `wsusmigrate rollback` says how to go back"
        ),
        Role::Destination => format!(
            "warn: the services {names} stay stopped until postinstall is done: `wsusmigrate run` goes on, `wsusmigrate \
             rollback` says how to go back"
        ),
    })
}
