//! The part of the table that concerns the database step.
//!
//! At most one operation is open. An operation whose outcome is not certain stays open, *in doubt*, until a look or a person
//! settles it. What destroys something has its preconditions here, so that no history can hold a drop without a proven way
//! back, on a server that may be the source, or without an approval of this very plan.

mod finding;
mod permission;

use serde::{Deserialize, Serialize};

use super::{Why, require};
use crate::event::DatabaseEvent;
use crate::event::database::{
    Answer, Operation, OperationFinished, OperationReconciled, OperationResolved, OperationResult, Probe,
    SameAs,
};
use crate::event::run::Role;
use crate::id::{ActionId, Guid};
use crate::unit::Seq;

/// How far the database step is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct DatabaseStatus {
    /// The operation without a certain outcome.
    pub open: Option<OpenOperation>,
    /// Whether SUSDB is there, as it was last seen or made.
    pub present: Option<bool>,
    /// Which database it is; a safety backup of another one is no way back.
    pub database: Guid,
    /// The source's backup, once this engine verified it.
    pub verified: Option<Guid>,
    /// Whether this run verified a safety backup of the database that is there.
    pub secured: bool,
    /// What this run found for itself, and has not concluded from yet.
    pub found: Findings,
    /// Whether this run proved that the target is not the source.
    pub is_another: bool,
    /// Whether this run stopped the services, or saw that they are, and began nothing since that may start them. What an
    /// earlier run stopped somebody may have started.
    pub stopped: bool,
    /// Whether services that were stopped, by whatever run, are still to be given back what they were.
    pub owes_services: bool,
    /// Whether a restore was cut off and what it left is still there.
    pub partial: bool,
    /// Whether the source's SUSDB was restored, and did not vanish since.
    pub restored: bool,
    /// Whether what is there now is another database than the one that was restored: nothing is done to it.
    pub replaced: bool,
    /// Whether postinstall went over it.
    pub installed: bool,
    /// Operations that failed in this run.
    pub failures: u64,
    /// Whether this run found something that must stop it before anything is touched.
    pub refused: bool,
}

/// What a run found that a conclusion has to rest on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Findings {
    /// The engine read the source's backup to its end since it was last written.
    pub has_read_source: bool,
    /// The engine read the safety backup to its end since it was last written.
    pub has_read_own: bool,
    /// Comparisons of the target with the source.
    pub comparisons: u32,
    /// Those that match.
    pub matches: u32,
}

/// An operation without a certain outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenOperation {
    /// The action.
    pub action: ActionId,
    /// Which operation.
    pub operation: Operation,
    /// The record of its intent.
    pub intent: Seq,
    /// Messages recorded of it.
    pub messages: u32,
    /// Whether its outcome has to be found out.
    pub in_doubt: bool,
    /// Whether a look could not settle it: a person has to say.
    pub asked: bool,
}

/// What this migration did to the SUSDB that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replacement {
    /// It restored the source's, to the end.
    Restored,
    /// It is in the middle of it: what is there may be the old one, what a restore left, or the source's.
    GoingOn,
}

impl DatabaseStatus {
    /// What this migration did to the SUSDB that is there; nothing where it is as it was found.
    #[must_use]
    pub fn replacement(&self) -> Option<Replacement> {
        let replaces = |open: &OpenOperation| {
            open.operation.is_destructive() || open.operation == Operation::SetMultiUser
        };
        match () {
            () if self.replaced => None,
            () if self.restored => Some(Replacement::Restored),
            () if self.partial || self.open.as_ref().is_some_and(replaces) => Some(Replacement::GoingOn),
            () => None,
        }
    }

    /// The same before anybody recorded that this SUSDB is there: the restored one may be back in its place.
    #[must_use]
    pub fn replacement_by(&self, there: Option<Guid>) -> Option<Replacement> {
        let is_back = self.replaced && self.database.is_told() && there == Some(self.database);
        if is_back { Some(Replacement::Restored) } else { self.replacement() }
    }

