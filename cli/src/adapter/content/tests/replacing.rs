//! Replacing a file: asked for first, never without the permit, and an engine that is refused or dropped ends.

use std::time::Duration;

use super::*;

const REPLACE: Found = Found::Present { otherwise: Mismatched::Replace };

/// A wrong file to replace, beside a new one in the same batch.
fn engine_that_asks(world: &World) -> (Engine, String, String) {
    let (wrong, new) = (world.content(b"content"), world.content(b"new"));
    put(&world.destination().join(&wrong), b"wrong");
    let mut engine = Engine::start(world.setup()).unwrap();
    let jobs = vec![world.job(&wrong, REPLACE), world.job(&new, Found::Absent)];
    engine.submit(Batch { id: 4, jobs }).unwrap();
    (engine, wrong, new)
}

/// What stands under its own name.
fn complete(world: &World) -> Vec<(String, Vec<u8>)> {
    world.landed().into_iter().filter(|(path, _)| !path.ends_with(TEMPORARY_SUFFIX)).collect()
}

#[test]
fn what_is_replaced_is_told_before_anything_of_the_batch_is_renamed() {
    let world = World::new();
    let (mut engine, wrong, new) = engine_that_asks(&world);
    let Some(Report::Replacing(batch)) = engine.receive().unwrap() else { panic!("it must ask") };
    assert_eq!((batch.id, batch.files.len()), (4, 1));
    let Replacement { item: 7, path, found } = &batch.files[0] else { panic!("{:?}", batch.files) };
    let was = digests(b"wrong");
    assert_eq!((path.to_string(), found.bytes), (wrong.clone(), 5));
    assert_eq!((found.sha1, found.sha256), (Some(was.sha1), Some(was.sha256)));
    assert_eq!(complete(&world), [(wrong.clone(), b"wrong".to_vec())]);
    batch.permit();
    let finished = receive(&mut engine).unwrap();
    let replaced = |done: &Done| matches!(done.outcome, Outcome::Copied { replaced: true, .. });
    assert_eq!(finished.done.iter().map(replaced).collect::<Vec<_>>(), [true, false]);
    let mut landed = vec![(wrong, b"content".to_vec()), (new, b"new".to_vec())];
    landed.sort();
    assert_eq!(world.landed(), landed);
}

#[test]
fn a_batch_that_replaces_nothing_does_not_ask() {
    let world = World::new();
    let path = world.content(b"content");
    let right = world.content(b"right");
    put(&world.destination().join(&right), b"right");
    let mut engine = Engine::start(world.setup()).unwrap();
    let jobs = vec![world.job(&path, Found::Absent), world.job(&right, REPLACE)];
    engine.submit(Batch { id: 1, jobs }).unwrap();
    assert!(matches!(engine.receive().unwrap(), Some(Report::Finished(_))));
}

/// Runs something that must end, on a thread of its own.
fn ends(what: impl FnOnce() + Send + 'static) {
    let (done, ended) = std::sync::mpsc::channel();
    let thread = std::thread::spawn(move || {
        what();
        let _ = done.send(());
    });
    ended.recv_timeout(Duration::from_mins(1)).expect("it ends");
    thread.join().unwrap();
}

#[test]
fn a_refused_engine_replaces_nothing_and_says_so() {
    ends(|| {
        let world = World::new();
        let (mut engine, wrong, _) = engine_that_asks(&world);
        drop(engine.receive().unwrap());
        assert!(matches!(engine.receive(), Err(EngineError::Broken)));
        drop(engine);
        assert_eq!(complete(&world), [(wrong, b"wrong".to_vec())]);
    });
}

#[test]
fn an_engine_dropped_or_panicked_over_while_a_batch_waits_ends_and_replaces_nothing() {
    for panics in [false, true] {
        ends(move || {
            let world = World::new();
            let (mut engine, wrong, _) = engine_that_asks(&world);
            // Further batches wait behind the one that asks.
            for id in 5..7 {
                let path = world.content(&[id; 100]);
                engine.submit(Batch { id: id.into(), jobs: vec![world.job(&path, Found::Absent)] }).unwrap();
            }
            let owner = std::panic::AssertUnwindSafe(move || {
                let asked = engine.receive().unwrap();
                assert!(matches!(asked, Some(Report::Replacing(_))) && !panics, "the recorder is broken");
            });
            assert_eq!(std::panic::catch_unwind(owner).is_err(), panics);
            assert_eq!(complete(&world), [(wrong, b"wrong".to_vec())]);
        });
    }
}

#[test]
fn a_dropped_engine_does_not_wait_for_a_question_nobody_heard() {
    ends(|| {
        let world = World::new();
        let (engine, wrong, _) = engine_that_asks(&world);
        drop(engine);
        assert_eq!(complete(&world), [(wrong, b"wrong".to_vec())]);
    });
}

#[test]
fn a_file_that_changes_after_it_was_told_is_left_alone() {
    for vanishes in [false, true] {
        let world = World::new();
        let (mut engine, wrong, _) = engine_that_asks(&world);
        let Some(Report::Replacing(batch)) = engine.receive().unwrap() else { panic!("it must ask") };
        let place = world.destination().join(&wrong);
        fs::remove_file(&place).unwrap();
        if !vanishes {
            put(&place, b"somebody else's");
        }
        batch.permit();
        let finished = receive(&mut engine).unwrap();
        assert_failed(&finished.done[0].outcome, FailureReason::Conflict);
        assert_eq!(place.exists(), !vanishes);
        assert!(world.landed().iter().all(|(path, _)| !path.ends_with(TEMPORARY_SUFFIX)));
    }
}

#[test]
fn a_file_of_another_size_under_a_name_that_promises_nothing_is_told_with_its_digest() {
    let world = World::new();
    let path = "UpdateServicesPackages/tool/setup.msi";
    put(&world.source().join(path), b"newer package");
    put(&world.destination().join(path), b"package");
    let mut engine = Engine::start(world.setup()).unwrap();
    engine.submit(Batch { id: 1, jobs: vec![world.job(path, REPLACE)] }).unwrap();
    let Some(Report::Replacing(batch)) = engine.receive().unwrap() else { panic!("it must ask") };
    assert_eq!(batch.files[0].found.sha256, Some(digests(b"package").sha256));
}
