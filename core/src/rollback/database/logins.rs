//! Logins that were created for users of the restored SUSDB are dropped again: they outlive the database.

use super::{Way, answered};
use crate::database::Identifier;
use crate::database::statement::{created_login, drop_login};
use crate::event::DatabaseEvent;
use crate::event::database::{Operation, OperationFinished, OperationResult, OperationStarted};
use crate::projection::Migration;
use crate::projection::database::{DatabaseState, OperationRecord};
use crate::projection::rollback::TakenAction;
use crate::rollback::{ActionKind, Undo};
use crate::text::Text;

/// The login an operation is about to create; nothing where it ties a user to one that is there.
pub(super) fn creates(started: &OperationStarted) -> Option<Identifier> {
    let mends = started.operation == Operation::MendUser;
    created_login(started.statement.as_str()).filter(|_| mends)
}

/// Whether an event begins to create a login.
pub(super) fn begins(event: &DatabaseEvent) -> bool {
    matches!(event, DatabaseEvent::OperationStarted(started) if creates(started).is_some())
}

/// Every login that was created, or may have been, with the operation that did. A look that found such an operation to be done
/// again did not ask how far it had come: only a refusal by the server, which has a number, says that there was nothing. It is
/// of the first statement: one behind it leaves the outcome unknown.
fn created(database: &DatabaseState) -> Vec<(Identifier, &OperationRecord)> {
    let is_refusal = |end: &OperationFinished| end.result == OperationResult::Failed && end.error != 0;
    let was_refused =
        |record: &OperationRecord| record.finished.as_ref().is_some_and(|(_, end)| is_refusal(end));
    let mut logins: Vec<(Identifier, &OperationRecord)> = Vec::new();
    for record in database.operations.iter().filter(|record| !was_refused(record)) {
        let Some(login) = creates(&record.event) else { continue };
        if !logins.iter().any(|(known, _)| *known == login) {
            logins.push((login, record));
        }
    }
    logins
}

/// The engine has the logins it had before.
pub(super) fn drop_created(state: &Migration, taken: &TakenAction) -> Option<Undo> {
    let logins = created(&state.database);
    if logins.is_empty() {
        return None;
    }
    let (status, names) = (&state.run.status.database, listed(logins.iter().map(|(login, _)| login.name())));
    let because = if status.replaced {
        "another one took its place, and may have users with these logins: they stay"
    } else if status.restored {
        "drop that first, or its users are without a login again"
    } else {
        "what users it had is gone"
    };
    let mut preconditions =
        vec![answered("the restored SUSDB is not there any more", !status.restored, because)];
    preconditions.extend(logins.iter().map(|(login, record)| {
        let (name, seq, time) = (login.name(), record.seq, record.started);
        Text::from(format!(
            "{name} is the login that record {seq} created, not an older one: create_date in sys.server_principals is not \
             before {time}"
        ))
    }));
    let because = if status.stopped { "by this migration" } else { "WSUS may be logged in: stop it first" };
    preconditions.push(answered("the destination's services are stopped", status.stopped, because));
    preconditions.push(
        "nothing else came to use them: no session (the engine refuses with Msg 15434), no database of theirs (Msg 15174)"
            .into(),
    );
    let way = Way {
        what: "Drop the logins that were created on this engine for users of the restored SUSDB.".to_owned(),
        previous: format!("no login was called {names}"),
        preconditions,
        lost: "every right on this engine that somebody gave them since; what logs in by them is refused from then on".to_owned(),
        count: logins.len() as u64,
        by_hand: logins
            .iter()
            .filter(|_| !status.replaced)
            .map(|(login, _)| drop_login(login).text().into())
            .collect(),
        bytes: 0,
    };
    Some(way.back(ActionKind::CreateLogin, taken))
}

fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}
