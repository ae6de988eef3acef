//! Goal: no history holds a drop without a way back, on what may be the source, without an approval, or on a guess.
//! Method: a history that allows something, then the same with one thing missing: the table says what.

mod support;

use support::database::*;
use support::{action, run, running};
use wsusmigrate_core::event::database::*;
use wsusmigrate_core::event::run::{
    Finished, InterruptionFound, PlanApproved, Role, RoleDeclared, StepStarted, StopRequested, Verdict,
};
use wsusmigrate_core::id::Guid;
use wsusmigrate_core::step::Step;

#[test]
fn a_drop_needs_every_proof() {
    ready().begin(Operation::Drop).status().unwrap();
    for (left_out, why) in PROOFS {
        assert_eq!(ready_without(left_out).begin(Operation::Drop).refusal(), why, "{left_out}");
    }
}

#[test]
fn an_approval_of_another_plan_is_none() {
    let mut other = approved("S-1");
    other.plan.0[0] = 1;
    let history = ready_without("approval").and(other);
    assert_eq!(history.begin(Operation::Drop).refusal(), "the plan is not approved");
}

/// Two approvals of one account are one: the table counts persons, whatever a plan file said when the drop was decided.
#[test]
fn as_many_persons_approve_as_the_plan_demands() {
    let by = |sid: &str| PlanApproved { approvals_wanted: 2, ..approved(sid) };
    let one = || ready_without("approval").and(by("S-1"));
    for too_few in [one(), one().and(by("S-1"))] {
        assert_eq!(too_few.begin(Operation::Drop).refusal(), "the plan is not approved");
    }
    one().and(by("S-2")).begin(Operation::Drop).status().unwrap();
}

#[test]
fn nothing_of_a_destination_is_begun_on_the_source_nor_the_other_way_round() {
    for operation in Operation::ALL {
        for role in [Role::Source, Role::Destination] {
            let history = in_database(role).and(approved("S-1")).and(seen(Some("ONLINE"), Guid::UNTOLD));
            let belongs = operation.is_of_source() == (role == Role::Source);
            let begun = history.begin(*operation);
            if belongs {
                // What belongs there is refused for other reasons, if for any.
                if let Err(illegal) = begun.status() {
                    assert!(!illegal.why.contains("the other host"), "{operation:?}: {illegal}");
                }
            } else {
                assert_eq!(
                    begun.refusal(),
                    "the operation belongs to the other host: nothing of the source is ever dropped or replaced"
                );
            }
        }
    }
}

#[test]
fn a_role_is_declared_once_and_before_anything_else() {
    let step = || running().and(StepStarted { step: Step::Database });
    let (state, role) = (seen(None, Guid::UNTOLD), RoleDeclared { role: Role::Source });
    assert_eq!(step().and(state).refusal(), "the host's role is not declared");
    assert_eq!(step().and(role.clone()).refusal(), "a step is going on");
    assert_eq!(running().and(role.clone()).and(role).refusal(), "the host's role was declared before");
}

#[test]
fn one_operation_is_open_at_a_time_and_its_own_records_end_it() {
    let open = || ready().begin(Operation::VerifyOwn);
    assert_eq!(open().begin(Operation::Drop).refusal(), "another operation is open");
    assert_eq!(open().end(Operation::Drop, OperationResult::Done).refusal(), "its operation is not open");
    let other = end(Operation::Drop, OperationResult::Done);
    assert_eq!(open().of(action(Operation::VerifyOwn.word()), other).refusal(), "another operation is open");
    assert_eq!(
        open().look_at(Operation::VerifyOwn, Probe::Happened).refusal(),
        "the operation is not in doubt"
    );
    assert_eq!(ready().and(begin(Operation::VerifyOwn)).refusal(), "an intent has an action id");
}

#[test]
fn messages_are_counted_and_none_comes_behind_the_outcome() {
    let verify = action(Operation::VerifyOwn.word());
    let open = || ready().begin(Operation::VerifyOwn).of(verify, said(0));
    assert_eq!(open().of(verify, said(2)).refusal(), "a message is missing");
    assert_eq!(open().of(verify, said(0)).refusal(), "a message is missing");
    assert_eq!(
        open().end(Operation::VerifyOwn, OperationResult::Done).refusal(),
        "the count differs from the messages"
    );
    let ended = OperationFinished { messages: 1, ..end(Operation::VerifyOwn, OperationResult::Unknown) };
    assert_eq!(
        open().of(verify, ended).of(verify, said(1)).refusal(),
        "the operation is in doubt: it has to be looked at"
    );
}

