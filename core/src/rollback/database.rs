//! The way back of the database step: previous values from the journal, and the T-SQL to do it by hand.

use super::{ActionKind, Undo};
use crate::event::DatabaseEvent;
use crate::event::database::Operation;
use crate::projection::Migration;

/// The kind of action an event is about. An operation counts from its intent on: after a crash that may be all that was
/// recorded of it.
pub(super) const fn kind(event: &DatabaseEvent) -> Option<ActionKind> {
    let DatabaseEvent::OperationStarted(started) = event else { return None };
    match started.operation {
        Operation::Quiesce => Some(ActionKind::QuiesceSource),
        Operation::BackUp | Operation::BackUpOwn | Operation::CarryBackup => Some(ActionKind::WriteBackup),
        Operation::StopServices => Some(ActionKind::StopServices),
        Operation::Drop => Some(ActionKind::DropDatabase),
        Operation::Restore => Some(ActionKind::RestoreDatabase),
        Operation::MendUser => Some(ActionKind::MendUser),
        Operation::Sleep => Some(ActionKind::Sleep),
        Operation::PostInstall => Some(ActionKind::PostInstall),
        Operation::CheckSource
        | Operation::VerifyBackup
        | Operation::Resume
        | Operation::Deliver
        | Operation::VerifyCarried
        | Operation::VerifyOwn
        | Operation::SetMultiUser
        | Operation::DiscardPartial
        | Operation::CheckRestored
        | Operation::StartServices => None,
    }
}

/// How a kind of action of the database step is undone.
pub(super) fn undo(_: ActionKind, _: &Migration) -> Option<Undo> {
    None
}
