//! Goal: what a restore made is neither dropped nor restored over, what it left is discarded only while it is that, and what took
//! its place is left alone.
//! Method: a destination that has dropped or restored, then a look that finds something: the table says what may follow.

mod support;

use support::History;
use support::database::*;
use wsusmigrate_core::event::database::*;
use wsusmigrate_core::id::Guid;
use wsusmigrate_core::status::Replacement;

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
    // The one that took its place is nobody's; the restored one is known again before anything of it was recorded.
    let replaced = restored().and(seen(Some("ONLINE"), guid(5))).and(seen(Some("ONLINE"), guid(6)));
    let status = replaced.status().unwrap().database;
    for (there, replacement) in
        [(None, None), (Some(guid(6)), None), (Some(guid(5)), Some(Replacement::Restored))]
    {
        assert_eq!(status.replacement_by(there), replacement, "{there:?}");
    }
}
