//! Which histories are legal: one table of (status, event) that live runs, resuming and replay all pass through.
//!
//! ```text
//!             journal-created        started             step-started
//!   Unborn ───────────────────► Idle ─────────► Running ─────────────► Running, in a step
//!                                ▲ ▲  finished     │ ▲  step-finished      │
//!                                │ └───────────────┘ └─────────────────────┤
//!                                └───── failed, interruption-found ◄───────┘
//!
//!   Idle ── journal-sealed ──► Sealed: nothing follows
//! ```
//!
//! An event that sums up (a step's end, a count, a verdict) is refused where the records before it say something else.
//! Inside the content step: [`content`]; inside the database step: [`DatabaseStatus`].

mod approval;
pub mod content;
mod database;
mod run;
mod streams;

use serde::{Deserialize, Serialize};

pub use approval::{Approval, Approvals, Demand, Given, Sight, Void};
pub use content::{BATCHES_OPEN_MAX, BatchStatus, ContentStatus};
pub use database::{DatabaseStatus, OpenOperation, Replacement};
pub use run::RunStatus;
pub use streams::{ImportedStream, Streams};

use crate::digest::Sha256;
use crate::envelope::Recorded;
use crate::event::run::Role;
use crate::event::{ContentEvent, DatabaseEvent, Event, InventoryEvent, Kind, PreflightEvent, RunEvent};
use crate::id::{ActionId, RunId};
use crate::step::Step;
use crate::unit::Seq;
use approval::Now;

/// Where a history stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Whether a run is going on.
    pub phase: Phase,
    /// What the run that is going on, or was the last, has recorded.
    pub run: RunStatus,
    /// How far the content step is.
    pub content: ContentStatus,
    /// How far the database step is.
    pub database: DatabaseStatus,
    /// What this host is in the migration, once it is declared.
    pub role: Option<Role>,
    /// Who approved which plan, and what for.
    pub approvals: Approvals,
    /// Which other streams were taken in, and how far.
    pub streams: Streams,
}

/// Whether a run is going on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// Nothing is recorded.
    #[default]
    Unborn,
    /// No run is going on.
    Idle,
    /// A run is going on, perhaps in a step.
    Running {
        /// Which run.
        run: RunId,
        /// Which step.
        step: Option<Step>,
    },
    /// The journal is ended for good.
    Sealed,
}

/// An event that cannot follow the history before it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("record {seq}: {} cannot follow here: {why}", event.name())]
pub struct IllegalHistory {
    /// Its position.
    pub seq: Seq,
    /// What it is.
    pub event: Kind,
    /// What stands against it.
    pub why: &'static str,
}

/// What stands against an event.
type Why = &'static str;

impl Status {
    /// Takes the next record, or says why it cannot follow. After a refusal the status is as before.
    pub fn advance(&mut self, recorded: &Recorded) -> Result<(), IllegalHistory> {
        let refuse = |why| IllegalHistory { seq: recorded.seq, event: recorded.event.kind(), why };
        self.next(recorded).map_err(refuse)
    }

    /// The batches whose effects have to be looked at before anything else.
    pub fn in_doubt(&self) -> impl Iterator<Item = (ActionId, &BatchStatus)> {
        self.content.in_doubt()
    }

