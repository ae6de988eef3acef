//! Goal: a run that the checks stop begins nothing, and leaves nothing as an earlier run left it that was cut off: no source at
//! rest, no SUSDB closed to those it was open to, no destination that `wsusutil` woke.
//!
//! Method: the small world of two hosts, cut off before every event of the step, with every fate of what was under way; the next
//! run is stopped by a check, and the one behind it by nothing.

mod support;
#[path = "support/world.rs"]
#[allow(dead_code)] // each test target uses its part
mod world;

use world::{Ends, Fate, World};
use wsusmigrate_core::decide::DatabaseRequest;
use wsusmigrate_core::event::database::Operation;
use wsusmigrate_core::event::run::{Role, Verdict};
use wsusmigrate_core::status::Demand;

const ONE: Demand = Demand { persons: 1, after_look: false };
const REQUEST: DatabaseRequest = DatabaseRequest { quiesce: true, check: true, again: false, approvals: ONE };

/// What puts back what was left.
const PUTS_BACK: [Operation; 4] =
    [Operation::Resume, Operation::SetMultiUser, Operation::StopServices, Operation::Sleep];

fn begins_nothing_else(world: &World) {
    let begun = Operation::ALL.iter().filter(|operation| !PUTS_BACK.contains(operation));
    let told: Vec<_> =
        begun.map(|operation| operation.word()).filter(|word| world.told.contains(word)).collect();
    assert!(told.is_empty(), "{told:?} was begun behind a check that stops: {:?}", world.told);
}

fn complete(mut world: World) {
    for _ in 0..4 {
        if world.run() == Ends::With(Verdict::Complete) {
            return;
        }
    }
    panic!("it does not come to its end: {:?}", world.told);
}

#[test]
fn a_check_that_stops_leaves_nothing_as_a_cut_left_it() {
    let mut put_back = 0;
    for (role, fate) in
        [Role::Source, Role::Destination].into_iter().flat_map(|role| Fate::ALL.map(|fate| (role, fate)))
    {
        for boundary in 0.. {
            let mut world = World::new(role, REQUEST);
            (world.cut_after, world.fate) = (Some(boundary), fate);
            if world.run() != Ends::Cut {
                break;
            }
            world.told.clear();
            world.barred = true;
            assert_eq!(world.run(), Ends::With(Verdict::Stopped));
            begins_nothing_else(&world);
            assert!(role == Role::Destination || world.services, "{fate:?} at {boundary}: {:?}", world.told);
            put_back += u32::from(PUTS_BACK.iter().any(|it| world.told.contains(&it.word())));
            world.told.clear();
            // What was put back stays so, and nobody asks for the step again.
            assert_eq!(world.run(), Ends::With(Verdict::Stopped));
            assert_eq!(world.told, [Verdict::Stopped.word()], "{fate:?} at {boundary}");
            world.barred = false;
            complete(world);
        }
    }
    assert!(put_back > 20, "{put_back}");
}

#[test]
fn a_check_that_stops_the_first_run_is_all_there_is() {
    for role in [Role::Source, Role::Destination] {
        let mut world = World::new(role, REQUEST);
        world.barred = true;
        assert_eq!(world.run(), Ends::With(Verdict::Stopped));
        assert_eq!(world.told, [Verdict::Stopped.word()]);
    }
}
