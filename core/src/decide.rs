//! What to do next: from the state and the request to the next action, never from memory of what was done.
//!
//! A crash at any moment changes nothing about how the next action is found: the same function is asked again.

mod ahead;
mod database;

pub use ahead::is_behind;
pub use database::{DatabaseNext, DatabaseRequest, decide_database, is_backed_up, is_handed_over};

use crate::event::run::{Role, Scope, SkipReason, Verdict};
use crate::id::ActionId;
use crate::projection::Migration;
use crate::projection::run::StepRecord;
use crate::status::Phase;
use crate::step::Step;

/// What was asked of this run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// Which part of the plan.
    pub scope: Scope,
    /// What this host is in the migration.
    pub role: Role,
    /// What is asked of the database step; nothing where the plan says nothing of SUSDB.
    pub database: Option<DatabaseRequest>,
    /// Whether update files are stored on Microsoft Update (plan, later SUSDB's `HostOnMu`).
    pub stored_on_microsoft_update: bool,
    /// Whether the copy is read back at the end of the content step.
    pub read_back: bool,
}

/// The next thing a run does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Carry out a step.
    Perform(Step),
    /// Record that a step is not needed.
    Skip(Step, SkipReason),
    /// End the run.
    Finish(Verdict),
}

/// The next thing the content step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContentNext {
    /// Look at the effects of a batch in doubt.
    Reconcile(ActionId),
    /// List the source and work through what is new or changed.
    Pass,
    /// Read the copy back.
    ReadBack,
    /// End the step.
    Finish(Verdict),
}

/// The steps a request holds, in order. What the plan says nothing of is none.
#[must_use]
pub fn steps(request: Request) -> Vec<Step> {
    let steps: &[Step] = match request.scope {
        Scope::Everything => &[Step::Inventory, Step::Preflight, Step::Content, Step::Database],
        Scope::Content => &[Step::Preflight, Step::Content],
        Scope::ContentVerify => &[Step::Content],
        Scope::Database => &[Step::Inventory, Step::Preflight, Step::Database],
    };
    let asked = |step: &Step| *step != Step::Database || request.database.is_some();
    steps.iter().copied().filter(asked).collect()
}

/// The next thing to do in the run that is going on; nothing where none is.
#[must_use]
pub fn decide(state: &Migration, request: Request) -> Option<Next> {
    let Phase::Running { step: None, .. } = state.run.status.phase else { return None };
    let run = state.run.current()?;
    let mut verdict = Verdict::Complete;
    for step in steps(request) {
        match run.steps.get(&step) {
            Some(StepRecord::Finished { verdict: Verdict::Complete, .. } | StepRecord::Skipped(_)) => {}
            Some(StepRecord::Finished { verdict: Verdict::Failures, .. }) => verdict = Verdict::Failures,
            // Checks that stand in the way of more are no reason to leave production as an earlier run left it.
            Some(StepRecord::Finished { .. }) if run.is_barred() && owes_rest(state, request) => {
                return Some(Next::Perform(Step::Database));
            }
            Some(StepRecord::Finished { verdict, .. }) => return Some(Next::Finish(*verdict)),
            Some(StepRecord::Started(_)) | None if run.stop_requested => {
                return Some(Next::Finish(Verdict::Interrupted));
            }
            Some(StepRecord::Started(_)) | None => return Some(perform(step, request)),
        }
    }
    Some(Next::Finish(verdict))
}

/// Whether the database step is asked for, was not entered in this run, and has something to put back that an earlier run left.
fn owes_rest(state: &Migration, request: Request) -> bool {
    let entered = state.run.current().is_some_and(|run| run.steps.contains_key(&Step::Database));
    let asked = request.database.filter(|_| !entered && steps(request).contains(&Step::Database));
    asked.is_some_and(|asked| database::owes_rest(state, asked))
}

const fn perform(step: Step, request: Request) -> Next {
    match step {
        Step::Content if matches!(request.role, Role::Source) => Next::Skip(step, SkipReason::ByDestination),
        Step::Content if request.stored_on_microsoft_update => {
            Next::Skip(step, SkipReason::StoredOnMicrosoftUpdate)
        }
        Step::Inventory | Step::Preflight | Step::Content | Step::Database => Next::Perform(step),
    }
}

/// The next thing to do in the content step that is going on; nothing where none is.
#[must_use]
pub fn decide_content(state: &Migration, request: Request) -> Option<ContentNext> {
    let run = state.run.current()?;
    if let Some((action, _)) = state.run.status.in_doubt().next() {
        return Some(ContentNext::Reconcile(action));
    }
    let pass_wanted = request.scope != Scope::ContentVerify;
    // A pass that brought nothing new leaves nothing to read; asked for by name, everything is read again.
    let read_back_wanted =
        !pass_wanted || (request.read_back && state.content.not_read_back().next().is_some());
    Some(match () {
        () if run.stop_requested => ContentNext::Finish(Verdict::Interrupted),
        () if pass_wanted && !run.passed => ContentNext::Pass,
        () if read_back_wanted && !run.read_back => ContentNext::ReadBack,
        () if state.content.failures() > 0 => ContentNext::Finish(Verdict::Failures),
        // What is in place was read and is right, and it is not everything.
        () if !pass_wanted && !is_whole(state) => ContentNext::Finish(Verdict::Failures),
        () => ContentNext::Finish(Verdict::Complete),
    })
}

/// Whether as much is in place as the source held when it was last listed.
fn is_whole(state: &Migration) -> bool {
    state.content.manifest.as_ref().is_some_and(|manifest| state.content.totals.files >= manifest.files)
}
