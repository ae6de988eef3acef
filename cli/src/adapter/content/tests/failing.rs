//! Files that do not come over: each reason, and that the destination is as it was.

use std::num::NonZeroU64;
use std::sync::Arc;
use std::thread;

use super::*;

#[test]
fn damage_at_the_source_is_told_and_never_replaces_anything() {
    let world = World::new();
    for good in [b"good".to_vec(), large(3)] {
        let path = world.content(&good);
        let mut bad = good.clone();
        bad[0] ^= 1;
        put(&world.source().join(&path), &bad);
        put(&world.destination().join(&path), b"older");
        let job = world.job(&path, Found::Present { otherwise: Mismatched::Replace });
        let outcome = world.run(job);
        assert_failed(&outcome, FailureReason::DamagedAtSource);
        let Outcome::Failed { found, .. } = outcome else { panic!() };
        assert_eq!(found, Some(digests(&bad).sha1));
        assert!(world.landed().contains(&(path, b"older".to_vec())));
    }
    assert_eq!(world.landed().len(), 2, "temporaries are gone");
}

#[test]
fn a_vanished_file_is_told() {
    let world = World::new();
    let path = world.content(b"content");
    let job = world.job(&path, Found::Absent);
    fs::remove_file(world.source().join(&path)).unwrap();
    assert_failed(&world.run(job.clone()), FailureReason::Vanished);
    fs::remove_dir(world.source().join(&path).parent().unwrap()).unwrap();
    assert_failed(&world.run(job), FailureReason::Vanished);
    assert!(world.landed().is_empty());
}

#[test]
fn a_file_that_changed_since_it_was_listed_is_taken_as_it_is_now() {
    let world = World::new();
    let path = "WsusContent/AB/notes.txt";
    put(&world.source().join(path), b"listed");
    let job = world.job(path, Found::Absent);
    put(&world.source().join(path), b"rewritten");
    let outcome = world.run(job);
    assert!(matches!(outcome, Outcome::Copied { attempts: 2, .. }), "{outcome:?}");
    assert_eq!(world.landed(), [(path.to_owned(), b"rewritten".to_vec())]);
}

/// Runs a job slowly and, while it runs, does something to its source each time a further piece was read. Method: a
/// limit of 200,000 bytes a second makes pieces of 24 KiB, five a reading.
fn while_reading(world: &World, path: &str, mut act: impl FnMut(u64) + Send) -> Outcome {
    let mut setup = world.setup();
    setup.bytes_per_second = NonZeroU64::new(200_000);
    let progress = Arc::clone(&setup.progress);
    let job = world.job(path, Found::Absent);
    thread::scope(|scope| {
        let copying = scope.spawn(|| run(setup, vec![job]).remove(0).outcome);
        let mut seen = 0;
        while !copying.is_finished() {
            let read = progress.counts().read_bytes;
            if read > seen {
                seen = read;
                act(read);
            }
            thread::yield_now();
        }
        copying.join().unwrap()
    })
}

#[test]
fn a_file_that_keeps_changing_while_it_is_read_fails() {
    let world = World::new();
    let path = "WsusContent/AB/growing.log";
    put(&world.source().join(path), &vec![1; 120_000]);
    let mut growing = fs::File::options().append(true).open(world.source().join(path)).unwrap();
    let outcome = while_reading(&world, path, |_| std::io::Write::write_all(&mut growing, b"more").unwrap());
    assert_failed(&outcome, FailureReason::ChangedWhileCopied);
    assert!(world.landed().is_empty());
}

#[test]
fn a_source_that_reads_differently_each_time_is_a_mismatch_not_damage() {
    let world = World::new();
    let path = world.content(&vec![5; 120_000]);
    let file = world.source().join(&path);
    put(&file, &vec![6; 120_000]);
    let times = fs::metadata(&file).unwrap().modified().unwrap();
    let mut turned = false;
    let outcome = while_reading(&world, &path, |read| {
        // A part that this reading is past, in the dark: size and time stay.
        if read >= 40_000 && !turned {
            turned = true;
            let mut bytes = fs::read(&file).unwrap();
            bytes[0] = 9;
            let target = fs::File::options().write(true).open(&file).unwrap();
            std::io::Write::write_all(&mut (&target), &bytes).unwrap();
            target.set_modified(times).unwrap();
        }
    });
    assert!(turned);
    assert_failed(&outcome, FailureReason::MismatchAfterCopy);
    assert!(world.landed().is_empty());
}

#[test]
fn folders_in_the_way_are_obstructions_and_files_that_appeared_are_conflicts() {
    let world = World::new();
    let path = world.content(b"content");
    let job = world.job(&path, Found::Absent);
    let place = world.destination().join(&path);
    fs::create_dir_all(&place).unwrap();
    let present = Job { destination: Found::Present { otherwise: Mismatched::Replace }, ..job.clone() };
    assert_failed(&world.run(job.clone()), FailureReason::Obstructed);
    assert_failed(&world.run(present), FailureReason::Obstructed);
    fs::remove_dir(&place).unwrap();
    put(&place, b"somebody else's");
    assert_failed(&world.run(job.clone()), FailureReason::Conflict);
    assert_eq!(world.landed(), [(path.clone(), b"somebody else's".to_vec())]);
    // A file where a folder should be.
    let folder = place.parent().unwrap();
    fs::remove_dir_all(folder).unwrap();
    put(folder, b"a file");
    assert_failed(&world.run(job), FailureReason::Obstructed);
}

#[test]
fn engines_that_cannot_start_say_why() {
    let world = World::new();
    let mut setup = world.setup();
    setup.workers = 0;
    assert!(matches!(Engine::start(setup), Err(EngineError::Workers { workers: 0 })));
    let nowhere = Setup::new(world.root.path().join("nowhere"), world.destination());
    assert!(matches!(Engine::start(nowhere), Err(EngineError::Source { .. })));
    put(&world.root.path().join("file"), b"");
    let onto_a_file = Setup::new(world.source(), world.root.path().join("file"));
    assert!(matches!(Engine::start(onto_a_file), Err(EngineError::Destination { .. })));
}
