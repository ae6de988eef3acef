//! Goal: what is said to be behind a migration is not done again, and what is left to do is not said to be behind it.
//!
//! Method: the small world of two hosts, cut off before every event of the step and with every operation failing; whatever it
//! then does until it is complete is held against what was said, and once it is complete nothing may be left.

mod support;
#[path = "support/world.rs"]
#[allow(dead_code)] // each test target uses its part
mod world;

use world::{Ends, Fate, Look, World};
use wsusmigrate_core::decide::{DatabaseRequest, is_behind};
use wsusmigrate_core::event::database::Operation;
use wsusmigrate_core::event::run::{Role, Verdict};
use wsusmigrate_core::status::Demand;

/// One person, who may have approved before anybody looked.
const ONE: Demand = Demand { persons: 1, after_look: false };
const REQUEST: DatabaseRequest = DatabaseRequest { quiesce: true, check: true, again: false, approvals: ONE };

fn of(role: Role) -> impl Iterator<Item = Operation> {
    Operation::ALL.iter().copied().filter(move |it| it.is_of_source() == (role == Role::Source))
}

fn behind(world: &World, role: Role) -> Vec<&'static str> {
    of(role).filter(|operation| is_behind(&world.state, *operation)).map(Operation::word).collect()
}

/// Runs to the end, and holds every run against what was said before it.
fn hold(mut world: World, role: Role) {
    for _ in 0..8 {
        let said = behind(&world, role);
        world.told.clear();
        let ends = world.run();
        let again: Vec<_> = world.told.iter().filter(|told| said.contains(*told)).collect();
        assert!(again.is_empty(), "{again:?} were behind: {:?}", world.told);
        match ends {
            Ends::With(Verdict::Complete) => {
                let all: Vec<_> = of(role).map(Operation::word).collect();
                assert_eq!(behind(&world, role), all, "all is done");
                return;
            }
            Ends::With(Verdict::Waiting) => world.answer(),
            Ends::With(_) | Ends::Cut => {}
        }
    }
    panic!("it does not come to its end: {:?}", world.told);
}

#[test]
fn nothing_is_done_again_that_was_said_to_be_behind() {
    for role in [Role::Source, Role::Destination] {
        assert_eq!(behind(&World::new(role, REQUEST), role), [""; 0]);
        let mut cuts = 0;
        for events in 0.. {
            let mut world = World::new(role, REQUEST);
            world.cut_after = Some(events);
            let ends = world.run();
            hold(world, role);
            if ends != Ends::Cut {
                break;
            }
            cuts += 1;
        }
        assert!(cuts > 20, "{cuts} cuts");
        for operation in of(role) {
            let mut world = World::new(role, REQUEST);
            world.fails = Some(operation);
            world.run();
            world.fails = None;
            hold(world, role);
        }
        for (operation, fate) in of(role).flat_map(|it| Fate::ALL.map(|fate| (it, fate))) {
            for look in Look::ALL {
                let mut world = World::new(role, REQUEST);
                (world.unknown, world.look) = (Some((operation, fate)), look);
                world.run();
                world.unknown = None;
                hold(world, role);
            }
        }
    }
}

#[test]
fn a_backup_that_waits_for_the_store_leaves_the_carrying() {
    let mut world = World::new(Role::Source, REQUEST);
    world.fails = Some(Operation::Deliver);
    assert_eq!(world.run(), Ends::With(Verdict::Failures));
    let behind = behind(&world, Role::Source);
    assert!(!behind.contains(&"deliver"));
    assert_eq!(behind.len() + 1, of(Role::Source).count(), "{behind:?}");
}

#[test]
fn a_restore_leaves_only_what_follows_it() {
    let mut world = World::new(Role::Destination, REQUEST);
    world.fails = Some(Operation::PostInstall);
    assert_eq!(world.run(), Ends::With(Verdict::Failures));
    let ahead = of(Role::Destination).filter(|it| !is_behind(&world.state, *it)).map(Operation::word);
    assert_eq!(
        ahead.collect::<Vec<_>>(),
        ["stop-services", "mend-user", "sleep", "postinstall", "start-services"]
    );
}
