//! Goal: that a checkpoint was put elsewhere is recorded when somebody has it, never before.
//!
//! Method: `journal anchor` with a standard output that is full, closed, or a pipe whose reader is gone.

use std::fs::File;
use std::process::{Command, Stdio};

use wsusmigrate_tests::History;

use crate::support::Site;

#[test]
fn an_anchor_that_nobody_received_is_not_recorded() {
    let site = Site::build("tiny", 3, "read_back = false");
    let (code, _, told) = site.ask(&["run"]);
    assert_eq!(code, Some(0), "{told}");
    let anchor = || site.world.command(["journal", "anchor"]);

    let full = || File::options().write(true).open("/dev/full").expect("a device that is full");
    let (reader, gone) = std::io::pipe().expect("a pipe");
    drop(reader);
    let mut closed = Command::new("sh");
    closed
        .args(["-c", "exec \"$0\" journal anchor >&-"])
        .arg(anchor().get_program())
        .current_dir(site.world.root());
    closed.envs(anchor().get_envs().filter_map(|(name, value)| Some((name, value?))));
    let mut to_full = anchor();
    to_full.stdout(full());
    let mut to_nobody = anchor();
    to_nobody.stdout(gone);
    let mut to_null = anchor();
    to_null.stdout(Stdio::null());
    for (mut command, code, word) in [
        (to_full, 1, "cannot write to standard output"),
        (to_nobody, 1, "cannot write to standard output"),
        (to_null, 2, "leads nowhere"),
        (closed, 2, "leads nowhere"),
    ] {
        let ran = command.stderr(Stdio::piped()).spawn().and_then(std::process::Child::wait_with_output);
        let ran = ran.expect("to run the program");
        let told = String::from_utf8_lossy(&ran.stderr);
        assert_eq!(ran.status.code(), Some(code), "{told}");
        assert!(told.contains(word), "{told}");
        assert_eq!(History::verified(&site.journal()).count("run.checkpoint-anchored"), 0, "{told}");
    }

    let (code, note, told) = site.ask(&["journal", "anchor"]);
    assert!(code == Some(0) && note.starts_with("wsusmigrate/"), "{told}");
    assert_eq!(History::verified(&site.journal()).count("run.checkpoint-anchored"), 1);
}
