//! Goal: whatever is cut off wherever, the database step comes to its end and never drops what it restored, never restores over
//! a database, never runs postinstall without the restored SUSDB, and leaves no source at rest.
//!
//! Method: a small world of two hosts' worth of facts answers every decision with its events. The run is cut off before every
//! one of them, with the operation under way having had its effect, none, or a part of it; the look at it is made in every
//! way a look can go. The world itself cries out when something is done that must never be done.

mod support;
#[path = "support/world.rs"]
mod world;

use support::database::{approved, only_reads};
use world::{Ends, Fate, Look, World};
use wsusmigrate_core::decide::DatabaseRequest;
use wsusmigrate_core::event::database::Operation;
use wsusmigrate_core::event::run::{Role, Verdict};
use wsusmigrate_core::status::Demand;

/// One person, who may have approved before anybody looked.
const ONE: Demand = Demand { persons: 1, after_look: false };
const TWO: Demand = Demand { persons: 2, ..ONE };
const REQUEST: DatabaseRequest = DatabaseRequest { quiesce: true, check: true, again: false, approvals: ONE };

/// Runs until the step is complete: as many as a person would start.
fn complete(mut world: World) -> World {
    for _ in 0..8 {
        match world.run() {
            Ends::With(Verdict::Complete) => return world,
            Ends::With(Verdict::Waiting) => world.answer(),
            Ends::With(Verdict::Interrupted | Verdict::Failures) | Ends::Cut => {}
            Ends::With(Verdict::Stopped) => panic!("nothing stops it: {:?}", world.told),
        }
    }
    panic!("it does not come to its end: {:?}", world.told)
}

fn fresh(role: Role) -> World {
    World::new(role, REQUEST)
}

/// What a run that nothing disturbs does, in its order.
fn undisturbed(role: Role) -> World {
    let world = complete(fresh(role));
    assert_eq!(world.runs, 1);
    world
}

#[test]
fn a_source_is_looked_at_put_to_rest_backed_up_and_set_going_again() {
    let told = undisturbed(Role::Source).told;
    assert_eq!(
        told.join(" "),
        "look prove-folder quiesce marks check-source back-up verify-backup sums marks resume deliver complete"
    );
}

#[test]
fn a_destination_proves_everything_before_it_destroys_anything() {
    let told = undisturbed(Role::Destination).told;
    assert_eq!(
        told.join(" "),
        "look carry-backup verify-carried prove back-up-own verify-own stop-services drop restore check-restored \
         compare users mend-user sleep postinstall stop-services sleep catalogue start-services complete"
    );
}

#[test]
fn what_is_not_asked_for_is_left_out() {
    let request = DatabaseRequest { quiesce: false, check: false, ..REQUEST };
    let source = complete(World::new(Role::Source, request));
    assert_eq!(
        source.told.join(" "),
        "look prove-folder marks back-up verify-backup sums marks deliver complete"
    );
    let destination = complete(World::new(Role::Destination, request));
    assert!(destination.told.contains(&"check-restored"), "what was restored is checked in any case");
}

/// A store that was full once cost an hour of DBCC CHECKDB and a second backup.
#[test]
fn a_carrying_that_failed_is_all_that_is_done_again() {
    let mut world = fresh(Role::Source);
    world.fails = Some(Operation::Deliver);
    for runs in 1..=2 {
        assert_eq!(world.run(), Ends::With(Verdict::Failures));
        assert!(world.services, "the source is left at rest");
        let made = world.told.iter().filter(|told| **told == "back-up").count();
        assert_eq!(made, 1, "after {runs} runs");
    }
    world.fails = None;
    world.told.clear();
    assert_eq!(complete(world.clone()).told.join(" "), "look deliver complete");
    world.request.again = true;
    assert!(complete(world).told.contains(&"back-up"), "who asks for a new backup gets one");
}

#[test]
fn what_is_done_is_not_done_again() {
    for role in [Role::Source, Role::Destination] {
        let mut world = undisturbed(role);
        world.told.clear();
        assert_eq!(complete(world).told.join(" "), "look complete");
    }
    let mut world = undisturbed(Role::Source);
    world.told.clear();
    world.request.again = true;
    assert!(complete(world).told.contains(&"back-up"));
}

