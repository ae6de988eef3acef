//! Runs: who ran what when, how each ended, and where the history stands.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::envelope::Recorded;
use crate::event::run::{
    JournalCreated, JournalRecovered, JournalSealed, PlanApproved, SkipReason, Started, StreamImported,
    Verdict,
};
use crate::event::{ContentEvent, DatabaseEvent, Event, RunEvent};
use crate::projection::Projection;
use crate::status::{Demand, Status};
use crate::step::Step;
use crate::unit::{Seq, TimeMicros};

/// All runs of a migration on this host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunState {
    /// Where the history stands.
    pub status: Status,
    /// The journal's first record.
    pub journal: Option<(TimeMicros, JournalCreated)>,
    /// Every run, oldest first.
    pub runs: Vec<RunRecord>,
    /// What openings of the journal found, oldest first.
    pub recoveries: Vec<(TimeMicros, JournalRecovered)>,
    /// Other journals' streams as they were taken in, with the records that say so, oldest first.
    pub imports: Vec<(Seq, TimeMicros, StreamImported)>,
    /// Who approved which plan, with the records that say so, oldest first.
    pub approvals: Vec<(Seq, TimeMicros, PlanApproved)>,
    /// How many persons' approvals counted when something was destroyed, by the record of its intent.
    pub destroyed_under: BTreeMap<Seq, usize>,
    /// The end of the journal, where it was sealed.
    pub sealed: Option<(TimeMicros, JournalSealed)>,
    /// The last record.
    pub last: Option<(Seq, TimeMicros)>,
}

/// One run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRecord {
    /// When it began.
    pub started: TimeMicros,
    /// Its first record.
    pub seq: Seq,
    /// Who, where, with which plan.
    pub facts: Started,
    /// What became of its steps.
    pub steps: BTreeMap<Step, StepRecord>,
    /// Whether somebody asked it to stop.
    pub stop_requested: bool,
    /// Whether it has carried a pass to its end.
    pub passed: bool,
    /// Whether it has carried a read-back to its end.
    pub read_back: bool,
    /// How it ended.
    pub end: RunEnd,
}

/// One step of one run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StepRecord {
    /// It began at that time.
    Started(TimeMicros),
    /// It ended.
    Finished {
        /// When it began.
        started: TimeMicros,
        /// When it ended.
        finished: TimeMicros,
        /// How.
        verdict: Verdict,
    },
    /// It was not needed.
    Skipped(SkipReason),
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RunEnd {
    /// It has not, or nobody has found out yet.
    Open,
    /// It said so itself.
    Finished(TimeMicros, Verdict),
    /// It said that it cannot go on.
    Failed(TimeMicros),
    /// A later start found that it had not.
    FoundInterrupted(TimeMicros),
}

impl RunState {
    /// The run that is going on.
    #[must_use]
    pub fn current(&self) -> Option<&RunRecord> {
        self.runs.last().filter(|run| run.end == RunEnd::Open)
    }

    /// Runs that ended without saying so.
    #[must_use]
    pub fn interruptions(&self) -> usize {
        self.runs.iter().filter(|run| matches!(run.end, RunEnd::FoundInterrupted(_))).count()
    }
}

impl Projection for RunState {
    const NAME: &'static str = "run";
    const VERSION: u16 = 7;

    fn apply(&mut self, recorded: &Recorded) {
        let time = recorded.envelope.time;
        // Writers pass the table before they append and verify passes it over everything: what is refused here has
        // been reported there, and replay shows the rest.
        let _ = self.status.advance(recorded);
        self.last = Some((recorded.seq, time));
        match &recorded.event {
            Event::Run(RunEvent::JournalCreated(event)) => self.journal = Some((time, event.clone())),
            Event::Run(RunEvent::JournalRecovered(event)) => self.recoveries.push((time, event.clone())),
            Event::Run(RunEvent::Started(event)) => self.runs.push(RunRecord {
                started: time,
                seq: recorded.seq,
                facts: event.clone(),
                steps: BTreeMap::new(),
                stop_requested: false,
                passed: false,
                read_back: false,
                end: RunEnd::Open,
            }),
            Event::Run(RunEvent::StreamImported(event)) => {
                self.imports.push((recorded.seq, time, event.clone()));
            }
            Event::Run(RunEvent::JournalSealed(event)) => self.sealed = Some((time, event.clone())),
            Event::Run(RunEvent::PlanApproved(event)) => {
                self.approvals.push((recorded.seq, time, event.clone()));
            }
            Event::Database(DatabaseEvent::OperationStarted(event)) if event.operation.is_destructive() => {
                let plan = self.status.run.plan;
                let counted =
                    plan.map_or(0, |plan| self.status.approval_of(plan, Demand::default()).counted.len());
                self.destroyed_under.insert(recorded.seq, counted);
            }
            Event::Inventory(_) | Event::Preflight(_) | Event::Database(_) => {}
            Event::Run(event) => {
                if let Some(run) = self.runs.last_mut() {
                    run.apply(time, event);
                }
            }
            Event::Content(event) => {
                if let Some(run) = self.runs.last_mut() {
                    run.passed |= matches!(event, ContentEvent::PassFinished(_));
                    run.read_back |= matches!(event, ContentEvent::ReadBackFinished(_));
                }
            }
        }
    }
}

impl RunRecord {
    /// Whether the checks stopped it.
    #[must_use]
    pub fn is_barred(&self) -> bool {
        matches!(
            self.steps.get(&Step::Preflight),
            Some(StepRecord::Finished { verdict: Verdict::Stopped, .. })
        )
    }

    fn apply(&mut self, time: TimeMicros, event: &RunEvent) {
        match event {
            RunEvent::StepStarted(event) => {
                self.steps.insert(event.step, StepRecord::Started(time));
            }
            RunEvent::StepFinished(event) => {
                let started = match self.steps.get(&event.step) {
                    Some(StepRecord::Started(started)) => *started,
                    _ => time,
                };
                let end = StepRecord::Finished { started, finished: time, verdict: event.verdict };
                self.steps.insert(event.step, end);
            }
            RunEvent::StepSkipped(event) => {
                self.steps.insert(event.step, StepRecord::Skipped(event.reason));
            }
            RunEvent::StopRequested(_) => self.stop_requested = true,
            RunEvent::InterruptionFound(_) => self.end = RunEnd::FoundInterrupted(time),
            RunEvent::Finished(event) => self.end = RunEnd::Finished(time, event.verdict),
            RunEvent::Failed(_) => self.end = RunEnd::Failed(time),
            RunEvent::JournalCreated(_)
            | RunEvent::JournalRecovered(_)
            | RunEvent::Started(_)
            | RunEvent::KeyRotated(_)
            | RunEvent::CheckpointAnchored(_)
            | RunEvent::StreamImported(_)
            | RunEvent::JournalSealed(_)
            | RunEvent::PlanApproved(_)
            | RunEvent::RoleDeclared(_) => {}
        }
    }
}
