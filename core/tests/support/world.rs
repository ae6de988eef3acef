//! What a database step acts on, as facts, and how it answers.

#![allow(unreachable_pub)] // a module of one test
#![allow(
    clippy::unwrap_used,
    clippy::struct_excessive_bools,
    clippy::single_match_else,
    reason = "tests may unwrap; the world is made of facts"
)]

mod barred;
mod effect;

use std::collections::BTreeMap;

use wsusmigrate_core::decide::{DatabaseNext, DatabaseRequest, decide_database};
use wsusmigrate_core::digest::Sha256;
use wsusmigrate_core::envelope::{Envelope, Recorded};
use wsusmigrate_core::event::Event;
use wsusmigrate_core::event::database::*;
use wsusmigrate_core::event::run::{
    Finished, InterruptionFound, Role, RoleDeclared, StepStarted, StopRequested, Verdict,
};
use wsusmigrate_core::id::{ActionId, EventId, Guid};
use wsusmigrate_core::projection::{Migration, Projection};
use wsusmigrate_core::status::Status;
use wsusmigrate_core::step::Step;
use wsusmigrate_core::unit::{Seq, TimeMicros};

use crate::support::database::*;
use crate::support::{action, connected, created, finished_step, migration, run, started};

/// Decisions of one run after which it is not coming to an end.
const DECISIONS_MAX: usize = 200;

/// What stands where SUSDB belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Database {
    None,
    Own,
    Restored,
    /// What a cut restore left.
    Partial,
    /// What somebody took offline.
    Offline,
}

/// What became of an operation nobody heard the end of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Happened,
    Not,
    Partly,
    /// It goes on until it is looked at often enough, then it has happened.
    Running,
}

impl Fate {
    pub const ALL: [Self; 4] = [Self::Happened, Self::Not, Self::Partly, Self::Running];
}

/// How a look at the world goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// It sees what is there.
    Sees,
    /// It cannot tell: a person has to say.
    CannotTell,
}

impl Look {
    pub const ALL: [Self; 2] = [Self::Sees, Self::CannotTell];
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    With(Verdict),
    /// It was cut off.
    Cut,
}

/// The run was cut off here.
struct Cut;

#[derive(Clone)]
pub struct World {
    pub request: DatabaseRequest,
    role: Role,
    pub state: Migration,
    status: Status,
    records: u64,
    /// Runs begun.
    pub runs: u8,
    /// What was decided, in words.
    pub told: Vec<&'static str>,

    pub database: Database,
    /// Who may be in it now, and who might be before this migration.
    pub access: [&'static str; 2],
    pub services: bool,
    pub is_another: bool,
    pub damaged: bool,
    pub differs: bool,
    /// Files SUSDB expects that are not there.
    pub missing: u64,
    installed: bool,
    asleep: bool,
    /// What `wsusutil` started is neither stopped nor asleep.
    woken: bool,
    mended: bool,
    secured: bool,
    /// Somebody starts the services between two runs.
    pub starts_services: bool,

    /// The checks stop the run.
    pub barred: bool,
    /// The run is cut off after so many events of the step.
    pub cut_after: Option<usize>,
    /// Somebody asks to stop after so many.
    pub stop_after: Option<usize>,
    /// What then became of the operation under way.
    pub fate: Fate,
    pub look: Look,
    /// An operation that fails.
    pub fails: Option<Operation>,
    /// An operation whose end is never heard, and what becomes of it.
    pub unknown: Option<(Operation, Fate)>,
    /// Somebody asks to stop as soon as an operation is found still running.
    pub stops_while_running: bool,
    /// What became of operations whose end nobody heard.
    fates: BTreeMap<ActionId, Fate>,
}

impl World {
    pub fn new(role: Role, request: DatabaseRequest) -> Self {
        let mut world = Self {
            request,
            role,
            state: Migration::default(),
            status: Status::default(),
            records: 0,
            runs: 0,
            told: Vec::new(),
            database: Database::Own,
            access: ["MULTI_USER"; 2],
            services: true,
            is_another: true,
            damaged: false,
            differs: false,
            installed: false,
            missing: 0,
            asleep: false,
            woken: false,
            mended: false,
            secured: false,
            starts_services: false,
            barred: false,
            cut_after: None,
            stop_after: None,
            fate: Fate::Happened,
            look: Look::Sees,
            fails: None,
            unknown: None,
            stops_while_running: false,
            fates: BTreeMap::new(),
        };
        world.note(created());
        world.note(approved("S-1"));
        world
    }

    /// Records an event outside the step; it must be legal.
    pub fn note(&mut self, event: impl Into<Event>) {
        self.push(None, event.into());
    }

    fn push(&mut self, action: Option<ActionId>, event: Event) {
        let seq = Seq(self.records);
        let id = EventId::of_observation(migration(), "test", &seq.0.to_be_bytes());
        let recorded =
            Recorded { seq, envelope: Envelope { id, time: TimeMicros(0), action, causation: None }, event };
        if let Err(illegal) = self.status.advance(&recorded) {
            panic!("{illegal}: {:?}", self.told);
        }
        self.state.apply(&recorded);
        self.records += 1;
    }