#[test]
fn an_unknown_outcome_stays_open_until_a_look_or_an_asked_person_settles_it() {
    let unknown = || ready().begin(Operation::Drop).end(Operation::Drop, OperationResult::Unknown);
    let drop = || Operation::Drop;
    assert_eq!(unknown().begin(Operation::Restore).refusal(), "another operation is open");
    assert_eq!(
        unknown().end(drop(), OperationResult::Done).refusal(),
        "the operation is in doubt: it has to be looked at"
    );
    assert_eq!(unknown().answer(drop(), Answer::Happened).refusal(), "nobody was asked");
    for running in [Probe::Running, Probe::Unknown] {
        let open = unknown().look_at(drop(), running);
        assert!(open.status().unwrap().database.open.is_some());
    }
    let asked_before = unknown().look_at(drop(), Probe::Unknown).look_at(drop(), Probe::Running);
    assert_eq!(asked_before.answer(drop(), Answer::Happened).refusal(), "nobody was asked");
    for (settled, there) in [
        (unknown().look_at(drop(), Probe::Happened), false),
        (unknown().look_at(drop(), Probe::Not), true),
        (unknown().look_at(drop(), Probe::Partly), true),
        (unknown().look_at(drop(), Probe::Unknown).answer(drop(), Answer::Happened), false),
        (unknown().look_at(drop(), Probe::Unknown).answer(drop(), Answer::DidNot), true),
    ] {
        let status = settled.status().unwrap().database;
        assert_eq!((status.open, status.present), (None, Some(there)));
    }
}

#[test]
fn a_person_answers_between_two_runs_too() {
    let asked = ready()
        .begin(Operation::Drop)
        .end(Operation::Drop, OperationResult::Unknown)
        .look_at(Operation::Drop, Probe::Unknown);
    let waiting = finish(asked, Verdict::Waiting).and(Finished { run: run(1), verdict: Verdict::Waiting });
    let answered = waiting.answer(Operation::Drop, Answer::DidNot).status().unwrap();
    assert_eq!(answered.database.open, None);
}

#[test]
fn an_interruption_leaves_the_open_operation_in_doubt() {
    let open = ready().begin(Operation::Drop);
    let found = InterruptionFound { run: run(1), in_doubt: 0 };
    assert_eq!(
        ready().begin(Operation::Drop).and(found).refusal(),
        "the count differs from the open actions"
    );
    let again = again(open, 1);
    assert!(again.status().unwrap().database.open.is_some_and(|open| open.in_doubt));
}

#[test]
fn what_was_proved_in_one_run_does_not_speak_for_the_next() {
    let next = again(ready(), 0);
    assert_eq!(next.begin(Operation::Drop).refusal(), "no backup of the source was verified on this engine");
    let verified = again(ready(), 0).verifies(Operation::VerifyCarried);
    assert_eq!(
        verified.begin(Operation::Drop).refusal(),
        "it is not proved that the target is not the source"
    );
    // Nor after a restore that somebody undid.
    let undone = again(restored(), 0).proves(true).and(seen(None, Guid::UNTOLD));
    assert_eq!(
        undone.begin(Operation::Restore).refusal(),
        "no backup of the source was verified on this engine"
    );
}

#[test]
fn a_backup_that_is_written_again_is_to_be_verified_again() {
    let carried = ready().begin(Operation::CarryBackup).end(Operation::CarryBackup, OperationResult::Failed);
    assert_eq!(
        carried.begin(Operation::Drop).refusal(),
        "no backup of the source was verified on this engine"
    );
    let own = ready().begin(Operation::BackUpOwn).end(Operation::BackUpOwn, OperationResult::Failed);
    assert_eq!(
        own.begin(Operation::Drop).refusal(),
        "no safety backup of the SUSDB that is there was verified"
    );
    let source = in_database(Role::Source).verifies(Operation::VerifyBackup).done(Operation::BackUp);
    assert_eq!(finish(source, Verdict::Complete).refusal(), "no backup was verified");
}

#[test]
fn a_safety_backup_of_another_database_is_no_way_back() {
    let own = || {
        in_database(Role::Destination)
            .and(approved("S-1"))
            .verifies(Operation::VerifyCarried)
            .proves(true)
            .done(Operation::StopServices)
            .and(seen(Some("ONLINE"), guid(1)))
            .verifies(Operation::VerifyOwn)
    };
    assert!(own().status().unwrap().database.secured);
    // Approved like the first: an approval of that one would be none.
    let other = || own().and(seen(Some("ONLINE"), guid(2))).and(approved("S-1"));
    assert_eq!(
        other().begin(Operation::Drop).refusal(),
        "it is not proved that the target is not the source"
    );
    assert_eq!(
        other().proves(true).begin(Operation::Drop).refusal(),
        "no safety backup of the SUSDB that is there was verified"
    );
}

