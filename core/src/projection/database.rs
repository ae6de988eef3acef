//! Where SUSDB stands: operations with what the server said, backups, the proof of the target, parity.
//!
//! Memory grows with operations and messages, not with rows: of a table's rows that differ so many are kept by name.

mod access;
mod operation;
mod reads;
mod run;
mod top_up;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use operation::{Doubt, OperationRecord};
pub use reads::ReadTotals;
pub use run::{DatabaseRun, OwnBackup, TargetProof};
pub use top_up::TopUp;

use crate::database::statement::Purpose;
use crate::envelope::Recorded;
use crate::event::content::{CatalogueCompared, CatalogueDiffered, StatesCounted};
use crate::event::database::{
    BackupJudged, BackupOf, BackupRecorded, Connected, EvidenceKept, FileRecorded, MarkRecorded,
    MediaSetRecorded, Moment, Operation, OperationResult, Probe, RowDiffered, ServiceRecorded, SessionSeen,
    SettingRecorded, StateRecorded, SumOf, TableCompared, TableSummed, TargetCompared, UserFound,
};
use crate::event::{ContentEvent, DatabaseEvent, Event, RunEvent};
use crate::id::{ActionId, Guid};
use crate::projection::Projection;
use crate::text::{Name, Text};
use crate::unit::{Seq, TimeMicros};
use run::ATTEMPTS_MAX;

/// Rows that differ and files that are not as expected that are kept by name, of each list.
const NAMED_MAX: usize = 1_000;

/// The state of step 3.3.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatabaseState {
    /// The engine as it was last connected to, and when.
    pub engine: Option<(TimeMicros, Connected)>,
    /// SUSDB as it was last seen.
    pub state: Option<(TimeMicros, StateRecorded)>,
    /// Its files as they were last seen.
    pub files: Vec<FileRecorded>,
    /// SUSDB as it was before it was first dropped, or restored where there was none: what going back leads to.
    pub before: Option<StateRecorded>,
    /// Its files then: where a safety backup is restored to.
    pub before_files: Vec<FileRecorded>,
    /// Backups that were recorded last, of the source and of our own SUSDB.
    pub backups: BTreeMap<BackupOf, (Seq, BackupRecorded)>,
    /// Every set this host wrote, on whichever media.
    pub written: BTreeSet<Guid>,
    /// Every safety backup, oldest first: a second one may be of another SUSDB than the first.
    pub own_backups: Vec<OwnBackup>,
    /// What was said of the last ones.
    pub judged: BTreeMap<BackupOf, BackupJudged>,
    /// Sets that were on the media before we wrote there, as last listed.
    pub media: Vec<MediaSetRecorded>,
    /// Every operation, oldest first.
    pub operations: Vec<OperationRecord>,
    /// What the proof of the target that is going on has compared.
    pub comparisons: Vec<TargetCompared>,
    /// Every proof of the target, oldest first: a drop and a restore may stand on two.
    pub proofs: Vec<TargetProof>,
    /// Sums of the source's tables.
    pub source_sums: BTreeMap<Text, TableSummed>,
    /// Sums of the restored tables.
    pub restored_sums: BTreeMap<Text, TableSummed>,
    /// What the comparison of a table said.
    pub parity: BTreeMap<Text, TableCompared>,
    /// Rows that differ, as many as are kept by name.
    pub rows: Vec<RowDiffered>,
    /// High-water marks before the backup.
    pub marks_before: BTreeMap<Text, Text>,
    /// High-water marks after it.
    pub marks_after: BTreeMap<Text, Text>,
    /// Users without their logins, as last listed.
    pub users: BTreeMap<Name, UserFound>,
    /// Services as they were before they were first touched, since they were last given back.
    pub services: BTreeMap<Text, ServiceRecorded>,
    /// Whether they were given back what they were: what is recorded next is a new beginning.
    pub services_given_back: bool,
    /// Settings of the SUSDB that was restored last, as they were before they were first put to sleep.
    pub settings: BTreeMap<Text, SettingRecorded>,
    /// Sessions that were in SUSDB when it was last about to be dropped.
    pub sessions: Vec<SessionSeen>,
    /// Statements that were read, by what they were for.
    pub reads: BTreeMap<Purpose, ReadTotals>,
    /// Logs that were kept.
    pub evidence: Vec<EvidenceKept>,
    /// How the copy compares with what SUSDB expects.
    pub catalogue: Option<CatalogueCompared>,
    /// Files that are not as expected, as many as are kept by name.
    pub catalogue_differences: Vec<CatalogueDiffered>,
    /// Files by the states SUSDB has them in.
    pub states: Vec<StatesCounted>,
    /// Where passes over the content stand beside the backup that was restored.
    pub top_up: TopUp,
    /// What the run that is going on, or was the last, has done.
    pub run: DatabaseRun,
}

