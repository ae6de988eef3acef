//! The process adapter, on children of the shell.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256 as Hasher};
use wsusmigrate::adapter::host::{Ended, Finished, Limits, NotStarted, Request, Tool};
use wsusmigrate::platform::Process;

use crate::bench::LONG;

const KEPT: usize = 1 << 10;

fn request(program: &str, arguments: &[&str]) -> Request {
    Request {
        tool: Tool::new(program),
        arguments: arguments.iter().map(Into::into).collect(),
        folder: None,
        input: Vec::new(),
        is_attended: false,
        limits: Limits { timeout: LONG, kept_bytes_max: KEPT },
        hidden_variables: Vec::new(),
    }
}

fn shell(script: &str) -> Request {
    request("sh", &["-c", script])
}

fn run(request: Request) -> Finished {
    request.start().unwrap().wait()
}

/// The process whose number a child has written, once it has.
fn process_in(file: &Path) -> Process {
    let begun = Instant::now();
    loop {
        let id = fs::read_to_string(file).ok().and_then(|text| text.trim_end().parse().ok());
        if let Some(id) = id {
            return Process::of(id).unwrap().expect("it runs");
        }
        assert!(begun.elapsed() < LONG, "{} was never written", file.display());
        std::thread::yield_now();
    }
}

/// Demands that a process ends. One that was killed lets go of its outputs a moment before it is gone.
fn ends(process: &Process) {
    let begun = Instant::now();
    while process.is_running().unwrap() {
        assert!(begun.elapsed() < LONG, "{process:?} goes on");
        std::thread::yield_now();
    }
}

#[test]
fn arguments_input_outputs_and_exit_code_are_as_they_are() {
    let mut cat = shell("printf '%s|' \"$0\" \"$@\"; cat; printf wrong >&2; exit 7");
    cat.arguments.extend(["a b", "\"quoted\"", "$HOME;*", ""].map(Into::into));
    cat.input = "in Übung".into();
    let finished = run(cat);
    assert_eq!(finished.ended, Ended::Done { code: 7 });
    assert_eq!(finished.stdout.text(), "a b|\"quoted\"|$HOME;*||in Übung");
    assert_eq!((finished.stderr.text().as_str(), finished.is_outlived), ("wrong", false));
}

#[test]
fn it_works_in_the_folder_and_does_not_see_secrets() {
    let folder = tempfile::tempdir().unwrap();
    // Every test process has a PATH; it plays the secret.
    let mut child =
        request("/bin/sh", &["-c", "pwd -P; echo \"${HOME-no home}\" \"${LANG_TEST_UNSET-unset}\""]);
    child.folder = Some(folder.path().to_owned());
    child.hidden_variables = vec!["HOME".to_owned()];
    let seen = run(child).stdout.text();
    let expected = format!("{}\nno home unset\n", folder.path().canonicalize().unwrap().display());
    assert_eq!(seen, expected);
}

#[test]
fn why_it_was_not_started_is_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let plain = folder.path().join("plain");
    fs::write(&plain, "no program").unwrap();
    for is_attended in [false, true] {
        let refused = |mut request: Request| {
            request.is_attended = is_attended;
            request.start().unwrap_err()
        };
        let no_program = folder.path().join("no-program");
        let missing = refused(request(no_program.to_str().unwrap(), &[]));
        assert!(matches!(missing, NotStarted::Missing { .. }), "{missing:?}");
        let no_folder = Request { folder: Some(PathBuf::from("/no/such/folder")), ..shell("true") };
        assert!(matches!(refused(no_folder), NotStarted::NoFolder { .. }));
        let denied = refused(request(plain.to_str().unwrap(), &[]));
        assert!(matches!(denied, NotStarted::Denied { .. }), "{denied:?}");
        assert!(matches!(refused(request("sh", &["-c", "true\0"])), NotStarted::System { .. }));
    }
}

#[test]
fn a_time_out_ends_the_grandchildren_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("id");
    let mut child = shell("sleep 600 & echo $! > id; echo begun; wait");
    child.folder = Some(folder.path().to_owned());
    child.limits.timeout = Duration::from_millis(500);
    let running = child.start().unwrap();
    let grandchild = process_in(&file);
    assert!(running.process().is_running().unwrap() && grandchild.is_running().unwrap());
    let own = running.process().clone();
    let finished = running.wait();
    assert_eq!((finished.ended, finished.is_outlived), (Ended::TimedOut, false));
    assert_eq!(finished.stdout.text(), "begun\n");
    assert!(finished.took >= Duration::from_millis(500) && finished.took < LONG / 3);
    assert!(!own.is_running().unwrap());
    ends(&grandchild);
}

#[test]
fn a_child_nobody_waits_for_is_ended() {
    let running = shell("sleep 600").start().unwrap();
    let process = running.process().clone();
    assert!(process.is_running().unwrap());
    drop(running);
    assert!(!process.is_running().unwrap());
}

#[test]
fn one_that_goes_on_is_noticed_and_does_not_hold_us_up() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = shell("sleep 600 & echo $! > id");
    child.folder = Some(folder.path().to_owned());
    let finished = run(child);
    assert_eq!((finished.ended, finished.is_outlived), (Ended::Done { code: 0 }, true));
    assert!(finished.took < LONG);
    let survivor = process_in(&folder.path().join("id"));
    run(shell(&format!("kill -9 {}", survivor.id)));
}