#[test]
fn files_that_are_lacking_are_no_success_and_are_looked_for_again() {
    let mut world = fresh(Role::Destination);
    world.missing = 3;
    assert_eq!(world.run(), Ends::With(Verdict::Failures));
    assert!(world.services, "services do not wait for files");
    world.told.clear();
    assert_eq!(world.run(), Ends::With(Verdict::Failures));
    assert_eq!(world.told.join(" "), "look catalogue failures");
    world.missing = 0;
    world.told.clear();
    assert_eq!(world.run(), Ends::With(Verdict::Complete));
    assert_eq!(world.run(), Ends::With(Verdict::Complete));
    assert_eq!(world.told.join(" "), "look catalogue complete look complete");
}

#[test]
fn a_destination_without_a_database_drops_nothing() {
    let mut world = fresh(Role::Destination);
    world.database = world::Database::None;
    let told = complete(world).told.join(" ");
    assert!(told.contains("stop-services restore") && !told.contains("own") && !told.contains("drop"));
}

#[test]
fn without_its_approvals_a_destination_waits_before_it_stops_anything() {
    let request = DatabaseRequest { approvals: TWO, ..REQUEST };
    let mut world = World::new(Role::Destination, request);
    assert_eq!(world.run(), Ends::With(Verdict::Waiting));
    assert_eq!(world.told.last(), Some(&"waiting"));
    assert!(!world.told.contains(&"stop-services"));
    // The same person again is still one.
    world.note(approved("S-1"));
    assert_eq!(world.run(), Ends::With(Verdict::Waiting));
    world.note(approved("S-2"));
    assert_eq!(world.run(), Ends::With(Verdict::Complete));
}

#[test]
fn a_target_that_may_be_the_source_stops_the_step_before_anything_is_touched() {
    let mut world = fresh(Role::Destination);
    world.is_another = false;
    for _ in 0..2 {
        assert_eq!(world.run(), Ends::With(Verdict::Stopped));
    }
    assert!(!world.told.contains(&"back-up-own") && !world.told.contains(&"stop-services"));
}

#[test]
fn a_backup_that_is_not_verified_ends_the_step() {
    for (role, verdict) in [(Role::Source, Verdict::Failures), (Role::Destination, Verdict::Stopped)] {
        let mut world = fresh(role);
        world.damaged = true;
        assert_eq!(world.run(), Ends::With(verdict));
        assert!(role == Role::Destination || world.services, "the source is left at rest");
    }
}

#[test]
fn tables_that_differ_end_the_step_before_postinstall() {
    let mut world = fresh(Role::Destination);
    world.differs = true;
    for _ in 0..2 {
        assert_eq!(world.run(), Ends::With(Verdict::Failures));
    }
    assert!(!world.told.contains(&"sleep") && !world.told.contains(&"postinstall"));
    world.differs = false;
    complete(world);
}

#[test]
fn a_drop_that_failed_gives_the_database_back_to_everybody() {
    let mut world = fresh(Role::Destination);
    world.fails = Some(Operation::Drop);
    assert_eq!(world.run(), Ends::With(Verdict::Failures));
    assert_eq!(world.told[world.told.len() - 3..], ["drop", "set-multi-user", "failures"]);
    world.fails = None;
    complete(world);
}

/// A database that was not open to everybody is not opened to everybody: who might be in it is who may be in it again, also
/// where the run that tried the drop did not come to its end and the next one may not drop.
#[test]
fn those_who_might_be_in_it_before_a_drop_that_failed_may_be_in_it_again() {
    for access in ["MULTI_USER", "RESTRICTED_USER", "SINGLE_USER"] {
        let mut world = fresh(Role::Destination);
        world.access = [access; 2];
        world.fails = Some(Operation::Drop);
        assert_eq!(world.run(), Ends::With(Verdict::Failures));
        assert_eq!(world.access, [access; 2]);
        let gives_back = world.told.contains(&"set-multi-user");
        assert_eq!(gives_back, access != "SINGLE_USER", "{:?}", world.told);
        world.fails = None;
        complete(world);
    }
    let mut world = fresh(Role::Destination);
    world.access = ["RESTRICTED_USER"; 2];
    let drop = begun_by(Role::Destination, "drop");
    (world.cut_after, world.fate) = (Some(drop), Fate::Partly);
    assert_eq!(world.run(), Ends::Cut);
    assert_eq!(world.access[0], "SINGLE_USER");
    world.request.approvals = TWO;
    assert_eq!(world.run(), Ends::With(Verdict::Waiting));
    assert_eq!(world.told[world.told.len() - 2..], ["set-multi-user", "waiting"]);
    assert_eq!(world.access[0], "RESTRICTED_USER");
}

