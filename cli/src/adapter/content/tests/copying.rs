//! Files that come over, and what they look like then.

use super::*;

const REPLACE: Found = Found::Present { otherwise: Mismatched::Replace };
const REFUSE: Found = Found::Present { otherwise: Mismatched::Refuse };

#[test]
fn files_arrive_with_bytes_digests_and_times() {
    let world = World::new();
    let contents = [b"".to_vec(), b"eula".to_vec(), vec![7; 4096], large(1), large(2)];
    let old = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    let jobs: Vec<Job> = contents
        .iter()
        .map(|bytes| {
            let path = world.content(bytes);
            fs::File::options()
                .write(true)
                .open(world.source().join(&path))
                .unwrap()
                .set_modified(old)
                .unwrap();
            world.job(&path, Found::Absent)
        })
        .collect();
    let mut expected = Vec::new();
    for (done, bytes) in run(world.setup(), jobs.clone()).into_iter().zip(&contents) {
        let path = done.path.to_string();
        let Outcome::Copied { facts, attempts: 1, replaced: false } = done.outcome else {
            panic!("{done:?}")
        };
        assert_eq!((facts.bytes, facts.digests), (bytes.len() as u64, digests(bytes)));
        let stat = Stat::of(&fs::metadata(world.destination().join(&path)).unwrap()).unwrap();
        assert_eq!((stat.modified, facts.modified), (jobs[0].modified, jobs[0].modified));
        expected.push((path, bytes.clone()));
    }
    expected.sort();
    assert_eq!(world.landed(), expected);
}

#[test]
fn a_right_file_in_place_is_verified_and_not_touched() {
    let world = World::new();
    let path = world.content(b"content");
    put(&world.destination().join(&path), b"content");
    let before = fs::metadata(world.destination().join(&path)).unwrap().modified().unwrap();
    // The source is not even needed: a damaged one changes nothing.
    let job = world.job(&path, REPLACE);
    put(&world.source().join(&path), b"damaged!");
    let Outcome::Verified { facts } = world.run(job) else { panic!() };
    assert_eq!((facts.bytes, facts.digests), (7, digests(b"content")));
    assert_eq!(fs::metadata(world.destination().join(&path)).unwrap().modified().unwrap(), before);
}

#[test]
fn a_wrong_file_in_place_is_replaced_or_refused() {
    let world = World::new();
    let path = world.content(b"content");
    put(&world.destination().join(&path), b"wrong");
    assert_failed(&world.run(world.job(&path, REFUSE)), FailureReason::Conflict);
    assert_eq!(world.landed(), [(path.clone(), b"wrong".to_vec())]);
    let outcome = world.run(world.job(&path, REPLACE));
    assert!(matches!(outcome, Outcome::Copied { replaced: true, attempts: 1, .. }), "{outcome:?}");
    assert_eq!(world.landed(), [(path, b"content".to_vec())]);
}

#[test]
fn a_name_that_promises_nothing_is_compared_with_the_source() {
    let world = World::new();
    let path = "UpdateServicesPackages/tool/setup.msi";
    put(&world.source().join(path), b"package");
    put(&world.destination().join(path), b"package");
    assert!(matches!(world.run(world.job(path, REFUSE)), Outcome::Verified { .. }));
    for other in [&b"PACKAGE"[..], b"longer than that"] {
        put(&world.destination().join(path), other);
        assert_failed(&world.run(world.job(path, REFUSE)), FailureReason::Conflict);
    }
    assert!(matches!(world.run(world.job(path, REPLACE)), Outcome::Copied { replaced: true, .. }));
    assert_eq!(world.landed(), [(path.to_owned(), b"package".to_vec())]);
}

#[test]
fn an_encrypted_file_need_not_have_the_digest_of_its_name() {
    let world = World::new();
    let path = world.content(b"clear text");
    put(&world.source().join(&path), b"encrypted");
    let mut job = world.job(&path, Found::Absent);
    job.expected = Expectation::Encrypted;
    assert!(matches!(world.run(job), Outcome::Copied { .. }));
    assert_eq!(world.landed(), [(path, b"encrypted".to_vec())]);
}

#[test]
fn a_file_gone_from_the_destination_since_it_was_listed_is_copied() {
    let world = World::new();
    let path = world.content(b"content");
    assert!(matches!(world.run(world.job(&path, REPLACE)), Outcome::Copied { replaced: false, .. }));
}

#[test]
fn long_names_and_leftover_temporaries_do_not_stand_in_the_way() {
    let world = World::new();
    let name = format!("WsusContent/AB/{}", "n".repeat(250));
    put(&world.source().join(&name), b"long");
    assert!(matches!(world.copy(&name), Outcome::Copied { .. }));
    let path = world.content(b"content");
    put(&world.destination().join(format!("{path}{TEMPORARY_SUFFIX}")), b"half a fi");
    assert!(matches!(world.copy(&path), Outcome::Copied { .. }));
    assert_eq!(world.landed().len(), 2);
}
