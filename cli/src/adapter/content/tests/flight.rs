//! Many batches in flight: each file has exactly one outcome, in order, durable before it is told, also when stopped.

use std::num::NonZeroU64;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use super::*;

/// Numbers that look random and are the same in every run.
fn numbers(seed: u64) -> impl FnMut(u64) -> u64 {
    let mut state = seed | 1;
    move |below| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % below
    }
}

#[test]
fn every_file_of_random_batches_has_exactly_one_outcome_in_order() {
    for seed in 1..=12 {
        let world = World::new();
        let mut number = numbers(0x9E37_79B9_7F4A_7C15_u64.wrapping_mul(seed));
        let mut batches = Vec::new();
        for id in 0..number(9) {
            let mut jobs = Vec::new();
            for item in 0..number(14) {
                let bytes = usize::try_from(number(3) * number(100_000)).unwrap();
                let path = format!("WsusContent/{:02X}/{seed}-{id}-{item}.bin", number(5));
                put(&world.source().join(&path), &vec![u8::try_from(item).unwrap(); bytes]);
                let mut job = world.job(&path, Found::Absent);
                job.item = u32::try_from(item).unwrap();
                match number(6) {
                    0 => fs::remove_file(world.source().join(&path)).unwrap(),
                    1 => job.expected = Expectation::Digest(digests(b"other").sha1),
                    2 => job.destination = Found::Present { otherwise: Mismatched::Replace },
                    _ => {}
                }
                jobs.push(job);
            }
            batches.push(Batch { id, jobs });
        }
        let mut setup = world.setup();
        setup.workers = usize::try_from(1 + number(8)).unwrap();
        let progress = Arc::clone(&setup.progress);
        let mut asked = batches.clone().into_iter();
        let mut finished = Vec::new();
        let mut engine = Engine::start(setup).unwrap();
        loop {
            while engine.in_flight() < IN_FLIGHT_BATCHES_MAX {
                let Some(batch) = asked.next() else { break };
                engine.submit(batch).unwrap();
            }
            let Some(batch) = receive(&mut engine) else { break };
            finished.push(batch);
        }
        let mut failed = 0;
        assert_eq!(finished.len(), batches.len());
        for (batch, finished) in batches.iter().zip(&finished) {
            assert_eq!((batch.id, batch.jobs.len()), (finished.id, finished.done.len()));
            for (job, done) in batch.jobs.iter().zip(&finished.done) {
                assert_eq!((job.item, &job.path), (done.item, &done.path));
                let there = world.destination().join(job.path.to_string()).exists();
                assert_eq!(there, matches!(done.outcome, Outcome::Copied { .. }), "{done:?}");
                failed += u64::from(matches!(done.outcome, Outcome::Failed { .. }));
            }
        }
        let files: usize = batches.iter().map(|batch| batch.jobs.len()).sum();
        let counts = progress.counts();
        assert_eq!((counts.files, counts.failures), (files as u64, failed));
        assert!(world.landed().iter().all(|(path, _)| !path.ends_with(TEMPORARY_SUFFIX)));
    }
}

/// Writes down what happens, in the order in which it happens.
#[derive(Default)]
struct Diary(Mutex<Vec<String>>);

impl Diary {
    fn note(&self, what: String) {
        self.0.lock().unwrap().push(what);
    }
}

impl Effects for Diary {
    fn staged(&self, _: &RelPath) {
        self.note("staged".to_owned());
    }
    fn synced(&self, files: usize) {
        self.note(format!("synced {files}"));
    }
    fn renamed(&self, _: &RelPath) {
        self.note("renamed".to_owned());
    }
    fn settled(&self, files: usize) {
        self.note(format!("settled {files}"));
    }
}

