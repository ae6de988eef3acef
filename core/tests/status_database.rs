//! Goal: no history holds a drop without a way back, on what may be the source, without an approval, or on a guess.
//! Method: a history that allows something, then the same with one thing missing: the table says what.

mod support;

use support::database::*;
use support::{History, action, finished_step, run, running, started};
use wsusmigrate_core::event::database::*;
use wsusmigrate_core::event::run::{
    Finished, InterruptionFound, PlanApproved, Role, RoleDeclared, StepStarted, StopRequested, Verdict,
};
use wsusmigrate_core::id::Guid;
use wsusmigrate_core::status::Replacement;
use wsusmigrate_core::step::Step;

/// What has to be there before a drop, and what the table says where it is not.
const PROOFS: [(&str, &str); 6] = [
    ("approval", "the plan is not approved"),
    ("verification", "no backup of the source was verified on this engine"),
    ("proof", "it is not proved that the target is not the source"),
    ("safety", "no safety backup of the SUSDB that is there was verified"),
    ("stopped", "the services were not stopped"),
    ("database", "there is no SUSDB to drop"),
];

/// A destination that may drop, but for what is left out.
fn ready_without(left_out: &str) -> History {
    let mut history = in_database(Role::Destination);
    for (proof, _) in PROOFS.iter().filter(|(proof, _)| *proof != left_out) {
        history = match *proof {
            "approval" => history.and(approved("S-1")),
            "verification" => history.verifies(Operation::VerifyCarried),
            "proof" => history.proves(true),
            "safety" => history.verifies(Operation::VerifyOwn),
            "stopped" => history.done(Operation::StopServices),
            _ => history.and(seen(Some("ONLINE"), Guid::UNTOLD)),
        };
    }
    history
}

/// A destination that may drop.
fn ready() -> History {
    ready_without("")
}

/// A destination whose SUSDB is the source's.
fn restored() -> History {
    ready().done(Operation::Drop).done(Operation::Restore)
}

/// The run is found interrupted and the next one begins, in the step again.
fn again(history: History, in_doubt: u32) -> History {
    history
        .and(InterruptionFound { run: run(1), in_doubt })
        .and(started(2))
        .and(StepStarted { step: Step::Database })
}

fn finish(history: History, verdict: Verdict) -> History {
    history.and(finished_step(Step::Database, verdict))
}

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

/// It appears before anybody looked again: neither the dropped one's proof nor its safety backup speaks for it.
#[test]
fn what_takes_the_place_of_the_dropped_one_is_proved_and_secured_anew() {
    let there = || ready().done(Operation::Drop).and(seen(Some("ONLINE"), guid(2))).and(approved("S-1"));
    assert_eq!(
        there().begin(Operation::Drop).refusal(),
        "it is not proved that the target is not the source"
    );
    assert_eq!(
        there().proves(true).begin(Operation::Drop).refusal(),
        "no safety backup of the SUSDB that is there was verified"
    );
}

#[test]
fn what_was_restored_is_neither_dropped_nor_restored_over() {
    assert_eq!(restored().begin(Operation::Drop).refusal(), "the SUSDB that is there is the restored one");
    assert_eq!(restored().begin(Operation::Restore).refusal(), "there is a SUSDB, or nobody looked");
    assert_eq!(ready().begin(Operation::Restore).refusal(), "there is a SUSDB, or nobody looked");
    assert_eq!(
        ready_without("database").begin(Operation::Restore).refusal(),
        "there is a SUSDB, or nobody looked"
    );
    assert_eq!(restored().begin(Operation::DiscardPartial).refusal(), "no restore was cut off");
}

#[test]
fn what_a_cut_restore_left_is_discarded_before_another_and_only_while_it_is_that() {
    let cut = || {
        ready()
            .done(Operation::Drop)
            .begin(Operation::Restore)
            .end(Operation::Restore, OperationResult::Unknown)
    };
    let partly = || cut().look_at(Operation::Restore, Probe::Partly);
    assert_eq!(partly().begin(Operation::Restore).refusal(), "there is a SUSDB, or nobody looked");
    partly().done(Operation::DiscardPartial).done(Operation::Restore).status().unwrap();
    partly().and(seen(Some("RESTORING"), Guid::UNTOLD)).begin(Operation::DiscardPartial).status().unwrap();
    partly().and(seen(Some("SUSPECT"), Guid::UNTOLD)).begin(Operation::DiscardPartial).status().unwrap();
    // What somebody took offline is no leftover, nor what waits for its recovery.
    for state in ["ONLINE", "OFFLINE", "EMERGENCY", "RECOVERY_PENDING", "RECOVERING", ""] {
        let state = Some(state).filter(|state| !state.is_empty());
        let history = partly().and(seen(state, Guid::UNTOLD)).begin(Operation::DiscardPartial);
        assert_eq!(history.refusal(), "no restore was cut off", "{state:?}");
    }
    // Whoever says that it did not happen has not said that nothing is there.
    let told = cut().look_at(Operation::Restore, Probe::Unknown).answer(Operation::Restore, Answer::DidNot);
    told.and(seen(Some("RESTORING"), Guid::UNTOLD)).begin(Operation::DiscardPartial).status().unwrap();
}