    /// Records an event of the step, unless the run is cut off here.
    fn record(&mut self, action: Option<ActionId>, event: impl Into<Event>) -> Result<(), Cut> {
        if self.cut_after == Some(0) {
            return Err(Cut);
        }
        self.cut_after = self.cut_after.map(|left| left - 1);
        self.push(action, event.into());
        self.stop_after = match self.stop_after {
            Some(1) => {
                self.push(None, StopRequested { how: "Ctrl-C".into() }.into());
                None
            }
            left => left.map(|left| left - 1),
        };
        Ok(())
    }

    /// One run from its start to its end.
    pub fn run(&mut self) -> Ends {
        if self.runs > 0 && self.is_open() {
            let in_doubt = u32::try_from(self.status.open_actions()).unwrap();
            self.note(InterruptionFound { run: run(self.runs), in_doubt });
        }
        self.services |= self.runs > 0 && self.starts_services;
        self.runs += 1;
        self.note(started(self.runs));
        if self.status.role.is_none() {
            self.note(RoleDeclared { role: self.role });
        }
        if self.barred && !self.is_entered() {
            self.told.push(Verdict::Stopped.word());
            self.note(Finished { run: run(self.runs), verdict: Verdict::Stopped });
            return Ends::With(Verdict::Stopped);
        }
        self.note(StepStarted { step: Step::Database });
        match self.go_through() {
            Ok(verdict) => {
                self.told.push(verdict.word());
                let is_left = self.database != Database::Own || self.access[0] == self.access[1];
                let is_open = self.status.database.open.is_some();
                assert!(is_open || is_left && !self.woken, "{:?}", self.told);
                self.note(finished_step(Step::Database, verdict));
                let verdict = if self.barred { Verdict::Stopped } else { verdict };
                self.note(Finished { run: run(self.runs), verdict });
                Ends::With(verdict)
            }
            Err(Cut) => {
                self.cut_after = None;
                self.told.push("cut");
                Ends::Cut
            }
        }
    }

    fn is_open(&self) -> bool {
        matches!(self.status.phase, wsusmigrate_core::status::Phase::Running { .. })
    }

    /// A person says what became of the operation in doubt.
    pub fn answer(&mut self) {
        let Some(open) = self.status.database.open.clone() else { return };
        let answer = match self.fates.get(&open.action) {
            Some(Fate::Happened | Fate::Running) => Answer::Happened,
            Some(Fate::Not | Fate::Partly) => Answer::DidNot,
            None => panic!("{:?} is open and nothing became of it", open.operation),
        };
        self.push(Some(open.action), answered(open.operation, answer).into());
    }

    fn go_through(&mut self) -> Result<Verdict, Cut> {
        for _ in 0..DECISIONS_MAX {
            match decide_database(&self.state, self.request).expect("a step is going on") {
                DatabaseNext::Finish(verdict) => return Ok(verdict),
                DatabaseNext::Reconcile(action) => self.reconcile(action)?,
                DatabaseNext::Look => {
                    self.record(None, connected("NEW"))?;
                    self.say("look", Self::seen)?;
                }
                DatabaseNext::MarkBefore => self.marks(Moment::BeforeBackup)?,
                DatabaseNext::MarkAfter => self.marks(Moment::AfterBackup)?,
                DatabaseNext::Sum => self.sums(SumOf::Source)?,
                DatabaseNext::Prove => {
                    let verdict = if self.is_another { SameAs::Differs } else { SameAs::Matches };
                    self.record(None, compared(verdict))?;
                    self.say("prove", |world| target(world.is_another).into())?;
                }
                DatabaseNext::Compare => self.compare()?,
                DatabaseNext::FindUsers => self.users()?,
                DatabaseNext::Catalogue => self.say("catalogue", |world| catalogue(world.missing).into())?,
                DatabaseNext::Perform(operation, subject) => self.perform(operation, subject.as_str())?,
            }
        }
        panic!("the run does not end: {:?}", self.told)
    }

    fn say(&mut self, what: &'static str, event: impl Fn(&Self) -> Event) -> Result<(), Cut> {
        self.told.push(what);
        self.record(None, event(self))
    }

    fn seen(&self) -> Event {
        let (state, database) = match self.database {
            Database::None => (None, Guid::UNTOLD),
            Database::Own => (Some("ONLINE"), guid(1)),
            Database::Restored => (Some("ONLINE"), guid(2)),
            Database::Partial => (Some("RESTORING"), Guid::UNTOLD),
            Database::Offline => (Some("OFFLINE"), Guid::UNTOLD),
        };
        StateRecorded { user_access: self.access[0].into(), ..seen(state, database) }.into()
    }

