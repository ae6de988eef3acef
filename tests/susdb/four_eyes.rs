//! Goal: four eyes are those of two accounts, as the process tokens say; one account is one person however often it approves.
//!
//! Method: the second approval is given by a process that really runs under another account. Only root can start one.

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Output};

use nix::unistd::{Gid, Uid, chown, getuid};
use wsusmigrate_core::event::{Event, RunEvent};

use crate::confirm::unapproved;
use crate::site::Site;

/// Nobody's number, on every Linux.
const NOBODY: u32 = 65_534;

/// Gives a folder and everything in it to an account.
fn give(path: &Path, to: u32) {
    chown(path, Some(Uid::from_raw(to)), Some(Gid::from_raw(to))).expect("root may");
    if path.is_dir() && !path.is_symlink() {
        fs::read_dir(path).expect("a folder").for_each(|entry| give(&entry.expect("an entry").path(), to));
    }
}

/// Runs a command under another account. The program is copied to where that account reaches it.
fn ask_as(site: &Site, account: u32, args: &[&str]) -> Output {
    let asked = site.servers.at(site.world.command(args));
    let program = site.world.path("program");
    if !program.exists() {
        fs::copy(asked.get_program(), &program).expect("a copy of the program");
    }
    let root = site.world.path("");
    root.ancestors()
        .filter(|above| above.starts_with(site.world.temporary()))
        .for_each(|above| chown(above, Some(Uid::from_raw(account)), None).expect("root may"));
    give(&root, account);
    let mut command = Command::new(&program);
    command.args(asked.get_args()).current_dir(asked.get_current_dir().expect("a server's folder"));
    for (name, value) in asked.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.uid(account).gid(account).output().expect("the program under another account")
}

/// Who approved, by security identifier, in their order.
fn sids(site: &Site) -> Vec<String> {
    let history = site.history("new");
    let given = history.events().iter().filter_map(|event| match event {
        Event::Run(RunEvent::PlanApproved(it)) => Some(it.sid.to_string()),
        _ => None,
    });
    given.collect()
}

#[test]
fn four_eyes_are_two_accounts() {
    if !getuid().is_root() {
        return eprintln!("SKIPPED: only root can run the program under another account");
    }
    let mut site = unapproved("four_eyes = true\n");
    let approve = ["plan", "--approve", "--ticket", "CHG-4"];
    assert!(site.ask(&approve).status.success());
    let again = site.ask(&approve);
    assert_eq!(again.status.code(), Some(2), "one person is counted once");
    assert_eq!(site.ask(&["run"]).status.code(), Some(3), "one person is not enough");
    assert_eq!(drops(&site), 0);
    let second = ask_as(&site, NOBODY, &approve);
    assert!(second.status.success(), "{}", String::from_utf8_lossy(&second.stderr));
    assert_eq!(sids(&site), ["uid:0".to_owned(), format!("uid:{NOBODY}")]);
    assert_eq!(site.ask(&["run"]).status.code(), Some(0), "{}", String::from_utf8_lossy(&site.said));
    assert_eq!(drops(&site), 1);
    let audit = site.ask(&["report", "audit"]);
    assert!(String::from_utf8_lossy(&audit.stdout).contains("approved by 2 persons"));
}

/// How often something was dropped, as the engine tells.
fn drops(site: &Site) -> usize {
    let diary = fs::read_to_string(site.world.path("hosts/destination/sql/diary.log")).unwrap_or_default();
    diary.lines().filter(|line| line.starts_with("dropped ")).count()
}