#[test]
fn what_comes_after_a_restore_needs_one() {
    for operation in [Operation::CheckRestored, Operation::MendUser, Operation::Sleep, Operation::PostInstall]
    {
        assert_eq!(ready().begin(operation).refusal(), "no SUSDB was restored");
        let gone = restored().and(seen(None, Guid::UNTOLD));
        assert_eq!(gone.begin(operation).refusal(), "no SUSDB was restored");
        restored().begin(operation).status().unwrap();
    }
    assert_eq!(restored().begin(Operation::StartServices).refusal(), "postinstall has not been carried out");
    for operation in [Operation::BackUpOwn, Operation::SetMultiUser] {
        assert_eq!(ready_without("database").begin(operation).refusal(), "there is no SUSDB");
    }
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

#[test]
fn a_restore_that_the_server_refused_midway_is_a_leftover_until_a_look_says_otherwise() {
    let refused = || {
        ready()
            .done(Operation::Drop)
            .begin(Operation::Restore)
            .end(Operation::Restore, OperationResult::Failed)
    };
    let left = refused().and(seen(Some("RESTORING"), Guid::UNTOLD));
    left.done(Operation::DiscardPartial).done(Operation::Restore).status().unwrap();
    refused().and(seen(None, Guid::UNTOLD)).begin(Operation::Restore).status().unwrap();
    let online = refused().and(seen(Some("ONLINE"), guid(3))).and(approved("S-1"));
    assert_eq!(online.begin(Operation::DiscardPartial).refusal(), "no restore was cut off");
}

#[test]
fn a_database_in_the_place_of_the_restored_one_is_left_alone() {
    let known = || restored().and(seen(Some("ONLINE"), guid(5)));
    known().and(seen(Some("ONLINE"), guid(5))).begin(Operation::PostInstall).status().unwrap();
    // What the engine does not tell is no other database.
    known().and(seen(Some("RECOVERING"), Guid::UNTOLD)).begin(Operation::PostInstall).status().unwrap();
    let other = || known().and(seen(Some("ONLINE"), guid(6)));
    assert!(other().status().unwrap().database.refused);
    let untold = || other().and(seen(Some("RESTORING"), Guid::UNTOLD));
    for history in [&other as &dyn Fn() -> History, &|| again(other(), 0), &untold] {
        for operation in [Operation::Drop, Operation::BackUpOwn, Operation::PostInstall, Operation::Restore] {
            assert_eq!(
                history().begin(operation).refusal(),
                "another SUSDB took the place of the restored one"
            );
        }
    }
    let back = other().and(seen(Some("ONLINE"), guid(5)));
    back.begin(Operation::PostInstall).status().unwrap();
    other().and(seen(None, Guid::UNTOLD)).begin(Operation::Restore).status().unwrap();
}

#[test]
fn the_checks_know_what_this_migration_put_there() {
    let told = |history: History| history.status().unwrap().database.replacement();
    assert_eq!(told(ready()), None);
    assert_eq!(told(ready().begin(Operation::BackUpOwn)), None);
    assert_eq!(told(ready().begin(Operation::Drop)), Some(Replacement::GoingOn));
    let restoring = || ready().done(Operation::Drop).begin(Operation::Restore);
    assert_eq!(told(restoring()), Some(Replacement::GoingOn));
    assert_eq!(
        told(restoring().end(Operation::Restore, OperationResult::Failed)),
        Some(Replacement::GoingOn)
    );
    assert_eq!(told(restored()), Some(Replacement::Restored));
    let known = restored().and(seen(Some("ONLINE"), guid(5)));
    assert_eq!(told(known.and(seen(Some("ONLINE"), guid(6)))), None);
}