impl DatabaseState {
    /// The operation of an action.
    #[must_use]
    pub fn operation(&self, action: ActionId) -> Option<&OperationRecord> {
        self.operations.iter().rfind(|record| record.action == action)
    }

    /// The last time an operation came to its effect.
    #[must_use]
    pub fn last_done(&self, operation: Operation) -> Option<&OperationRecord> {
        self.operations.iter().rfind(|record| record.event.operation == operation && record.is_done())
    }

    /// The last time an operation was begun, whatever came of it: one that failed may have done a part of its work.
    #[must_use]
    pub fn last_begun(&self, operation: Operation) -> Option<&OperationRecord> {
        self.operations.iter().rfind(|record| record.event.operation == operation)
    }

    /// Whether an operation was begun, whatever came of it, and the one that takes it `back` was not done since.
    #[must_use]
    pub fn is_owed(&self, back: Operation, of: Operation) -> bool {
        let begun = self.last_begun(of);
        begun.is_some_and(|begun| self.last_done(back).is_none_or(|back| back.seq < begun.seq))
    }

    /// How often an operation was begun: the number of the next attempt.
    #[must_use]
    pub fn attempts(&self, operation: Operation, subject: &str) -> u16 {
        let of = |record: &&OperationRecord| {
            record.event.operation == operation && record.event.subject.as_str() == subject
        };
        u16::try_from(self.operations.iter().filter(of).count()).unwrap_or(u16::MAX)
    }

    /// The source's marks that moved while it was backed up. One that was not read again counts as moved: nothing shows that
    /// its table rested.
    pub fn moved(&self) -> impl Iterator<Item = &Text> {
        let changed = |(mark, before): &(&Text, &Text)| self.marks_after.get(*mark) != Some(*before);
        self.marks_before.iter().filter(changed).map(|(mark, _)| mark)
    }

    /// Files that SUSDB expects and that are not there, or not as it expects them; nothing where nobody compared.
    #[must_use]
    pub fn lacking_files(&self) -> Option<u64> {
        self.catalogue.as_ref().map(|compared| compared.missing + compared.damaged)
    }

    /// Whether the content is what SUSDB expects: compared after a pass that followed the restored backup, nothing lacking.
    #[must_use]
    pub fn is_content_settled(&self) -> bool {
        self.lacking_files() == Some(0) && self.top_up.is_compared()
    }

    fn current(&mut self, action: Option<ActionId>) -> Option<&mut OperationRecord> {
        let action = action?;
        self.operations.iter_mut().rfind(|record| record.action == action)
    }

