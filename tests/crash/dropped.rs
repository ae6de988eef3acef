//! Goal: what an interrupted batch put in place stays known although the source drops it before the next run: it is in
//! the list of files to delete or of those that were overwritten, and in the totals.
//!
//! Once a file that the source held no more was forgotten with its batch: it stood at the destination, and neither the
//! way back nor the audit knew of it, nor of the file it had replaced.
//!
//! Method: `strace` kills a run at its n-th rename at the destination; then what it renamed is deleted at the source.
#![cfg(target_os = "linux")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use wsusmigrate_core::digest::Sha256;
use wsusmigrate_core::event::{ContentEvent, Event};
use wsusmigrate_journal::evidence;
use wsusmigrate_tests::{History, differences};

use crate::ledger::temporaries;
use crate::support::Site;
use crate::undurable::can_trace;

/// A run that is traced with these arguments.
fn traced(site: &Site, args: &[&str]) -> Output {
    let run = site.world.command(["run"]);
    let mut traced = Command::new("strace");
    traced.args(["-f", "-o", "/dev/null"]).args(args).arg(run.get_program()).args(run.get_args());
    for (name, value) in run.get_envs() {
        match value {
            Some(value) => traced.env(name, value),
            None => traced.env_remove(name),
        };
    }
    traced.current_dir(site.world.root()).stdin(Stdio::null()).output().expect("a traced run")
}

/// Runs until the n-th call of `call`, at which it is killed.
fn killed_at(site: &Site, call: &str, nth: u64) {
    let (trace, inject) = (format!("trace={call}"), format!("inject={call}:signal=KILL:when={nth}"));
    let ran = traced(site, &["-e", &trace, "-e", &inject]);
    assert_eq!(ran.status.code(), None, "it was not killed: {}", String::from_utf8_lossy(&ran.stderr));
}

/// The files below a root, by path, with their digests.
fn files(root: &Path) -> BTreeMap<String, String> {
    let files = wsusmigrate_fixtures::digests(root).expect("a folder that can be read");
    files.into_iter().map(|file| (file.path, file.sha1)).collect()
}

/// What the way back names: to delete, and overwritten.
fn way_back(site: &Site) -> (BTreeSet<String>, BTreeSet<String>) {
    let (code, told, said) = site.ask(&["rollback", "--files", "--json"]);
    assert_eq!(code, Some(0), "{said}");
    let lines: Vec<Value> = told.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let (gone, brought): (Vec<_>, Vec<_>) = lines.iter().partition(|line| line["overwritten"].is_object());
    let path = |file: &Value| file["path"].as_str().expect("a path").to_owned();
    let gone = gone.into_iter().map(|line| path(&line["overwritten"])).collect();
    (brought.into_iter().map(path).collect(), gone)
}

/// A figure of the audit report.
fn figure(site: &Site, key: &str) -> Value {
    let (_, told, _) = site.ask(&["report", "audit", "--json"]);
    let report: Value = serde_json::from_str(&told).expect("a report in JSON");
    let sections = report["sections"].as_array().expect("sections").iter();
    let mut figures = sections.filter_map(|section| section["figures"].as_array()).flatten();
    figures.find(|figure| figure["key"] == key).unwrap_or_else(|| panic!("no {key}"))["value"].clone()
}

/// A small estate, and the files of its source.
fn site() -> (Site, BTreeMap<String, String>) {
    let site = Site::build("tiny", 1, "batch_files = 12\nworkers = 1");
    let source = files(&site.estate.source);
    (site, source)
}

/// Deletes at the source what stands at the destination as it was there: how many files.
fn drop_what_came(site: &Site, source: &BTreeMap<String, String>) -> BTreeSet<String> {
    let there = files(&site.estate.destination);
    let came: BTreeSet<_> = there
        .into_iter()
        .filter(|(path, sha1)| source.get(path) == Some(sha1))
        .map(|(path, _)| path)
        .collect();
    for path in &came {
        fs::remove_file(site.estate.source.join(path)).expect("a file of the source");
    }
    came
}

#[test]
fn brought_files_that_left_the_source_are_in_the_way_back() {
    if !can_trace() {
        return;
    }
    let (site, source) = site();
    killed_at(&site, "renameat2", 8);
    let came = drop_what_came(&site, &source);
    assert!(came.len() >= 5, "the kill came too early: {came:?}");
    for _ in 0..2 {
        let (code, _, told) = site.ask(&["run"]);
        assert_eq!(code, Some(0), "{told}");
        let there: BTreeSet<_> = files(&site.estate.destination).into_keys().collect();
        assert_eq!(way_back(&site), (there.clone(), BTreeSet::new()));
        assert_eq!(figure(&site, "brought_files"), there.len());
        assert_eq!(figure(&site, "covered_files"), there.len(), "they are read back");
    }
    let history = History::verified(&site.journal());
    assert_eq!(history.count("content.stray-recorded"), came.len());
    assert_eq!(temporaries(&site.estate.destination), Vec::<String>::new());
    let only = differences(&site.estate.source, &site.estate.destination);
    assert!(only.iter().all(|line| line.starts_with("only in the second")), "{only:?}");
}