/// What an earlier run stopped says nothing about today: somebody may have started it by hand, and clients write again.
#[test]
fn services_that_were_started_between_two_runs_are_stopped_again() {
    let mut world = fresh(Role::Destination);
    (world.fails, world.starts_services) = (Some(Operation::Drop), true);
    assert_eq!(world.run(), Ends::With(Verdict::Failures));
    (world.fails, world.told) = (Some(Operation::CheckRestored), Vec::new());
    assert_eq!(world.run(), Ends::With(Verdict::Failures));
    let told = world.told.join(" ");
    assert!(told.contains("verify-own stop-services drop restore check-restored"), "{told}");
    (world.fails, world.told) = (None, Vec::new());
    let told = complete(world).told.join(" ");
    assert!(told.starts_with("look stop-services check-restored"), "{told}");
}

#[test]
fn a_source_whose_services_were_started_between_two_runs_is_put_to_rest_again() {
    let mut world = fresh(Role::Source);
    (world.cut_after, world.starts_services) = (Some(begun_by(Role::Source, "quiesce") + 2), true);
    assert_eq!(world.run(), Ends::Cut);
    assert!(!world.services, "{:?}", world.told);
    world.told.clear();
    let told = complete(world).told.join(" ");
    assert!(told.contains("quiesce marks check-source back-up"), "{told}");
}

/// It starts the services itself, and may have done all its work before it fails.
#[test]
fn what_a_failed_postinstall_woke_is_stopped_and_asleep_when_the_run_ends() {
    let mut world = fresh(Role::Destination);
    world.fails = Some(Operation::PostInstall);
    for _ in 0..2 {
        world.told.clear();
        assert_eq!(world.run(), Ends::With(Verdict::Failures));
        assert!(!world.services);
        let told = world.told.join(" ");
        assert!(told.ends_with("postinstall stop-services sleep failures"), "{told}");
    }
    // One of the two that fails does not keep the other from being tried.
    world.unknown = Some((Operation::StopServices, Fate::Not));
    world.fails = None;
    assert_eq!(world.run(), Ends::With(Verdict::Failures));
    world.unknown = None;
    complete(world);
}

/// A drop that came to nothing takes its proof with it: a second one, in the same run too, is proved anew.
#[test]
fn a_second_drop_stands_on_a_proof_of_its_own() {
    for (fate, found) in [(Fate::Not, "not"), (Fate::Partly, "partly")] {
        let mut world = fresh(Role::Destination);
        world.unknown = Some((Operation::Drop, fate));
        assert_eq!(world.run(), Ends::With(Verdict::Failures));
        let told = world.told.join(" ");
        assert!(told.contains(&format!("drop {found} prove drop {found} prove drop {found}")), "{told}");
        world.unknown = None;
        world.is_another = false;
        assert_eq!(world.run(), Ends::With(Verdict::Stopped), "{:?}", world.told);
    }
}

/// After how many events of an undisturbed run an operation has begun.
fn begun_by(role: Role, operation: &str) -> usize {
    let begun = |events: &usize| {
        let mut world = fresh(role);
        world.cut_after = Some(*events);
        world.run() == Ends::Cut && world.told[world.told.len() - 2] == operation
    };
    // The first of them is cut off before its intent is recorded.
    (1..200).find(begun).expect("the operation") + 1
}

/// It is neither dropped as a leftover, nor secured in vain: somebody has to say what it is there for.
#[test]
fn a_database_that_is_offline_is_left_alone() {
    let mut world = fresh(Role::Destination);
    world.database = world::Database::Offline;
    for _ in 0..2 {
        assert_eq!(world.run(), Ends::With(Verdict::Failures));
    }
    assert_eq!(world.told.join(" "), "look failures look failures");
    // The same behind a restore that was cut off.
    let mut world = fresh(Role::Destination);
    (world.cut_after, world.fate) = (Some(begun_by(Role::Destination, "restore")), Fate::Partly);
    assert_eq!(world.run(), Ends::Cut);
    assert_eq!(world.database, world::Database::Partial);
    (world.database, world.look) = (world::Database::Offline, Look::CannotTell);
    assert_eq!(world.run(), Ends::With(Verdict::Waiting));
    world.answer();
    world.told.clear();
    assert_eq!(world.run(), Ends::With(Verdict::Failures));
    assert_eq!(world.told.join(" "), "look failures");
    world.database = world::Database::None;
    complete(world);
}

