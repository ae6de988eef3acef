//! What a run has still before it in the database step, as far as the journal tells.

use super::{is_backed_up, is_handed_over};
use crate::event::database::Operation;
use crate::event::run::Role;
use crate::projection::Migration;

/// Whether no further run comes to an operation, unless what it finds differs from what was last seen. While an outcome is in
/// doubt everything may lie ahead.
#[must_use]
pub fn is_behind(state: &Migration, operation: Operation) -> bool {
    if state.run.status.database.open.is_some() {
        return false;
    }
    match state.run.status.role {
        Some(Role::Source) => is_behind_source(state, operation),
        Some(Role::Destination) => is_behind_destination(state, operation),
        None => false,
    }
}

/// A source with a verified backup makes no other; what is owed to it is paid all the same.
fn is_behind_source(state: &Migration, operation: Operation) -> bool {
    let owed = match operation {
        Operation::Deliver => !is_handed_over(state),
        Operation::Resume => state.database.is_owed(Operation::Resume, Operation::Quiesce),
        _ => false,
    };
    is_backed_up(state) && !owed
}

/// Until SUSDB is restored every run begins anew; a SUSDB that took the place of the restored one is nobody's to touch.
fn is_behind_destination(state: &Migration, operation: Operation) -> bool {
    let (status, database) = (&state.run.status.database, &state.database);
    let rests = status.stopped || database.is_owed(Operation::StartServices, Operation::StopServices);
    match operation {
        _ if status.replaced => true,
        _ if !status.restored => false,
        Operation::CheckRestored => !database.is_owed(Operation::CheckRestored, Operation::Restore),
        Operation::MendUser | Operation::PostInstall => status.installed,
        Operation::StopServices | Operation::Sleep | Operation::StartServices => status.installed && !rests,
        _ => true,
    }
}
