//! The next thing the database step does, on either host.

use crate::database::restore::ONLINE;
use crate::event::database::{Operation, Parity, UserDecision};
use crate::event::run::{Role, Verdict};
use crate::id::ActionId;
use crate::projection::Migration;
use crate::projection::database::DatabaseState;
use crate::status::{DatabaseStatus, Demand};
use crate::text::Name;

/// What is asked of the database step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DatabaseRequest {
    /// Whether the source's services rest while it is backed up.
    pub quiesce: bool,
    /// Whether the source is checked (DBCC CHECKDB) before its backup. What was restored is checked in any case.
    pub check: bool,
    /// Whether a source that has a verified backup is backed up again.
    pub again: bool,
    /// What the plan demands before something is destroyed.
    pub approvals: Demand,
}

/// The next thing the database step does. Each leaves at least one record that says so: with none, the same thing would be
/// asked for again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DatabaseNext {
    /// Look at the effect of an operation in doubt.
    Reconcile(ActionId),
    /// Connect, and record what the engine and SUSDB are.
    Look,
    /// Read the high-water marks before the backup.
    MarkBefore,
    /// Read them afterwards.
    MarkAfter,
    /// Sum the source's tables.
    Sum,
    /// Hold the target against the source's worksheet.
    Prove,
    /// Hold the restored tables against the source's sums.
    Compare,
    /// List the users, and decide about each; one that needs nothing, such as `dbo`, is recorded as left alone.
    FindUsers,
    /// Hold the copied content against what SUSDB expects.
    Catalogue,
    /// Carry out an operation, with what tells it from others of its kind.
    Perform(Operation, Name),
    /// End the step.
    Finish(Verdict),
}

/// The next thing to do in the database step that is going on; nothing where none is.
#[must_use]
pub fn decide_database(state: &Migration, request: DatabaseRequest) -> Option<DatabaseNext> {
    let run = state.run.current()?;
    let status = &state.run.status.database;
    let database = &state.database;
    if let Some(open) = &status.open {
        return Some(match () {
            // Asked once a run: the world may tell today what it did not tell yesterday.
            () if open.asked && database.run.asked => DatabaseNext::Finish(Verdict::Waiting),
            // What goes on without us is left to itself where somebody wants to stop.
            () if run.stop_requested && database.run.running => DatabaseNext::Finish(Verdict::Interrupted),
            () => DatabaseNext::Reconcile(open.action),
        });
    }
    let role = state.run.status.role?;
    let approved = state.run.status.is_approved(request.approvals);
    let seen = View { status, database, request, approved };
    let next = match role {
        // What the checks stop puts back what is owed, and begins nothing.
        Role::Source if run.is_barred() => seen.leave(Verdict::Stopped),
        Role::Destination if run.is_barred() => seen.leave_destination(Verdict::Stopped),
        Role::Source => seen.source(),
        Role::Destination => match seen.destination() {
            DatabaseNext::Finish(verdict) => seen.leave_destination(verdict),
            next => next,
        },
    };
    let ends = matches!(next, DatabaseNext::Finish(_));
    let mends = matches!(next, DatabaseNext::Perform(Operation::Resume | Operation::SetMultiUser, _));
    Some(match role {
        _ if !run.stop_requested || ends || mends => next,
        Role::Source => seen.leave(Verdict::Interrupted),
        Role::Destination => seen.leave_destination(Verdict::Interrupted),
    })
}

/// Whether an earlier run left services, or the access to SUSDB, otherwise than it found them, or may have: what an operation
/// in doubt did is known only once somebody looked.
pub(super) fn owes_rest(state: &Migration, request: DatabaseRequest) -> bool {
    let (status, database) = (&state.run.status.database, &state.database);
    let seen = View { status, database, request, approved: false };
    match (state.run.status.role, &status.open) {
        (None, _) => false,
        (Some(Role::Source), _) => seen.leave(Verdict::Stopped) != DatabaseNext::Finish(Verdict::Stopped),
        (Some(Role::Destination), Some(open)) => {
            matches!(open.operation, Operation::Drop | Operation::SetMultiUser | Operation::PostInstall)
        }
        (Some(Role::Destination), None) => {
            seen.leave_destination(Verdict::Stopped) != DatabaseNext::Finish(Verdict::Stopped)
        }
    }
}