/// Once what it left running was given up after a moment: its work went on while the next thing began.
#[test]
fn what_one_that_is_attended_leaves_running_is_waited_for() {
    // Longer than what is not attended is given.
    let mut child = shell("(sleep 3; echo done) &");
    child.is_attended = true;
    let finished = run(child);
    assert_eq!((finished.ended, finished.is_outlived), (Ended::Done { code: 0 }, false));
    assert_eq!(finished.stdout.text(), "done\n");
}

#[test]
fn what_one_that_is_attended_leaves_running_ends_with_its_time() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = shell("sleep 600 & echo $! > id");
    (child.folder, child.is_attended) = (Some(folder.path().to_owned()), true);
    child.limits.timeout = Duration::from_millis(500);
    let running = child.start().unwrap();
    let waiting = std::thread::spawn(|| running.wait());
    let survivor = process_in(&folder.path().join("id"));
    let finished = waiting.join().unwrap();
    assert_eq!((finished.ended, finished.is_outlived), (Ended::Done { code: 0 }, true));
    assert!(finished.took >= Duration::from_millis(500) && finished.took < LONG / 3);
    ends(&survivor);
}

#[test]
fn one_that_is_attended_does_nothing_before_it_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let work = |is_attended| {
        let mut child = shell("cat > done; echo $$");
        (child.folder, child.is_attended) = (Some(folder.path().to_owned()), is_attended);
        child.input = b"go\n".to_vec();
        child.start().unwrap()
    };
    let is_done = || folder.path().join("done").exists();
    // One that is not attended begins at once.
    let begun = Instant::now();
    let free = work(false);
    while !is_done() {
        assert!(begun.elapsed() < LONG, "it never begins");
        std::thread::yield_now();
    }
    let would_take = begun.elapsed();
    drop(free);
    fs::remove_file(folder.path().join("done")).unwrap();
    let held = work(true);
    let process = held.process().clone();
    assert!(process.is_running().unwrap());
    // Nobody lets it go; it ends with whoever held it back.
    let begun = Instant::now();
    while begun.elapsed() < would_take * 5 {
        assert!(!is_done(), "it began");
        std::thread::yield_now();
    }
    drop(held);
    assert!(!process.is_running().unwrap() && !is_done());
    let held = work(true);
    let id = held.process().id.to_string();
    assert_eq!(held.wait().stdout.text().trim_end(), id, "it is not the process that was written down");
    assert_eq!(fs::read_to_string(folder.path().join("done")).unwrap(), "go\n");
}

#[test]
fn a_signal_is_no_exit_code() {
    assert_eq!(run(shell("kill -9 $$")).ended, Ended::Killed { signal: 9 });
}

#[test]
fn a_gigabyte_is_counted_and_hashed_and_not_held() {
    const BYTES: u64 = 1 << 30;
    let held_before = peak_bytes();
    let finished = run(shell("head -c 1073741824 /dev/zero; echo well >&2"));
    assert_eq!(finished.ended, Ended::Done { code: 0 });
    assert_eq!(finished.stdout.total_bytes, BYTES);
    assert_eq!((finished.stdout.kept.len(), finished.stdout.is_cut()), (KEPT, true));
    assert_eq!((finished.stderr.text().as_str(), finished.stderr.is_cut()), ("well\n", false));
    let mut hasher = Hasher::new();
    let zeros = vec![0; 1 << 20];
    (0..BYTES >> 20).for_each(|_| hasher.update(&zeros));
    assert_eq!(finished.stdout.sha256.0, <[u8; 32]>::from(hasher.finalize()));
    assert!(peak_bytes() - held_before < 64 << 20);
}

/// The most memory this process has held so far.
fn peak_bytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10
}

#[test]
fn utf_16_is_read_as_what_it_says() {
    let utf_16 = "\\377\\376W\\000S\\000U\\000S\\000 \\000\\374\\000";
    assert_eq!(run(shell(&format!("printf '{utf_16}'"))).stdout.text(), "WSUS ü");
}

#[test]
fn a_child_that_reads_nothing_or_all_is_not_in_the_way() {
    let mut deaf = shell("exit 3");
    deaf.input = vec![b'x'; 4 << 20];
    assert_eq!(run(deaf).ended, Ended::Done { code: 3 });
    let mut all = shell("wc -c");
    all.input = vec![b'x'; 4 << 20];
    assert_eq!(run(all).stdout.text().trim(), "4194304");
}

#[test]
fn what_waits_for_its_input_does_nothing_before_it_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = shell("read line; echo \"$line\" > done");
    child.folder = Some(folder.path().to_owned());
    child.input = b"go\n".to_vec();
    let running = child.start().unwrap();
    assert!(running.process().is_running().unwrap() && !folder.path().join("done").exists());
    assert_eq!(running.wait().ended, Ended::Done { code: 0 });
    assert_eq!(fs::read_to_string(folder.path().join("done")).unwrap(), "go\n");
}
