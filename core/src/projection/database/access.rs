//! Who may be in SUSDB, and who might before it was to be dropped.

use super::DatabaseState;
use crate::database::UserAccess;
use crate::event::database::Operation;
use crate::id::Guid;

impl DatabaseState {
    /// Who might be in the SUSDB that is there before its last drop was begun: everybody, where another one was there then.
    #[must_use]
    pub fn access_before_drop(&self) -> UserAccess {
        let now = self.state.as_ref().map_or(Guid::UNTOLD, |(_, state)| state.database_guid);
        let before = self.before.as_ref().filter(|before| before.present && before.database_guid == now);
        before
            .and_then(|before| UserAccess::read(before.user_access.as_str()))
            .unwrap_or(UserAccess::Everybody)
    }

    /// Whether a drop without an effect left SUSDB to others than those who might be in it before, and nobody gave it back.
    #[must_use]
    pub fn owes_access(&self) -> bool {
        let last = self.operations.iter().rfind(|record| record.event.operation == Operation::Drop);
        let seen = self.state.as_ref().filter(|(_, state)| state.present);
        last.is_some_and(|drop| !drop.is_done())
            && self.is_owed(Operation::SetMultiUser, Operation::Drop)
            && seen.is_some_and(|(_, state)| state.user_access.as_str() != self.access_before_drop().word())
    }
}