/// Small batches are synced file by file, large ones in a group where the system can; the order is the same.
#[test]
fn bytes_are_durable_before_names_and_names_before_reports() {
    for files in [2_usize, 9] {
        let world = World::new();
        let diary = Arc::new(Diary::default());
        let mut setup = world.setup();
        setup.effects = Arc::clone(&diary) as Arc<dyn Effects>;
        let jobs =
            (0..files).map(|n| world.job(&world.content(&[u8::try_from(n).unwrap(); 10]), Found::Absent));
        run(setup, jobs.collect());
        let mut expected = vec!["staged".to_owned(); files];
        expected.push(format!("synced {files}"));
        expected.extend(vec!["renamed".to_owned(); files]);
        expected.push(format!("settled {files}"));
        assert_eq!(*diary.0.lock().unwrap(), expected);
    }
}

#[test]
fn names_that_were_left_behind_are_made_durable_or_the_error_says_where() {
    let world = World::new();
    put(&world.destination().join("WsusContent/AB/left"), b"whole");
    let left = RelPath::from_bytes(&b"WsusContent/AB/left"[..]).unwrap();
    settle(&world.destination(), &[&left]).unwrap();
    let nowhere = world.root.path().join("nowhere");
    let error = settle(&nowhere, &[&left]).unwrap_err();
    assert!(matches!(error, EngineError::Undurable { files: 1, destination, .. } if destination == nowhere));
}

/// Sets the stop flag when the third file is complete.
struct StopAtThird {
    staged: AtomicUsize,
    stop: Arc<std::sync::atomic::AtomicBool>,
}

impl Effects for StopAtThird {
    fn staged(&self, _: &RelPath) {
        if self.staged.fetch_add(1, Ordering::Relaxed) == 2 {
            self.stop.store(true, Ordering::Relaxed);
        }
    }
}

#[test]
fn a_stop_finishes_what_was_begun_and_leaves_the_rest() {
    let world = World::new();
    let mut setup = world.setup();
    setup.effects = Arc::new(StopAtThird { staged: AtomicUsize::new(0), stop: Arc::clone(&setup.stop) });
    let jobs: Vec<_> = (0..50).map(|n| world.job(&world.content(&[n; 1000]), Found::Absent)).collect();
    let done = run(setup.clone(), jobs);
    let copied = done.iter().filter(|done| matches!(done.outcome, Outcome::Copied { .. })).count();
    let left = done.iter().filter(|done| done.outcome == Outcome::Left).count();
    assert_eq!(copied + left, 50);
    assert!((3..=3 + setup.workers).contains(&copied), "{copied}");
    assert_eq!(world.landed().len(), copied);
}

#[test]
fn the_engine_takes_only_so_many_batches_and_an_empty_one_too() {
    let world = World::new();
    let mut engine = Engine::start(world.setup()).unwrap();
    let empty = |id| Batch { id, jobs: Vec::new() };
    for id in 0..IN_FLIGHT_BATCHES_MAX as u64 {
        engine.submit(empty(id)).unwrap();
    }
    assert_eq!(engine.submit(empty(9)), Err(empty(9)));
    for id in 0..IN_FLIGHT_BATCHES_MAX as u64 {
        assert_eq!(receive(&mut engine), Some(Finished { id, done: Vec::new() }));
    }
    assert_eq!(receive(&mut engine), None);
}

#[test]
fn an_engine_dropped_in_flight_leaves_only_whole_files_and_temporaries() {
    let world = World::new();
    let mut engine = Engine::start(world.setup()).unwrap();
    let jobs = (0..100).map(|n| world.job(&world.content(&[n; 5000]), Found::Absent)).collect();
    engine.submit(Batch { id: 0, jobs }).unwrap();
    drop(engine);
    for (path, bytes) in world.landed() {
        let sha1 = digests(&bytes).sha1.to_string();
        assert!(path.ends_with(TEMPORARY_SUFFIX) || path.contains(&sha1), "{path}");
    }
}

#[test]
fn a_bandwidth_limit_holds() {
    let world = World::new();
    let mut setup = world.setup();
    setup.bytes_per_second = NonZeroU64::new(1_000_000);
    let jobs = (0..10).map(|n| world.job(&world.content(&vec![n; 40_000]), Found::Absent)).collect();
    let begun = Instant::now();
    run(setup, jobs);
    // 400,000 bytes; the last file is not waited for.
    assert!(begun.elapsed().as_secs_f64() > 0.3);
}