#[test]
fn a_step_ends_well_only_where_everything_was_done() {
    let destination = || restored().done(Operation::PostInstall);
    finish(destination().done(Operation::StartServices), Verdict::Complete).status().unwrap();
    assert_eq!(finish(destination(), Verdict::Complete).refusal(), "the services are still stopped");
    assert_eq!(
        finish(in_database(Role::Destination), Verdict::Complete).refusal(),
        "postinstall has not been carried out"
    );
    assert_eq!(finish(in_database(Role::Source), Verdict::Complete).refusal(), "no backup was verified");
    let failed = in_database(Role::Source)
        .begin(Operation::CheckSource)
        .end(Operation::CheckSource, OperationResult::Failed);
    assert_eq!(finish(failed, Verdict::Complete).refusal(), "an operation failed");
    let undeclared = running().and(StepStarted { step: Step::Database });
    assert_eq!(finish(undeclared, Verdict::Complete).refusal(), "the host's role is not declared");
}

#[test]
fn a_step_ends_otherwise_only_where_the_records_say_so() {
    let history = || in_database(Role::Destination);
    assert_eq!(finish(history(), Verdict::Stopped).refusal(), "nothing was found that stops the step");
    finish(history().proves(false), Verdict::Stopped).status().unwrap();
    finish(history().and(judged(BackupOf::Source, false)), Verdict::Stopped).status().unwrap();
    assert_eq!(finish(history(), Verdict::Interrupted).refusal(), "nobody asked the run to stop");
    finish(history().and(StopRequested { how: "".into() }), Verdict::Interrupted).status().unwrap();
    let open = history().begin(Operation::CarryBackup);
    assert_eq!(finish(open, Verdict::Failures).refusal(), "an operation is going on");
    let doubt =
        || history().begin(Operation::CarryBackup).end(Operation::CarryBackup, OperationResult::Unknown);
    assert_eq!(finish(doubt(), Verdict::Complete).refusal(), "an operation is in doubt");
    finish(doubt(), Verdict::Waiting).status().unwrap();
}

#[test]
fn a_conclusion_needs_what_it_rests_on() {
    let host = || in_database(Role::Destination);
    let refusal = "the engine did not verify that backup";
    for (of, verifies, writes) in [
        (BackupOf::Source, Operation::VerifyCarried, Operation::CarryBackup),
        (BackupOf::Own, Operation::VerifyOwn, Operation::BackUpOwn),
    ] {
        let host = || host().and(seen(Some("ONLINE"), guid(1)));
        assert_eq!(host().and(judged(of, true)).refusal(), refusal);
        host().and(judged(of, false)).status().unwrap();
        let failed = host().begin(verifies).end(verifies, OperationResult::Failed);
        assert_eq!(failed.and(judged(of, true)).refusal(), refusal);
        assert_eq!(host().done(verifies).done(writes).and(judged(of, true)).refusal(), refusal);
        assert_eq!(again(host().done(verifies), 0).and(judged(of, true)).refusal(), refusal);
        host().done(writes).done(verifies).and(judged(of, true)).status().unwrap();
    }
    let nothing = TargetJudged { comparisons: 0, ..target(true) };
    let refusal = "nothing was compared, or something is the same";
    assert_eq!(host().and(nothing).refusal(), refusal);
    assert_eq!(host().and(compared(SameAs::Matches)).and(target(true)).refusal(), refusal);
    assert_eq!(host().and(target(true)).refusal(), "the count differs from the comparisons");
    let twice = host().and(compared(SameAs::Differs)).and(compared(SameAs::Differs));
    assert_eq!(twice.and(target(true)).refusal(), "the count differs from the comparisons");
    let cut = again(host().and(compared(SameAs::Matches)), 0);
    assert!(cut.proves(true).status().unwrap().database.is_another);
}

#[test]
fn the_way_back_is_verified_by_the_run_that_goes() {
    let next = || again(ready(), 0).verifies(Operation::VerifyCarried).proves(true);
    // Somebody may have started the services since the last run.
    assert_eq!(next().begin(Operation::Drop).refusal(), "the services were not stopped");
    assert_eq!(
        next().done(Operation::StopServices).begin(Operation::Drop).refusal(),
        "no safety backup of the SUSDB that is there was verified"
    );
}
