//! What operations do to the world, and what cries out there when it must never be done.

use wsusmigrate_core::event::database::Operation;

use super::{Database, Fate, World};

impl World {
    /// Lets an operation have its effect. What must never be begun is never begun, whatever becomes of it.
    pub(super) fn affect(&mut self, operation: Operation, fate: Fate) {
        match operation {
            Operation::Drop => {
                assert_eq!(self.database, Database::Own, "dropped: {:?}", self.told);
                assert!(self.secured && !self.services, "{:?}", self.told);
            }
            Operation::DiscardPartial => assert_eq!(self.database, Database::Partial, "{:?}", self.told),
            Operation::Restore => assert_eq!(self.database, Database::None, "{:?}", self.told),
            Operation::PostInstall => {
                assert_eq!(self.database, Database::Restored, "{:?}", self.told);
                assert!(self.asleep && !self.services, "{:?}", self.told);
                assert_eq!(self.state.database.parity.len(), 2, "not wholly compared: {:?}", self.told);
            }
            Operation::StartServices => {
                assert!(self.installed && self.asleep && !self.services, "{:?}", self.told);
            }
            Operation::BackUp => assert!(!self.services || !self.request.quiesce, "{:?}", self.told),
            _ => {}
        }
        if operation == Operation::Drop && (fate == Fate::Partly || self.fails == Some(operation)) {
            self.access[0] = "SINGLE_USER";
        }
        if fate == Fate::Partly && operation == Operation::Restore {
            self.database = Database::Partial;
        }
        if operation == Operation::PostInstall {
            // However it ends, it may have started the services, and set going what slept.
            (self.services, self.asleep, self.woken) = (true, false, true);
        }
        if fate == Fate::Not || fate == Fate::Partly {
            return;
        }
        match operation {
            Operation::Quiesce | Operation::StopServices => (self.services, self.woken) = (false, false),
            Operation::Resume | Operation::StartServices => self.services = true,
            Operation::Drop | Operation::DiscardPartial => self.database = Database::None,
            Operation::SetMultiUser => self.access[0] = self.access[1],
            Operation::Restore => (self.database, self.access[0]) = (Database::Restored, "MULTI_USER"),
            Operation::MendUser => self.mended = true,
            Operation::Sleep => (self.asleep, self.woken) = (true, false),
            Operation::PostInstall => self.installed = true,
            _ => {}
        }
    }
}
