//! Step 3.3, `database`: whatever core says comes next, on this host's engine.

mod backup;
mod carry;
mod catalogue;
mod check;
mod engine;
pub(crate) mod facts;
mod files;
mod look;
mod marks;
mod operation;
mod parity;
mod postinstall;
mod prove;
mod reconcile;
mod replace;
mod services;
mod sleep;
mod target;
mod users;
mod verify;
mod watch;

use wsusmigrate_core::decide::{DatabaseNext, decide_database};
use wsusmigrate_core::event::database::{BackupOf, Operation, SumOf};
use wsusmigrate_core::event::run::Verdict;
use wsusmigrate_core::projection::Migration;
use wsusmigrate_core::report;
use wsusmigrate_core::text::Name;

pub(crate) use engine::Engine;

use crate::error::Failure;
use crate::executor::{Recorder, note_stop};
use crate::exit::Exit;
use crate::step::context::Context;

/// Carries the step out. Where it does not come to its end, whoever reads is told first that services are down.
pub(super) fn perform(recorder: &mut Recorder, context: &Context<'_>) -> Result<Verdict, Failure> {
    let ended = go_on(recorder, context);
    if !matches!(ended, Ok(Verdict::Complete))
        && let Some(down) = report::services_down(recorder.state())
    {
        context.talk().say(&down);
    }
    if let Ok(verdict) = ended {
        tell(verdict, recorder, context);
    }
    ended
}

/// Begins with whatever core says comes next, until it says how the step ends.
fn go_on(recorder: &mut Recorder, context: &Context<'_>) -> Result<Verdict, Failure> {
    let Some(asked) = context.asked().database else {
        return Err(Failure::new(
            Exit::Failed,
            "no plan asks for the database step; this is a defect of the program",
        ));
    };
    let mut engine = Engine::new(context.connector()?);
    loop {
        note_stop(recorder, &context.request().stop)?;
        let next = decide_database(recorder.state(), asked);
        let next = next.ok_or_else(|| {
            Failure::new(Exit::Failed, "no run is going on; this is a defect of the program")
        })?;
        match next {
            DatabaseNext::Reconcile(action) => reconcile::perform(action, recorder, context, &mut engine)?,
            DatabaseNext::Look => look::perform(recorder, context, &mut engine)?,
            DatabaseNext::MarkBefore => marks::before(recorder, &mut engine)?,
            DatabaseNext::MarkAfter => marks::after(recorder, context, &mut engine)?,
            DatabaseNext::Sum => parity::sum(SumOf::Source, recorder, context, &mut engine)?,
            DatabaseNext::Prove => prove::perform(recorder, context, &mut engine)?,
            DatabaseNext::Compare => parity::compare(recorder, context, &mut engine)?,
            DatabaseNext::FindUsers => users::find(recorder, context, &mut engine)?,
            DatabaseNext::Catalogue => catalogue::compare(recorder, context, &mut engine)?,
            DatabaseNext::Perform(operation, subject) => {
                if let Some(verdict) = carry_out(operation, &subject, recorder, context, &mut engine)? {
                    return Ok(verdict);
                }
            }
            DatabaseNext::Finish(verdict) => return Ok(verdict),
        }
    }
}

/// Carries an operation out; a verdict where it cannot begin.
fn carry_out(
    operation: Operation,
    subject: &Name,
    recorder: &mut Recorder,
    context: &Context<'_>,
    engine: &mut Engine<'_>,
) -> Result<Option<Verdict>, Failure> {
    match operation {
        Operation::Quiesce | Operation::StopServices => services::stop(operation, recorder, context)?,
        Operation::Resume | Operation::StartServices => services::start(operation, recorder, context)?,
        Operation::CheckSource | Operation::CheckRestored => {
            check::perform(operation, recorder, context, engine)?
        }
        Operation::BackUp => return backed_up(BackupOf::Source, recorder, context, engine),
        Operation::BackUpOwn => return backed_up(BackupOf::Own, recorder, context, engine),
        Operation::VerifyBackup => verify::perform(BackupOf::Source, recorder, context, engine)?,
        Operation::VerifyOwn => verify::perform(BackupOf::Own, recorder, context, engine)?,
        Operation::VerifyCarried => verify::perform_carried(recorder, context, engine)?,
        Operation::Deliver => carry::deliver(recorder, context)?,
        Operation::CarryBackup => carry::fetch(recorder, context)?,
        Operation::Drop => replace::drop_own(recorder, context, engine)?,
        Operation::SetMultiUser => replace::multi_user(recorder, context, engine)?,
        Operation::DiscardPartial => replace::discard_partial(recorder, context, engine)?,
        Operation::Restore => replace::restore(recorder, context, engine)?,
        Operation::MendUser => users::mend(subject, recorder, context, engine)?,
        Operation::Sleep => sleep::perform(recorder, context, engine)?,
        Operation::PostInstall => postinstall::perform(recorder, context, engine)?,
    }
    Ok(None)
}

fn backed_up(
    of: BackupOf,
    recorder: &mut Recorder,
    context: &Context<'_>,
    engine: &mut Engine<'_>,
) -> Result<Option<Verdict>, Failure> {
    Ok(match backup::perform(of, recorder, context, engine)? {
        backup::Begun::Yes => None,
        backup::Begun::NotApproved => {
            context
                .talk()
                .say("the media is overwritten only once the plan is approved: `wsusmigrate plan --approve`");
            Some(Verdict::Waiting)
        }
    })
}

/// What the person has to do, where something waits for one or went wrong.
fn tell(verdict: Verdict, recorder: &Recorder, context: &Context<'_>) {
    let state = recorder.state();
    let told = match verdict {
        Verdict::Waiting => Some(waits_for(state)),
        Verdict::Failures => report::after_parity(state),
        Verdict::Complete | Verdict::Stopped | Verdict::Interrupted => None,
    };
    if let Some(told) = told {
        context.talk().say(&told);
    }
}

fn waits_for(state: &Migration) -> String {
    match &state.run.status.database.open {
        Some(open) => format!(
            "what became of {} cannot be told by looking: find out, then `wsusmigrate resolve happened|did-not --note TEXT`",
            open.operation.word()
        ),
        None => format!(
            "an approval is missing; {}: read `wsusmigrate plan`, then `wsusmigrate plan --approve --ticket N`",
            report::touched_so_far(state)
        ),
    }
}