    fn marks(&mut self, moment: Moment) -> Result<(), Cut> {
        self.told.push("marks");
        for mark in ["one", "two"] {
            self.record(None, MarkRecorded { moment, mark: mark.into(), value: "1".into() })?;
        }
        Ok(())
    }

    fn sums(&mut self, of: SumOf) -> Result<(), Cut> {
        self.told.extend((of == SumOf::Source).then_some("sums"));
        for table in ["one", "two"] {
            let digest = Sha256([1; 32]);
            let (columns, sum, list) = (digest, digest, digest);
            self.record(None, TableSummed { of, table: table.into(), columns, rows: 1, sum, list })?;
        }
        Ok(())
    }

    fn compare(&mut self) -> Result<(), Cut> {
        assert_eq!(self.database, Database::Restored, "{:?}", self.told);
        assert!(!self.asleep && !self.mended, "compared after it was changed: {:?}", self.told);
        self.told.push("compare");
        self.sums(SumOf::Restored)?;
        for table in ["one", "two"] {
            let verdict = if self.differs { Parity::Differs } else { Parity::Equal };
            self.record(
                None,
                TableCompared {
                    table: table.into(),
                    verdict,
                    source_rows: 1,
                    restored_rows: 1,
                    differing: 0,
                    missing: 0,
                    extra: 0,
                    why: "".into(),
                },
            )?;
        }
        Ok(())
    }

    fn users(&mut self) -> Result<(), Cut> {
        self.told.push("users");
        let orphan = if self.mended { UserDecision::Leave } else { UserDecision::AlterUser };
        for (user, decision) in [("dbo", UserDecision::Leave), ("orphan", orphan)] {
            self.record(
                None,
                UserFound {
                    user: user.into(),
                    kind: "".into(),
                    sid: "".into(),
                    decision,
                    login: "".into(),
                    why: "".into(),
                },
            )?;
        }
        Ok(())
    }

    fn perform(&mut self, operation: Operation, subject: &str) -> Result<(), Cut> {
        self.told.push(operation.word());
        let attempt = self.state.database.attempts(operation, subject);
        let id = action(&format!("{}/{subject}/{attempt}", operation.word()));
        self.record(Some(id), OperationStarted { subject: subject.into(), ..begin(operation) })?;
        let (fate, result) = self.outcome(operation);
        if result == OperationResult::Unknown {
            self.fates.insert(id, fate);
        }
        self.affect(operation, fate);
        self.record(Some(id), said(0))?;
        self.record(Some(id), OperationFinished { messages: 1, ..end(operation, result) })?;
        self.look_again(operation)?;
        if result == OperationResult::Done {
            let verified = !self.damaged;
            match operation {
                Operation::VerifyBackup | Operation::VerifyCarried => {
                    self.record(None, judged(BackupOf::Source, verified))?;
                }
                Operation::VerifyOwn => {
                    self.record(None, judged(BackupOf::Own, true))?;
                    self.secured = true;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// What becomes of an operation that has begun, and what is heard of it: where the run is cut off before its outcome is
    /// recorded, nothing is.
    fn outcome(&self, operation: Operation) -> (Fate, OperationResult) {
        if self.cut_after.is_some_and(|left| left < 2) {
            return (self.fate, OperationResult::Unknown);
        }
        match self.unknown {
            Some((unknown, fate)) if unknown == operation => (fate, OperationResult::Unknown),
            _ if self.fails == Some(operation) => (Fate::Not, OperationResult::Failed),
            _ => (Fate::Happened, OperationResult::Done),
        }
    }

    fn reconcile(&mut self, id: ActionId) -> Result<(), Cut> {
        let operation = self.status.database.open.as_ref().map(|open| open.operation).unwrap();
        let found = match (self.look, self.fates[&id]) {
            (_, Fate::Running) => {
                if self.stops_while_running {
                    self.stop_after = Some(1);
                } else {
                    self.fates.insert(id, Fate::Happened);
                }
                Probe::Running
            }
            (Look::CannotTell, _) => Probe::Unknown,
            (Look::Sees, Fate::Happened) if only_reads(operation) => Probe::Not,
            (Look::Sees, Fate::Happened) if stops(operation) && self.services => Probe::Partly,
            (Look::Sees, Fate::Happened) => Probe::Happened,
            (Look::Sees, Fate::Not) => Probe::Not,
            (Look::Sees, Fate::Partly) => Probe::Partly,
        };
        self.told.push(found.word());
        self.record(Some(id), looked_at(operation, found))?;
        self.look_again(operation)
    }

    /// What may have changed who may be in SUSDB is followed by a look at it.
    fn look_again(&mut self, operation: Operation) -> Result<(), Cut> {
        let changes = matches!(operation, Operation::Drop | Operation::SetMultiUser);
        if changes { self.record(None, self.seen()) } else { Ok(()) }
    }
}

fn stops(operation: Operation) -> bool {
    matches!(operation, Operation::Quiesce | Operation::StopServices)
}