/// Every operation may fail; a source has its services back all the same, and the next run brings it to its end.
#[test]
fn an_operation_that_failed_ends_the_step_and_is_tried_again_by_the_next_run() {
    for role in [Role::Source, Role::Destination] {
        for operation in Operation::ALL.iter().filter(|it| it.is_of_source() == (role == Role::Source)) {
            let mut world = fresh(role);
            world.fails = Some(*operation);
            let Ends::With(Verdict::Failures) = world.run() else { continue };
            let resumes = *operation != Operation::Resume;
            assert!(role == Role::Destination || world.services == resumes, "{operation:?}");
            world.fails = None;
            complete(world);
        }
    }
}

/// An outcome nobody knows is looked at in the same run; what never comes to anything ends the step.
#[test]
fn an_operation_that_never_comes_to_anything_is_not_begun_for_ever() {
    for role in [Role::Source, Role::Destination] {
        for operation in Operation::ALL.iter().filter(|it| it.is_of_source() == (role == Role::Source)) {
            for fate in [Fate::Not, Fate::Partly] {
                let mut world = fresh(role);
                world.unknown = Some((*operation, fate));
                let ends = world.run();
                let begun = world.told.iter().filter(|told| **told == operation.word()).count();
                if begun > 0 {
                    assert_eq!(
                        ends,
                        Ends::With(Verdict::Failures),
                        "{operation:?} {fate:?}: {:?}",
                        world.told
                    );
                    assert_eq!(begun, 3, "{operation:?} {fate:?}: {:?}", world.told);
                }
                world.unknown = None;
                complete(world);
            }
            if only_reads(*operation) {
                continue;
            }
            let mut world = fresh(role);
            world.unknown = Some((*operation, Fate::Happened));
            assert_eq!(complete(world).runs, 1, "{operation:?}");
        }
    }
}

/// The whole enumeration: every boundary, every fate of what was under way, every way of looking at it.
#[test]
fn a_run_cut_off_anywhere_is_brought_to_its_end_by_the_next() {
    for role in [Role::Source, Role::Destination] {
        for boundary in 1.. {
            let mut beyond = true;
            for fate in Fate::ALL {
                for (look, starts_services) in
                    Look::ALL.iter().flat_map(|look| [(*look, false), (*look, true)])
                {
                    let mut world = fresh(role);
                    (world.cut_after, world.fate, world.look) = (Some(boundary), fate, look);
                    world.starts_services = starts_services;
                    beyond &= complete(world).runs == 1;
                }
            }
            if beyond {
                assert!(boundary > 20, "{role:?} has {boundary} boundaries");
                break;
            }
        }
    }
}

/// The run that mends what the first left is cut off too.
#[test]
fn two_cuts_are_not_worse_than_one() {
    for role in [Role::Source, Role::Destination] {
        for fates in Fate::ALL.iter().flat_map(|one| Fate::ALL.map(|two| [*one, two])) {
            for first in 1.. {
                let mut world = fresh(role);
                (world.cut_after, world.fate) = (Some(first), fates[0]);
                if world.run() != Ends::Cut {
                    break;
                }
                world.fate = fates[1];
                for second in 1.. {
                    let mut again = world.clone();
                    again.cut_after = Some(second);
                    if again.run() != Ends::Cut {
                        break;
                    }
                    complete(again);
                }
            }
        }
    }
}

/// Somebody asks to stop before every event: the run ends, the source's services run, and the next run goes on.
#[test]
fn a_run_that_is_asked_to_stop_ends_and_leaves_no_source_at_rest() {
    for role in [Role::Source, Role::Destination] {
        for boundary in 1.. {
            let mut world = fresh(role);
            world.stop_after = Some(boundary);
            let ends = world.run();
            assert!(role == Role::Destination || world.services, "stopped at {boundary}: {:?}", world.told);
            if ends == Ends::With(Verdict::Complete) && world.stop_after.is_some() {
                break;
            }
            complete(world);
        }
    }
}

/// What goes on in the server for hours does not hold whoever wants to stop.
#[test]
fn a_run_that_waits_for_the_server_can_be_asked_to_stop() {
    let mut world = fresh(Role::Destination);
    world.unknown = Some((Operation::Restore, Fate::Running));
    world.stops_while_running = true;
    assert_eq!(world.run(), Ends::With(Verdict::Interrupted));
    (world.unknown, world.stops_while_running) = (None, false);
    complete(world);
}

/// Regression: what fails halfway leaves some services stopped, and the table does not say so.
#[test]
fn a_rest_that_was_only_begun_is_ended_too() {
    let mut world = fresh(Role::Source);
    world.fails = Some(Operation::Quiesce);
    assert_eq!(world.run(), Ends::With(Verdict::Failures));
    assert_eq!(world.told.join(" "), "look prove-folder quiesce resume failures");
    world.fails = None;
    world.told.clear();
    complete(world);
}
