//! Goal: at a terminal a run asks before it destroys, and the typed name of the server is an approval like any other; any
//! other word, and nobody at a terminal, destroys nothing.
//!
//! Method: the program is started on a pseudo-terminal; what it asks is read from the other end, and the answer typed there.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::process::Stdio;

use wsusmigrate_core::event::run::Approval;
use wsusmigrate_core::event::{Event, RunEvent};
use wsusmigrate_fixtures::Scenario;

use crate::site::Site;

/// How the question ends.
const QUESTION: &str = "anything else leaves all as it is:";

/// A run of the server one is at, at a terminal, where `answer` is typed when it asks: its exit code, and what it showed.
pub(crate) fn at_a_terminal(site: &Site, answer: &str) -> (Option<i32>, String) {
    let nix::pty::OpenptyResult { master, slave } = nix::pty::openpty(None, None).expect("a pseudo-terminal");
    let end = |slave: &OwnedFd| Stdio::from(slave.try_clone().expect("a descriptor"));
    let mut run = site.world.command(["run"]);
    run.stdin(end(&slave)).stderr(end(&slave)).stdout(Stdio::null());
    let mut run = site.servers.at(run);
    let mut child = run.spawn().expect("the program under test");
    // The program alone holds the terminal's other end: reading ends with it.
    drop((run, slave));
    let mut terminal = File::from(master);
    let (mut shown, mut typed, mut chunk) = (Vec::new(), false, [0; 4096]);
    while let Ok(length @ 1..) = terminal.read(&mut chunk) {
        shown.extend(&chunk[..length]);
        let asked = String::from_utf8_lossy(&shown).matches(QUESTION).count();
        if asked > 1 {
            child.kill().expect("the run");
        } else if asked == 1 && !typed {
            terminal.write_all(format!("{answer}\n").as_bytes()).expect("the terminal");
            typed = true;
        }
    }
    let code = child.wait().expect("the run").code();
    assert!(code.is_some(), "it asked again: {}", String::from_utf8_lossy(&shown));
    (code, String::from_utf8_lossy(&shown).into_owned())
}

/// A destination that lacks nothing but an approval; the name of its server, and the exit code of a run without a terminal.
pub(crate) fn unapproved(more: &str) -> Site {
    let mut site = Site::new(&Scenario::named("tiny").expect("a scenario"), None, None);
    let plan = site.world.path("new/migration.toml");
    let text = std::fs::read_to_string(&plan).expect("the plan");
    std::fs::write(&plan, format!("{text}{more}")).expect("the plan");
    site.run_to_the_end("old", crate::secrets::RUN_MAX);
    site.import();
    site
}

/// How each approval was given, and by whom.
fn approvals(site: &Site) -> Vec<(Approval, String, String)> {
    let history = site.history("new");
    let given = history.events().iter().filter_map(|event| match event {
        Event::Run(RunEvent::PlanApproved(it)) => Some((it.how, it.account.to_string(), it.sid.to_string())),
        _ => None,
    });
    given.collect()
}

/// How often something was dropped.
fn drops(site: &Site) -> usize {
    let diary =
        std::fs::read_to_string(site.world.path("hosts/destination/sql/diary.log")).unwrap_or_default();
    diary.lines().filter(|line| line.starts_with("dropped ")).count()
}

#[test]
fn the_typed_name_of_the_server_approves() {
    let mut site = unapproved("");
    let ran = site.ask(&["run"]);
    assert_eq!(ran.status.code(), Some(3), "nobody is at a terminal");
    assert_eq!((drops(&site), approvals(&site)), (0, Vec::new()));
    for word in ["yes", "", "OLDWSUS"] {
        let (code, shown) = at_a_terminal(&site, word);
        assert_eq!((code, drops(&site), approvals(&site)), (Some(3), 0, Vec::new()), "{word}: {shown}");
    }
    let (code, shown) = at_a_terminal(&site, r"NEWWSUS\MICROSOFT##WID");
    assert_eq!((code, drops(&site)), (Some(0), 1), "{shown}");
    for told in
        ["DROP DATABASE [SUSDB]", "RESTORE DATABASE [SUSDB]", " MOVE N'SUSDB' TO N'C:", "safety backup"]
    {
        assert!(shown.contains(told), "{told}: {shown}");
    }
    let [(how, account, sid)] = &approvals(&site)[..] else { panic!("one approval: {:?}", approvals(&site)) };
    assert_eq!(*how, Approval::Interactive);
    assert!(!account.is_empty() && sid.contains(&nix::unistd::getuid().to_string()), "{account} {sid}");
    let audit = site.ask(&["report", "audit"]);
    assert!(String::from_utf8_lossy(&audit.stdout).contains("interactive"), "the audit says how");
}

/// A person who approved once is not asked again: with four eyes the second one sits elsewhere.
#[test]
fn one_person_at_a_terminal_is_one_person() {
    let site = unapproved("four_eyes = true\n");
    let (code, shown) = at_a_terminal(&site, r"NEWWSUS\MICROSOFT##WID");
    assert_eq!((code, drops(&site), approvals(&site).len()), (Some(3), 0, 1), "{shown}");
    let (code, shown) = at_a_terminal(&site, r"NEWWSUS\MICROSOFT##WID");
    assert_eq!((code, drops(&site), approvals(&site).len()), (Some(3), 0, 1), "{shown}");
    assert!(!shown.contains(QUESTION), "{shown}");
}