/// Whether the source has nothing left to do but, where that was not done, to carry its backup into the store.
#[must_use]
pub fn is_backed_up(state: &Migration) -> bool {
    is_ready(&state.run.status.database, &state.database)
}

/// Whether the source's verified backup lies in the store, with everything the destination needs beside it.
#[must_use]
pub fn is_handed_over(state: &Migration) -> bool {
    is_backed_up(state) && is_carried(&state.database)
}

/// Whether a verified backup is there with everything the destination needs beside it.
fn is_ready(status: &DatabaseStatus, database: &DatabaseState) -> bool {
    let (before, after) = (&database.marks_before, &database.marks_after);
    let marked = !after.is_empty() && before.keys().all(|mark| after.contains_key(mark));
    status.verified.is_some() && !database.source_sums.is_empty() && marked
}

/// Whether the last backup was carried into the store.
fn is_carried(database: &DatabaseState) -> bool {
    let seq = |operation| database.last_done(operation).map(|record| record.seq);
    seq(Operation::Deliver) > seq(Operation::BackUp)
}

/// What a decision is made from.
struct View<'a> {
    status: &'a DatabaseStatus,
    database: &'a DatabaseState,
    request: DatabaseRequest,
    approved: bool,
}

const fn perform(operation: Operation) -> DatabaseNext {
    DatabaseNext::Perform(operation, Name::EMPTY)
}

