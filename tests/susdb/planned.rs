//! Goal: `plan` shows what will be sent, to the letter, and once it was sent, shows it no more.
//!
//! Method: what is shown before a run is held against what the run's journal says was sent, on both servers; then it is asked
//! again.

use std::fs;

use serde_json::Value;
use wsusmigrate_fixtures::Scenario;

use crate::heard::{is_of_the_engine, journaled};
use crate::secrets::RUN_MAX;
use crate::site::Site;

/// A section of the plan: what each line is about, and its text.
fn shown(site: &mut Site, section: &str) -> Vec<(String, String)> {
    let told = site.ask(&["plan", "--json"]);
    let plan: Value = serde_json::from_slice(&told.stdout).expect("JSON");
    let sections = plan["sections"].as_array().expect("sections");
    let section = sections.iter().find(|it| it["key"] == section).expect("the section");
    let notes = section["notes"].as_array().expect("notes").iter().map(|it| it.as_str().expect("a note"));
    notes
        .filter_map(|it| it.split_once(": "))
        .map(|(what, text)| (what.to_owned(), text.to_owned()))
        .collect()
}

/// Runs a server's part to its end, and holds what was shown before it against what was sent.
fn holds(site: &mut Site, server: &str) {
    site.servers.go(server);
    let acts = shown(site, "statements");
    // The last note is a sentence.
    let mut reads = shown(site, "reads");
    reads.retain(|(purpose, _)| !purpose.contains(' '));
    site.run_to_the_end(server, RUN_MAX);
    let journal = journaled(site, server);

    // What hangs on a condition says so behind a comma.
    let certain: Vec<_> = acts.iter().filter(|(what, _)| !what.contains(", ")).collect();
    let words: Vec<_> = certain.iter().map(|(what, _)| what.as_str()).collect();
    let done = journal.operations.iter().map(|operation| operation.word());
    assert_eq!(done.filter(|word| words.contains(word)).collect::<Vec<_>>(), words, "{server}");
    assert!(words.len() >= 5, "{words:?}");
    let sent = certain.iter().filter(|(what, _)| {
        journal.operations.iter().any(|operation| operation.word() == what && is_of_the_engine(*operation))
    });
    let unlike: Vec<_> = sent.filter(|(_, text)| !journal.acts.contains(text)).collect();
    assert!(unlike.is_empty(), "{server}: shown and not sent: {unlike:#?}\nsent: {:#?}", journal.acts);

    let asked = |text: &String| journal.read.contains_key(text);
    let unasked: Vec<_> = reads.iter().filter(|(_, text)| !asked(text)).collect();
    assert!(unasked.is_empty(), "{server}: shown and not asked: {unasked:#?}");
    assert!(reads.len() > 8, "{reads:?}");

    let left = shown(site, "statements");
    let [(none, done)] = &left[..] else { panic!("{server}: still to do: {left:#?}") };
    assert_eq!(none, "Nothing of SUSDB is left to do. Done, and not done again");
    assert!(words.iter().all(|word| done.contains(word)), "{done}");
}

#[test]
fn what_is_shown_is_what_is_sent() {
    let mut site = Site::new(&Scenario::named("tiny").expect("a scenario"), None, None);
    // Once there is a journal, the files have its name; with folders in the plan, every file has its target.
    assert_eq!(site.ask(&["run", "--only", "content"]).status.code(), Some(0));
    holds(&mut site, "old");
    let plan = site.world.path("new").join("migration.toml");
    let text = fs::read_to_string(&plan).expect("the plan");
    let folder = r"C:\Windows\WID\Data";
    fs::write(&plan, format!("{text}data_folder = '{folder}'\nlog_folder = '{folder}'\n")).expect("the plan");
    site.hand_over();
    holds(&mut site, "new");
}
