//! What has to be true before an operation begins, and before the step ends.

use super::DatabaseStatus;
use crate::event::database::{Operation, OperationStarted};
use crate::event::run::{Role, Verdict};
use crate::status::{RunStatus, Why, require};

impl DatabaseStatus {
    /// Whether the step may end so.
    pub(in crate::status) fn may_finish(
        &self,
        role: Option<Role>,
        run: &RunStatus,
        verdict: Verdict,
    ) -> Result<(), Why> {
        let waits = self.open.as_ref().is_some_and(|open| open.in_doubt);
        require(self.open.is_none() || waits, "an operation is going on")?;
        match verdict {
            Verdict::Interrupted => require(run.stop_requested, "nobody asked the run to stop"),
            Verdict::Waiting => Ok(()),
            Verdict::Stopped => {
                require(self.refused || run.is_barred(), "nothing was found that stops the step")
            }
            Verdict::Failures => Ok(()),
            Verdict::Complete => {
                require(self.open.is_none(), "an operation is in doubt")?;
                require(self.failures == 0, "an operation failed")?;
                require(!self.owes_services, "the services are still stopped")?;
                require(!self.replaced, "another SUSDB took the place of the restored one")?;
                match role {
                    Some(Role::Source) => require(self.verified.is_some(), "no backup was verified"),
                    Some(Role::Destination) => {
                        require(self.installed, "postinstall has not been carried out")
                    }
                    None => Err("the host's role is not declared"),
                }
            }
        }
    }

    /// What has to be true before an operation begins.
    pub(super) fn may_start(&self, role: Role, approved: bool, event: &OperationStarted) -> Result<(), Why> {
        require(self.open.is_none(), "another operation is open")?;
        require(!self.replaced, "another SUSDB took the place of the restored one")?;
        let operation = event.operation;
        require(
            operation.is_of_source() == (role == Role::Source),
            "the operation belongs to the other host: nothing of the source is ever dropped or replaced",
        )?;
        if operation.is_destructive() {
            require(approved, "the plan is not approved")?;
            require(self.verified.is_some(), "no backup of the source was verified on this engine")?;
            require(self.is_another, "it is not proved that the target is not the source")?;
            require(self.stopped, "the services were not stopped")?;
        }
        let there = self.present == Some(true);
        match operation {
            Operation::Drop => {
                require(there, "there is no SUSDB to drop")?;
                require(!self.restored, "the SUSDB that is there is the restored one")?;
                require(self.secured, "no safety backup of the SUSDB that is there was verified")
            }
            Operation::DiscardPartial => require(there && self.partial, "no restore was cut off"),
            Operation::Restore => require(self.present == Some(false), "there is a SUSDB, or nobody looked"),
            Operation::BackUpOwn | Operation::SetMultiUser => require(there, "there is no SUSDB"),
            Operation::CheckRestored | Operation::MendUser | Operation::Sleep => {
                require(there && self.restored, "no SUSDB was restored")
            }
            Operation::PostInstall => {
                require(there && self.restored, "no SUSDB was restored")?;
                require(self.stopped, "the services were not stopped")
            }
            Operation::StartServices => {
                require(!self.restored || self.installed, "postinstall has not been carried out")
            }
            Operation::Quiesce
            | Operation::CheckSource
            | Operation::BackUp
            | Operation::VerifyBackup
            | Operation::Resume
            | Operation::Deliver
            | Operation::ProveFolder
            | Operation::CarryBackup
            | Operation::VerifyCarried
            | Operation::VerifyOwn
            | Operation::StopServices => Ok(()),
        }
    }
}