    /// A run begins: what an earlier one proved does not speak for this one. What may yet be restored is verified again, the
    /// way back as well: a file may have changed, and the database behind it.
    pub(super) fn begin(&mut self, role: Option<Role>) {
        if role == Some(Role::Destination) {
            self.verified = None;
            self.secured = false;
        }
        self.found = Findings::default();
        self.is_another = false;
        self.stopped = false;
        self.failures = 0;
        self.refused = false;
    }

    /// The run is over, whatever it was in the middle of.
    pub(super) fn interrupt(&mut self) {
        if let Some(open) = &mut self.open {
            open.in_doubt = true;
        }
    }

    /// The table.
    pub(super) fn next(
        &mut self,
        role: Option<Role>,
        approved: bool,
        seq: Seq,
        action: Option<ActionId>,
        event: &DatabaseEvent,
    ) -> Result<(), Why> {
        let role = role.ok_or("the host's role is not declared")?;
        match event {
            DatabaseEvent::OperationStarted(event) => {
                let action = action.ok_or("an intent has an action id")?;
                self.may_start(role, approved, event)?;
                self.forget(event.operation);
                self.open = Some(OpenOperation {
                    action,
                    operation: event.operation,
                    intent: seq,
                    messages: 0,
                    in_doubt: false,
                    asked: false,
                });
            }
            DatabaseEvent::MessageReceived(event) => {
                let open = self.opened(action)?;
                require(!open.in_doubt, "the operation is in doubt: it has to be looked at")?;
                require(event.ordinal == open.messages, "a message is missing")?;
                open.messages += 1;
            }
            DatabaseEvent::ChildStarted(_) => {
                let open = self.opened(action)?;
                require(!open.in_doubt, "the operation is in doubt: it has to be looked at")?;
            }
            DatabaseEvent::OperationFinished(event) => self.finish(action, event)?,
            DatabaseEvent::OperationReconciled(event) => self.reconcile(action, event)?,
            DatabaseEvent::OperationResolved(event) => self.resolve(action, event)?,
            DatabaseEvent::BackupJudged(event) => self.judge(role, event)?,
            DatabaseEvent::StateRecorded(event) => self.see(event),
            DatabaseEvent::TargetCompared(event) => {
                self.found.comparisons = self.found.comparisons.saturating_add(1);
                self.found.matches += u32::from(event.verdict == SameAs::Matches);
            }
            DatabaseEvent::TargetJudged(event) => self.judge_target(event)?,
            DatabaseEvent::Connected(_)
            | DatabaseEvent::BackupRecorded(_)
            | DatabaseEvent::FileRecorded(_)
            | DatabaseEvent::MediaSetRecorded(_)
            | DatabaseEvent::TableSummed(_)
            | DatabaseEvent::TableCompared(_)
            | DatabaseEvent::RowDiffered(_)
            | DatabaseEvent::MarkRecorded(_)
            | DatabaseEvent::UserFound(_)
            | DatabaseEvent::ServiceRecorded(_)
            | DatabaseEvent::SettingRecorded(_)
            | DatabaseEvent::SessionSeen(_)
            | DatabaseEvent::EvidenceKept(_)
            | DatabaseEvent::StatementRead(_) => {}
        }
        Ok(())
    }

    /// What an operation puts in question as soon as it begins. A backup that is being written, or whose file is, proves nothing
    /// any more: what was on the media may be gone. Nor do services rest that are started: `wsusutil` starts them, however it
    /// ends.
    fn forget(&mut self, operation: Operation) {
        match operation {
            Operation::BackUp | Operation::CarryBackup => {
                self.verified = None;
                self.found.has_read_source = false;
            }
            Operation::BackUpOwn => {
                self.secured = false;
                self.found.has_read_own = false;
            }
            Operation::Resume | Operation::PostInstall | Operation::StartServices => self.stopped = false,
            Operation::Quiesce
            | Operation::CheckSource
            | Operation::VerifyBackup
            | Operation::Deliver
            | Operation::ProveFolder
            | Operation::VerifyCarried
            | Operation::VerifyOwn
            | Operation::StopServices
            | Operation::Drop
            | Operation::SetMultiUser
            | Operation::DiscardPartial
            | Operation::Restore
            | Operation::CheckRestored
            | Operation::MendUser
            | Operation::Sleep => {}
        }
    }

