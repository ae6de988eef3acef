//! The way back of the database step: previous values from the journal, and the T-SQL to do it by hand.
//!
//! The restored SUSDB is dropped and the one that was there comes back from its safety backup; then the services are as they
//! were. Preconditions are answered from the state, so that whoever reads them knows what is missing.

mod logins;
mod services;
mod sleep;
mod susdb;

pub use services::services_by_hand;
pub use susdb::safety_backup;

use super::{ActionKind, Undo};
use crate::event::DatabaseEvent;
use crate::event::database::Operation;
use crate::projection::Migration;
use crate::projection::database::{DatabaseState, OperationRecord};
use crate::projection::rollback::TakenAction;
use crate::text::Text;

/// The kind of action an event is about. An operation counts from its intent on: after a crash that may be all that was
/// recorded of it.
pub(super) fn kind(event: &DatabaseEvent) -> Option<ActionKind> {
    let DatabaseEvent::OperationStarted(started) = event else { return None };
    match started.operation {
        Operation::Quiesce => Some(ActionKind::QuiesceSource),
        Operation::BackUp | Operation::BackUpOwn | Operation::CarryBackup => Some(ActionKind::WriteBackup),
        Operation::StopServices => Some(ActionKind::StopServices),
        Operation::Drop => Some(ActionKind::DropDatabase),
        Operation::Restore => Some(ActionKind::RestoreDatabase),
        Operation::MendUser if logins::begins(event) => Some(ActionKind::CreateLogin),
        Operation::MendUser => Some(ActionKind::MendUser),
        Operation::Sleep => Some(ActionKind::Sleep),
        Operation::PostInstall => Some(ActionKind::PostInstall),
        Operation::CheckSource
        | Operation::VerifyBackup
        | Operation::Resume
        | Operation::Deliver
        | Operation::ProveFolder
        | Operation::VerifyCarried
        | Operation::VerifyOwn
        | Operation::SetMultiUser
        | Operation::DiscardPartial
        | Operation::CheckRestored
        | Operation::StartServices => None,
    }
}

/// How a kind of action of the database step is undone; nothing where its effect is gone or never was.
pub(super) fn undo(kind: ActionKind, state: &Migration) -> Option<Undo> {
    let taken = state.taken.actions.get(&kind)?;
    match kind {
        ActionKind::QuiesceSource => services::wake_source(state, taken),
        ActionKind::StopServices => services::start(state, taken),
        ActionKind::DropDatabase => susdb::bring_back(state, taken),
        ActionKind::RestoreDatabase => susdb::drop_restored(state, taken),
        ActionKind::CreateLogin => logins::drop_created(state, taken),
        ActionKind::Sleep => sleep::wake(state, taken),
        ActionKind::CopyFile
        | ActionKind::ReplaceFile
        | ActionKind::RemoveLeftover
        | ActionKind::WriteBackup
        | ActionKind::MendUser
        | ActionKind::PostInstall => None,
    }
}

/// The last of these operations that has its effect, or may have it: what is open or in doubt counts.
fn last_effect(database: &DatabaseState, operation: Operation) -> Option<&OperationRecord> {
    database.operations.iter().rfind(|record| record.event.operation == operation && !record.is_void())
}

/// What guidance is made of, before it is told when it was done.
struct Way {
    what: String,
    previous: String,
    preconditions: Vec<Text>,
    lost: String,
    by_hand: Vec<Text>,
    count: u64,
    bytes: u64,
}

impl Way {
    fn back(self, undoes: ActionKind, taken: &TakenAction) -> Undo {
        Undo {
            undoes,
            what: self.what.into(),
            previous: self.previous.into(),
            preconditions: self.preconditions,
            lost: self.lost.into(),
            by_hand: self.by_hand,
            count: self.count,
            bytes: self.bytes,
            first_seq: taken.first.0,
            last_seq: taken.last.0,
            last_time: taken.last.1,
        }
    }
}

/// A precondition with what the state says of it now.
fn answered(condition: &str, holds: bool, because: &str) -> Text {
    format!("{condition}: {}, {because}", if holds { "yes" } else { "NO" }).into()
}