    /// What the approvals of a plan come to, as far as they still are for what is there.
    #[must_use]
    pub fn approval_of(&self, plan: Sha256, demand: Demand) -> Approval<'_> {
        self.approvals.judge(plan, demand, Now { role: self.role, database: &self.database })
    }

    /// Whether the plan of the run that is going on, or was the last, is approved by as many as it demands.
    #[must_use]
    pub fn is_approved(&self, demand: Demand) -> bool {
        self.run.plan.is_some_and(|plan| self.approval_of(plan, demand).suffices())
    }

    /// Actions whose outcome has to be found out before anything else.
    #[must_use]
    pub fn open_actions(&self) -> u64 {
        self.content.batches.len() as u64 + u64::from(self.database.open.is_some())
    }

    /// The table.
    #[allow(clippy::too_many_lines, reason = "one table, read from top to bottom")]
    fn next(&mut self, recorded: &Recorded) -> Result<(), Why> {
        match (self.phase, &recorded.event) {
            (Phase::Unborn, Event::Run(RunEvent::JournalCreated(event))) => {
                self.streams.begin(event.stream);
                self.phase = Phase::Idle;
            }
            (Phase::Unborn, _) => return Err("a journal begins with run.journal-created"),
            (Phase::Sealed, _) => return Err("the journal is sealed"),
            (_, Event::Run(RunEvent::JournalCreated(_))) => return Err("a journal is created once"),
            (
                _,
                Event::Run(
                    RunEvent::JournalRecovered(_) | RunEvent::KeyRotated(_) | RunEvent::CheckpointAnchored(_),
                ),
            ) => {}
            // Whoever imports holds the writer's lock: a run that is open here has ended without saying so.
            (_, Event::Run(RunEvent::StreamImported(event))) => {
                self.streams.import(event)?;
                self.approvals.import(recorded.seq);
            }
            (Phase::Idle, Event::Run(RunEvent::JournalSealed(_))) => self.phase = Phase::Sealed,
            // A person may approve and answer between two runs as well as during one.
            (_, Event::Run(RunEvent::PlanApproved(event))) => {
                self.approvals.approve(recorded.seq, event, &self.database);
            }
            (_, Event::Database(event @ DatabaseEvent::OperationResolved(_))) => {
                self.next_of_database(recorded, event)?;
            }

            (Phase::Idle, Event::Run(RunEvent::Started(event))) => {
                self.phase = Phase::Running { run: event.run, step: None };
                self.run = RunStatus::new(event.scope, event.plan);
                self.database.begin(self.role);
            }
            (Phase::Idle, _) => return Err("no run is going on"),

            (Phase::Running { run, .. }, Event::Run(RunEvent::InterruptionFound(event))) => {
                require(event.run == run, "another run is going on")?;
                let open = self.open_actions();
                require(u64::from(event.in_doubt) == open, "the count differs from the open actions")?;
                self.interrupt();
            }
            (Phase::Running { run, .. }, Event::Run(RunEvent::Failed(event))) => {
                require(event.run == run, "another run is going on")?;
                self.interrupt();
            }
            (Phase::Running { .. }, Event::Run(RunEvent::Started(_) | RunEvent::JournalSealed(_))) => {
                return Err("a run is going on");
            }
            (Phase::Running { run, step: None }, Event::Run(RunEvent::StepStarted(event))) => {
                self.run.begin(event.step)?;
                self.content.begin();
                self.phase = Phase::Running { run, step: Some(event.step) };
            }
            (Phase::Running { step: None, .. }, Event::Run(RunEvent::RoleDeclared(event))) => {
                require(self.role.is_none(), "the host's role was declared before")?;
                self.role = Some(event.role);
            }
            (Phase::Running { step: Some(_), .. }, Event::Run(RunEvent::RoleDeclared(_))) => {
                return Err("a step is going on");
            }
            (Phase::Running { step: None, .. }, Event::Run(RunEvent::StepSkipped(event))) => {
                self.run.skip(event.step)?;
            }
            (Phase::Running { run, step: None }, Event::Run(RunEvent::Finished(event))) => {
                require(event.run == run, "another run is going on")?;
                self.run.may_finish(event.verdict)?;
                self.phase = Phase::Idle;
            }
            (Phase::Running { .. }, Event::Run(RunEvent::StopRequested(_))) => {
                self.run.stop_requested = true;
            }
            (Phase::Running { run, step: Some(step) }, Event::Run(RunEvent::StepFinished(event))) => {
                require(event.step == step, "another step is going on")?;
                match step {
                    Step::Inventory | Step::Preflight => {}
                    Step::Content => self.content.may_finish(&self.run, event.verdict)?,
                    Step::Database => {
                        self.database.may_finish(self.role, &self.run, event.verdict)?;
                    }
                }
                self.run.finish(step, event.verdict)?;
                self.phase = Phase::Running { run, step: None };
            }
            (
                Phase::Running { step: Some(_), .. },
                Event::Run(RunEvent::StepStarted(_) | RunEvent::StepSkipped(_) | RunEvent::Finished(_)),
            ) => return Err("a step is going on"),
            (Phase::Running { step: None, .. }, Event::Run(RunEvent::StepFinished(_))) => {
                return Err("no step is going on");
            }

            (Phase::Running { step: Some(Step::Inventory), .. }, Event::Inventory(event)) => match event {
                InventoryEvent::FieldRecorded(_) => self.run.field()?,
                InventoryEvent::InventoryFinished(event) => self.run.inventoried(event)?,
            },
            (Phase::Running { step: Some(Step::Preflight), .. }, Event::Preflight(event)) => match event {
                PreflightEvent::Checked(event) => self.run.check(event.verdict)?,
                PreflightEvent::PreflightFinished(event) => self.run.checked(event)?,
            },
            (Phase::Running { .. }, Event::Inventory(_)) => return Err("the inventory step is not going on"),
            (Phase::Running { .. }, Event::Preflight(_)) => return Err("the preflight step is not going on"),

            (Phase::Running { step: Some(Step::Content), .. }, Event::Content(event)) => {
                let action = recorded.envelope.action;
                self.content.next(&self.run, recorded.seq, action, event)?;
            }
            // What SUSDB expects of the content is known once SUSDB is there.
            (
                Phase::Running { step: Some(Step::Database), .. },
                Event::Content(
                    ContentEvent::CatalogueDiffered(_)
                    | ContentEvent::StatesCounted(_)
                    | ContentEvent::CatalogueCompared(_),
                ),
            ) => {}
            (Phase::Running { .. }, Event::Content(_)) => return Err("the content step is not going on"),
            // Worksheet and checks ask the engine as well.
            (Phase::Running { .. }, Event::Database(DatabaseEvent::StatementRead(_))) => {}
            (Phase::Running { step: Some(Step::Database), .. }, Event::Database(event)) => {
                self.next_of_database(recorded, event)?;
            }
            (Phase::Running { .. }, Event::Database(_)) => return Err("the database step is not going on"),
        }
        Ok(())
    }

    fn next_of_database(&mut self, recorded: &Recorded, event: &DatabaseEvent) -> Result<(), Why> {
        let approved = self.is_approved(Demand::default());
        self.database.next(self.role, approved, recorded.seq, recorded.envelope.action, event)?;
        if let DatabaseEvent::Connected(event) = event {
            self.approvals.connect(&event.server);
        }
        if let DatabaseEvent::StateRecorded(_) = event {
            self.approvals.look(&self.database);
        }
        Ok(())
    }

    /// The run is over, whatever it was in the middle of.
    fn interrupt(&mut self) {
        self.phase = Phase::Idle;
        self.content.interrupt();
        self.database.interrupt();
    }
}

fn require(holds: bool, why: Why) -> Result<(), Why> {
    if holds { Ok(()) } else { Err(why) }
}
