//! Goal: what the journal believes of the way back is held against the world, and whatever differs is said.
//! Method: a restored SUSDB, and a world in which everything stands as recorded; then one thing at a time does not.

mod support;

use support::susdb::*;
use wsusmigrate_core::digest::Sha256;
use wsusmigrate_core::event::database::{Operation, OperationResult};
use wsusmigrate_core::projection::Migration;
use wsusmigrate_core::rollback::{ActionKind, Says, SusdbNow, World, check};

/// A destination whose restored SUSDB was seen.
fn state() -> Migration {
    restored().and(seen(0x40, 904)).state()
}

/// A SUSDB of a family of its own.
fn is(byte: u8, state: &str) -> SusdbNow {
    SusdbNow { database: guid(byte), family: guid(byte + 1), state: state.to_owned() }
}

/// The world as the journal has it.
fn as_recorded() -> World {
    World {
        susdb: Ok(Some(is(0x40, "ONLINE"))),
        backup_file: Ok(Some(Sha256([0x20; 32]))),
        backup_set: Ok(Some(guid(0x20))),
        folders: Ok(vec![(r"C:\Windows\WID\Data\".to_owned(), true)]),
        stopped: Ok(true),
        destination: Ok(()),
        source: Ok(()),
    }
}

/// What stands against going back.
fn against(world: &World) -> Vec<(ActionKind, Says, String)> {
    let conditions = check(&state(), world).into_iter().filter(|it| !it.says.is_well());
    conditions.map(|it| (it.undoes, it.says, it.because)).collect()
}

/// The one thing that stands against going back, whichever actions name it.
fn only(world: &World) -> (Says, String) {
    let mut found: Vec<_> = against(world).into_iter().map(|(_, says, because)| (says, because)).collect();
    found.dedup();
    assert_eq!(found.len(), 1, "{found:?}");
    found.swap_remove(0)
}

#[test]
fn a_world_as_recorded_lets_go_back() {
    assert_eq!(against(&as_recorded()), []);
    let says: Vec<_> = check(&state(), &as_recorded()).iter().map(|it| (it.step, it.says)).collect();
    assert_eq!(
        says,
        [
            (1, Says::Holds),
            (1, Says::Holds),
            (1, Says::Holds),
            (1, Says::Person),
            (2, Says::Holds),
            (2, Says::Holds),
            (2, Says::Later),
            (2, Says::Holds),
            (2, Says::Holds),
            (2, Says::Person),
            (3, Says::Later),
        ]
    );
}

#[test]
fn whatever_differs_stands_against_it() {
    let says = |change: fn(&mut World)| {
        let mut world = as_recorded();
        change(&mut world);
        let (says, because) = only(&world);
        (says, because.split(&[':', ','][..]).next().unwrap_or_default().to_owned())
    };
    let other = |byte: u8| format!("its file has SHA-256 {}", Sha256([byte; 32]));
    assert_eq!(says(|it| it.backup_file = Ok(None)), (Says::DoesNot, "its file is gone".into()));
    let wrong = says(|it| it.backup_file = Ok(Some(Sha256([9; 32]))));
    assert_eq!(wrong, (Says::DoesNot, other(9)));
    assert_eq!(says(|it| it.backup_file = Err("denied".into())), (Says::Untold, "denied".into()));
    assert_eq!(says(|it| it.backup_set = Ok(None)), (Says::DoesNot, "there is no set".into()));
    assert_eq!(says(|it| it.backup_set = Ok(Some(guid(9)))).0, Says::DoesNot);
    assert_eq!(says(|it| it.folders = Ok(vec![("D:".into(), false)])).0, Says::DoesNot);
    assert_eq!(says(|it| it.stopped = Ok(false)), (Says::DoesNot, "one of them runs".into()));
    assert_eq!(says(|it| it.stopped = Err("no tool".into())), (Says::Untold, "no tool".into()));
}

/// Somebody's own SUSDB in the place of the restored one is neither dropped nor restored over, and not the one of before.
#[test]
fn another_susdb_is_in_the_way_of_all_of_it() {
    let mut world = as_recorded();
    world.susdb = Ok(Some(is(0x77, "ONLINE")));
    let all = [ActionKind::RestoreDatabase, ActionKind::DropDatabase, ActionKind::StopServices];
    let kinds = |found: Vec<(ActionKind, Says, String)>| -> Vec<_> {
        found.into_iter().map(|(kind, says, _)| (kind, says)).collect()
    };
    assert_eq!(kinds(against(&world)), all.map(|kind| (kind, Says::DoesNot)));
    // A journal that has seen it says so as well.
    let replaced = restored().and(seen(0x77, 904)).state();
    let conditions = check(&replaced, &world).into_iter().filter(|it| !it.says.is_well());
    assert_eq!(
        conditions.map(|it| (it.undoes, it.says)).collect::<Vec<_>>(),
        all.map(|it| (it, Says::DoesNot))
    );
    world.susdb = Err("the engine does not answer".into());
    assert!(against(&world).iter().all(|(_, says, _)| *says == Says::Untold));
    assert_eq!(against(&world).len(), 3);
}

/// Regression: the safety backup makes another database, of the same family; it was not taken for the SUSDB of before.
#[test]
fn what_came_back_with_its_safety_backup_is_the_one_of_before() {
    let mut world = as_recorded();
    world.susdb = Ok(Some(SusdbNow { family: guid(0x21), ..is(0x99, "ONLINE") }));
    let services = check(&state(), &world).into_iter().find(|it| it.undoes == ActionKind::StopServices);
    assert_eq!(services.expect("a condition").says, Says::Holds);
}

/// What a restore left that was cut off is known by its state: it never came online.
#[test]
fn what_a_restore_left_is_told_from_a_susdb_that_is_online() {
    let (begun, action) = stopped().does(Operation::Drop).begins(Operation::Restore);
    let cut = begun.of(action, outcome(Operation::Restore, OperationResult::Unknown, 0)).state();
    let of_the_drop = |state: &str| {
        let mut world = as_recorded();
        world.susdb = Ok(Some(is(0x77, state)));
        let conditions = check(&cut, &world);
        let drop = conditions.into_iter().find(|it| it.what.contains("this migration restored"));
        let drop = drop.expect("a condition");
        (drop.undoes, drop.says, drop.because)
    };
    let left =
        |state: &str| (ActionKind::RestoreDatabase, Says::Holds, format!("what a restore left: {state}"));
    assert_eq!(of_the_drop("RESTORING"), left("RESTORING"));
    assert_eq!(of_the_drop("SUSPECT"), left("SUSPECT"));
    for state in ["ONLINE", "OFFLINE", "EMERGENCY", "RECOVERY_PENDING"] {
        assert_eq!(of_the_drop(state).1, Says::DoesNot, "{state}");
    }
}