    #[expect(clippy::too_many_lines, reason = "one table, read from top to bottom")]
    fn take(&mut self, recorded: &Recorded, event: &DatabaseEvent) {
        let (time, action) = (recorded.envelope.time, recorded.envelope.action);
        match event {
            DatabaseEvent::Connected(event) => {
                self.engine = Some((time, event.clone()));
                self.run.connected = true;
            }
            DatabaseEvent::OperationStarted(event) => {
                let Some(action) = action else { return };
                self.prepare(event.operation);
                self.operations.push(OperationRecord::new(action, recorded.seq, time, event.clone()));
            }
            DatabaseEvent::MessageReceived(event) => {
                if let Some(operation) = self.current(action) {
                    operation.hear(event);
                }
            }
            DatabaseEvent::OperationFinished(event) => {
                if let Some(operation) = self.current(action) {
                    operation.finished = Some((time, event.clone()));
                    let (seq, subject) = (operation.seq, operation.event.subject.clone());
                    match event.result {
                        OperationResult::Done => self.note_done(event.operation, seq, subject),
                        OperationResult::Failed => {
                            self.run.failed.insert(event.operation);
                        }
                        OperationResult::Unknown => {}
                    }
                }
            }
            DatabaseEvent::OperationReconciled(event) => {
                if let Some(operation) = self.current(action) {
                    operation.doubts.push(Doubt::Reconciled(time, event.clone()));
                    let (seq, subject) = (operation.seq, operation.event.subject.clone());
                    self.run.running = event.found == Probe::Running;
                    match event.found {
                        Probe::Happened => self.note_done(event.operation, seq, subject),
                        Probe::Not | Probe::Partly => self.note_fruitless(event.operation, seq),
                        Probe::Unknown => self.run.asked = true,
                        Probe::Running => {}
                    }
                }
            }
            DatabaseEvent::OperationResolved(event) => {
                if let Some(operation) = self.current(action) {
                    operation.doubts.push(Doubt::Resolved(time, event.clone()));
                }
            }
            DatabaseEvent::BackupRecorded(event) => {
                self.backups.insert(event.of, (recorded.seq, event.clone()));
                self.written.extend(event.set_guid.is_told().then_some(event.set_guid));
                if event.of == BackupOf::Own {
                    self.keep_own(recorded, event);
                }
            }
            DatabaseEvent::BackupJudged(event) => {
                self.judged.insert(event.of, event.clone());
                let own = self.own_backups.iter_mut().filter(|_| event.of == BackupOf::Own);
                for own in own.filter(|own| own.backup.set_guid == event.set_guid) {
                    own.judged = Some(event.clone());
                }
            }
            DatabaseEvent::StateRecorded(event) => {
                self.state = Some((time, event.clone()));
                self.files.clear();
                // A look at an operation in doubt says nothing of the engine, on which approvals hang.
                self.run.looked = self.run.connected;
            }
            DatabaseEvent::FileRecorded(event) => self.files.push(event.clone()),
            DatabaseEvent::MediaSetRecorded(event) => {
                if event.position == 1 {
                    self.media.clear();
                }
                self.media.push(event.clone());
            }
            DatabaseEvent::TargetCompared(event) => self.comparisons.push(event.clone()),
            DatabaseEvent::TargetJudged(event) => {
                let (comparisons, judged) = (std::mem::take(&mut self.comparisons), event.clone());
                self.proofs.push(TargetProof { seq: recorded.seq, time, comparisons, judged });
            }
            DatabaseEvent::TableSummed(event) => {
                match event.of {
                    SumOf::Source => self.source_sums.insert(event.table.clone(), event.clone()),
                    SumOf::Restored => self.restored_sums.insert(event.table.clone(), event.clone()),
                };
                self.run.summed = true;
            }
            DatabaseEvent::TableCompared(event) => {
                self.begin_comparison();
                self.parity.insert(event.table.clone(), event.clone());
            }
            DatabaseEvent::RowDiffered(event) => {
                self.begin_comparison();
                keep(&mut self.rows, event);
            }
            DatabaseEvent::MarkRecorded(event) => self.mark(event),
            DatabaseEvent::UserFound(event) => {
                if !self.run.listed_users {
                    self.users.clear();
                }
                self.users.insert(event.user.clone(), event.clone());
                self.run.listed_users = true;
            }
            DatabaseEvent::ServiceRecorded(event) => {
                if std::mem::take(&mut self.services_given_back) {
                    self.services.clear();
                }
                self.services.entry(event.service.clone()).or_insert_with(|| event.clone());
            }
            DatabaseEvent::SettingRecorded(event) => {
                self.settings.entry(event.setting.clone()).or_insert_with(|| event.clone());
            }
            DatabaseEvent::SessionSeen(event) => {
                if !self.run.listed_sessions {
                    self.sessions.clear();
                }
                self.run.listed_sessions = true;
                self.sessions.push(event.clone());
            }
            DatabaseEvent::ChildStarted(event) => {
                if let Some(operation) = self.current(action) {
                    operation.child = Some(event.clone());
                }
            }
            DatabaseEvent::EvidenceKept(event) => self.evidence.push(event.clone()),
            DatabaseEvent::StatementRead(event) => self.reads.entry(event.purpose).or_default().add(event),
        }
    }

    /// A set that is told again, by a look after a crash, is the same backup.
    fn keep_own(&mut self, recorded: &Recorded, event: &BackupRecorded) {
        self.own_backups.retain(|own| own.backup.set_guid != event.set_guid);
        let database = self.state.as_ref().map_or(Guid::UNTOLD, |(_, state)| state.database_guid);
        let (seq, time, backup) = (recorded.seq, recorded.envelope.time, event.clone());
        self.own_backups.push(OwnBackup { seq, time, backup, database, judged: None });
    }