/// Puts wrong bytes in the place of the first files named after a digest.
fn put_wrong_files(site: &Site, source: &BTreeMap<String, String>) -> BTreeSet<String> {
    let named = |path: &&String| path.starts_with("WsusContent/") && path.len() > 50;
    let right = |path: &&String| path.to_ascii_uppercase().contains(&source[*path].to_ascii_uppercase());
    let wrong: BTreeSet<_> = source.keys().filter(named).filter(right).take(4).cloned().collect();
    for path in &wrong {
        let at = site.estate.destination.join(path);
        fs::create_dir_all(at.parent().expect("a folder")).expect("a folder");
        fs::write(at, b"wrong").expect("a wrong file");
    }
    wrong
}

#[test]
fn replaced_files_that_left_the_source_are_told_as_overwritten() {
    if !can_trace() {
        return;
    }
    let (site, source) = site();
    let wrong = put_wrong_files(&site, &source);
    killed_at(&site, "renameat", 3);
    let came = drop_what_came(&site, &source);
    let replaced: BTreeSet<_> = wrong.intersection(&came).cloned().collect();
    assert!(!replaced.is_empty(), "the kill came too early: {came:?}");
    for path in wrong.difference(&came) {
        fs::remove_file(site.estate.source.join(path)).expect("a file of the source");
    }
    for _ in 0..2 {
        let (code, _, told) = site.ask(&["run"]);
        assert_eq!(code, Some(0), "{told}");
        let there: BTreeSet<_> = files(&site.estate.destination).into_keys().collect();
        assert_eq!(way_back(&site), (there.difference(&wrong).cloned().collect(), replaced.clone()));
        assert_eq!(figure(&site, "replaced_files"), replaced.len());
        assert_eq!(figure(&site, "in_doubt_files"), 0);
    }
    let history = History::verified(&site.journal());
    assert!(
        history.count("content.replacement-started") > replaced.len(),
        "one was begun and did not happen"
    );
}

#[test]
fn what_cannot_be_read_stays_in_doubt_until_it_can() {
    if !can_trace() {
        return;
    }
    let (site, source) = site();
    killed_at(&site, "renameat2", 8);
    let came = drop_what_came(&site, &source);
    let unreadable = site.estate.destination.join(came.first().expect("a file"));
    for _ in 0..2 {
        let ran = traced(&site, &["-P", &unreadable.to_string_lossy(), "-e", "inject=read:error=EIO"]);
        let told = String::from_utf8_lossy(&ran.stderr);
        assert_eq!(ran.status.code(), Some(1), "{told}");
        assert!(told.contains("in doubt, cannot be read: "), "{told}");
        assert!(told.contains("in doubt: 1 file"), "{told}");
        assert_eq!(figure(&site, "in_doubt_files"), 1);
        assert_eq!(figure(&site, "brought_files"), files(&site.estate.destination).len() - 1);
    }
    let (code, _, told) = site.ask(&["run"]);
    assert_eq!(code, Some(0), "{told}");
    assert_eq!(figure(&site, "in_doubt_files"), 0);
    let there: BTreeSet<_> = files(&site.estate.destination).into_keys().collect();
    assert_eq!(way_back(&site), (there, BTreeSet::new()));
}

/// The worklist of the batches.
fn worklist(site: &Site) -> Sha256 {
    let history = History::look(&site.journal()).expect("a journal");
    let list = history.events().iter().find_map(|event| match event {
        Event::Content(ContentEvent::BatchStarted(batch)) => Some(batch.worklist),
        _ => None,
    });
    list.expect("a batch")
}

#[test]
fn a_batch_whose_list_is_lost_stays_in_doubt_until_it_is_restored() {
    if !can_trace() {
        return;
    }
    let (site, source) = site();
    killed_at(&site, "renameat2", 8);
    let list = evidence::path(&site.journal(), worklist(&site));
    let kept = fs::read(&list).expect("the list");
    fs::remove_file(&list).expect("the list");
    drop_what_came(&site, &source);
    let (code, _, told) = site.ask(&["run"]);
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("of an interrupted batch cannot be read"), "{told}");
    assert!(figure(&site, "in_doubt_files").as_u64() > Some(0));
    fs::write(&list, kept).expect("the list, restored");
    let (code, _, told) = site.ask(&["run"]);
    assert_eq!(code, Some(0), "{told}");
    let there: BTreeSet<_> = files(&site.estate.destination).into_keys().collect();
    assert_eq!(way_back(&site), (there, BTreeSet::new()));
}