impl View<'_> {
    fn has_done(&self, operation: Operation) -> bool {
        self.database.run.has_done(operation)
    }

    fn has_failed(&self) -> bool {
        !self.database.run.failed.is_empty()
    }

    /// The source: look, prove the folder, rest, check, back up, verify, sum, carry.
    fn source(&self) -> DatabaseNext {
        let run = &self.database.run;
        if !run.looked {
            return DatabaseNext::Look;
        }
        if self.has_failed() {
            return self.leave(Verdict::Failures);
        }
        let backed_up = self.has_done(Operation::BackUp);
        if !self.request.again && !backed_up && is_ready(self.status, self.database) {
            return self.hand_over();
        }
        if self.status.present != Some(true) {
            return self.leave(Verdict::Failures);
        }
        match () {
            () if !self.has_done(Operation::ProveFolder) && !backed_up => perform(Operation::ProveFolder),
            () if self.request.quiesce && !self.status.stopped && !backed_up => perform(Operation::Quiesce),
            () if !run.marked_before && !backed_up => DatabaseNext::MarkBefore,
            () if self.request.check && !self.has_done(Operation::CheckSource) && !backed_up => {
                perform(Operation::CheckSource)
            }
            () if !backed_up => perform(Operation::BackUp),
            () if !self.has_done(Operation::VerifyBackup) => perform(Operation::VerifyBackup),
            () if self.status.verified.is_none() => self.leave(Verdict::Failures),
            () if !run.summed => DatabaseNext::Sum,
            () if !run.marked_after => DatabaseNext::MarkAfter,
            () => self.hand_over(),
        }
    }

    /// Carries the backup into the store, which comes last: services do not rest for it, and a store that is full or away costs
    /// nothing but the carrying.
    fn hand_over(&self) -> DatabaseNext {
        match self.leave(Verdict::Complete) {
            DatabaseNext::Finish(_) if !is_carried(self.database) => perform(Operation::Deliver),
            next => next,
        }
    }

    /// Ends the step on the source, after its services are as they were. What was only begun may have stopped some of them.
    fn leave(&self, verdict: Verdict) -> DatabaseNext {
        let owed = self.database.is_owed(Operation::Resume, Operation::Quiesce);
        if owed && !self.database.run.failed.contains(&Operation::Resume) {
            return perform(Operation::Resume);
        }
        DatabaseNext::Finish(verdict)
    }

    /// The destination: until SUSDB is restored, and from there on.
    fn destination(&self) -> DatabaseNext {
        if !self.database.run.looked {
            return DatabaseNext::Look;
        }
        if self.status.refused {
            return DatabaseNext::Finish(Verdict::Stopped);
        }
        if self.has_failed() {
            return DatabaseNext::Finish(Verdict::Failures);
        }
        if self.status.restored { self.after_restore() } else { self.before_restore() }
    }

    /// Ends the step on the destination, after a drop without an effect let those in again who might be in SUSDB before, and
    /// what a postinstall woke that did not come to its end is at rest.
    fn leave_destination(&self, verdict: Verdict) -> DatabaseNext {
        let is_own = self.is_there() && !self.status.restored && !self.status.partial;
        let owes_access = is_own && self.database.owes_access() && !self.has_tried(Operation::SetMultiUser);
        let owed = if owes_access { Some(Operation::SetMultiUser) } else { self.puts_to_rest() };
        match owed {
            // What another run knew of SUSDB is no reason to change anything in the one that is there.
            Some(_) if !self.database.run.looked => DatabaseNext::Look,
            Some(operation) => perform(operation),
            None => DatabaseNext::Finish(verdict),
        }
    }

    /// What puts the destination to rest after `wsusutil` was begun. It starts the services itself, whatever becomes of it: they
    /// are stopped, and what it may have set going sleeps again. Where one of the two fails, the other is tried all the same.
    fn puts_to_rest(&self) -> Option<Operation> {
        let begun = self.database.last_begun(Operation::PostInstall).map(|record| record.seq)?;
        let seq = |operation| self.database.last_done(operation).map(|record| record.seq);
        let is_of_restored = self.is_there() && self.status.restored && !self.status.replaced;
        if !is_of_restored || Some(begun) < seq(Operation::Restore) || !self.status.owes_services {
            return None;
        }
        let rests = [Operation::StopServices, Operation::Sleep];
        let failed = &self.database.run.failed;
        rests.into_iter().find(|rest| seq(*rest) < Some(begun) && !failed.contains(rest))
    }

    fn is_there(&self) -> bool {
        self.status.present == Some(true)
    }

    /// Whether the SUSDB that is there can be used, as it was last seen.
    fn is_online(&self) -> bool {
        self.database.state.as_ref().is_some_and(|(_, state)| state.state.as_str() == ONLINE)
    }

    fn has_tried(&self, operation: Operation) -> bool {
        self.has_done(operation) || self.database.run.failed.contains(&operation)
    }

    /// Everything is proved before anything is touched; what destroys comes last.
    fn before_restore(&self) -> DatabaseNext {
        let there = self.is_there();
        let own = there && !self.status.partial;
        match () {
            // Neither ours to discard nor fit to be secured: somebody has to say what it is there for.
            () if there && !self.status.partial && !self.is_online() => {
                DatabaseNext::Finish(Verdict::Failures)
            }
            () if !self.has_done(Operation::CarryBackup) => perform(Operation::CarryBackup),
            () if !self.has_done(Operation::VerifyCarried) => perform(Operation::VerifyCarried),
            () if self.status.verified.is_none() => DatabaseNext::Finish(Verdict::Failures),
            () if !self.status.is_another => DatabaseNext::Prove,
            // Whoever is waited for may take days: one safety backup shows that there is a way back, and a fresh one is made
            // once somebody has approved.
            () if own && !self.approved && self.was_secured() => DatabaseNext::Finish(Verdict::Waiting),
            () if own && !self.status.secured => self.secure(),
            () if !self.approved => DatabaseNext::Finish(Verdict::Waiting),
            () if !self.status.stopped => perform(Operation::StopServices),
            () if self.status.partial => perform(Operation::DiscardPartial),
            () if there => perform(Operation::Drop),
            () => perform(Operation::Restore),
        }
    }

    /// Whether a safety backup of the SUSDB that is there was verified by some run.
    fn was_secured(&self) -> bool {
        let is = self.status.database;
        is.is_told() && self.database.own_backups.iter().any(|own| own.is_verified() && own.database == is)
    }

    /// A verified safety backup of the SUSDB that is there.
    fn secure(&self) -> DatabaseNext {
        match () {
            () if !self.has_done(Operation::BackUpOwn) => perform(Operation::BackUpOwn),
            () if !self.has_done(Operation::VerifyOwn) => perform(Operation::VerifyOwn),
            () => DatabaseNext::Finish(Verdict::Failures),
        }
    }

    /// Checked and compared before postinstall changes it, at rest before postinstall and again behind it.
    fn after_restore(&self) -> DatabaseNext {
        let since_restore = |operation| self.is_newer(operation, Operation::Restore);
        if self.status.installed {
            return self.after_postinstall();
        }
        match () {
            () if !self.status.stopped => perform(Operation::StopServices),
            () if !since_restore(Operation::CheckRestored) => perform(Operation::CheckRestored),
            () if !self.is_compared() => DatabaseNext::Compare,
            () if !self.is_at_par() => DatabaseNext::Finish(Verdict::Failures),
            () if !self.database.run.listed_users => DatabaseNext::FindUsers,
            () => match self.user_to_mend() {
                Some(user) => DatabaseNext::Perform(Operation::MendUser, user),
                None if !since_restore(Operation::Sleep) || !self.sleeps() => perform(Operation::Sleep),
                None => perform(Operation::PostInstall),
            },
        }
    }

    fn after_postinstall(&self) -> DatabaseNext {
        let settled = self.database.is_content_settled();
        // Once we started the services, they run on purpose, and what is on was switched on by somebody.
        let owes = self.status.owes_services;
        match () {
            () if owes && !self.status.stopped => perform(Operation::StopServices),
            () if owes && !self.sleeps() => perform(Operation::Sleep),
            () if !settled && !self.database.run.catalogued => DatabaseNext::Catalogue,
            () if owes => perform(Operation::StartServices),
            () if settled => DatabaseNext::Finish(Verdict::Complete),
            // The migration is not through while files are lacking, or may be: the next run tops them up and looks again.
            () => DatabaseNext::Finish(Verdict::Failures),
        }
    }

    /// Whether the tables were compared to the last one. What follows the comparison changes some of them, so that it is not
    /// made again after that.
    fn is_compared(&self) -> bool {
        let follows =
            |operation| matches!(operation, Operation::MendUser | Operation::Sleep | Operation::PostInstall);
        let restored = self.database.last_done(Operation::Restore).map(|record| record.seq);
        let mut operations = self.database.operations.iter();
        self.database.run.compared
            || operations.any(|record| follows(record.event.operation) && Some(record.seq) > restored)
    }

    /// Whether every table that can be compared is the same.
    fn is_at_par(&self) -> bool {
        let bad = |verdict| matches!(verdict, Parity::Differs | Parity::Missing);
        !self.database.parity.values().any(|table| bad(table.verdict))
    }

    fn user_to_mend(&self) -> Option<Name> {
        let done = self.database.run.done.get(&Operation::MendUser);
        let mends = |decision| matches!(decision, UserDecision::AlterUser | UserDecision::CreateLogin);
        let users = self.database.users.values().filter(|user| mends(user.decision));
        users.map(|user| &user.user).find(|user| done.is_none_or(|done| !done.contains(*user))).cloned()
    }

    /// Whether what wakes the server was switched off since postinstall was last begun, whatever came of that.
    fn sleeps(&self) -> bool {
        let begun = self.database.last_begun(Operation::PostInstall).map(|record| record.seq);
        self.database.last_done(Operation::Sleep).map(|record| record.seq) > begun
    }

    /// Whether an operation came to its effect after another one did.
    fn is_newer(&self, operation: Operation, than: Operation) -> bool {
        let seq = |operation| self.database.last_done(operation).map(|record| record.seq);
        seq(operation) > seq(than)
    }
}