    /// Forgets what an operation is about to find anew.
    fn prepare(&mut self, operation: Operation) {
        match operation {
            Operation::Drop => self.remember(),
            Operation::Restore => {
                self.remember();
                self.restored_sums.clear();
                self.parity.clear();
                self.rows.clear();
                self.users.clear();
                self.settings.clear();
                self.forget_catalogue();
                self.top_up.restore();
            }
            Operation::BackUp => {
                self.source_sums.clear();
                self.marks_after.clear();
            }
            Operation::Quiesce
            | Operation::CheckSource
            | Operation::VerifyBackup
            | Operation::Resume
            | Operation::Deliver
            | Operation::ProveFolder
            | Operation::CarryBackup
            | Operation::VerifyCarried
            | Operation::BackUpOwn
            | Operation::VerifyOwn
            | Operation::StopServices
            | Operation::SetMultiUser
            | Operation::DiscardPartial
            | Operation::CheckRestored
            | Operation::MendUser
            | Operation::Sleep
            | Operation::PostInstall
            | Operation::StartServices => {}
        }
    }

    /// Keeps what is there before the first operation that replaces it.
    fn remember(&mut self) {
        if self.before.is_none() {
            self.before = self.state.as_ref().map(|(_, state)| state.clone());
            self.before_files.clone_from(&self.files);
        }
    }

    /// What a run named before it was cut off, the next one names again.
    fn forget_unfinished(&mut self) {
        self.comparisons.clear();
        if self.parity.is_empty() {
            self.rows.clear();
        }
        if self.catalogue.is_none() {
            self.forget_catalogue();
        }
    }

    /// What is named after a comparison with the catalogue came to its end belongs to the next one.
    fn catalogue_anew(&mut self) {
        if self.catalogue.is_some() {
            self.forget_catalogue();
        }
    }

    fn forget_catalogue(&mut self) {
        self.catalogue = None;
        self.catalogue_differences.clear();
        self.states.clear();
    }

    fn note_done(&mut self, operation: Operation, begun: Seq, subject: Name) {
        self.services_given_back |= matches!(operation, Operation::Resume | Operation::StartServices);
        if begun > self.run.since {
            self.run.done.entry(operation).or_default().insert(subject);
        }
    }

    /// An operation that was begun again and again in one run, and never came to anything, will not in this run.
    fn note_fruitless(&mut self, operation: Operation, begun: Seq) {
        if begun > self.run.since {
            let times = self.run.fruitless.entry(operation).or_default();
            *times += 1;
            if *times >= ATTEMPTS_MAX {
                self.run.failed.insert(operation);
            }
        }
    }

    /// A comparison that an earlier run did not bring to its end is made anew.
    fn begin_comparison(&mut self) {
        if !self.run.compared {
            self.parity.clear();
            self.rows.clear();
            self.run.compared = true;
        }
    }

    fn mark(&mut self, event: &MarkRecorded) {
        let (marks, noted) = match event.moment {
            Moment::BeforeBackup => (&mut self.marks_before, &mut self.run.marked_before),
            Moment::AfterBackup => (&mut self.marks_after, &mut self.run.marked_after),
        };
        marks.insert(event.mark.clone(), event.value.clone());
        *noted = true;
    }
}

fn keep<T: Clone>(list: &mut Vec<T>, item: &T) {
    if list.len() < NAMED_MAX {
        list.push(item.clone());
    }
}

impl Projection for DatabaseState {
    const NAME: &'static str = "database";
    const VERSION: u16 = 4;

    fn apply(&mut self, recorded: &Recorded) {
        self.top_up.take(recorded.seq, &recorded.event);
        match &recorded.event {
            Event::Database(event) => self.take(recorded, event),
            Event::Content(ContentEvent::CatalogueDiffered(event)) => {
                self.catalogue_anew();
                keep(&mut self.catalogue_differences, event);
            }
            Event::Content(ContentEvent::StatesCounted(event)) => {
                self.catalogue_anew();
                self.states.push(event.clone());
            }
            Event::Content(ContentEvent::CatalogueCompared(event)) => {
                // With nothing named before it, nothing of the comparison before it counts any more.
                self.catalogue_anew();
                self.catalogue = Some(event.clone());
                self.run.catalogued = true;
            }
            Event::Run(RunEvent::Started(_)) => {
                self.run = DatabaseRun { since: recorded.seq, ..DatabaseRun::default() };
                self.forget_unfinished();
            }
            Event::Run(_) | Event::Inventory(_) | Event::Preflight(_) | Event::Content(_) => {}
        }
    }
}
