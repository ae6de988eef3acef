//! The course of step 3.3: one thing after another, as core says what comes next, until a verdict.

use wsusmigrate_core::decide::{DatabaseNext, DatabaseRequest, decide_database};
use wsusmigrate_core::event::database::{BackupOf, Operation, SumOf};
use wsusmigrate_core::event::run::Verdict;
use wsusmigrate_core::projection::Migration;
use wsusmigrate_core::report;
use wsusmigrate_core::text::Name;

use crate::error::Failure;
use crate::executor::{Recorder, note_stop};
use crate::exit::Exit;
use crate::step::context::Context;
use crate::step::database::engine::Engine;
use crate::step::database::{
    backup, carry, catalogue, check, confirm, folder, look, marks, parity, postinstall, prove, reconcile,
    replace, rest, services, sleep, users, verify,
};

/// Carries the step out, beginning with whatever core says comes next.
pub(in crate::step) fn perform(recorder: &mut Recorder, context: &Context<'_>) -> Result<Verdict, Failure> {
    let Some(asked) = context.asked().database else {
        return Err(Failure::new(
            Exit::Failed,
            "no plan asks for the database step; this is a defect of the program",
        ));
    };
    let mut engine = Engine::new(context.connector()?, context.reads());
    let went = go_through(asked, recorder, context, &mut engine);
    let left = rest::leave(went.as_ref().err(), recorder, context);
    // What ended the step comes first; that the services could not be put back was told.
    went.and_then(|verdict| left.map(|()| verdict))
}

/// Takes one decision after the other until core says how the step ends.
fn go_through(
    asked: DatabaseRequest,
    recorder: &mut Recorder,
    context: &Context<'_>,
    engine: &mut Engine<'_>,
) -> Result<Verdict, Failure> {
    loop {
        note_stop(recorder, &context.request().stop)?;
        let next = decide_database(recorder.state(), asked);
        let next = next.ok_or_else(|| {
            Failure::new(Exit::Failed, "no run is going on; this is a defect of the program")
        })?;
        match next {
            DatabaseNext::Reconcile(action) => reconcile::perform(action, recorder, context, engine)?,
            DatabaseNext::Look => look::perform(recorder, context, engine)?,
            DatabaseNext::MarkBefore => marks::before(recorder, engine)?,
            DatabaseNext::MarkAfter => marks::after(recorder, context, engine)?,
            DatabaseNext::Sum => parity::sum(SumOf::Source, recorder, context, engine)?,
            DatabaseNext::Prove => prove::perform(recorder, context, engine)?,
            DatabaseNext::Compare => parity::compare(recorder, context, engine)?,
            DatabaseNext::FindUsers => users::find(recorder, context, engine)?,
            DatabaseNext::Catalogue => catalogue::compare(recorder, context, engine)?,
            DatabaseNext::Perform(operation, subject) => {
                if let Some(verdict) = carry_out(operation, &subject, recorder, context, engine)? {
                    return Ok(verdict);
                }
            }
            // Somebody at the terminal may approve what the run stands before.
            DatabaseNext::Finish(Verdict::Waiting) if confirm::replacing(recorder, context, engine)? => {}
            DatabaseNext::Finish(verdict) => {
                tell(verdict, asked, recorder, context);
                return Ok(verdict);
            }
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
        Operation::ProveFolder => {
            // Nothing rests, and no hour is spent, for a backup that cannot begin.
            let begun = backup::prepare(BackupOf::Source, recorder, context, engine)?;
            if let Some(verdict) = waits(&begun, recorder, context) {
                return Ok(Some(verdict));
            }
            folder::prove(recorder, context, engine)?;
        }
        Operation::Quiesce | Operation::StopServices => services::stop(operation, recorder, context)?,
        Operation::Resume | Operation::StartServices => services::start(operation, recorder, context)?,
        Operation::CheckSource | Operation::CheckRestored => {
            check::perform(operation, recorder, context, engine)?;
        }
        Operation::BackUp => {
            let begun = backup::perform(BackupOf::Source, recorder, context, engine)?;
            return Ok(waits(&begun, recorder, context));
        }
        Operation::BackUpOwn => {
            let begun = backup::perform(BackupOf::Own, recorder, context, engine)?;
            return Ok(waits(&begun, recorder, context));
        }
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

/// How the step ends where a backup waits for an approval.
fn waits(begun: &backup::Begun, recorder: &Recorder, context: &Context<'_>) -> Option<Verdict> {
    match begun {
        backup::Begun::Yes => None,
        backup::Begun::NotApproved => {
            let (plan, demand) = (context.plan().digest(), context.plan().approvals().unwrap_or_default());
            for why in report::void_approvals(recorder.state(), plan, demand) {
                context.talk().say(&why);
            }
            context
                .talk()
                .say("the media is overwritten only once the plan is approved: `wsusmigrate plan --approve`");
            Some(Verdict::Waiting)
        }
    }
}

/// What the person has to do, where something waits for one or went wrong.
fn tell(verdict: Verdict, asked: DatabaseRequest, recorder: &Recorder, context: &Context<'_>) {
    let state = recorder.state();
    let told = match verdict {
        Verdict::Waiting => Some(waits_for(state, asked)),
        Verdict::Failures => report::after_parity(state)
            .or_else(|| report::after_catalogue(state))
            .or_else(|| report::after_look(state)),
        Verdict::Stopped => report::after_replacement(state),
        Verdict::Complete | Verdict::Interrupted => None,
    };
    let aside = match verdict {
        Verdict::Complete | Verdict::Failures => report::left_aside(state, context.source().ok()),
        Verdict::Waiting | Verdict::Stopped | Verdict::Interrupted => None,
    };
    let spare = report::spare_backups(state).filter(|_| verdict != Verdict::Interrupted);
    for told in [told, aside, spare].into_iter().flatten() {
        context.talk().say(&told);
    }
}

fn waits_for(state: &Migration, asked: DatabaseRequest) -> String {
    match &state.run.status.database.open {
        Some(open) => format!(
            "what became of {} cannot be told by looking: find out, then `wsusmigrate resolve happened|did-not --note TEXT`",
            open.operation.word()
        ),
        None => report::approval_missing(state, asked.approvals),
    }
}