    fn opened(&mut self, action: Option<ActionId>) -> Result<&mut OpenOperation, Why> {
        let open = self.open.as_mut().filter(|open| Some(open.action) == action);
        open.ok_or("its operation is not open")
    }

    fn finish(&mut self, action: Option<ActionId>, event: &OperationFinished) -> Result<(), Why> {
        let open = self.opened(action)?;
        require(open.operation == event.operation, "another operation is open")?;
        require(!open.in_doubt, "the operation is in doubt: it has to be looked at")?;
        require(open.messages == event.messages, "the count differs from the messages")?;
        match event.result {
            OperationResult::Done => self.settle(true),
            OperationResult::Failed => {
                self.failures += 1;
                // A server that refuses a restore midway leaves a database that is being restored: the next look tells.
                self.partial |= is_about_a_restore(event.operation);
                self.settle(false);
            }
            OperationResult::Unknown => open.in_doubt = true,
        }
        Ok(())
    }

    fn reconcile(&mut self, action: Option<ActionId>, event: &OperationReconciled) -> Result<(), Why> {
        let open = self.opened(action)?;
        require(open.operation == event.operation, "another operation is open")?;
        require(open.in_doubt, "the operation is not in doubt")?;
        match event.found {
            Probe::Happened => self.settle(true),
            Probe::Not => self.settle(false),
            Probe::Partly => {
                if is_about_a_restore(event.operation) {
                    self.partial = true;
                    self.present = Some(true);
                }
                self.settle(false);
            }
            Probe::Running => open.asked = false,
            Probe::Unknown => open.asked = true,
        }
        Ok(())
    }

    fn resolve(&mut self, action: Option<ActionId>, event: &OperationResolved) -> Result<(), Why> {
        let open = self.opened(action)?;
        require(open.operation == event.operation, "another operation is open")?;
        require(open.in_doubt && open.asked, "nobody was asked")?;
        let happened = event.answer == Answer::Happened;
        // Who says that a restore did not happen need not have seen what it left: the next look does.
        self.partial |= !happened && is_about_a_restore(event.operation);
        self.settle(happened);
        Ok(())
    }

    /// Closes the open operation with or without its effect.
    fn settle(&mut self, happened: bool) {
        let Some(open) = self.open.take() else { return };
        if !happened {
            // What it was to drop is there, and time has passed: a second drop stands on a proof of its own.
            self.is_another &= open.operation != Operation::Drop;
            return;
        }
        match open.operation {
            Operation::Quiesce | Operation::StopServices => (self.stopped, self.owes_services) = (true, true),
            Operation::Resume | Operation::StartServices => self.owes_services = false,
            Operation::Drop | Operation::DiscardPartial => {
                self.present = Some(false);
                self.partial = false;
                // The safety backup is the dropped one's: whatever stands there next has none.
                self.secured = false;
                self.database = Guid::UNTOLD;
            }
            Operation::Restore => {
                self.present = Some(true);
                self.partial = false;
                self.restored = true;
                self.installed = false;
                // A restore gives a new identity: the next look tells which.
                self.database = Guid::UNTOLD;
            }
            Operation::PostInstall => self.installed = true,
            Operation::VerifyBackup | Operation::VerifyCarried => self.found.has_read_source = true,
            Operation::VerifyOwn => self.found.has_read_own = true,
            Operation::CheckSource
            | Operation::BackUp
            | Operation::Deliver
            | Operation::ProveFolder
            | Operation::CarryBackup
            | Operation::BackUpOwn
            | Operation::SetMultiUser
            | Operation::CheckRestored
            | Operation::MendUser
            | Operation::Sleep => {}
        }
    }
}

const fn is_about_a_restore(operation: Operation) -> bool {
    matches!(operation, Operation::Restore | Operation::DiscardPartial)
}
